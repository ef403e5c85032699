"""Payloads as Slack sends them, broken in all ways: the same seed breaks them in the same ways."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from bot.messages.ids import Action
from tests.integration.fake_slack.harness import NORTH
from tests.integration.handlers.front import (
    FORM,
    VIDEO_FILE,
    block_action,
    command,
    event_callback,
    message_event,
    view_payload,
)

Json = dict[str, Any]
Request = tuple[bytes, str]
"""A body and its content type."""
Headers = list[tuple[bytes, bytes]]
JSON = "application/json"
_SAMPLES = Path(__file__).parents[2] / "data/slack_payloads/samples.json"
_RAW = "@raw@"


def slacks_own() -> list[Json]:
    """What Slack has sent to others, of workspaces that are not installed here."""
    return [{**sample["payload"], "response_url": None} for sample in json.loads(_SAMPLES.read_text())]


def ours(order_id: str, *, response_url: str) -> list[Json]:
    """What leads to every handler, about one order."""
    form = {
        "callback_id": "lipsync_form",
        "private_metadata": json.dumps(
            {
                "order": order_id,
                "way": {"url": response_url, "in_thread": True},
                "options": {"model": "sync-3", "sync_mode": "loop", "stability": 0.5},
            }
        ),
        "hash": "1.abc",
        "blocks": [
            {"type": "input", "block_id": "form_video", "element": {"action_id": "form_video"}},
            {"type": "actions", "elements": [{"type": "button", "action_id": "x"}]},
        ],
        "state": {"values": _filled()},
    }
    message = {"type": "message", "ts": "1790000000.000100", "text": "look", "files": [VIDEO_FILE]}
    in_block = {"type": "file", "source": "remote", "external_id": "x", "file_id": "F2"}
    forwarded = {"file_id": "F3", "message_blocks": [{"message": message, "channel": "C1", "ts": "1.2"}]}
    in_message = {
        "container": {"type": "message", "channel_id": "C1", "message_ts": "1.2"},
        "message": message,
        "response_url": response_url,
    }
    picked = block_action("x", callback_id="lipsync_message", message=message)
    return [
        *(command(line) for line in ("help", "list", "status", "list failed", "list COMPLETED", "")),
        command('https://example.com/v.mp4 say "Hello" voice Rachel', enterprise_id=""),
        command("https://example.com/v.mp4 https://[::1]:8000/s.mp3 model sync-3"),
        *(block_action(name, f"{order_id}:price", **in_message) for name in Action),
        block_action(Action.PICK, f"{order_id}:1", **in_message),
        block_action(Action.LIST_OLDER, f"done:1790000000.5:{order_id}", **in_message),
        block_action("form_video", view={"id": "V1", **form}),
        block_action("form_try_again", view={"id": "V1", **form}),
        view_payload("view_submission", form, trigger_id="1.2"),
        view_payload("view_closed", form),
        {**picked, "type": "message_action"},
        {**block_action("x"), "type": "shortcut", "callback_id": "lipsync_global"},
        *(event_callback(message_event(words)) for words in ("hello", "status", "thanks!", "list done")),
        event_callback(message_event("", files=[VIDEO_FILE, {**VIDEO_FILE, "id": "F9", "mimetype": "x/y"}])),
        event_callback(message_event('say "Hi"', files=[VIDEO_FILE], thread_ts="1.2", subtype="file_share")),
        event_callback(
            message_event("", attachments=[{"files": [VIDEO_FILE]}, forwarded], blocks=[in_block])
        ),
        event_callback({**message_event("<@U1> help"), "type": "app_mention"}),
        event_callback({"type": "tokens_revoked", "tokens": {"bot": ["U1"], "oauth": []}}, team_id="T0OTHER"),
        event_callback({"type": "app_uninstalled"}, team_id="T0OTHER"),
    ]


def _filled() -> Json:
    def chosen(value: str) -> Json:
        option = {"text": {"type": "plain_text", "text": "Shown"}, "value": value}
        return {"type": "static_select", "selected_option": option}

    inputs: Json = {
        "form_video": chosen("upload"),
        "video_upload": {"type": "file_input", "files": [VIDEO_FILE]},
        "form_speech": chosen("script"),
        "script": {"type": "plain_text_input", "value": "Hello"},
        "voice": chosen("v-1"),
    }
    return {field: {field: value} for field, value in inputs.items()}


def mutated(chance: Random, samples: list[Json]) -> Request:
    """One of the samples with up to three faults, as a request."""
    payload = _sample(chance, samples)
    _break(chance, payload)
    body, content_type = _sent(chance, payload)
    return (_damaged(chance, body) if chance.random() < 0.1 else body), content_type


def mutated_frame(chance: Random, samples: list[Json]) -> str:
    """One of the samples in a Socket Mode envelope, with up to three faults in either."""
    payload = _sample(chance, samples)
    kind = "slash_commands" if "command" in payload else "interactive"
    kind = "events_api" if payload.get("type") == "event_callback" else kind
    envelope = {"type": kind, "envelope_id": "e1", "accepts_response_payload": True, "payload": payload}
    return mutated_json(chance, envelope).decode(errors="replace")


def mutated_json(chance: Random, payload: Json) -> bytes:
    """A payload with up to three faults, as JSON."""
    broken = json.loads(json.dumps(payload))
    _break(chance, broken)
    body = _written(broken).encode()
    return _damaged(chance, body) if chance.random() < 0.1 else body


def mutated_headers(chance: Random, headers: Headers) -> Headers:
    """Headers with up to three faults: one is missing, doubled, bent, or expected by nobody."""
    broken = list(headers)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(broken))
        name, value = broken[at]
        match chance.randint(0, 4):
            case 0 if len(broken) > 1:
                del broken[at]
            case 1:
                broken.insert(at, (name, chance.choice(_HEADER_VALUES)))
            case 2:
                broken[at] = (name, _bent(chance, value.decode("latin-1")).encode("utf-8", "replace"))
            case 3:
                broken[at] = (name, chance.choice(_HEADER_VALUES))
            case _:
                broken.append((chance.choice(_HEADER_NAMES), chance.choice(_HEADER_VALUES)))
    return broken


def _sample(chance: Random, samples: list[Json]) -> Json:
    payload: Json = json.loads(json.dumps(chance.choice(samples)))
    if payload.get("team_id") == "T111" and chance.random() < 0.5:
        payload = json.loads(json.dumps(payload).replace('"T111"', f'"{NORTH.id}"'))
    _make_new(chance, payload)
    return payload


def _break(chance: Random, payload: Json) -> None:
    for _ in range(chance.randint(1, 3)):
        _break_one(chance, payload)


def _make_new(chance: Random, payload: Json) -> None:
    """A trigger or message that came before would be answered as a second delivery."""
    if "trigger_id" in payload:
        payload["trigger_id"] = f"{chance.randrange(10**12)}.1.x"
    event = payload.get("event")
    if isinstance(event, dict) and "ts" in event:
        event["ts"] = f"1790000000.{chance.randrange(10**6):06}"


def _break_one(chance: Random, payload: Json) -> None:
    """Put something else in the place of one value, drop it, or put it where it does not belong."""
    places = list(_places(payload))
    if not places:
        return
    holder, key = chance.choice(places)
    match chance.randint(0, 6):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2:
            holder[key] = {"id": holder[key], "type": holder[key]}
        case 3 if isinstance(holder, dict):
            other, named = chance.choice(places)
            holder[str(named)] = json.loads(json.dumps(other[named]))
        case 4 | 5 if isinstance(holder[key], str):
            holder[key] = _bent(chance, holder[key])
        case _:
            holder[key] = chance.choice(_ODD)(chance)


def _bent(chance: Random, text: str) -> str:
    """Nearly as it was: what a text holds is read as well, be it JSON, ids, a number, a link or a line."""
    at = chance.randrange(len(text) + 1)
    odd = chance.choice(_PIECES)
    return chance.choice(
        (
            text[:at],
            text[at:],
            text[:at] + odd + text[at:],
            text[:at] + odd + text[at + len(odd) :],
            text * 2,
            _NUMBER.sub(odd, text),
            _VALUE.sub(lambda pair: f"{pair[1]}{odd or 'null'}", text),
            _HOST.sub(lambda link: f"{link[1]}{odd}", text),
        )
    )


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _deep(opening: str, closing: str) -> Callable[[Random], str]:
    def nested(chance: Random) -> str:
        depth = chance.choice((50, 150, 199, 250, 900, 5_000, 60_000))
        return _RAW + opening * depth + closing * depth

    return nested


_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?$")
_VALUE = re.compile(r"(: )(?:\"[^\"]*\"|true|null)")
_HOST = re.compile(r"(https://)[^/]+")
_PIECES = (
    *(
        "",
        " ",
        ":",
        "::",
        "-1",
        "1e999",
        "nan",
        "9" * 5_000,
        "²",
        "٣",
        "0x1",
        "1_0",
        "\0",
        "\u200b",
        "\ufffd",
    ),
    *("[", "]", "{}", "[1:2]", "null", "5", '"', "“", "<", ">", "<@U1>", "<!here>", "&amp;", "|", "%", "%00"),
    *("@", "\N{FULLWIDTH COLON}", "\N{FULLWIDTH COMMERCIAL AT}", "a" * 64, "https://", "xn--", "..", "\n"),
)
_HEADER_NAMES = (
    *(b"content-type", b"content-length", b"content-encoding", b"transfer-encoding", b"expect", b"cookie"),
    *(b"x-slack-retry-num", b"x-slack-retry-reason", b"x-slack-signature", b"x-slack-request-timestamp"),
    *(b"sync-signature", b"x-forwarded-for", b"host", b"upgrade", b"range", b"if-none-match"),
)
_HEADER_VALUES = (
    *(b"", b" ", b"0", b"-1", b"1e9", b"1_0", b"+5", b"9" * 4_000, b"\xb2", b"\xd9\xa3", b"\xff", b"nan"),
    *(
        b"v0=",
        b"v0",
        b"v1=00",
        b"t=,v1=",
        b"t=1,t=2,v1=00",
        b"t=1790000000",
        b"=,=",
        b",",
        b"t=\xd9\xa3,v1=0",
    ),
    *(b"application/json; charset=utf-7", b"multipart/form-data", b"gzip", b"chunked", b"100-continue", b";"),
)
_ODD: tuple[Callable[[Random], Any], ...] = (
    lambda _: None,
    lambda _: True,
    lambda _: "",
    lambda _: [],
    lambda _: {},
    lambda _: -1,
    lambda _: 1.5,
    lambda _: 10**30,
    lambda chance: "x" * chance.choice((300, 5_000, 100_000)),
    lambda _: " \t\n",
    lambda _: "nul\0nul",
    lambda _: "☃ 𝄞 \u202e",
    lambda _: "'; DROP TABLE jobs; --",
    lambda _: "https://[::1",
    lambda _: '{"job":',
    lambda _: [None],
    lambda _: [[]],
    lambda _: {"id": {"id": 1}},
    lambda _: _RAW + "NaN",
    lambda _: _RAW + "-Infinity",
    lambda _: _RAW + "1e999",
    lambda _: _RAW + "9" * 5_000,
    lambda _: _RAW + '"\\ud83d"',
    lambda _: _RAW + '{"a":1,"a":[2]}',
    _deep("[", "]"),
    _deep('{"event":', "1}"),
)


def _sent(chance: Random, payload: Json) -> Request:
    """As Slack would send it, mostly."""
    kind = payload.get("type")
    if "command" in payload and chance.random() < 0.9:
        return urlencode({name: _plain(value) for name, value in payload.items()}).encode(), FORM
    text = _written(payload)
    if kind == "event_callback" or chance.random() < 0.1:
        return text.encode(), JSON
    form = f"payload={quote_plus(text)}"
    if chance.random() < 0.05:
        form = chance.choice((f"payload=1&{form}", f"{form}&payload=[]", f"{form}&payload", f"a=b&{form}"))
    return form.encode(), FORM


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _written(payload: Any) -> str:
    text = json.dumps(payload)
    begin = '"' + _RAW
    while (start := text.find(begin)) >= 0:
        raw, end = json.JSONDecoder().raw_decode(text, start)
        text = text[:start] + raw.removeprefix(_RAW) + text[end:]
    return text


def _damaged(chance: Random, body: bytes) -> bytes:
    """Bytes that were lost, changed or put into another encoding on the way."""
    at = chance.randrange(len(body) + 1)
    return chance.choice(
        (
            body[:at],
            body[:at] + b"\xff" + body[at:],
            body[:at] + b"\0" + body[at:],
            body[:at] + chance.randbytes(8) + body[at + 8 :],
            body[:at] + b"%ed%a0%80" + body[at:],
            body.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + body,
            body * 2,
            quote(body).encode(),
        )
    )
