"""What Slack sends, read and checked in one place for HTTP and Socket Mode.

What passes here, the handlers may reach into. Only what is read is checked: Slack adds keys as it likes, and
leaves out or empties what is optional.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json
from slack_bolt.async_app import AsyncBoltRequest

from bot.errors import Malformed
from storage.people import USER_ID

Json = dict[str, Any]

_Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
"""An id, a timestamp, a trigger. They become keys of rows, which hold no text of any length."""
_TEAM_ID = re.compile(r"[\w-]{1,255}", re.ASCII)
"""Of a workspace or an organisation."""
_USER_ID = re.compile(USER_ID)
_UserId = Annotated[str, StringConstraints(pattern=f"^(?:{USER_ID})$")]
"""Of a person: it becomes a mention, which Slack shows broken, or as another's, where it is none."""
_MaybeId = Annotated[str, StringConstraints(pattern=r"^[!-~]{0,255}$")] | None
_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Without a NUL, which no row holds (PostgreSQL)."""
_Number = Annotated[float, Field(ge=0, le=2**53)]


class _Shape(BaseModel):
    # Built by the first payload of its kind: a start waits for none of them.
    model_config = ConfigDict(strict=True, defer_build=True)


class _Thing(_Shape):
    """A workspace, an organisation or a channel."""

    id: _MaybeId = None


class _Person(_Shape):
    id: _UserId
    team_id: _MaybeId = None


class _File(_Shape):
    id: _MaybeId = None
    name: _Text | None = None
    title: _Text | None = None
    mimetype: _Text | None = None
    filetype: _Text | None = None
    subtype: _Text | None = None
    mode: _Text | None = None
    file_access: _Text | None = None
    url_private: _Text | None = None
    user: _MaybeId = None
    size: _Number | None = None
    duration_ms: _Number | None = None


class _FileBlock(_Shape):
    type: str | None = None
    file_id: _MaybeId = None


class _Holder(_Shape):
    """What files stand in (`bot.asking.message_files`)."""

    files: list[_File] | None = None
    file: _File | str | None = None
    blocks: list[_FileBlock] | None = None
    attachments: "list[_Attachment] | None" = None


class _Message(_Holder):
    ts: _MaybeId = None
    thread_ts: _MaybeId = None
    text: _Text | None = None


class _Quoted(_Shape):
    message: _Message | None = None


class _Attachment(_Holder):
    file_id: _MaybeId = None
    filename: _Text | None = None
    message_blocks: list[_Quoted] | None = None


class _StandingMessage(_Message):
    ts: _Id


class _Event(_Shape):
    type: str
    bot_id: str | None = None
    user_team: _MaybeId = None
    source_team: _MaybeId = None


class _MessageEvent(_Event, _StandingMessage):
    user: _UserId | None = None
    channel: _Id
    channel_type: str | None = None
    subtype: str | None = None


class _HomeOpened(_Event):
    user: _UserId
    tab: str | None = None


class _Tokens(_Shape):
    bot: list[str] | None = None


class _TokensRevoked(_Event):
    tokens: _Tokens | None = None


class _TeamAccess(_Event):
    team_ids: list[_Id]


class _Words(_Shape):
    text: str


class _Option(_Shape):
    value: Annotated[str, StringConstraints(min_length=1)]
    text: _Words


class _Input(_Shape):
    value: _Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_user: _UserId | None = None
    selected_users: list[_UserId] | None = None
    selected_conversations: list[_Id] | None = None
    files: list[_File] | None = None


class _State(_Shape):
    values: dict[str, dict[str, _Input]] | None = None


class _Element(_Shape):
    action_id: str | None = None


class _Block(_Shape):
    block_id: str | None = None
    elements: list[_Element] | None = None


class _View(_Shape):
    id: _Id
    callback_id: str | None = None
    private_metadata: str | None = None
    hash: _MaybeId = None
    state: _State | None = None
    blocks: list[_Block] | None = None


class _Action(_Shape):
    action_id: str
    value: _Text | None = None


class _Container(_Shape):
    type: str | None = None
    channel_id: _MaybeId = None
    message_ts: _MaybeId = None


class _Payload(_Shape):
    """What a handler may look for, whatever came: most of it is in interactions alone."""

    user: _Person | None = None
    team: _Thing | None = None
    channel: _Thing | None = None
    message: _Message | None = None
    view: _View | None = None
    actions: list[_Action] | None = None
    container: _Container | None = None
    response_url: str | None = None


class _Command(_Payload):
    command: str
    team_id: _Id
    channel_id: _Id
    user_id: _UserId
    trigger_id: _Id
    text: _Text = ""


class _Authorization(_Shape):
    is_enterprise_install: bool | None = None


class _Happened(_Payload):
    event: _Event
    event_time: _Number | None = None
    team_id: _MaybeId = None
    authorizations: list[_Authorization] | None = None


class _Interaction(_Payload):
    user: _Person


class _Pressed(_Interaction):
    trigger_id: _Id


class _Shortcut(_Interaction):
    callback_id: str
    trigger_id: _Id


class _Place(_Thing):
    id: _Id


class _MessageShortcut(_Shortcut):
    channel: _Place
    message: _StandingMessage


class _Form(_Interaction):
    view: _View


_SHAPES: Mapping[str | None, type[_Shape]] = {
    None: _Command,
    "event_callback": _Happened,
    "block_actions": _Pressed,
    "shortcut": _Shortcut,
    "message_action": _MessageShortcut,
    "view_submission": _Form,
    "view_closed": _Form,
}
"""By `type`, which only a command has not (Slack: interaction payloads, Events API)."""
_EVENTS: Mapping[str, type[_Event]] = {
    "app_home_opened": _HomeOpened,
    "message": _MessageEvent,
    "app_mention": _MessageEvent,
    "tokens_revoked": _TokensRevoked,
    "team_access_granted": _TeamAccess,
    "team_access_revoked": _TeamAccess,
}
_WITHOUT_TEAM = frozenset({"url_verification"})


def read_payload(body: bytes) -> Json:
    """The payload in a request: JSON (events), JSON in a form (interactivity), or a form (commands).

    Bolt reads it too, in five times the time: a command is a form, and most of its fields need no decoding.

    Raises:
        Malformed: it is none of these, or JSON beyond any sense (nesting, numbers, halves of characters).
    """
    try:
        text = body.decode()
        if not text.startswith("{"):
            form = _form(text)
            if "payload" not in form:
                return form
            text = form["payload"]
        payload = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise Malformed("neither a form nor JSON") from None
    if not isinstance(payload, dict):
        raise Malformed("no JSON object")
    return payload


def _form(text: str) -> Json:
    form: Json = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if "+" in value:
            value = value.replace("+", " ")
        if "%" in value:  # mostly those of web addresses, in one go
            value = value.replace("%2F", "/").replace("%3A", ":")
        if "%" in value:  # as `unquote` does, which takes what is between the escapes apart as well
            value = unquote_to_bytes(value).decode(errors="replace")
        form[name] = value
    return form


def to_request(payload: Json) -> AsyncBoltRequest:
    """What Bolt dispatches, made of a payload that our routes can rely on.

    Raises:
        Malformed: something that is read has another type than Slack gives it, or is missing.
    """
    kind = payload.get("type")
    if not isinstance(kind, str | None):
        raise Malformed("type")
    _check(payload, _SHAPES.get(kind))
    event = payload.get("event", {})
    if not isinstance(event, dict):
        raise Malformed("event")
    if kind == "event_callback":
        _check(event, _EVENTS.get(event["type"]))
    try:
        # In this mode Bolt takes a payload that is read already; it is no different otherwise.
        request = AsyncBoltRequest(body=payload, mode="socket_mode")
    except Exception:  # noqa: BLE001 - whatever Bolt stumbles over while it looks for ids, it is no payload of Slack's
        raise Malformed("ids") from None
    _check_ids(request, kind)
    return request


def _check(value: Json, shape: type[_Shape] | None) -> None:
    if shape is None:
        return
    try:
        shape.model_validate(value)
    except ValidationError as error:
        flaw = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise Malformed(".".join(map(str, flaw["loc"]))) from None


def _check_ids(request: AsyncBoltRequest, kind: str | None) -> None:
    """What Bolt takes for ids are keys of ours."""
    context = request.context
    team = context.team_id, context.enterprise_id
    if team == (None, None) and kind not in _WITHOUT_TEAM:
        raise Malformed("team")
    checks = [(found, _TEAM_ID) for found in team] + [(context.user_id, _USER_ID)]
    for found, shape in checks:
        if found is not None and not (isinstance(found, str) and shape.fullmatch(found)):
            raise Malformed("ids")
