"""The one error listener: log, keep the ack where there is one, else plain words for the person."""

import json
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext

from bot.errors import KeyRefused, Malformed, NotConnected, NotInstalled, TooManyOpen
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.form import closing_form
from bot.messages.refusals import ruled_out
from bot.services import Services
from bot.slack.bolt import OnError
from bot.teams.rights import RuledOut
from bot.troubles import log_trouble
from handlers.hearing import FROM_PEOPLE
from handlers.installs import Installs
from handlers.modals import again
from handlers.replies import reply_privately, reply_without_token
from handlers.routing import Ask, asker_of
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

_PRESSED = frozenset({"block_actions", "shortcut", "message_action"})
"""What Slack shows nothing for by itself."""

_SENT_AGAIN_WITHIN_S = 3_600.0
"""Slack: Events API. The last of its three retries comes after some minutes."""

Body = Mapping[str, Any]


def error_listener(services: Services) -> OnError:
    """What Bolt calls after a listener raised."""
    removals = Installs(services).events()

    async def not_installed(body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """Slack's own word of a removal counts, though it comes after the app has seen it by a dead token."""
        told = removals.get(str((body.get("event") or {}).get("type")))
        if told is None:
            return _not_installed(services, body, context)
        try:
            await told(_ask(body, context))
        except StorageError as error:
            return _broken(services, error, body, context)
        return BoltResponse(status=HTTPStatus.OK, body="")

    async def on_error(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """Answer Slack. An ack that was given stands."""
        if isinstance(error, Malformed):
            return _malformed(error, body)
        if isinstance(error, NotInstalled):
            return await not_installed(body, context)
        if isinstance(error, NotConnected):
            _log.info("not connected", user=context.user_id, team=context.team_id)
            words = notices.key_refused if isinstance(error, KeyRefused) else notices.not_connected
            return _refused(services, words(services.words), body, context)
        if isinstance(error, TooManyOpen):
            _log.info("too many open", user=context.user_id, team=context.team_id)
            return _refused(services, notices.too_many_open(services.words, error.most), body, context)
        if isinstance(error, RuledOut):
            _log.info("ruled out", rule=error.rule.value, user=context.user_id, team=context.team_id)
            return _refused(services, ruled_out(services.words, error), body, context)
        return _broken(services, error, body, context)

    return on_error


def _malformed(error: Malformed, body: Body) -> BoltResponse:
    """Slack signed it, but no version of it sends such a thing; sent again, it would be no better."""
    _log.warning("refused a payload that is not of Slack's making", kind=body.get("type"), flaw=str(error))
    return BoltResponse(status=HTTPStatus.BAD_REQUEST, body="")


def _not_installed(services: Services, body: Body, context: AsyncBoltContext) -> BoltResponse:
    """Words at once, without a token and without a call before the answer."""
    _log.info("not installed there", team=context.team_id, kind=body.get("type") or "command")
    words = notices.not_installed(services.words)
    answer = _in_the_answer(services.words, body, words)
    if answer is None and body.get("type") in _PRESSED:
        reply_without_token(services, body.get("response_url"), words)
    return answer or BoltResponse(status=HTTPStatus.OK, body="")


def _refused(
    services: Services, words: Message, body: dict[str, Any], context: AsyncBoltContext
) -> BoltResponse:
    """An answer as good as any other: sent again, the ask would be refused again."""
    answer = _in_the_answer(services.words, body, words)
    if answer is None:
        reply_privately(services, _ask(body, context), words)
    return answer or BoltResponse(status=HTTPStatus.OK, body="")


def _ask(body: dict[str, Any], context: AsyncBoltContext) -> Ask:
    return Ask(asker_of(context, body), body)


def _broken(
    services: Services, error: Exception, body: dict[str, Any], context: AsyncBoltContext
) -> BoltResponse:
    """Events are refused, so that Slack sends them again (Slack: Events API).

    So are presses, since a yes that may not have been stored must not look as if it had been. A person gets
    words with a reference that is in the log.
    """
    reference = secrets.token_hex(4)
    log_trouble("a request was not served", error, reference=reference)
    given = context.ack.response
    if given is not None:
        return given
    if "event" in body:
        _tell_that_it_takes_longer(services, body, context)
        return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, body="")
    is_press = body.get("type") == "block_actions"
    words = (
        notices.not_confirmed(services.words, reference)
        if is_press
        else notices.not_taken(services.words, reference)
    )
    if body.get("type") in _PRESSED:
        reply_privately(services, _ask(body, context), words)
        return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, body="")
    return _in_the_answer(services.words, body, words) or BoltResponse(status=HTTPStatus.OK, body="")


def _tell_that_it_takes_longer(services: Services, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Slack sends a refused message again within minutes; whoever wrote it need not wait in the dark.

    Each message is told of once, however often it comes.
    """
    event = body["event"]
    if _is_asked(event) and services.once.first(
        "longer", context.team_id, event.get("channel"), event.get("ts"), within_s=_SENT_AGAIN_WITHIN_S
    ):
        reply_privately(services, _ask(body, context), notices.takes_longer(services.words))


def _is_asked(event: Body) -> bool:
    """Whether somebody wrote it to the app, and waits."""
    is_to_us = event.get("channel_type") == "im" or event.get("type") == "app_mention"
    return is_to_us and event.get("subtype") in FROM_PEOPLE and not event.get("bot_id")


def _in_the_answer(t: Words, body: Body, words: Message) -> BoltResponse | None:
    """The words as an answer that Slack shows; None for what it shows no answer to."""
    if body.get("type") == "view_submission":
        view: Body = body["view"]
        if view.get("blocks"):
            return _json(again(view, words.text))
        return _json({"response_action": "update", "view": closing_form(t, words.text)})
    if "command" in body:
        return _json({"response_type": "ephemeral", "text": words.text})
    return None


def _json(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(
        status=HTTPStatus.OK,
        body=json.dumps(payload),
        headers={"content-type": "application/json;charset=utf-8"},
    )
