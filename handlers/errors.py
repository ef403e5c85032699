"""The one error listener: log, keep the ack where there is one, else plain words for the person."""

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext

from bot.generations import Asker
from bot.messages import notices
from bot.messages.form import closing_form
from bot.services import Services
from handlers.replies import reply_privately
from handlers.routing import Ask
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

_PRESSED = frozenset({"block_actions", "shortcut", "message_action"})
"""What Slack shows nothing for by itself."""


OnError = Callable[[Exception, dict[str, Any], AsyncBoltContext], Awaitable[BoltResponse]]


def error_listener(services: Services) -> OnError:
    """What Bolt calls after a listener raised."""

    async def on_error(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """Answer Slack. An ack that was given stands.

        An event is refused, so that Slack sends it again (Slack: Events API). So is a press, since a yes that
        may not have been stored must not look as if it had been. A person gets words with a reference that is
        in the log.
        """
        reference = secrets.token_hex(4)
        is_ours = not isinstance(error, StorageError | TimeoutError)
        _log.error(
            "listener broke", reference=reference, error=repr(error), exc_info=error if is_ours else None
        )
        given = context.ack.response
        if given is not None:
            return given
        if "event" in body:
            return BoltResponse(status=500, body="")
        words = notices.not_confirmed(reference)
        if body.get("type") == "view_submission":
            return _json({"response_action": "update", "view": closing_form(words.text)})
        if "command" in body:
            return _json({"response_type": "ephemeral", "text": words.text})
        if body.get("type") in _PRESSED:
            asker = Asker(context.enterprise_id, str(context.team_id), str(context.user_id))
            reply_privately(services, Ask(asker, body), words)
            return BoltResponse(status=500, body="")
        return BoltResponse(status=200, body="")

    return on_error


def _json(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=json.dumps(payload), headers={"content-type": "application/json;charset=utf-8"}
    )
