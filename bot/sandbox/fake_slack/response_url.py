"""Answers to an interaction by its response_url (Slack: handling user interaction)."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.block_kit.blocks import check_blocks
from bot.sandbox.fake_slack.faults import meet_faults
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.tickets import ResponseTicket
from bot.sandbox.fake_slack.workspace import NewMessage

_OK, _REFUSED = 200, 400


def routes(parts: Parts) -> list[Route]:
    """`/commands/{team}/{secret}` and `/actions/{team}/{secret}`."""

    async def respond(request: Request) -> Response:
        body = _json_object(await request.body())
        if body is None:
            return PlainTextResponse("invalid_payload", status_code=_REFUSED)
        answer: Json = {"ok": True}
        status, headers = _OK, dict[str, str]()
        try:
            await meet_faults(parts.faults, "response_url")
            _apply(parts, parts.response_urls.use(request.path_params["secret"]), body)
        except Refusal as refusal:
            answer, status, headers = refusal.as_json(), refusal.status, refusal.headers
        parts.wire.note("in", "response_url", status=status, request=body, response=answer)
        return JSONResponse(answer, status_code=status, headers=headers)

    paths = ("/commands/{team}/{secret}", "/actions/{team}/{secret}")
    return [Route(path, respond, methods=["POST"]) for path in paths]


def _json_object(raw: bytes) -> Json | None:
    try:
        body: Any = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _apply(parts: Parts, ticket: ResponseTicket, body: Json) -> None:
    problems = check_blocks(body.get("blocks") or [], "message")
    if problems:
        raise Refusal("invalid_blocks", messages=tuple(problems), status=_REFUSED)
    if body.get("delete_original"):
        _delete_original(parts, ticket)
    elif not body.get("text") and not body.get("blocks") and not body.get("attachments"):
        raise Refusal("no_text", status=_REFUSED)
    elif body.get("replace_original") and ticket.source_ts is not None:
        _replace_original(parts, ticket, body)
    else:
        _post(parts, ticket, body)


def _post(parts: Parts, ticket: ResponseTicket, body: Json) -> None:
    """A new message: ephemeral unless `in_channel`. The bot need not be a member."""
    workspace = parts.workspace(ticket.team)
    channel = workspace.channel(ticket.channel)
    new = NewMessage(
        text=str(body.get("text") or ""),
        blocks=body.get("blocks"),
        attachments=body.get("attachments"),
        thread_ts=body.get("thread_ts"),
    )
    if body.get("response_type") == "in_channel":
        parts.announcer.post(workspace, channel, workspace.config.bot_user_id, new)
    else:
        parts.announcer.whisper(workspace, channel, ticket.user, new)


def _replace_original(parts: Parts, ticket: ResponseTicket, body: Json) -> None:
    """Change the message that was clicked; an ephemeral one can be changed only in this way."""
    workspace = parts.workspace(ticket.team)
    source = ticket.source_ts or ""
    blocks = workspace.with_ids(body.get("blocks") or [])
    if ticket.source_ephemeral:
        ephemeral = workspace.ephemerals.get(source)
        if ephemeral is None:
            raise Refusal("message_not_found", status=404)
        ephemeral.message.text, ephemeral.message.blocks = str(body.get("text") or ""), blocks
        parts.announcer.show_ephemeral(workspace, ephemeral)
        return
    message = workspace.message(ticket.channel, source)
    if not message.by_bot:
        # A message shortcut's source is a person's message, which an app cannot change.
        raise Refusal("cant_update_message", status=404)
    previous = parts.render.message(message, workspace)
    message.text, message.blocks = str(body.get("text") or ""), blocks
    parts.announcer.changed(workspace, message, previous)


def _delete_original(parts: Parts, ticket: ResponseTicket) -> None:
    workspace = parts.workspace(ticket.team)
    source = ticket.source_ts or ""
    if ticket.source_ephemeral and source in workspace.ephemerals:
        parts.announcer.hide_ephemeral(workspace, workspace.ephemerals[source])
        return
    message = workspace.message(ticket.channel, source)
    if not message.by_bot:
        raise Refusal("cant_delete_message", status=404)
    previous = parts.render.message(message, workspace)
    workspace.remove(message)
    parts.announcer.deleted(workspace, message, previous)
