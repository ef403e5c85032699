"""When something of ours breaks: Slack gets an answer, a person words and a reference, the log the rest."""

import re
from typing import Any

import pytest

from bot.messages.catalogue import ENGLISH
from bot.messages.form import FormState, form
from bot.teams.installations import Teams
from bot.use_cases.conversations import Conversations
from bot.use_cases.orders import Orders
from storage.errors import StorageBusy
from tests.integration.fake_slack.harness import VIDEOS
from tests.integration.handlers.front import Front, alert_in, block_action, message_event, view_payload

WORDS = "/home/app/secret-path: out of memory"
SEND = "https://example.com/v.mp4 https://example.com/a.mp3"


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError(WORDS)

    for use_case in ("start", "draft", "find", "confirm", "discard"):
        monkeypatch.setattr(Orders, use_case, breaks)
    monkeypatch.setattr(Conversations, "take", breaks)


def reference_in(text: str) -> str:
    found = re.search(r"`([0-9a-f]{8})`|\b([0-9a-f]{8})\b", text)
    assert found, text
    return found[1] or found[2]


async def test_a_command_gets_words_with_a_reference_that_is_in_the_log(
    app: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await app.command(SEND)

    assert answer.status_code == 200
    assert answer.json()["response_type"] == "ephemeral"
    text = answer.json()["text"]
    assert "If nothing comes within a minute, please ask again: nothing is charged before" in text
    assert "look at the card first" not in text
    assert WORDS not in answer.text
    logged = capsys.readouterr().out
    assert reference_in(text) in logged
    assert WORDS in logged


async def test_a_form_shows_the_words_in_its_place(app: Front) -> None:
    sent = view_payload(
        "view_submission", {"callback_id": "lipsync_form", "private_metadata": '{"order":"j"}'}
    )

    answer = await app.interaction(sent)

    assert answer.status_code == 200
    assert answer.json()["response_action"] == "update"
    assert reference_in(str(answer.json()["view"]))
    assert WORDS not in answer.text


async def test_a_form_that_has_fields_stays_and_says_it_above_them(app: Front) -> None:
    view = form(ENGLISH, FormState("j"))

    answer = (await app.interaction(view_payload("view_submission", view))).json()

    assert reference_in(alert_in(answer))
    assert answer["view"]["blocks"][-len(view["blocks"]) :] == view["blocks"]


async def test_an_event_is_refused_so_that_slack_sends_it_again(app: Front) -> None:
    answer = await app.event(message_event(SEND))

    assert (answer.status_code, answer.text) == (503, "")


@pytest.mark.parametrize("kind", [{}, {"type": "app_mention", "channel_type": "channel", "channel": VIDEOS}])
async def test_whoever_wrote_is_told_of_each_message_once_however_often_slack_sends_it(
    app: Front, kind: dict[str, str]
) -> None:
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))
    first, second = message_event(SEND, **kind), message_event(SEND, **kind)

    for event in (first, second, first):
        await app.event(event)
        await app.settled()

    said = app.there.messages(channel)[before:]
    assert ["Your message is not lost" in each.text for each in said] == [True, True]


@pytest.mark.parametrize(
    "changes",
    [{"channel_type": "channel", "channel": VIDEOS}, {"bot_id": "B1"}, {"subtype": "message_deleted"}],
    ids=["to others", "a bot", "a deletion"],
)
async def test_what_nobody_wrote_to_the_app_is_not_answered(
    app: Front, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    need = Teams.need

    async def is_away_at_first(*_: Any) -> None:
        monkeypatch.setattr(Teams, "need", need)
        raise StorageBusy("locked")

    monkeypatch.setattr(Teams, "need", is_away_at_first)
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    assert (await app.event(message_event(SEND) | changes)).status_code == 503
    await app.settled()

    assert len(app.there.messages(channel)) == before


async def test_a_button_is_not_acknowledged_and_its_presser_told(app: Front) -> None:
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    answer = await app.interaction(block_action("generate", "job:price"))
    await app.settled()

    assert (answer.status_code, answer.text) == (503, "")
    said = app.there.messages(channel)[before:]
    assert len(said) == 1
    assert reference_in(said[0].text)


@pytest.mark.parametrize("error", [TimeoutError(), StorageBusy("locked")], ids=["in time", "storage"])
async def test_a_press_that_was_cut_short_promises_only_what_is_known(
    app: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    async def is_cut_short(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Orders, "find", is_cut_short)
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))

    await app.interaction(block_action("generate", "job:price"))
    await app.settled()

    [said] = app.there.messages(channel)[before:]
    assert "Nothing new was charged" not in said.text
    assert "pressing again never charges twice" in said.text
    assert reference_in(said.text) in capsys.readouterr().out


async def test_a_closed_form_is_acknowledged(app: Front) -> None:
    closed = view_payload("view_closed", {"callback_id": "lipsync_form", "private_metadata": '{"order":"j"}'})

    assert (await app.interaction(closed)).status_code == 200
