"""response_url: five uses, thirty minutes, ephemeral unless told otherwise."""

from pathlib import Path
from typing import Any

from bot.sandbox.fake_slack import Timings
from tests.integration.fake_slack.harness import ACTIONS, ADA, NORTH, RANDOM, VIDEOS, Clock, Sandbox, sandbox


def command_url(box: Sandbox, channel: str = VIDEOS) -> str:
    return box.slack.parts.response_urls.for_command(NORTH.id, ADA, channel)


async def respond(box: Sandbox, url: str, **body: Any) -> tuple[int, str]:
    answer = await box.page.post(url, json=body)
    return answer.status_code, answer.json().get("error", "")


async def test_it_works_five_times(box: Sandbox) -> None:
    url = command_url(box)
    for _ in range(5):
        assert await respond(box, url, text="still here") == (200, "")
    assert await respond(box, url, text="once more") == (404, "used_url")
    assert len(box.slack.records().ephemerals) == 5


async def test_it_ends_after_thirty_minutes(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, now=clock, timings=Timings(heartbeat_s=0.1)) as box:
        url = command_url(box)
        clock.time += 30 * 60 + 1
        assert await respond(box, url, text="late") == (404, "expired_url")


async def test_an_unknown_one_and_bad_blocks(box: Sandbox) -> None:
    nowhere = box.slack.parts.config.base_url + "/commands/T0NORTH001/nobody"
    assert await respond(box, nowhere, text="x") == (404, "no_service")
    assert await respond(box, command_url(box), text="x", blocks=[{"type": "x"}]) == (400, "invalid_blocks")


async def test_it_reaches_channels_without_the_bot(box: Sandbox) -> None:
    url = command_url(box, RANDOM)
    assert await respond(box, url, text="all of you", response_type="in_channel") == (200, "")
    assert [m.text for m in box.slack.workspace(NORTH.id).messages(RANDOM)] == ["all of you"]


async def test_it_replaces_and_deletes_the_ephemeral_message_it_came_from(box: Sandbox) -> None:
    shown = await box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="Sure?", blocks=ACTIONS)
    urls = box.slack.parts.response_urls
    url = urls.for_message(NORTH.id, ADA, VIDEOS, shown["message_ts"], ephemeral=True)
    assert await respond(box, url, text="Done", replace_original=True) == (200, "")
    ephemerals = box.slack.workspace(NORTH.id).ephemerals
    assert ephemerals[shown["message_ts"]].message.text == "Done"
    assert await respond(box, url, delete_original=True) == (200, "")
    assert shown["message_ts"] not in ephemerals
