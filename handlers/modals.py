"""What a modal carries for itself, and the reason that it asked for, as it was sent. Pure."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import Malformed
from bot.messages.catalogue import Words
from bot.messages.ids import MOST_REASON, Reply
from bot.messages.presses import say_why
from handlers.routing import Answer

M = TypeVar("M", bound=BaseModel)


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
