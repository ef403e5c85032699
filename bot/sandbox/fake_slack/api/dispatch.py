"""The gate of the Web API: token, scope, faults, journal; then the method."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.api import (
    auth,
    chat,
    conversations,
    files,
    oauth,
    reactions,
    usergroups,
    users,
    views,
)
from bot.sandbox.fake_slack.api.call import ApiCall, read_args
from bot.sandbox.fake_slack.api.where import place_of
from bot.sandbox.fake_slack.faults import meet_faults
from bot.sandbox.fake_slack.hang_up import hang_up
from bot.sandbox.fake_slack.installs.records import Install
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
    """A Web API method. Any one of `scopes` opens it; `takes_json` as its page says.

    `needs_team`: with an organisation's token it has to be told the workspace (`team_id` on its page).
    """

    run: Callable[[ApiCall], Awaitable[Json]]
    scopes: tuple[str, ...] = ()
    takes_json: bool = True
    needs_team: bool = False


_READ_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
_READ_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_CHAT = ("chat:write",)
_FILES = ("files:write",)

METHODS: dict[str, Method] = {
    "auth.revoke": Method(auth.revoke, takes_json=False),
    "auth.test": Method(auth.test),
    "bots.info": Method(users.bots_info, ("users:read",), takes_json=False, needs_team=True),
    "chat.delete": Method(chat.delete, _CHAT),
    "chat.getPermalink": Method(chat.get_permalink, takes_json=False),
    "chat.postEphemeral": Method(chat.post_ephemeral, _CHAT),
    "chat.postMessage": Method(chat.post_message, _CHAT),
    "chat.update": Method(chat.update, _CHAT),
    "conversations.info": Method(conversations.info, _READ_CHANNELS, takes_json=False),
    "conversations.join": Method(conversations.join, ("channels:join",)),
    "conversations.members": Method(conversations.members, _READ_CHANNELS, takes_json=False),
    "conversations.open": Method(
        conversations.open_one, ("im:write", "mpim:write", "groups:write", "channels:manage")
    ),
    "conversations.replies": Method(conversations.replies, _READ_HISTORY, takes_json=False),
    "files.completeUploadExternal": Method(files.complete_upload, _FILES),
    "files.delete": Method(files.delete, _FILES),
    "files.getUploadURLExternal": Method(files.get_upload_url, _FILES, takes_json=False),
    "files.info": Method(files.info, ("files:read",), takes_json=False),
    "reactions.add": Method(reactions.add, ("reactions:write",)),
    "reactions.remove": Method(reactions.remove, ("reactions:write",)),
    "team.info": Method(users.team_info, ("team:read",)),
    "usergroups.list": Method(usergroups.list_all, ("usergroups:read",), needs_team=True),
    "usergroups.users.list": Method(usergroups.users_list, ("usergroups:read",), needs_team=True),
    "users.info": Method(users.info, ("users:read",), takes_json=False),
    "views.open": Method(views.open_view),
    "views.publish": Method(views.publish),
    "views.push": Method(views.push),
    "views.update": Method(views.update),
}
_CONNECTIONS_OPEN = "apps.connections.open"
# They take the app's own id and secret, no token of an install.
_OF_THE_APP: dict[str, Callable[[Parts, Request, Json], Awaitable[Json]]] = {
    "oauth.v2.access": oauth.access,
    "oauth.v2.exchange": oauth.exchange,
}


class WebApi:
    """Answers `/api/{method}` as slack.com does."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        """The one route of the Web API."""
        return [Route("/api/{method}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["method"]
        started = time.perf_counter()
        args: Json = {}
        headers: dict[str, str] = {}
        status = _OK
        caller = _Caller()
        try:
            method = METHODS.get(name)
            args = await read_args(request, takes_json=name not in _OF_THE_APP and _takes_json(method))
            body = {"ok": True, **await self._reply(name, method, request, args, caller)}
        except Refusal as refusal:
            body, status, headers = refusal.as_json(), refusal.status, refusal.headers
        lost = self._parts.faults.take("lose_reply", method=name) if body["ok"] else None
        if lost is not None:
            status = _LOST
        elapsed_ms = (time.perf_counter() - started) * 1000
        self._note(name, caller.workspace, args, body, status, elapsed_ms)
        if lost is not None and lost["broken"]:
            await hang_up(request.scope)
        if status >= _SERVER_ERROR:
            return PlainTextResponse("upstream trouble", status_code=status)
        return JSONResponse(body, status_code=status, headers={**caller.scope_headers(), **headers})

    async def _reply(
        self, name: str, method: Method | None, request: Request, args: Json, caller: "_Caller"
    ) -> Json:
        if name in _OF_THE_APP:
            await meet_faults(self._parts.faults, name)
            return await _OF_THE_APP[name](self._parts, request, args)
        token = _token(request, args)
        await meet_faults(self._parts.faults, name)
        if name == _CONNECTIONS_OPEN:
            return self._open_connection(token)
        caller.install = install = self._install(token)
        if method is None:
            raise Refusal("unknown_method", req_method=name)
        if method.scopes and not set(method.scopes) & set(install.scopes):
            needed, provided = ",".join(method.scopes), ",".join(install.scopes)
            raise Refusal("missing_scope", needed=needed, provided=provided)
        caller.workspace = place_of(self._parts, install, args, needs_team=method.needs_team)
        return await method.run(ApiCall(self._parts, install, caller.workspace, args))

    def _open_connection(self, token: str) -> Json:
        if token != self._parts.config.app_token:
            self._parts.installs.find(token)
            raise Refusal("not_allowed_token_type")
        return {"url": self._parts.socket_mode.open_url()}

    def _install(self, token: str) -> Install:
        if token == self._parts.config.app_token:
            raise Refusal("not_allowed_token_type")
        install = self._parts.installs.find(token)
        if dead := self._parts.faults.take("token_dead"):
            raise Refusal(str(dead["error"]))
        return install

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


@dataclass(slots=True)
class _Caller:
    """Who called, and where the call acts, as far as that is known."""

    install: Install | None = None
    workspace: Workspace | None = None

    def scope_headers(self) -> dict[str, str]:
        """What the token may do (Slack: installing with OAuth, checking scopes)."""
        return {"x-oauth-scopes": ",".join(self.install.scopes)} if self.install else {}


def _takes_json(method: Method | None) -> bool:
    return method is None or method.takes_json


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
