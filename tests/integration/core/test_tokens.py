"""Tokens that are tried, and tokens that expire: one holder renews each, and nobody is left without."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import new_id
from bot.slack import SlackError, TokenDead
from bot.slack.oauth import App, OAuth
from bot.slack.renewal import Renewal
from bot.steps.tokens import Tokens
from bot.teams.installations import Teams
from storage import token_store
from storage.installations import TRIED_EVERY_S, Installation, Installations
from storage.jobs import JobStatus
from storage.leases import new_token
from storage.orders import OrderStatus
from tests.integration.core.world import CIPHER, World, installation
from tests.integration.fake_slack.browser import REDIRECT, consent_page, redeem
from tests.integration.fake_slack.harness import NORTH, SOUTH, Clock, Sandbox, manifest_with, sandbox

CLEO = f"{SOUTH.id}:{SOUTH.users[0].id}"
TWELVE_HOURS = 43_200.0
REFRESH = "oauth.v2.access"


@pytest.fixture
async def slacks_clock() -> Clock:
    return Clock()


@pytest.fixture
async def box(tmp_path: Path, slacks_clock: Clock) -> AsyncIterator[Sandbox]:
    """An app with token rotation switched on, which nobody has installed in South yet."""
    changes = {
        "teams": (NORTH, replace(SOUTH, bot_token="")),
        "redirect_urls": (REDIRECT,),
        "now": slacks_clock,
    }
    manifest = manifest_with(tmp_path, token_rotation_enabled=True)
    async with sandbox(tmp_path, manifest=manifest, **changes) as started:
        yield started


def renewal(there: World, holder: str = "us") -> Renewal:
    """As another process of ours has it, by its own name."""
    config = there.box.slack.parts.config
    oauth = OAuth(there.tools.slack, App(config.client_id, config.client_secret))
    return Renewal(
        there.db,
        Installations(there.db, CIPHER),
        oauth,
        clock=there.clock,
        new_token=lambda: new_token(holder, new_id()),
    )


@pytest.fixture
async def south(there: World) -> Installation:
    """South, as it was just installed with a token that expires."""
    there.clock.now = there.box.slack.parts.config.now()
    page = await consent_page(there.box)
    pair = await redeem(there.box, await page.allow(CLEO))
    installed = installation(
        SOUTH,
        bot_token=pair["access_token"],
        refresh_token=pair["refresh_token"],
        expires_at=there.clock() + pair["expires_in"],
        installed_at=there.clock(),
    )
    await there.tools.teams.save(installed)
    return installed


def pass_by(there: World, clock: Clock, seconds: float) -> None:
    there.clock.pass_by(seconds)
    clock.time += seconds


async def stored(there: World, team_id: str = SOUTH.id) -> Installation | None:
    return (await Installations(there.db, CIPHER).serving(enterprise_id=None, team_id=team_id)).installation


async def token_of(there: World) -> str | None:
    found = await stored(there)
    return None if found is None else found.bot_token


async def works(there: World, installation: Installation) -> bool:
    try:
        await there.tools.slack.team(installation).who_am_i()
    except TokenDead:
        return False
    return True


@pytest.fixture
def tokens(there: World) -> Tokens:
    return Tokens(there.tools, renewal(there))


# --- renewed ----------------------------------------------------------------------------------------------


async def test_a_young_token_is_used_as_it_is(there: World, south: Installation) -> None:
    assert await renewal(there)(south) is south
    assert len(there.calls(REFRESH)) == 1  # the install's own


async def test_two_hours_ahead_of_its_end_both_tokens_are_renewed(
    there: World, south: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS - 2 * 3600 - 1)
    await turned(tokens)
    assert await token_of(there) == south.bot_token

    pass_by(there, slacks_clock, 1)
    await turned(tokens)

    renewed = await stored(there)
    assert renewed is not None
    assert renewed.bot_token != south.bot_token
    assert renewed.refresh_token != south.refresh_token
    assert renewed.expires_at == there.clock() + TWELVE_HOURS
    assert await works(there, renewed)
    assert await works(there, south)  # for whoever has just read it


async def test_an_app_that_was_off_for_a_day_renews_before_its_first_call(
    there: World, south: Installation, slacks_clock: Clock
) -> None:
    pass_by(there, slacks_clock, 2 * TWELVE_HOURS)
    assert not await works(there, south)
    teams = Teams(Installations(there.db, CIPHER), clock=there.clock, renew=renewal(there))

    renewed = await teams.need_token(None, SOUTH.id)

    assert await works(there, renewed)
    assert (await teams.need(None, SOUTH.id)).bot_token == renewed.bot_token


async def test_many_who_need_it_at_once_spend_the_refresh_token_once(
    there: World, south: Installation, slacks_clock: Clock
) -> None:
    pass_by(there, slacks_clock, 2 * TWELVE_HOURS)
    before = len(there.calls(REFRESH))

    renewed = await asyncio.gather(*(renewal(there, f"p{number}")(south) for number in range(12)))

    assert len({each.bot_token for each in renewed}) == 1
    assert len(there.calls(REFRESH)) == before + 1


async def test_a_token_that_is_still_good_waits_for_nobody(
    there: World, south: Installation, slacks_clock: Clock
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS - 600)
    async with there.db.write() as conn:
        await token_store.claim_one(conn, SOUTH.id, now=there.clock(), lease_s=90.0, token="another:1")

    assert (await renewal(there)(south)).bot_token == south.bot_token


async def test_what_a_dead_holder_left_is_taken_up_after_its_lease(
    there: World, south: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    async with there.db.write() as conn:
        await token_store.claim_one(conn, SOUTH.id, now=there.clock(), lease_s=90.0, token="dead:1")

    pass_by(there, slacks_clock, 91)
    await turned(tokens)

    renewed = await stored(there)
    assert renewed is not None
    assert renewed.bot_token != south.bot_token
    assert await works(there, renewed)


async def test_a_slack_that_cannot_renew_now_is_asked_again(
    there: World, south: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS - 3600)
    there.slack.faults.set("server_error", {"times": 2})
    await turned(tokens)
    assert await token_of(there) == south.bot_token

    there.slack.faults.reset()
    pass_by(there, slacks_clock, 400)
    await turned(tokens)
    assert await token_of(there) != south.bot_token


async def test_an_answer_that_was_lost_is_no_end_while_the_old_token_lives(
    there: World, south: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS - 3600)
    await there.uninstall(NORTH.id)
    there.slack.faults.set("lose_reply", {"times": 1})
    await turned(tokens)
    pass_by(there, slacks_clock, 301)

    await turned(tokens)  # the refresh token is spent

    assert await there.tools.teams.find(None, SOUTH.id) is not None
    pass_by(there, slacks_clock, 3600)
    await turned(tokens)
    assert await there.tools.teams.find(None, SOUTH.id) is None
    assert not await works(there, south)


async def test_without_any_answer_nobody_is_given_a_dead_token(
    there: World, south: Installation, slacks_clock: Clock
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    there.slack.faults.set("lose_reply", {"times": 1})

    with pytest.raises(SlackError):
        await renewal(there)(south)


# --- tried ------------------------------------------------------------------------------------------------


@pytest.fixture
def plain(there: World) -> Tokens:
    """Of an app whose tokens do not expire."""
    return Tokens(there.tools, None)


async def test_a_dead_token_is_found_now_and_then_and_ends_what_was_not_sent(
    there: World, plain: Tokens
) -> None:
    there.slack.faults.set("token_dead", {"error": "account_inactive"})
    there.clock.pass_by(TRIED_EVERY_S)

    while await plain.turn():
        pass

    assert await there.tools.teams.find(None, NORTH.id) is None


async def test_a_call_that_meets_a_dead_token_has_it_tried_at_once(there: World, plain: Tokens) -> None:
    await turned(plain)
    there.slack.faults.set("token_dead", {"error": "account_inactive"})
    north = await there.tools.teams.need(None, NORTH.id)
    with pytest.raises(TokenDead):
        await there.tools.slack.team(north).post("C1", "Hello", None)

    await turned(plain)

    assert await there.tools.teams.find(None, NORTH.id) is None


async def test_a_token_that_is_taken_again_is_back_with_all_that_waited(there: World, plain: Tokens) -> None:
    job = await there.job(JobStatus.DELIVERING, due_at=there.clock() + 500_000)
    there.slack.faults.set("token_dead", {"error": "account_inactive"})
    there.clock.pass_by(TRIED_EVERY_S)
    await turned(plain)
    assert await there.tools.teams.find(None, NORTH.id) is None

    there.slack.faults.reset()
    there.clock.pass_by(3600)
    await turned(plain)

    assert await there.tools.teams.find(None, NORTH.id) is not None
    assert (await there.now(job)).due_at == there.clock()


async def test_what_slack_cannot_say_now_changes_nothing(there: World, plain: Tokens) -> None:
    there.slack.faults.set("server_error", {"times": 2})
    there.clock.pass_by(TRIED_EVERY_S)

    await turned(plain)

    assert await there.tools.teams.find(None, NORTH.id) is not None


async def test_a_workspace_that_moved_into_an_organisation_takes_its_open_work_along(
    there: World, plain: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await there.order(OrderStatus.OFFERED)
    other = await there.order(OrderStatus.OFFERED, team_id="T0OTHER")

    async def me(self: Any) -> dict[str, Any]:  # noqa: ARG001 - as the client has it
        return {"team_id": NORTH.id, "enterprise_id": "E1", "bot_id": NORTH.bot_id, "scopes": "chat:write"}

    monkeypatch.setattr("bot.slack.client.SlackTeam.who_am_i", me)
    there.clock.pass_by(TRIED_EVERY_S)

    await turned(plain)

    found = await stored(there, NORTH.id)
    assert found is not None
    assert (found.enterprise_id, found.scopes) == ("E1", ("chat:write",))
    assert (await there.now(order)).enterprise_id == "E1"
    assert (await there.now(other)).enterprise_id is None


async def turned(tokens: Tokens) -> None:
    while await tokens.turn():
        pass
