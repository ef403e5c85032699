"""The menu of a card of several videos: what is chosen for one is done to that one alone, and asked of nobody
who may not."""

from typing import Any

import pytest

from bot.asking.drafts import Draft, Link, Script
from bot.asking.plan import plan
from bot.messages.ids import Action, button_value, option_value
from storage.jobs import Job, JobStatus, job_id
from storage.orders import Order, OrderStatus, Part
from tests.integration.fake_slack.harness import ADA, BEN, VIDEOS
from tests.integration.handlers.front import Front, block_action
from tests.integration.handlers.test_cards import press

TWO = Draft(
    video=Link(url="https://example.com/first.mp4"),
    more_videos=(Link(url="https://example.com/second.mp4"),),
    speech=Script(text="Hello", voice_id="v-1", voice_name="Rachel"),
)
PARTS = tuple(Part(label=label, usd=None, length_s=None) for label in ("first.mp4", "second.mp4"))


async def two(app: Front, second: JobStatus, asker: str = ADA, **of_second: Any) -> tuple[Order, Job]:
    """An order of two videos whose first is done; the order, and the job of the second."""
    card = {"card_revision": 1, "card_ts": "1790000000.000001", "card_channel": VIDEOS}
    there = app.there
    card |= {"user_id": asker, "thread_ts": "1.1"}
    first = await there.job(JobStatus.DELIVERED, draft=TWO, parts=PARTS[:1], **card)
    job = await there.sister(first, second)
    job = await there.change(job, label="second.mp4", **of_second)
    order = await there.change(await there.order_of(job), parts=PARTS, draft=TWO.model_dump_json())
    await there.change(order, card_due_at=None, card_shown=1)
    return order, job


def chosen(action: Action, order: Order, place: int = 1, **changes: Any) -> dict[str, Any]:
    """The choice in the menu of an order's card, as Slack sends it."""
    value = option_value(action, order.id, job_id(order.id, place))
    payload = block_action(Action.PART, **changes)
    payload["actions"] = [
        {
            "type": "static_select",
            "action_id": Action.PART,
            "block_id": "b",
            "selected_option": {"text": {"type": "plain_text", "text": "Do it"}, "value": value},
        }
    ]
    return payload


async def choose(app: Front, action: Action, order: Order, place: int = 1, **changes: Any) -> str:
    """Choose in the menu of an order's card, and give what only the person is told."""
    channel = app.there.box.dm(changes.get("user", {"id": ADA})["id"])
    before = len(app.there.messages(channel))
    assert (await app.interaction(chosen(action, order, place, **changes))).status_code == 200
    await app.settled()
    return " ".join(message.text for message in app.there.messages(channel)[before:])


async def newest(app: Front, user_id: str = ADA) -> tuple[Order, Draft]:
    order = (await app.orders(user_id=user_id))[0]
    return order, Draft.model_validate_json(order.draft)


async def test_try_again_asks_for_that_one_alone_in_the_same_thread(app: Front) -> None:
    order, _ = await two(app, JobStatus.FAILED, failure_code="internal")

    assert await choose(app, Action.RERUN, order) == ""

    again, draft = await newest(app)
    assert (again.status, again.thread_ts) == (OrderStatus.PREPARING, "1.1")
    assert [take.draft.video.name for take in plan(draft) if take.draft.video] == ["second.mp4"]


async def test_change_begins_an_order_of_that_one_alone_with_its_form(app: Front) -> None:
    order, _ = await two(app, JobStatus.FAILED, failure_code="internal")

    await choose(app, Action.ANOTHER, order)

    begun, draft = await newest(app)
    assert begun.status is OrderStatus.DRAFT
    assert [video.name for video in draft.videos] == ["second.mp4"]


async def test_a_video_that_was_never_made_can_be_asked_for_anew(app: Front) -> None:
    broken = Part(label="second.mp4", usd=None, length_s=None, problem="media_stalled")
    order = await app.there.order(OrderStatus.OFFERED, draft=TWO, parts=(PARTS[0], broken), offer_id="e1")

    await choose(app, Action.RERUN, order)

    _, draft = await newest(app)
    assert [take.draft.video.name for take in plan(draft) if take.draft.video] == ["second.mp4"]


async def test_a_link_to_one_is_told_under_its_name(app: Front) -> None:
    order, _ = await two(
        app,
        JobStatus.FAILED,
        failure_code="slack_storage_full",
        generation_id="gen-2",
        generation_status="COMPLETED",
    )
    app.there.sync.get("/v2/generations/gen-2/download").respond(text="https://media.example/made.mp4")

    told = await choose(app, Action.DOWNLOAD, order)

    assert "second.mp4" in told
    assert "https://media.example/made.mp4" in told


async def test_one_whose_fate_is_unknown_is_looked_for_again(app: Front) -> None:
    order, job = await two(app, JobStatus.UNRESOLVED)

    assert "asking sync.so again" in await choose(app, Action.CHECK, order)

    assert (await app.there.now(job)).due_at == app.there.clock()


async def test_giving_up_is_asked_once_more_and_ends_that_one_alone(app: Front) -> None:
    order, job = await two(app, JobStatus.UNRESOLVED)

    told = await choose(app, Action.GIVE_UP, order)

    assert told.startswith("Give up on second.mp4? If sync.so did take it, it is charged there")
    assert (await app.there.now(job)).status is JobStatus.UNRESOLVED
    (asked,) = app.there.messages(app.there.box.dm())
    (button,) = asked.blocks[-1]["elements"]
    assert (button["action_id"], button["value"]) == (Action.GIVE_UP, button_value(order.id, job.id))
    await press(app, Action.GIVE_UP, job)
    assert (await app.there.now(job)).failure_code == "given_up"


async def test_what_was_resolved_meanwhile_is_not_given_up(app: Front) -> None:
    order, _ = await two(app, JobStatus.PROCESSING)

    assert "has moved on" in await choose(app, Action.GIVE_UP, order)


@pytest.mark.parametrize("action", [Action.CHECK, Action.GIVE_UP])
async def test_a_colleague_decides_nothing(app: Front, action: Action) -> None:
    order, job = await two(app, JobStatus.UNRESOLVED)

    assert "Only <@" in await choose(app, action, order, user={"id": BEN})

    assert (await app.there.now(job)).due_at is None


async def test_people_of_another_organisation_get_nothing_made(app: Front) -> None:
    order, _ = await two(app, JobStatus.FAILED, failure_code="internal")

    told = await choose(app, Action.RERUN, order, user={"id": BEN, "team_id": "T0ELSEWHERE"})

    assert "Only people of the workspace" in told
    assert await app.orders(user_id=BEN) == []


@pytest.mark.parametrize("value", ["", "generate:x:y", "rerun", "nothing:1:2"])
async def test_a_choice_that_no_card_of_ours_offers_does_nothing(app: Front, value: str) -> None:
    payload = block_action(Action.PART)
    payload["actions"][0] |= {"type": "static_select", "selected_option": {"value": value}}

    assert (await app.interaction(payload)).status_code == 200
    await app.settled()

    assert await app.orders() == []


async def test_choosing_again_and_again_makes_one(app: Front) -> None:
    order, _ = await two(app, JobStatus.FAILED, failure_code="internal")

    for _ in range(5):
        await choose(app, Action.RERUN, order)

    assert len(await app.orders()) == 2
