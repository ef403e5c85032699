"""Ids of people that Slack would not make: refused where they come in, so that none is kept or mentioned."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.asking.command_line import parse_command
from bot.asking.drafts import Draft
from bot.asking.short_words import AskForget, word_alone
from bot.errors import Malformed
from bot.messages.ids import Action
from bot.slack.payloads import to_request
from storage.schema import metadata
from tests.integration.fake_slack.harness import ADA
from tests.integration.handlers.front import (
    FORM,
    Front,
    block_action,
    command,
    event_callback,
    message_event,
    view_payload,
)
from tests.integration.handlers.mutations import JSON

Json = dict[str, Any]
BAD = ["", "u0ada", "U0 ADA", "U0ADA ", "U" * 300, "U1>", "U1|ada", "<!here>", "U1\n", "Ü1", "-U1"]
GOOD = [ADA, "W012A3CDE", "USLACKBOT", "U-AUTH", "U1"]


def _form(**given: Any) -> Json:
    return view_payload("view_submission", {"state": {"values": {"b": {"a": given}}}})


IN: dict[str, Callable[[str], Json]] = {
    "who uses the command": lambda who: command("help", user_id=who),
    "who presses": lambda who: block_action(Action.CANCEL, "x", user={"id": who}),
    "who sends a form": lambda who: view_payload("view_submission", {}, user={"id": who}),
    "who uses a shortcut": lambda who: (
        block_action("x", user={"id": who}) | {"type": "shortcut", "callback_id": "lipsync_global"}
    ),
    "who is chosen": lambda who: _form(type="users_select", selected_user=who),
    "who is among those chosen": lambda who: _form(type="multi_users_select", selected_users=[ADA, who]),
    "who writes": lambda who: event_callback(message_event("help", user=who)),
    "who mentions the app": lambda who: event_callback(
        message_event("help", user=who) | {"type": "app_mention"}
    ),
    "who opens their Home": lambda who: event_callback(
        {"type": "app_home_opened", "user": who, "tab": "home", "channel": "D1", "event_ts": "1.2"}
    ),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", IN)
def test_each_is_refused_wherever_it_comes_in(place: str, bad: str) -> None:
    with pytest.raises(Malformed):
        to_request(IN[place](bad))


@pytest.mark.parametrize("good", GOOD)
@pytest.mark.parametrize("place", IN)
def test_slacks_own_are_taken(place: str, good: str) -> None:
    to_request(IN[place](good))


@pytest.mark.parametrize("bad", BAD)
def test_no_words_name_one(bad: str) -> None:
    """Typed small it is what was meant, and what stands behind a line is its label."""
    asked = word_alone(f"delete data of <@{bad}>")
    named = asked.user_id if isinstance(asked, AskForget) else None
    assert named in {None, "U0ADA", "U1"}
    read = parse_command(f'https://example.com/v.mp4 say "Hi" shown <@{bad}>')
    shown = read.shown if isinstance(read, Draft) else None
    assert shown is None or shown.user_id in {None, "U1"}


@pytest.mark.parametrize("bad", ["NOT-A-PERSON ", "not-a-person", "U1|NOT-A-PERSON", "<@NOT-A-PERSON>"])
@pytest.mark.parametrize("place", IN)
async def test_none_of_it_is_kept_or_said(app: Front, place: str, bad: str) -> None:
    payload = IN[place](bad)
    if "command" in payload:
        answer = await app.signed(urlencode(payload).encode(), content_type=FORM)
    elif payload["type"] == "event_callback":
        answer = await app.signed(json.dumps(payload).encode(), content_type=JSON)
    else:
        body = urlencode({"payload": json.dumps(payload)}).encode()
        answer = await app.signed(body, content_type=FORM)
    await app.settled(looks=False)

    assert answer.status_code == 400
    assert "a-person" not in answer.text.lower()
    async with app.there.db.read() as conn:
        for table in metadata.sorted_tables:
            rows = [tuple(row) for row in await conn.execute(table.select())]
            assert "a-person" not in repr(rows).lower(), table.name
