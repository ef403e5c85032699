"""The switch in Slack: who throws it, what is refused meanwhile, and what everybody sees of it."""

from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.messages.ids import Action, button_value
from bot.use_cases import switching
from storage import pause_store
from storage.audit import OPERATOR
from storage.gates import GateState
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from storage.pauses import ALL, Pause
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front
from tests.integration.handlers.test_approvals import card_in, gate_of, offered, press, shown, waiting
from tests.integration.handlers.test_home import ON_HOME
from tests.integration.handlers.test_rules import AMY, everybody
from tests.integration.handlers.test_settings import pressed
from tests.integration.handlers.test_settings import shown as on_top

__all__ = ["everybody"]


async def on_home(app: Front, person: str, action: Action) -> None:
    await pressed(app, person, action, "x", **ON_HOME)


async def standing(app: Front) -> list[Pause]:
    async with app.there.db.read() as conn:
        return await pause_store.every(conn)


async def home_of(app: Front, person: str) -> str:
    """All that a person's Home says when they look at it now."""
    await app.services.homes.open(Asker(None, NORTH.id, person))
    await shown(app)
    workspace = app.there.slack.workspace(NORTH.id)
    return str(app.there.slack.parts.modals.home(workspace, person).payload["blocks"])


async def paused(app: Front, scope_id: str = NORTH.id, by: str = AMY, reason: str | None = None) -> None:
    await switching.pause(app.there.db, Pause(scope_id, by, app.there.clock(), reason))


async def test_an_admin_pauses_and_lets_go_on_from_the_home(app: Front) -> None:
    assert "Pause new videos" in await home_of(app, AMY)

    await on_home(app, AMY, Action.PAUSE)

    assert await standing(app) == [Pause(NORTH.id, AMY, app.there.clock(), None)]
    assert app.there.woken
    home = await home_of(app, AMY)
    assert f"<@{AMY}> has paused all new videos" in home
    assert "Let new videos go on" in home
    assert "Pause new videos" not in home

    await on_home(app, AMY, Action.RESUME)

    assert await standing(app) == []
    assert "paused" not in await home_of(app, AMY)


@pytest.mark.parametrize("action", [Action.PAUSE, Action.RESUME])
async def test_nobody_else_does_whatever_button_they_send(app: Front, action: Action) -> None:
    if action is Action.RESUME:
        await paused(app)
    before = await standing(app)

    await on_home(app, BEN, action)

    assert await standing(app) == before
    assert "Only admins of this workspace" in str(on_top(app, BEN)["blocks"])


async def test_everybody_sees_who_paused_and_only_admins_a_button(app: Front) -> None:
    await paused(app, reason="the bill is <odd>")

    home = await home_of(app, BEN)

    assert f"<@{AMY}> has paused all new videos" in home
    assert "Their reason: the bill is &lt;odd&gt;" in home
    assert "Let new videos go on" not in home


@pytest.mark.parametrize("scope_id", [ALL, NORTH.id])
async def test_what_an_operator_paused_no_admin_ends(app: Front, scope_id: str) -> None:
    await paused(app, scope_id, OPERATOR)

    await on_home(app, AMY, Action.RESUME)

    assert [pause.scope_id for pause in await standing(app)] == [scope_id]
    home = await home_of(app, AMY)
    assert "Whoever runs this app has paused all new videos" in home
    assert "Let new videos go on" not in home


async def test_a_yes_is_refused_with_who_and_since_when_and_the_offer_stays_good(app: Front) -> None:
    order = await offered(app)
    value = button_value(order.id, "e1")
    await paused(app)

    told = await press(app, Action.GENERATE, value, ADA)

    assert f"<@{AMY}> has paused all new videos (<!date^{int(app.there.clock())}^" in told
    assert "nothing was charged. The offer stays good" in told
    assert (await app.there.now(order)).status is OrderStatus.OFFERED

    await switching.resume(app.there.db, NORTH.id, by=AMY, now=app.there.clock())
    assert await press(app, Action.GENERATE, value, ADA) == ""
    assert (await app.there.now(order)).status is not OrderStatus.OFFERED


async def test_another_teams_pause_refuses_nobody(app: Front) -> None:
    order = await offered(app)
    await paused(app, SOUTH.id)
    assert await press(app, Action.GENERATE, button_value(order.id, "e1"), ADA) == ""


async def test_an_approval_is_refused_and_goes_on_waiting(app: Front) -> None:
    order, gate = await waiting(app)
    await paused(app)

    told = await press(app, Action.APPROVE, gate.id, BEN)

    assert f"<@{AMY}> has paused all new videos" in told
    assert "nothing was approved or charged" in told
    assert (await gate_of(app, order)).state is GateState.OPEN
    assert (await app.there.now(order)).status is OrderStatus.AWAITING_APPROVAL


async def in_line(app: Front) -> Any:
    now = app.there.clock()
    job = await app.there.job(JobStatus.QUEUED, due_at=now, card_due_at=now, card_revision=1)
    await shown(app)
    return job


async def test_the_card_of_what_waits_says_so_and_says_so_no_more(app: Front) -> None:
    await in_line(app)
    assert "In the queue" in card_in(app, VIDEOS).text

    await paused(app, reason="too dear")
    await shown(app)

    text = card_in(app, VIDEOS).text
    assert text.startswith("Paused\n")
    assert f"<@{AMY}> has paused all new videos" in text
    assert "Their reason: too dear" in text
    assert "It keeps its place" in text

    await switching.resume(app.there.db, NORTH.id, by=AMY, now=app.there.clock())
    await shown(app)
    assert "In the queue" in card_in(app, VIDEOS).text


async def test_what_waits_can_be_cancelled_meanwhile(app: Front) -> None:
    job = await in_line(app)
    await paused(app)

    assert await press(app, Action.CANCEL, button_value(job.order_id), ADA) == ""

    assert (await app.there.now(job)).status is JobStatus.CANCELLED
