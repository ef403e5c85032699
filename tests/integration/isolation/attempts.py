"""What is sent through each door to get at a row: its ids, wherever the door's own payloads carry them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from bot.asking.wanted import source_of
from bot.messages.ids import (
    Action,
    Callback,
    Field,
    OfPerson,
    Page,
    Reply,
    Source,
    button_value,
    limit_value,
    option_value,
    person_field,
)
from bot.use_cases.consents import told_apart
from storage.consents import Ground
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front, Json, block_action, message_event, view_payload
from tests.integration.isolation.doors import Door
from tests.integration.isolation.intruders import THEIR_CHANNEL, Intruder
from tests.integration.isolation.victims import VIDEO, Names

Attempt = Callable[[Names], Json]
"""A payload that names a row, still without who sends it."""
_LINE = f'{VIDEO.url} say "Hello"'


def _press(action: str, value: Callable[[Names], str]) -> Sequence[Attempt]:
    """A button, on the row's own card."""
    return [lambda names: block_action(action, value(names), **_on_card(names))]


def _on_card(names: Names) -> Json:
    return {
        "channel": {"id": names.channel, "name": "videos"},
        "container": {"type": "message", "channel_id": names.channel, "message_ts": names.ts},
    }


def _choose(action: Action) -> Attempt:
    """A choice in the menu of one of several videos."""

    def attempt(names: Names) -> Json:
        press = block_action(Action.PART, **_on_card(names))
        chosen = {
            "value": option_value(action, names.order, names.job),
            "text": {"type": "plain_text", "text": "?"},
        }
        press["actions"][0] |= {"selected_option": chosen}
        return press

    return attempt


def _form(kind: str, **more: Any) -> Attempt:
    """A form that carries the row's id, filled with a script of one's own."""

    def attempt(names: Names) -> Json:
        filled = {
            Field.VIDEO: {"selected_option": _option(Source.LINK)},
            Field.VIDEO_LINK: {"value": "https://example.com/v.mp4"},
            Field.SPEECH: {"selected_option": _option(Source.SCRIPT)},
            Field.SCRIPT: {"value": "Hello"},
        }
        view = {
            "callback_id": Callback.FORM,
            "private_metadata": json.dumps({"order": names.order}),
            "hash": "1.abc",
            "blocks": [],
            "state": {"values": {str(name): {str(name): value} for name, value in filled.items()}},
        }
        return view_payload(kind, view, **more)

    return attempt


def _options(names: Names) -> Json:
    """The form above it, with a name of one's own."""
    view = {
        "callback_id": Callback.FORM_OPTIONS,
        "private_metadata": json.dumps({"order": names.order}),
        "previous_view_id": "V1",
        "blocks": [],
        "state": {"values": {Field.NAME: {Field.NAME: {"value": "Mine"}}}},
    }
    return view_payload("view_submission", view)


def _settings(page: Page) -> Attempt:
    """A page of the settings as an admin would send it: it names the team by whoever sends it alone."""
    view = {
        "callback_id": Callback.SETTINGS_PAGE,
        "private_metadata": json.dumps({"page": page, "revision": 0}),
        "blocks": [],
        "state": {"values": {}},
    }
    return lambda _names: view_payload("view_submission", view)


def _no(names: Names) -> Json:
    """An approver's no, with why not."""
    view = {
        "callback_id": Callback.DECLINE,
        "private_metadata": json.dumps({"gate": names.gate}),
        "blocks": [],
        "state": {"values": {Reply.REASON: {Reply.REASON: {"value": "No."}}}},
    }
    return view_payload("view_submission", view)


def _consent(kind: str, **more: Any) -> Attempt:
    """The form that asks who is shown, with an answer."""

    def attempt(names: Names) -> Json:
        field, videos = person_field(OfPerson.GROUND, 0), told_apart({source_of(VIDEO)})
        view = {
            "callback_id": Callback.CONSENT,
            "private_metadata": json.dumps({"order": names.order, "videos": videos, "after_form": False}),
            "hash": "1.abc",
            "blocks": [{"type": "input", "block_id": field}],
            "state": {
                "values": {field: {Action.CONSENT_GROUND: {"selected_option": _option(Ground.NOT_REAL)}}}
            },
        }
        return view_payload(kind, view, **more)

    return attempt


def _in_consent(action: str) -> Sequence[Attempt]:
    """A menu or button of that form."""
    pressed = [{"action_id": action, "block_id": "b"}]
    return [_consent("block_actions", trigger_id="1.2", actions=pressed)]


def _difference(names: Names) -> str:
    return f"untold:gen-{names.order}"


def _closing(names: Names) -> Json:
    """The reason for which a difference is closed."""
    view = {
        "callback_id": Callback.CLOSE_DIFFERENCE,
        "private_metadata": json.dumps({"difference": _difference(names)}),
        "blocks": [],
        "state": {"values": {Reply.REASON: {Reply.REASON: {"value": "x"}}}},
    }
    return view_payload("view_submission", view)


def _option(value: str) -> Json:
    return {"value": value, "text": {"type": "plain_text", "text": value}}


def _in_form(action: str) -> Sequence[Attempt]:
    """A menu or button of an open form."""
    change = _form("block_actions", trigger_id="1.2", actions=[{"action_id": action, "block_id": "b"}])
    return [change]


def _on_home(action: Action, value: Callable[[Names], str] = lambda _names: "x") -> Sequence[Attempt]:
    where = {"type": "view", "view_id": "V0HOME"}
    view = {"id": "V0HOME", "type": "home", "blocks": []}
    return [lambda names: block_action(action, value(names), channel=None, container=where, view=view)]


def _order(names: Names) -> str:
    return names.order


def _job(names: Names) -> str:
    return button_value(names.order, names.job)


def _mark(names: Names) -> str:
    return f"{names.created_at + 1!r}:{names.order}"


def _shortcut(names: Names) -> Json:
    message = {"type": "message", "ts": names.ts, "thread_ts": names.ts, "text": "", "files": [_file(names)]}
    usual = block_action("x", **_on_card(names), callback_id=Callback.MESSAGE_SHORTCUT, message=message)
    return {**usual, "type": "message_action"}


def _file(names: Names) -> Json:
    """What somebody claims of a file; of what it is called they learn nothing."""
    return {"id": names.file, "name": "clip.mp4", "mimetype": "video/mp4", "filetype": "mp4", "size": 1_000}


def _written(kind: str, text: str, *, files: bool = False, **more: Any) -> Attempt:
    """Words in the thread of the row's card."""

    def attempt(names: Names) -> Json:
        event = message_event(text, channel=names.channel, thread_ts=names.ts, **more)
        return event | {"type": kind} | ({"files": [_file(names)]} if files else {})

    return attempt


def _line(text: str) -> Attempt:
    return lambda _names: {"text": text}


_SAID = 'say "Hello" voice Rachel'
SLACK: Mapping[Door, Sequence[Attempt]] = {
    Door("commands", "/lipsync"): [
        _line(text)
        for text in (
            "",
            "list",
            "list all",
            "list done",
            "list COMPLETED",
            "status",
            "usage",
            "usage csv",
            _LINE,
        )
    ],
    Door("shortcuts", Callback.MESSAGE_SHORTCUT): [_shortcut],
    Door("shortcuts", Callback.GLOBAL_SHORTCUT): [
        lambda _names: {**block_action("x"), "type": "shortcut", "callback_id": Callback.GLOBAL_SHORTCUT}
    ],
    Door("actions", Action.GENERATE): _press(
        Action.GENERATE, lambda names: button_value(names.order, names.offer)
    ),
    Door("actions", Action.ASK_FOR_MORE): _press(
        Action.ASK_FOR_MORE, lambda names: button_value(names.order, names.offer)
    ),
    Door("actions", Action.APPROVE): _press(Action.APPROVE, lambda names: names.gate),
    Door("actions", Action.DECLINE): _press(Action.DECLINE, lambda names: names.gate),
    Door("actions", Action.ALLOW): _press(Action.ALLOW, lambda names: button_value(names.gate, "4000000")),
    Door("actions", Action.CONSENT): _press(Action.CONSENT, _order),
    Door("actions", Action.CONSENT_GROUND): _in_consent(Action.CONSENT_GROUND),
    Door("actions", Action.CONSENT_MORE): _in_consent(Action.CONSENT_MORE),
    Door("actions", Action.CONSENT_FEWER): _in_consent(Action.CONSENT_FEWER),
    Door("actions", Action.OBJECT): _press(Action.OBJECT, _order),
    Door("actions", Action.WITHDRAW_OBJECTION): [
        *_press(Action.OBJECT, _order),
        *_press(Action.WITHDRAW_OBJECTION, _order),
    ],
    Door("actions", Action.CHANGE): _press(Action.CHANGE, _order),
    Door("actions", Action.CHOOSE_SPEECH): _press(Action.CHOOSE_SPEECH, _order),
    Door("actions", Action.PICK): _press(Action.PICK, lambda names: button_value(names.order, "1")),
    Door("actions", Action.CANCEL): _press(Action.CANCEL, _order),
    Door("actions", Action.RERUN): [*_press(Action.RERUN, _order), *_press(Action.RERUN, _job)],
    Door("actions", Action.ANOTHER): [*_press(Action.ANOTHER, _order), *_press(Action.ANOTHER, _job)],
    Door("actions", Action.DOWNLOAD): _press(Action.DOWNLOAD, _job),
    Door("actions", Action.CHECK): _press(Action.CHECK, _job),
    Door("actions", Action.GIVE_UP): _press(Action.GIVE_UP, _job),
    Door("actions", Action.DELETE): _press(Action.DELETE, _order),
    Door("actions", Action.PART): [
        _choose(action)
        for action in (Action.RERUN, Action.ANOTHER, Action.DOWNLOAD, Action.CHECK, Action.GIVE_UP)
    ],
    Door("actions", Action.LIST_OLDER): _press(Action.LIST_OLDER, lambda names: f"all:{_mark(names)}"),
    Door("actions", Action.FORGET_ME): _on_home(Action.FORGET_ME),
    Door("actions", Action.FORGET_PERSON): _on_home(Action.FORGET_PERSON, lambda _: ADA),
    Door("actions", Action.USAGE_CSV): _on_home(Action.USAGE_CSV),
    Door("actions", Action.HOME_START): _on_home(Action.HOME_START),
    Door("actions", Action.HOME_HELP): _on_home(Action.HOME_HELP),
    Door("actions", Action.HOME_CONNECT): _on_home(Action.HOME_CONNECT),
    Door("actions", Action.HOME_AS_MEMBER): _on_home(Action.HOME_AS_MEMBER),
    Door("actions", Action.HOME_AS_ADMIN): _on_home(Action.HOME_AS_ADMIN),
    Door("actions", Action.PAUSE): _on_home(Action.PAUSE),
    Door("actions", Action.RESUME): _on_home(Action.RESUME),
    Door("actions", Action.HOME_USAGE): _on_home(Action.HOME_USAGE),
    Door("actions", Action.HOME_AUDIT): _on_home(Action.HOME_AUDIT),
    Door("actions", Action.HOME_ALLOWED): _on_home(Action.HOME_ALLOWED),
    Door("actions", Action.TAKE_BACK): _on_home(Action.TAKE_BACK, lambda names: f"allowance-{names.order}"),
    Door("actions", Action.HOME_NEWEST): _on_home(Action.HOME_NEWEST),
    Door("actions", Action.HOME_OLDER): _on_home(Action.HOME_OLDER, _mark),
    Door("actions", Field.VIDEO): _in_form(Field.VIDEO),
    Door("actions", Field.SPEECH): _in_form(Field.SPEECH),
    Door("actions", Action.FORM_MORE): _in_form(Action.FORM_MORE),
    Door("actions", Action.FORM_TRY_AGAIN): _in_form(Action.FORM_TRY_AGAIN),
    Door("actions", Action.SETTINGS): _on_home(Action.SETTINGS),
    Door("actions", Action.SETTINGS_PAGE): [
        *_on_home(Action.SETTINGS_PAGE, lambda _names: Page.PEOPLE),
        *_on_home(Action.SETTINGS_PAGE, lambda _names: limit_value("team")),
    ],
    Door("submissions", Callback.FORM): [_form("view_submission")],
    Door("submissions", Callback.FORM_OPTIONS): [_options],
    Door("actions", Action.LEDGER): _on_home(Action.LEDGER),
    Door("actions", Action.CLOSE_DIFFERENCE): _on_home(Action.CLOSE_DIFFERENCE, _difference),
    Door("submissions", Callback.CLOSE_DIFFERENCE): [_closing],
    Door("submissions", Callback.SETTINGS_PAGE): [_settings(page) for page in Page],
    Door("submissions", Callback.DECLINE): [_no],
    Door("submissions", Callback.CONSENT): [_consent("view_submission")],
    Door("closings", Callback.FORM): [_form("view_closed")],
    Door("events", "message"): [
        _written("message", _SAID, channel_type="im"),
        _written("message", "", files=True, channel_type="im", subtype="file_share"),
        _written("message", "list", channel_type="im"),
    ],
    Door("events", "app_mention"): [
        _written("app_mention", _SAID),
        _written("app_mention", _SAID, files=True),
        _written("app_mention", "status"),
    ],
    Door("events", "app_home_opened"): [
        lambda _names: {"type": "app_home_opened", "tab": "home", "channel": "D1", "event_ts": "1.1"}
    ],
    Door("events", "member_joined_channel"): [
        lambda _names: {"type": "member_joined_channel", "channel": VIDEOS, "event_ts": "1.1"}
    ],
    Door("events", "app_uninstalled"): [lambda _names: {"type": "app_uninstalled"}],
    Door("events", "tokens_revoked"): [
        lambda _names: {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"], "oauth": []}}
    ],
    Door("events", "team_access_granted"): [
        lambda _names: {"type": "team_access_granted", "team_ids": [NORTH.id]}
    ],
    Door("events", "team_access_revoked"): [
        lambda _names: {"type": "team_access_revoked", "team_ids": [NORTH.id]}
    ],
}
"""By the door. What names nothing of anybody's is tried as well: it might show what is everybody's."""
ADMINS_ONLY = {
    Door("actions", Action.CLOSE_DIFFERENCE),
    Door("submissions", Callback.CLOSE_DIFFERENCE),
}
"""What leads anybody somewhere who may administer the team, and nobody else of it."""
MEMBERS_ONLY = {
    door
    for door in SLACK
    if door.kind in {"commands", "shortcuts"}
    or door.name.startswith("home_")
    or door.name.startswith(("app_home", "app_uninstalled", "tokens_", "team_access_"))
}
"""What Slack gives to nobody from elsewhere, or sends for a workspace rather than a person."""


_HEARS = {NORTH.id: VIDEOS, SOUTH.id: THEIR_CHANNEL}
"""Where somebody reads what a command of theirs is answered."""


async def send(app: Front, who: Intruder, door: Door, payload: Json) -> httpx.Response:
    """Send it as Slack does, signed."""
    if door.kind == "commands":
        url = app.there.slack.parts.response_urls.for_command(who.team, who.user, _HEARS[who.team])
        return await app.command(payload["text"], **who.command(), response_url=url)
    if door.kind == "events":
        event, around = who.event(payload)
        return await app.event(event, **around)
    return await app.interaction(who.interaction(payload))
