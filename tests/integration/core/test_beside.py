"""Beside: a card that hides behind "1 reply" is told of in the conversation, once, and only while it asks."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.asking.drafts import Draft, SlackFile
from bot.slack import Slack
from bot.steps.show import Show
from storage.orders import Conversation, Order, OrderStatus
from tests.integration.core.world import World, installation
from tests.integration.fake_slack.harness import ADA, VIDEOS

CLIP = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1_000)

_SENT = "the message with the video"


@pytest.fixture
def show(there: World) -> Show:
    return Show(there.tools, ask_again_from_usd=Decimal(10))


async def dropped(there: World, channel: str, **columns: Any) -> Order:
    """The draft of a video that somebody has just sent alone."""
    _, ts = await there.tools.slack.team(installation()).post(channel, _SENT, None)
    conversation = Conversation.CHANNEL if channel == VIDEOS else Conversation.DIRECT_MESSAGE
    usual: dict[str, Any] = {
        "status": OrderStatus.DRAFT,
        "channel_id": channel,
        "thread_ts": ts,
        "request_key": f"message:{channel}:{ts}:0",
        "conversation": conversation,
        "card_revision": 1,
        "prepared": "{}",
    }
    return await there.order(draft=Draft(video=CLIP), **usual | columns)


def told(there: World) -> list[str]:
    """What stands in the direct message itself besides what was sent."""
    beside = [message.text for message in there.messages(there.box.dm()) if message.thread_ts is None]
    return [text for text in beside if text != _SENT]


async def test_the_question_of_a_card_in_a_thread_is_said_in_the_direct_message_once(
    there: World, show: Show
) -> None:
    job = await there.show(show, await dropped(there, there.box.dm()))
    await there.change(job, status=OrderStatus.CANCELLED)
    await there.show(show, await there.now(job))

    [line] = told(there)
    assert line.startswith("What should clip.mp4 say? Write it or send audio here")
    assert f"{(await there.card(job)).ts}".replace(".", "") in line, "a link to the card"


async def test_a_mention_is_told_privately_in_the_channel(there: World, show: Show) -> None:
    await there.show(show, await dropped(there, VIDEOS))

    [call] = there.calls("chat.postEphemeral")
    assert (call.args["channel"], call.args["user"]) == (VIDEOS, ADA)
    assert "and mention me there" in call.args["text"]
    assert "thread_ts" not in call.args


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"joined_key": "message:D1:2.0:0"}, id="was told of where it was completed"),
        pytest.param({"request_key": "message:D1:3.000:0"}, id="was asked for in that thread"),
        pytest.param({"request_key": "command:1"}, id="is a command's"),
        pytest.param({"status": OrderStatus.CANCELLED}, id="asks nothing any more"),
    ],
)
async def test_what_is_seen_anyway_is_not_said_again(
    there: World, show: Show, change: dict[str, Any]
) -> None:
    await there.show(show, await dropped(there, there.box.dm(), **change))

    assert told(there) == []


async def test_of_several_videos_in_one_message_the_first_speaks_for_all(there: World, show: Show) -> None:
    first = await dropped(there, there.box.dm())
    second = first.request_key.removesuffix("0") + "1"
    other = await dropped(there, there.box.dm(), thread_ts=first.thread_ts, request_key=second)
    await there.show(show, first)
    await there.show(show, other)

    assert len([line for line in told(there) if line.startswith("What should")]) == 1


async def test_while_others_wait_for_their_turn_nothing_is_said(there: World) -> None:
    standing_still = Slack(there.box.http, base_url=there.box.slack.api_url, clock=lambda: 0.0)
    show = Show(replace(there.tools, slack=standing_still), ask_again_from_usd=Decimal(10))

    job = await there.show(show, await dropped(there, there.box.dm()))

    assert (await there.card(job)).shown == 1
    assert told(there) == []


async def test_a_line_that_cannot_be_said_stops_nothing(there: World, show: Show) -> None:
    there.slack.faults.set("api_error", {"method": "chat.getPermalink", "error": "message_not_found"})

    job = await there.show(show, await dropped(there, there.box.dm()))

    assert (await there.card(job)).shown == 1
    assert told(there) == []
