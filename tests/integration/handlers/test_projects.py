"""The project a video is for: whatever comes of an order keeps it, and its money is counted by it."""

from decimal import Decimal

import pytest

from bot.asking.drafts import Draft
from bot.messages.ids import Action
from storage import reports
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.integration.core.world import LINKS
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front
from tests.integration.handlers.test_approvals import card_in, waiting
from tests.integration.handlers.test_cards import press, stale_card
from tests.integration.handlers.test_part_menu import TWO, choose, two

FOR_MARS = LINKS.model_copy(update={"project": "Mars"})


async def projects(app: Front) -> list[str | None]:
    """Of all orders, by their drafts."""
    return [Draft.model_validate_json(order.draft).project for order in await app.orders()]


async def test_what_a_project_costs_is_counted_by_its_name(app: Front) -> None:
    order = await stale_card(app, OrderStatus.OFFERED, draft=FOR_MARS, estimate_usd=Decimal("0.43"))

    assert await press(app, "generate", order) == ""

    async with app.there.db.read() as conn:
        [line] = await reports.lines(conn, NORTH.id)
    assert (line.project, line.sums.held_usd) == ("Mars", Decimal("0.43"))


@pytest.mark.parametrize("status", [JobStatus.FAILED, OrderStatus.EXPIRED, JobStatus.DELIVERED])
@pytest.mark.parametrize("action", [Action.RERUN, Action.ANOTHER])
async def test_what_is_asked_again_is_for_the_same_project(
    app: Front, status: JobStatus | OrderStatus, action: str
) -> None:
    ended = await stale_card(app, status, draft=FOR_MARS)

    await press(app, action, ended)

    assert await projects(app) == ["Mars", "Mars"]


async def test_the_form_of_another_version_names_it(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=[])
    app.there.sync.get("/v2/models").respond(json=[])
    done = await stale_card(app, JobStatus.DELIVERED, draft=FOR_MARS)

    await press(app, Action.ANOTHER, done, trigger_id=app.there.slack.parts.triggers.mint(NORTH.id, ADA))

    (form,) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA)
    assert "Mars" in str(form.payload)


@pytest.mark.parametrize("action", [Action.RERUN, Action.ANOTHER])
async def test_one_of_several_videos_is_for_the_same_project(app: Front, action: Action) -> None:
    order, _ = await two(app, JobStatus.FAILED)
    await app.there.change(order, draft=TWO.model_copy(update={"project": "Mars"}).model_dump_json())

    await choose(app, action, order)

    assert await projects(app) == ["Mars", "Mars"]


async def test_approvers_and_everybody_at_the_card_read_it_in_small(app: Front) -> None:
    order, _ = await waiting(app, draft=FOR_MARS)

    for channel in (VIDEOS, app.there.box.dm(BEN)):
        small = [block for block in card_in(app, channel).blocks if block["type"] == "context"]
        assert str(small).count("Project: Mars") == 1, order.id
