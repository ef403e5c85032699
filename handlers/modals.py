"""What a modal carries for itself, the reason that it asked for, and the same modal once more. Pure."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import Malformed
from bot.messages.alerts import with_alert
from bot.messages.catalogue import Words
from bot.messages.ids import MOST_REASON, Reply
from bot.messages.presses import say_why
from handlers.routing import Answer

M = TypeVar("M", bound=BaseModel)

_OF_A_FORM = (
    "type",
    "callback_id",
    "title",
    "submit",
    "close",
    "private_metadata",
    "notify_on_close",
    "clear_on_close",
)
"""What a form says of itself; Slack's payload has it as the app gave it, beside what Slack knows of it."""


def carried(kind: type[M], view: Mapping[str, Any]) -> M:
    """What the app gave it to bring back (Slack: `private_metadata`).

    Raises:
        Malformed: it carries something else than modals of ours.
    """
    try:
        return kind.model_validate_json(view.get("private_metadata") or "")
    except ValidationError:
        raise Malformed("view.private_metadata") from None


def reason_in(view: Mapping[str, Any]) -> str:
    """Why somebody does something, in their words; empty: Slack takes blanks for an answer.

    Raises:
        Malformed: it has no such field.
    """
    try:
        given = view["state"]["values"][Reply.REASON][Reply.REASON]["value"]
    except (KeyError, TypeError):
        raise Malformed("view.state") from None
    return str(given or "").strip()[:MOST_REASON]


def no_reason(t: Words) -> Answer:
    """What a form that brought none stays open with."""
    return {"response_action": "errors", "errors": {Reply.REASON: say_why(t)}}


def again(view: Mapping[str, Any], told: str) -> dict[str, Any]:
    """The form as it was sent, with what is wrong with it as a whole above its fields.

    Its fields keep their ids, so Slack keeps what was filled in (Slack: modals).

    Args:
        view: The view of a `view_submission`.
        told: What is wrong, in mrkdwn.
    """
    form = {name: view[name] for name in _OF_A_FORM if view.get(name)}
    return {"response_action": "update", "view": with_alert({**form, "blocks": view["blocks"]}, told)}
