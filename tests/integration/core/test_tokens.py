"""Tokens that expire: one holder renews each, and nobody is left without."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import new_id
from bot.slack import SlackError, TokenDead
from bot.slack.oauth import App, OAuth, Pair
from bot.slack.renewal import Renewal
from bot.steps.tokens import Tokens
from bot.teams.installations import Teams
from storage import people_store, token_store
from storage.errors import StorageBusy
from storage.installations import TRIED_EVERY_S, Installation, Installations
from storage.leases import LEASE_S, new_token
from storage.people import Membership, Profile
from storage.schema import answers
from tests.integration.core.world import CIPHER, World, installation
from tests.integration.fake_slack.browser import REDIRECT, consent_page, redeem
from tests.integration.fake_slack.harness import NORTH, SOUTH, Clock, Sandbox, manifest_with, sandbox

OWNER = SOUTH.users[0].id
CLEO = f"{SOUTH.id}:{OWNER}"
TWELVE_HOURS = 43_200.0
REFRESH, EXCHANGE = "oauth.v2.access", "oauth.v2.exchange"


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


def oauth(there: World) -> OAuth:
    config = there.box.slack.parts.config
    return OAuth(there.tools.slack, App(config.client_id, config.client_secret))


def renewal(there: World, holder: str = "us", *, by: OAuth | None = None) -> Renewal:
    """As another process of ours has it, by its own name."""
    return Renewal(
        there.db,
        Installations(there.db, CIPHER),
        by or oauth(there),
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


# --- begun ------------------------------------------------------------------------------------------------


@pytest.fixture
async def north(there: World) -> Installation:
    """North, as it was installed in a browser before token rotation was switched on."""
    there.clock.now = there.box.slack.parts.config.now()
    long_lived = installation(NORTH, installed_by=NORTH.users[0].id, installed_at=there.clock())
    await there.tools.teams.save(long_lived)
    return long_lived


async def test_a_token_from_before_rotation_gives_way_to_one_that_is_renewed(
    there: World, north: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    pass_by(there, slacks_clock, TRIED_EVERY_S)
    await turned(tokens)

    first = await stored(there, NORTH.id)
    assert first is not None
    assert first.bot_token != north.bot_token
    assert first.expires_at == there.clock() + TWELVE_HOURS
    assert await works(there, first)

    pass_by(there, slacks_clock, TWELVE_HOURS - 2 * 3600)
    await turned(tokens)

    assert not await works(there, north)
    second = await stored(there, NORTH.id)
    assert second is not None
    assert await works(there, second)
    assert len(there.calls(EXCHANGE)) == 1


async def test_one_in_the_settings_stays_there(there: World, slacks_clock: Clock, tokens: Tokens) -> None:
    there.clock.now = slacks_clock()
    await there.tools.teams.save(installation(NORTH, installed_at=there.clock()))
    pass_by(there, slacks_clock, TRIED_EVERY_S)
    await turned(tokens)

    found = await stored(there, NORTH.id)
    assert found is not None
    assert found.bot_token == NORTH.bot_token
    assert there.calls(EXCHANGE) == []


async def test_a_first_pair_that_was_lost_leaves_the_token_that_works(
    there: World, north: Installation, slacks_clock: Clock, tokens: Tokens
) -> None:
    await oauth(there).first_pair(north.bot_token)  # by a process that died with the answer

    pass_by(there, slacks_clock, TRIED_EVERY_S)
    await turned(tokens)

    found = await stored(there, NORTH.id)
    assert found is not None
    assert found.bot_token == north.bot_token
    assert await works(there, found)


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
    async with there.db.write() as conn:
        await people_store.keep(conn, Profile(SOUTH.id, OWNER, Membership.OWNER, there.clock()))
    there.slack.faults.set("lose_reply", {"times": 1})
    await turned(tokens)
    pass_by(there, slacks_clock, 301)

    for _ in range(3):
        await turned(tokens)  # the refresh token is spent
        pass_by(there, slacks_clock, 301)

    assert await there.tools.teams.find(None, SOUTH.id) is not None
    async with there.db.read() as conn:
        told = (await conn.execute(select(answers.c.user_id, answers.c.text))).all()
    assert [user for user, _ in told] == [OWNER]  # once
    assert "Please install me again" in told[0].text
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


# --- kept -------------------------------------------------------------------------------------------------


class OnItsWay:
    """Slack has answered, and its answer is on its way to us until it is let through."""

    def __init__(self, there: World) -> None:
        self._oauth = oauth(there)
        self.has_answered, self.let_through = asyncio.Event(), asyncio.Event()

    async def refresh(self, refresh_token: str) -> Pair:
        pair = await self._oauth.refresh(refresh_token)
        self.has_answered.set()
        await self.let_through.wait()
        return pair


@pytest.fixture
def answer(there: World) -> OnItsWay:
    return OnItsWay(there)


@pytest.fixture
def waiting(there: World, answer: OnItsWay) -> Renewal:
    """A process of ours that waits for the answer."""
    return renewal(there, by=answer)  # type: ignore[arg-type]


async def begun(work: Coroutine[Any, Any, Any], answer: OnItsWay) -> asyncio.Task[Any]:
    """The work, at the moment when Slack has answered it."""
    task = asyncio.create_task(work)
    await answer.has_answered.wait()
    return task


async def let_through(answer: OnItsWay, waiting: Renewal) -> None:
    answer.let_through.set()
    await waiting.finish()


async def is_renewed(there: World, before: Installation) -> bool:
    """Whether both tokens are there, can be used, and give the next ones."""
    now_is = await stored(there)
    if now_is is None or now_is.refresh_token in {None, before.refresh_token}:
        return False
    return await works(there, now_is) and bool(await oauth(there).refresh(now_is.refresh_token or ""))


@pytest.mark.parametrize("of_a_request", [True, False])
async def test_a_pair_is_kept_though_whoever_waited_for_it_was_cut(
    there: World,
    south: Installation,
    slacks_clock: Clock,
    waiting: Renewal,
    answer: OnItsWay,
    *,
    of_a_request: bool,
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    task = await begun(waiting(south) if of_a_request else Tokens(there.tools, waiting).turn(), answer)

    task.cancel()
    await asyncio.wait({task})
    await let_through(answer, waiting)

    assert task.cancelled()
    assert await is_renewed(there, south)


async def test_a_pair_is_kept_though_the_database_was_away_when_it_came(
    there: World,
    south: Installation,
    slacks_clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    monkeypatch.setattr("bot.slack.renewal._STORED_AGAIN_S", 0.01)
    store, left = token_store.renewed, [StorageBusy("locked"), StorageBusy("locked")]

    async def away(*args: Any, **kwargs: Any) -> bool:
        if left:
            raise left.pop()
        return await store(*args, **kwargs)

    monkeypatch.setattr("storage.token_store.renewed", away)

    assert await works(there, await renewal(there)(south))
    assert await is_renewed(there, south)


async def test_a_pair_is_kept_though_another_holder_took_over_and_found_the_old_one_spent(
    there: World, south: Installation, slacks_clock: Clock, waiting: Renewal, answer: OnItsWay
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    task = await begun(waiting(south), answer)
    pass_by(there, slacks_clock, LEASE_S + 1)

    await turned(Tokens(there.tools, renewal(there, "another")))
    assert await stored(there) is None  # it could not but think so

    await let_through(answer, waiting)
    assert await works(there, await task)
    assert await is_renewed(there, south)


async def test_who_comes_too_late_for_the_refresh_token_uses_what_another_got(
    there: World, south: Installation, slacks_clock: Clock, waiting: Renewal, answer: OnItsWay
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    task = await begun(waiting(south), answer)
    pass_by(there, slacks_clock, LEASE_S + 1)

    class Late(OnItsWay):
        async def refresh(self, refresh_token: str) -> Pair:
            await let_through(answer, waiting)
            return await self._oauth.refresh(refresh_token)

    late = await renewal(there, "another", by=Late(there))(south)  # type: ignore[arg-type]

    assert late.bot_token == (await task).bot_token
    assert await is_renewed(there, south)


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_pair_does_not_undo_a_removal_or_an_install_that_came_meanwhile(
    there: World,
    south: Installation,
    slacks_clock: Clock,
    waiting: Renewal,
    answer: OnItsWay,
    *,
    is_back: bool,
) -> None:
    pass_by(there, slacks_clock, TWELVE_HOURS)
    task = await begun(waiting(south), answer)
    await there.uninstall(SOUTH.id)
    anew = replace(south, bot_token="xoxe.xoxb-anew", refresh_token="xoxe-1-anew", installed_at=there.clock())
    if is_back:
        await there.tools.teams.save(anew)

    await let_through(answer, waiting)
    await task

    assert await stored(there) == (anew if is_back else None)


async def turned(tokens: Tokens) -> None:
    while await tokens.turn():
        pass
