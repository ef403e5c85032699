"""Tokens that do not expire are tried: a dead one counts as a removal, until it is taken again."""

from typing import Any

import pytest

from bot.slack import TokenDead
from bot.steps.tokens import Tokens
from storage.installations import TRIED_EVERY_S
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import NORTH


@pytest.fixture
def plain(there: World) -> Tokens:
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

    found = await there.tools.teams.find(None, NORTH.id)
    assert found is not None
    assert (found.enterprise_id, found.scopes) == ("E1", ("chat:write",))
    assert (await there.now(order)).enterprise_id == "E1"
    assert (await there.now(other)).enterprise_id is None


async def turned(tokens: Tokens) -> None:
    while await tokens.turn():
        pass
