"""A workspace without the app: words at once, in the answer where Slack shows one, and no error of ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.integration.handlers.front import Front, block_action, message_event, view_payload

NOWHERE = "T0UNKNOWN0"
TEAM: dict[str, Any] = {
    "team": {"id": NOWHERE, "domain": "nowhere"},
    "user": {"id": "U1", "team_id": NOWHERE},
}


@pytest.fixture(autouse=True)
def calm(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever is asked, one line says it, and it is no error."""
    yield
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "not installed there" in line] == lines[:1]
    assert "level='info'" in lines[0]


async def test_a_command_is_answered_in_its_answer(app: Front) -> None:
    answer = await app.command("https://e.com/v.mp4 https://e.com/a.mp3", team_id=NOWHERE)

    assert answer.json()["response_type"] == "ephemeral"
    assert "not installed in this workspace" in answer.json()["text"]
    assert await app.orders(team_id=NOWHERE) == []


async def test_a_form_says_it_in_its_place(app: Front) -> None:
    sent = view_payload("view_submission", {"callback_id": "lipsync_form"}, **TEAM)

    answer = await app.interaction(sent)

    assert answer.json()["response_action"] == "update"
    assert "not installed in this workspace" in json.dumps(answer.json()["view"])


@pytest.mark.parametrize("kind", ["event", "nonsense", "closed form", "shortcut"])
async def test_what_slack_shows_no_answer_to_is_acknowledged(app: Front, kind: str) -> None:
    match kind:
        case "event":
            answer = await app.event(message_event("hello"), team_id=NOWHERE, authorizations=[])
        case "nonsense":
            answer = await app.interaction({**TEAM, "type": "nonsense", "event": {"type": ["message"]}})
        case "closed form":
            closed = view_payload("view_closed", {"callback_id": "lipsync_form"}, **TEAM)
            answer = await app.interaction(closed)
        case _:
            shortcut = block_action("x", **TEAM, callback_id="lipsync_global", channel=None)
            answer = await app.interaction({**shortcut, "type": "shortcut"})

    assert (answer.status_code, answer.text) == (200, "")


@pytest.fixture
async def slow() -> AsyncIterator[tuple[str, list[Any]]]:
    """A response URL that takes its time, and what was posted to it."""
    posted: list[Any] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        posted.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/actions", posted


async def test_a_press_is_answered_before_its_response_url_is_called(
    app: Front, slow: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, posted = slow
    monkeypatch.setattr(app.services.slack, "base_url", url)

    answer = await app.interaction(block_action("generate", "job:price", **TEAM, response_url=url))

    assert (answer.status_code, posted) == (200, [])
    await app.settled()
    assert "not installed in this workspace" in posted[0]["text"]


async def test_words_go_to_no_address_but_slacks(app: Front, slow: tuple[str, list[Any]]) -> None:
    url, posted = slow

    await app.interaction(block_action("generate", "job:price", **TEAM, response_url=url))
    await app.settled()

    assert posted == []
