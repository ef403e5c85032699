"""What a person does with messages that stand already: edit, forward, delete."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fake_slack.harness import (
    BEN,
    NORTH,
    RANDOM,
    VIDEOS,
    Heard,
    Sandbox,
    manifest_with,
    sandbox,
)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    scopes = ["chat:write", "channels:history", "im:history", "files:read"]
    manifest = manifest_with(tmp_path, scopes=scopes, bot_events=["message.channels", "message.im"])
    async with sandbox(tmp_path, manifest=manifest) as started:
        yield started


async def said(box: Sandbox, text: str, channel: str = VIDEOS, **more: Any) -> str:
    answer = await box.as_ada("/ui/message", channel=channel, text=text, **more)
    return str(answer.json()["ts"])


async def test_an_edit_tells_what_was_and_what_is(box: Sandbox, heard: Heard) -> None:
    ts = await said(box, "say hullo")
    await box.as_ada("/ui/message/edit", channel=VIDEOS, ts=ts, text="say *hello*")
    await box.slack.settled()
    change = heard.events[-1]["event"]
    assert (change["subtype"], change["hidden"]) == ("message_changed", True)
    assert change["previous_message"]["text"] == "say hullo"
    assert "edited" not in change["previous_message"]
    assert (change["message"]["ts"], change["message"]["text"]) == (ts, "say *hello*")
    assert change["message"]["edited"]["user"] == change["message"]["user"]


async def test_nobody_edits_the_words_of_others(box: Sandbox) -> None:
    ts = await said(box, "mine")
    edit = {"team": NORTH.id, "user": BEN, "channel": VIDEOS, "ts": ts, "text": "not mine"}
    answer = await box.page.post("/ui/message/edit", json=edit)
    assert answer.json()["error"] == "cant_update_message"


async def test_a_forwarded_message_is_an_attachment_with_its_files(box: Sandbox, heard: Heard) -> None:
    file = await box.upload(b"12345")
    ts = await said(box, "look at this", RANDOM, file_ids=[file["id"]])
    answer = await box.as_ada("/ui/message/forward", channel=RANDOM, ts=ts, to=box.dm(), text="this one")
    await box.slack.settled()
    (event,) = [each["event"] for each in heard.events]
    assert (event["ts"], event["text"]) == (answer.json()["ts"], "this one")
    (share,) = event["attachments"]
    assert share["is_share"] is True
    assert (share["channel_id"], share["ts"], share["text"]) == (RANDOM, ts, "look at this")
    assert [shown["id"] for shown in share["files"]] == [file["id"]]
    # It is not shared here by that: the app is not where it is.
    with pytest.raises(Exception, match="file_not_found"):
        await box.api.files_info(file=file["id"])


async def test_what_one_does_not_see_one_does_not_forward(box: Sandbox) -> None:
    theirs = box.dm(BEN)
    said_there = await box.api.chat_postMessage(channel=theirs, text="for Ben")
    answer = await box.as_ada("/ui/message/forward", channel=theirs, ts=said_there["ts"], to=VIDEOS)
    assert answer.status_code == 404
