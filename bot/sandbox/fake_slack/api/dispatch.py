"""The gate of the Web API: token, scope, faults, journal; then the method."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.api import chat, files, people, views
from bot.sandbox.fake_slack.api.call import ApiCall, read_args
from bot.sandbox.fake_slack.faults import meet_faults
from bot.sandbox.fake_slack.hang_up import hang_up
from bot.sandbox.fake_slack.journal import without_tokens
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import Call, Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_BEARER = "Bearer "
_OK = 200
_SERVER_ERROR = 500
_LOST = 504


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method. Any one of `scopes` opens it; `takes_json` as its page says."""

    run: Callable[[ApiCall], Awaitable[Json]]
    scopes: tuple[str, ...] = ()
    takes_json: bool = True


_READ_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
_READ_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_CHAT = ("chat:write",)
_FILES = ("files:write",)

METHODS: dict[str, Method] = {
    "auth.test": Method(people.auth_test),
    "bots.info": Method(people.bots_info, ("users:read",), takes_json=False),
    "chat.delete": Method(chat.delete, _CHAT),
    "chat.getPermalink": Method(chat.get_permalink, takes_json=False),
    "chat.postEphemeral": Method(chat.post_ephemeral, _CHAT),
    "chat.postMessage": Method(chat.post_message, _CHAT),
    "chat.update": Method(chat.update, _CHAT),
    "conversations.info": Method(people.conversations_info, _READ_CHANNELS, takes_json=False),
    "conversations.join": Method(people.conversations_join, ("channels:join",)),
    "conversations.members": Method(people.conversations_members, _READ_CHANNELS, takes_json=False),
    "conversations.open": Method(
        people.conversations_open, ("im:write", "mpim:write", "groups:write", "channels:manage")
    ),
    "conversations.replies": Method(people.conversations_replies, _READ_HISTORY, takes_json=False),
    "files.completeUploadExternal": Method(files.complete_upload, _FILES),
    "files.delete": Method(files.delete, _FILES),
    "files.getUploadURLExternal": Method(files.get_upload_url, _FILES, takes_json=False),
    "files.info": Method(files.info, ("files:read",), takes_json=False),
    "reactions.add": Method(people.reactions_add, ("reactions:write",)),
    "reactions.remove": Method(people.reactions_remove, ("reactions:write",)),
    "team.info": Method(people.team_info, ("team:read",)),
    "users.info": Method(people.users_info, ("users:read",), takes_json=False),
    "views.open": Method(views.open_view),
    "views.publish": Method(views.publish),
    "views.push": Method(views.push),
    "views.update": Method(views.update),
}
_CONNECTIONS_OPEN = "apps.connections.open"


class WebApi:
    """Answers `/api/{method}` as slack.com does."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._teams = {workspace.config.bot_token: workspace for workspace in parts.workspaces.values()}

    def routes(self) -> list[Route]:
        """The one route of the Web API."""
        return [Route("/api/{method}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["method"]
        started = time.perf_counter()
        args: Json = {}
        headers: dict[str, str] = {}
        status = _OK
        team: Workspace | None = None
        try:
            method = METHODS.get(name)
            args = await read_args(request, takes_json=method is None or method.takes_json)
            token = _token(request, args)
            await meet_faults(self._parts.faults, name)
            if name == _CONNECTIONS_OPEN:
                body = self._open_connection(token)
            else:
                team = self._team(token)
                body = await self._run(name, method, team, args)
        except Refusal as refusal:
            body, status, headers = refusal.as_json(), refusal.status, refusal.headers
        lost = self._parts.faults.take("lose_reply", method=name) if body["ok"] else None
        if lost is not None:
            status = _LOST
        elapsed_ms = (time.perf_counter() - started) * 1000
        self._note(name, team, args, body, status, elapsed_ms)
        if lost is not None and lost["broken"]:
            await hang_up(request.scope)
        if status >= _SERVER_ERROR:
            return PlainTextResponse("upstream trouble", status_code=status)
        return JSONResponse(body, status_code=status, headers={**self._scope_headers(), **headers})

    def _scope_headers(self) -> dict[str, str]:
        return {"x-oauth-scopes": ",".join(self._parts.manifest.scopes)}

    def _open_connection(self, token: str) -> Json:
        if token in self._teams:
            raise Refusal("not_allowed_token_type")
        if token != self._parts.config.app_token:
            raise Refusal("invalid_auth")
        return {"ok": True, "url": self._parts.socket_mode.open_url()}

    def _team(self, token: str) -> Workspace:
        if token == self._parts.config.app_token:
            raise Refusal("not_allowed_token_type")
        workspace = self._teams.get(token)
        if workspace is None:
            raise Refusal("invalid_auth")
        if workspace.revoked:
            raise Refusal("token_revoked")
        if dead := self._parts.faults.take("token_dead"):
            raise Refusal(str(dead["error"]))
        return workspace

    async def _run(self, name: str, method: Method | None, workspace: Workspace, args: Json) -> Json:
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        granted = self._parts.manifest.scopes
        if method.scopes and not set(method.scopes) & set(granted):
            raise Refusal("missing_scope", needed=",".join(method.scopes), provided=",".join(granted))
        return {"ok": True, **await method.run(ApiCall(self._parts, workspace, args))}

    def _note(
        self, name: str, team: Workspace | None, args: Json, body: Json, status: int, elapsed_ms: float
    ) -> None:
        shown = without_tokens(args)
        call = Call(
            name, team.id if team else None, shown, body["ok"], body.get("error"), self._parts.config.now()
        )
        self._parts.records.calls.append(call)
        seen = status if status != _OK else body.get("error", _OK)
        self._parts.wire.note("in", name, status=seen, ms=elapsed_ms, request=shown, response=body)


def _token(request: Request, args: Json) -> str:
    """The token, from the header or the arguments.

    Raises:
        Refusal: not_authed.
    """
    header = request.headers.get("authorization", "")
    token = header.removeprefix(_BEARER) if header.startswith(_BEARER) else str(args.get("token") or "")
    if not token:
        raise Refusal("not_authed")
    return token
