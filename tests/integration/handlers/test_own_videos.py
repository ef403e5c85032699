"""`/lipsync list` and `/lipsync status`: one's own videos, told to nobody else, by our words or sync.so's."""

from typing import Any

import httpx
import pytest

from bot.messages.ids import Action
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.world import error, generation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front, block_action, message_event
from tests.unit.messages.builders import DRAFT, shown_text

S = JobStatus


async def standing(
    app: Front, status: OrderStatus | JobStatus = S.DELIVERED, *, name: str, **columns: Any
) -> Order:
    """An order of Ada's whose card stands in a channel; in a status after the yes with its job."""
    there = app.there
    there.clock.pass_by(1)
    installation = await there.tools.teams.need(None, NORTH.id)
    _, ts = await there.tools.slack.team(installation).post(VIDEOS, name, None)
    card = {"card_channel": VIDEOS, "card_ts": ts, "card_revision": 1, "card_shown": 1}
    draft = DRAFT.model_copy(update={"name": name})
    if isinstance(status, OrderStatus):
        return await there.order(status, draft=draft, **card | columns)
    return await there.done_order(status, draft=draft, **card | columns)


async def told(app: Front, text: str, **changes: Any) -> Any:
    """What only the asker is told on a command."""
    there = app.there
    known = set(there.slack.workspace(NORTH.id).ephemerals)
    url = there.slack.parts.response_urls.for_command(NORTH.id, ADA, VIDEOS)
    answer = await app.command(text, response_url=url, **changes)
    assert (answer.status_code, answer.text) == (200, "")
    await app.settled()
    now = there.slack.workspace(NORTH.id).ephemerals
    [message] = [now[each].message for each in now if each not in known]
    return message


def names(message: Any) -> list[str]:
    """What is listed, in its order."""
    lines = [shown_text(block) for block in message.blocks if block["type"] == "section"]
    return [line.split("*")[1] for line in lines if " · " in line]


async def test_ones_own_videos_come_newest_first_with_a_link_to_each(app: Front) -> None:
    old = await standing(app, name="Old")
    await standing(app, S.FAILED, name="New", failure_code="internal")
    await standing(app, name="Bens", user_id=BEN)
    await standing(app, name="Elsewhere", team_id=SOUTH.id)
    await app.there.order(OrderStatus.DRAFT, card_revision=0)

    message = await told(app, "list")

    assert names(message) == ["New", "Old"]
    ts = str((await app.there.card(old)).ts).replace(".", "")
    link = f"https://{NORTH.domain}.slack.com/archives/{VIDEOS}/p{ts}"
    assert link in message.text


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("done", ["Done"]),
        ("Waiting", ["Ready"]),
        ("running", ["Made", "Line"]),
        ("cancelled", ["Gone"]),
        ("open", ["Made", "Line", "Ready"]),
    ],
)
async def test_our_words_filter(app: Front, word: str, found: list[str]) -> None:
    await standing(app, name="Done")
    await standing(app, S.CANCELLED, name="Gone")
    await standing(app, OrderStatus.OFFERED, name="Ready")
    await standing(app, S.QUEUED, name="Line")
    await standing(app, S.PROCESSING, name="Made")

    assert names(await told(app, f"list {word}")) == found


async def test_sync_sos_words_are_asked_of_sync_so_for_ones_own_alone(app: Front) -> None:
    await standing(app, S.PROCESSING, name="Pending", generation_id="g-1")
    await standing(app, S.PROCESSING, name="Running", generation_id="g-2")
    await standing(app, S.QUEUED, name="Here")
    await standing(app, name="Bens", user_id=BEN, generation_id="g-3")
    moved_on = generation("g-2", "PROCESSING")
    answer = [generation("g-1"), moved_on, generation("g-3")]
    route = app.there.sync.get("/v2/generations").respond(json=answer)

    assert names(await told(app, "list PENDING")) == ["Pending"]

    asked = dict(route.calls.last.request.url.params)
    assert asked == {"ids": "g-2,g-1", "status": "PENDING"}


async def test_where_sync_so_is_silent_it_is_said_what_works(app: Front) -> None:
    await standing(app, S.PROCESSING, name="Running", generation_id="g-2")
    app.there.sync.get("/v2/generations").mock(return_value=error(503, "unavailable"))

    message = await told(app, "list rejected")

    assert "sync.so does not tell me" in message.text


async def test_a_word_that_is_no_status_is_answered_with_those_there_are(app: Front) -> None:
    assert "`waiting`" in (await told(app, "list purple")).text


async def test_older_ones_come_page_by_page(app: Front) -> None:
    for number in range(18):
        await standing(app, name=f"Video {number}")

    message = await told(app, "list done")
    assert names(message) == [f"Video {number}" for number in range(17, 2, -1)]
    [press] = [block["elements"][0] for block in message.blocks if block["type"] == "actions"]
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))
    await app.interaction(block_action(Action.LIST_OLDER, press["value"]))
    await app.settled()

    [page] = app.there.messages(channel)[before:]
    assert names(page) == ["Video 2", "Video 1", "Video 0"]
    assert page.text.startswith("Older videos of yours (done)")
    assert "Show older ones" not in str(page.blocks)


@pytest.mark.parametrize("value", ["", "all", "all:x:y", "purple:1:J", "all:nan:J"])
async def test_a_press_with_another_value_breaks_nothing(app: Front, value: str) -> None:
    assert (await app.interaction(block_action(Action.LIST_OLDER, value))).status_code == 200
    await app.settled()


async def test_the_status_is_what_has_not_ended_with_its_place_in_line(app: Front) -> None:
    await standing(app, name="Done")
    await standing(app, S.QUEUED, name="Line", card_place=3)
    await standing(app, S.PROCESSING, name="Made", generation_id="g-1")

    message = await told(app, "Status")

    assert names(message) == ["Made", "Line"]
    assert "number 3 in line" in message.text


async def test_a_list_comes_without_links_where_slack_gives_none(app: Front) -> None:
    await standing(app, name="Old", card_ts="1700000000.000001")

    message = await told(app, "list")

    assert names(message) == ["Old"]
    assert "Open its thread" not in message.text


@pytest.mark.parametrize(("words", "found"), [("my videos", ["Line", "Done"]), ("is it done?", ["Line"])])
async def test_the_command_hears_plain_words_for_both(app: Front, words: str, found: list[str]) -> None:
    await standing(app, name="Done")
    await standing(app, S.QUEUED, name="Line")
    assert names(await told(app, words)) == found


@pytest.mark.parametrize(("words", "found"), [("list done", ["Done"]), ("status?", ["Line"])])
async def test_both_are_words_of_the_direct_message_too(app: Front, words: str, found: list[str]) -> None:
    await standing(app, name="Done")
    await standing(app, S.QUEUED, name="Line")
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    await app.event(message_event(words, channel=channel))
    await app.settled()

    [message] = app.there.messages(channel)[before:]
    assert names(message) == found


async def test_a_list_that_cannot_be_made_is_told(app: Front) -> None:
    await standing(app, S.PROCESSING, name="Running", generation_id="g-2")
    app.there.sync.get("/v2/generations").mock(side_effect=httpx.ReadTimeout("slow"))

    assert "sync.so does not tell me" in (await told(app, "list PROCESSING")).text
