"""Whatever the fake Slack sends fits the types that Slack publishes."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.integration.fake_slack.harness import (
    ACTIONS,
    ADA,
    NORTH,
    PLAIN_FORM,
    RANDOM,
    VIDEOS,
    Heard,
    Sandbox,
    manifest_with,
    sandbox,
)

DATA = Path(__file__).parents[2] / "data" / "slack_payloads"
DEFINITIONS = json.loads((DATA / "payloads.schema.json").read_text())["definitions"]
RESPONSES = json.loads((DATA / "responses.schema.json").read_text())
NULLABLE = frozenset({"close", "submit", "previous_view_id"})
ALL_SCOPES = [
    *("chat:write", "files:read", "files:write", "im:write", "im:read", "channels:read", "channels:join"),
    *("users:read", "team:read", "reactions:write", "commands", "im:history"),
]


def fits(payload: dict[str, Any], definition: str) -> None:
    schema = {"$ref": f"#/definitions/{definition}", "definitions": DEFINITIONS}
    problems = [
        f"{e.json_path}: {e.message[:200]}"
        for e in Draft7Validator(schema).iter_errors(without_nulls(payload, NULLABLE))
    ]
    assert problems == []


def without_nulls(value: Any, but: frozenset[str] = frozenset()) -> Any:
    """Slack sends `enterprise: null` and the like; its published types leave the nulls out."""
    if isinstance(value, dict):
        return {k: without_nulls(v, but) for k, v in value.items() if v is not None or k in but}
    if isinstance(value, list):
        return [without_nulls(part, but) for part in value]
    return value


def as_typed(event: dict[str, Any]) -> dict[str, Any]:
    """The types want a channel in the message within a change; Slack's recorded payloads have none there."""
    where = {key: event[key] for key in ("channel", "channel_type", "event_ts")}
    changed = event.keys() & {"message", "previous_message"}
    inner: dict[str, Any] = {key: {**event[key], **where} for key in changed}
    return {**event, **inner}


async def test_every_interaction_and_event(both_ways: tuple[Sandbox, Heard]) -> None:
    box, heard = both_ways
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync <b> @ben https://example.com/a.mp4")
    view = box.slack.parts.modals.stack(box.slack.workspace(NORTH.id), ADA)[-1]
    state = {"script": {"text": {"type": "plain_text_input", "value": "Hello"}}}
    await box.as_ada("/ui/view/close", view_id=view.id)
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    view = box.slack.parts.modals.stack(box.slack.workspace(NORTH.id), ADA)[-1]
    await box.as_ada("/ui/view/submit", view_id=view.id, state=state)
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
    click = {"block_id": "row", "action_id": "go", "value": {}, "state": {}}
    await box.as_ada("/ui/action", message={"channel": VIDEOS, "ts": posted["ts"]}, **click)
    shown = await box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="Sure?", blocks=ACTIONS)
    await box.as_ada("/ui/action", ephemeral_id=shown["message_ts"], **click)
    await box.as_ada("/ui/shortcut", callback_id="lipsync_global")
    said = (await box.as_ada("/ui/message", channel=VIDEOS, text="look")).json()["ts"]
    await box.as_ada("/ui/shortcut", callback_id="lipsync_message", message={"channel": VIDEOS, "ts": said})

    kinds = {
        "block_actions": "BlockAction",
        "view_submission": "ViewSubmitAction",
        "view_closed": "ViewClosedAction",
        "shortcut": "GlobalShortcut",
        "message_action": "MessageShortcut",
    }
    seen = {payload.get("type", "command") for payload in heard.payloads}
    assert seen == {*kinds, "command"}
    for payload in heard.payloads:
        fits(payload, kinds.get(payload.get("type", ""), "SlashCommand"))
    assert heard.payloads[0]["text"] == f"&lt;b&gt; <@{NORTH.users[1].id}|ben> <https://example.com/a.mp4>"
    assert "message" not in heard.of("block_actions")[1]


async def test_every_event(both_ways: tuple[Sandbox, Heard]) -> None:
    box, heard = both_ways
    file = await box.upload(b"12345")
    await box.as_ada("/ui/message", channel=box.dm(), text="hello", file_ids=[file["id"]])
    await box.as_ada("/ui/message", channel=box.dm(), text="only words")
    posted = await box.api.chat_postMessage(channel=box.dm(), text="working")
    await box.api.chat_update(channel=box.dm(), ts=posted["ts"], text="done")
    await box.api.chat_delete(channel=box.dm(), ts=posted["ts"])
    box.slack.admins.remove(NORTH.id)
    await box.slack.settled()

    kinds = {
        None: "GenericMessageEvent",
        "file_share": "FileShareMessageEvent",
        "message_changed": "MessageChangedEvent",
        "message_deleted": "MessageDeletedEvent",
    }
    events = [d.payload["event"] for d in box.slack.records().deliveries if d.kind == "events_api"]
    messages = [event for event in events if event["type"] == "message"]
    assert {message.get("subtype") for message in messages} == set(kinds)
    for message in messages:
        fits(as_typed(message), kinds[message.get("subtype")])
    others = {"app_uninstalled": "AppUninstalledEvent", "tokens_revoked": "TokensRevokedEvent"}
    for event in events:
        if event["type"] in others:
            fits(event, others[event["type"]])
    assert {event["type"] for event in events} == {"message", *others}
    # Bolt drops what the bot itself said.
    assert [e["event"]["text"] for e in heard.events if e["event"].get("text")] == ["hello", "only words"]


@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
async def test_every_answer_of_the_web_api(tmp_path: Path) -> None:
    manifest = manifest_with(tmp_path, scopes=ALL_SCOPES, home_tab_enabled=True)
    async with sandbox(tmp_path, manifest=manifest) as box:
        answers = await call_everything(box)
    assert answers.keys() >= RESPONSES.keys()
    for method, answer in answers.items():
        assert answer["ok"], (method, answer)
        if method in RESPONSES:
            errors = Draft7Validator(RESPONSES[method]).iter_errors(without_nulls(answer))
            assert [(method, e.json_path, e.message[:200]) for e in errors] == []


async def call_everything(box: Sandbox) -> dict[str, dict[str, Any]]:
    """One good call of each method."""
    answers: dict[str, dict[str, Any]] = {}

    async def call(method: str, **args: Any) -> dict[str, Any]:
        form = method in {"files.info", "users.info", "bots.info", "chat.getPermalink", "conversations.info"}
        form = form or method in {"conversations.members", "files.getUploadURLExternal"}
        sent = {"params": args} if form else {"json": args}
        answers[method] = dict((await box.api.api_call(method, **sent)).data)  # type: ignore[arg-type]
        return answers[method]

    def trigger(view_id: str | None = None) -> str:
        return box.slack.parts.triggers.mint(NORTH.id, ADA, view_id)

    opened = await box.api.apps_connections_open(app_token=box.slack.parts.config.app_token)
    answers["apps.connections.open"] = dict(opened.data)  # type: ignore[arg-type]
    await call("auth.test")
    posted = await call("chat.postMessage", channel=VIDEOS, text="hi", blocks=ACTIONS)
    where = {"channel": VIDEOS, "ts": posted["ts"]}
    await call("chat.update", **where, text="hi again")
    await call("chat.getPermalink", channel=VIDEOS, message_ts=posted["ts"])
    await call("reactions.add", channel=VIDEOS, timestamp=posted["ts"], name="eyes")
    await call("reactions.remove", channel=VIDEOS, timestamp=posted["ts"], name="eyes")
    await call("chat.postEphemeral", channel=VIDEOS, user=ADA, text="psst")
    await call("chat.delete", **where)
    view = (await call("views.open", trigger_id=trigger(), view=PLAIN_FORM))["view"]
    await call("views.update", view_id=view["id"], view=PLAIN_FORM)
    await call("views.push", trigger_id=trigger(view["id"]), view=PLAIN_FORM)
    await call("views.publish", user_id=ADA, view={"type": "home", "blocks": [{"type": "divider"}]})
    announced = await call("files.getUploadURLExternal", filename="a.mp4", length=5)
    await box.page.post(announced["upload_url"], content=b"12345")
    await call("files.completeUploadExternal", files=[{"id": announced["file_id"]}], channel_id=VIDEOS)
    await box.slack.settled()
    await call("files.info", file=announced["file_id"])
    await call("files.delete", file=announced["file_id"])
    await call("conversations.info", channel=VIDEOS)
    await call("conversations.members", channel=VIDEOS)
    await call("conversations.join", channel=RANDOM)
    await call("conversations.open", users=ADA)
    await call("users.info", user=ADA)
    await call("team.info")
    await call("bots.info", bot=NORTH.bot_id)
    return answers
