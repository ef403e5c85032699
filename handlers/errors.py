"""The one error listener: log, keep the ack where there is one, else plain words for the person."""

import json
import secrets
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext

from bot.messages import notices
from bot.messages.form import closing_form

_log = structlog.get_logger(__name__)


async def on_error(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
    """Answer Slack after a listener raised.

    An ack that was given stands. An event is refused, so that Slack sends it again (Slack: Events API). A
    person gets words with a reference that is in the log.
    """
    reference = secrets.token_hex(4)
    _log.error("listener broke", reference=reference, exc_info=error)
    given = context.ack.response
    if given is not None:
        return given
    if "event" in body:
        return BoltResponse(status=500, body="")
    text = notices.went_wrong(reference).text
    if body.get("type") == "view_submission":
        return _json({"response_action": "update", "view": closing_form(text)})
    if "command" in body:
        return _json({"response_type": "ephemeral", "text": text})
    return BoltResponse(status=200, body="")


def _json(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=200, body=json.dumps(payload), headers={"content-type": "application/json;charset=utf-8"}
    )
