"""The page's own API, `/ui/*`: what the browser shows and what its person does."""

import json
import mimetypes
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox.fake_slack.config import Role, Sample, UserConfig
from bot.sandbox.fake_slack.files.links import LinkHost
from bot.sandbox.fake_slack.installs.admins import installed
from bot.sandbox.fake_slack.page.answers import Handler, body_of, refusing, text_of
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.people.channel_settings import CHANNEL_COMMANDS
from bot.sandbox.fake_slack.people.messages import MessageCare
from bot.sandbox.fake_slack.people.person import Click, Person
from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

_MISSING, _BAD = 404, 400
_SYNC_TIMEOUT_S = 10
_STANDINGS: Mapping[Role, str] = MappingProxyType(
    {
        "primary_owner": "Primary owner",
        "owner": "Owner",
        "admin": "Admin",
        "guest": "Guest",
        "single_channel_guest": "Guest of one channel",
    }
)


class PageApi:
    """Routes of the page. Every refusal becomes `{"error": …}` with a status that is not 2xx."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._links = LinkHost(parts.faults)

    def routes(self) -> list[Route]:
        """The route table."""
        get: dict[str, Handler] = {
            "/ui/bootstrap": self._bootstrap,
            "/ui/state": self._state,
            "/ui/events": self._events,
            "/ui/wire": self._wire,
            "/ui/file/{file_id}/{name:path}": self._file,
            "/ui/sample/{name}": self._sample_bytes,
        }
        post: dict[str, Handler] = {
            "/ui/message": self._message,
            "/ui/message/delete": self._delete_message,
            "/ui/message/edit": self._edit_message,
            "/ui/message/forward": self._forward_message,
            "/ui/upload": self._upload,
            "/ui/sample": self._sample,
            "/ui/external": self._external,
            "/ui/file/delete": self._delete_file,
            "/ui/action": self._action,
            "/ui/view/submit": self._submit,
            "/ui/view/close": self._close,
            "/ui/shortcut": self._shortcut,
            "/ui/invite": self._invite,
            "/ui/home": self._open_home,
        }
        return [
            *(Route(path, refusing(handler), methods=["POST"]) for path, handler in post.items()),
            *(Route(path, refusing(handler)) for path, handler in get.items()),
            Route("/app_redirect", self._open_app),
            Route("/ui/faults", refusing(self._faults), methods=["GET", "POST"]),
            Route("/ui/sync/{path:path}", self._sync, methods=["GET", "POST"]),
        ]

    async def _open_app(self, request: Request) -> Response:
        """The address that opens an app in a workspace (Slack: deep linking)."""
        team = request.query_params.get("team", "")
        return RedirectResponse(f"/#/{team}" if team in self._parts.workspaces else "/")

    async def _bootstrap(self, _request: Request) -> Response:
        manifest, config = self._parts.manifest, self._parts.config
        first = next(iter(self._parts.workspaces.values()))
        return JSONResponse(
            {
                "teams": [self._team(workspace) for workspace in self._parts.workspaces.values()],
                "commands": [
                    {"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
                    for c in manifest.commands
                ],
                "channel_commands": [asdict(own) for own in CHANNEL_COMMANDS],
                "shortcuts": [
                    {"type": s.type, "callback_id": s.callback_id, "name": s.name} for s in manifest.shortcuts
                ],
                "app": {
                    "name": manifest.app_name,
                    "bot_name": manifest.bot_name,
                    "bot_user_id": first.config.bot_user_id,
                    "home_tab_enabled": manifest.home_tab_enabled,
                },
                "samples": [_sample_json(sample) for sample in config.samples],
                "mode": config.delivery,
                "sync_control_url": "/ui/sync",
                "machine_url": config.machine_url,
                "install_url": config.install_url,
            }
        )

    def _team(self, workspace: Workspace) -> Json:
        return {
            "id": workspace.id,
            "name": workspace.config.name,
            "bot_user_id": workspace.config.bot_user_id,
            **installed(workspace),
            "users": [
                {
                    "id": user.id,
                    "name": user.name,
                    "real_name": user.real_name,
                    "color": user.color,
                    "standing": self._standing(user),
                }
                for user in workspace.config.users
            ],
            "channels": [
                {
                    "id": channel.id,
                    "name": self._parts.manifest.app_name if channel.user else channel.name,
                    "kind": channel.kind,
                    "bot_is_member": channel.bot_is_member,
                    **({} if channel.kind == "channel" else {"members": sorted(channel.members)}),
                    **({"user": channel.user} if channel.user else {}),
                }
                for channel in workspace.channels.values()
            ],
        }

    def _standing(self, user: UserConfig) -> str:
        """What a person is here, in words; empty for a member."""
        if not user.home_team:
            return _STANDINGS.get(user.role, "")
        home = self._parts.workspaces.get(user.home_team)
        return f"From {home.config.name}" if home else "From another company"

    async def _state(self, request: Request) -> Response:
        workspace, user = self._who(request.query_params)
        render, modals = self._parts.render, self._parts.modals
        home = modals.home(workspace, user)
        return JSONResponse(
            {
                "seq": self._parts.hub.seq,
                "channels": {
                    channel.id: {
                        "bot_is_member": channel.bot_is_member,
                        "messages": [render.for_page(m, workspace) for m in workspace.messages(channel.id)],
                    }
                    for channel in workspace.channels.values()
                    if user in channel.members
                },
                "ephemerals": [
                    render.ephemeral_for_page(ephemeral, workspace)
                    for ephemeral in workspace.ephemerals.values()
                    if ephemeral.user == user
                ],
                "views": [modals.as_json(view, workspace) for view in modals.stack(workspace, user)],
                "home": modals.as_json(home, workspace) if home else None,
            }
        )

    async def _events(self, request: Request) -> Response:
        workspace, user = self._who(request.query_params)
        after = int(request.query_params.get("after") or 0)
        return StreamingResponse(
            self._stream(workspace.id, user, after),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _stream(self, team: str, user: str, after: int) -> AsyncIterator[str]:
        yield ": hello\n\n"
        heartbeat_s = self._parts.config.timings.heartbeat_s
        async for event in self._parts.hub.listen(team, user, after, heartbeat_s=heartbeat_s):
            yield f"id: {event.seq}\ndata: {json.dumps(event.body)}\n\n" if event else ": still here\n\n"

    async def _wire(self, request: Request) -> Response:
        entries = self._parts.wire.after(int(request.query_params.get("after") or 0))
        return JSONResponse({"entries": entries})

    async def _file(self, request: Request) -> Response:
        file = self._parts.files.anyone(request.path_params["file_id"])
        if file.path is None or file.deleted:
            raise Refusal("file_not_found", status=_MISSING)
        return self._links.send(request, file.path, file.mimetype)

    def _sample_named(self, name: str) -> Sample:
        for sample in self._parts.config.samples:
            if sample.name == name:
                return sample
        raise Refusal("no such sample", status=_MISSING)

    async def _sample_bytes(self, request: Request) -> Response:
        sample = self._sample_named(request.path_params["name"])
        return self._links.send(request, sample.path, sample.mimetype)

    async def _message(self, request: Request) -> Response:
        body = await body_of(request)
        message = await self._person(body).say(
            text_of(body, "channel"),
            str(body.get("text") or ""),
            thread_ts=body.get("thread_ts"),
            file_ids=tuple(body.get("file_ids") or ()),
        )
        return JSONResponse({"ok": True, **({"ts": message.ts} if message else {})})

    async def _delete_message(self, request: Request) -> Response:
        body = await body_of(request)
        self._messages(body).delete(text_of(body, "channel"), text_of(body, "ts"))
        return JSONResponse({"ok": True})

    async def _edit_message(self, request: Request) -> Response:
        body = await body_of(request)
        self._messages(body).edit(text_of(body, "channel"), text_of(body, "ts"), text_of(body, "text"))
        return JSONResponse({"ok": True})

    async def _forward_message(self, request: Request) -> Response:
        body = await body_of(request)
        where = (text_of(body, "channel"), text_of(body, "ts"), text_of(body, "to"))
        message = self._messages(body).forward(*where, str(body.get("text") or ""))
        return JSONResponse({"ok": True, "ts": message.ts})

    async def _upload(self, request: Request) -> Response:
        query = request.query_params
        workspace, user = self._who(query)
        name = query.get("name") or "upload"
        kind = query.get("mimetype") or ""
        mimetype = mimetypes.guess_type(name)[0] if kind in {"", "application/octet-stream"} else kind
        file = self._parts.files.new_file(workspace.id, user, name, mimetype)
        await self._parts.files.write(file, request.stream())
        await self._parts.files.learn(file)
        file.completed = True
        return JSONResponse({"file": self._parts.render.file_for_page(file, workspace)})

    async def _sample(self, request: Request) -> Response:
        body = await body_of(request)
        workspace, user = self._who(body)
        sample = self._sample_named(text_of(body, "name"))
        name = sample.path.name
        file = self._parts.files.new_file(workspace.id, user, name, sample.mimetype, path=sample.path)
        await self._parts.files.learn(file)
        file.completed = True
        return JSONResponse({"file": self._parts.render.file_for_page(file, workspace)})

    async def _external(self, request: Request) -> Response:
        body = await body_of(request)
        workspace, user = self._who(body)
        file = self._parts.files.external_file(
            workspace.id, user, text_of(body, "name"), text_of(body, "url")
        )
        return JSONResponse({"file": self._parts.render.file_for_page(file, workspace)})

    async def _delete_file(self, request: Request) -> Response:
        body = await body_of(request)
        workspace, user = self._who(body)
        file = self._parts.files.find(text_of(body, "file"), workspace.id)
        if file.user != user:
            raise Refusal("cant_delete_file", status=_BAD)
        self._parts.sharing.delete_file(workspace, file)
        return JSONResponse({"ok": True})

    async def _action(self, request: Request) -> Response:
        body = await body_of(request)
        message = body.get("message") or {}
        click = Click(
            block_id=text_of(body, "block_id"),
            action_id=text_of(body, "action_id"),
            value=body.get("value") or {},
            state=body.get("state") or {},
            channel=message.get("channel"),
            ts=message.get("ts"),
            ephemeral_id=body.get("ephemeral_id"),
            view_id=body.get("view_id"),
        )
        await self._person(body).click(click)
        return JSONResponse({"ok": True})

    async def _submit(self, request: Request) -> Response:
        body = await body_of(request)
        errors = await self._person(body).submit(text_of(body, "view_id"), body.get("state") or {})
        return JSONResponse({"ok": not errors, **({"errors": errors} if errors else {})})

    async def _close(self, request: Request) -> Response:
        body = await body_of(request)
        await self._person(body).close(text_of(body, "view_id"), clear=bool(body.get("clear")))
        return JSONResponse({"ok": True})

    async def _shortcut(self, request: Request) -> Response:
        body = await body_of(request)
        message = body.get("message") or {}
        person = self._person(body)
        await person.use_shortcut(text_of(body, "callback_id"), message.get("channel"), message.get("ts"))
        return JSONResponse({"ok": True})

    async def _invite(self, request: Request) -> Response:
        body = await body_of(request)
        self._person(body).invite(text_of(body, "channel"))
        return JSONResponse({"ok": True})

    async def _open_home(self, request: Request) -> Response:
        body = await body_of(request)
        self._person(body).open_home("messages" if body.get("tab") == "messages" else "home")
        return JSONResponse({"ok": True})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            body = await body_of(request)
            if body.get("reset"):
                self._parts.faults.reset()
            else:
                active = bool(body.get("active", True))
                self._parts.faults.set(text_of(body, "name"), body.get("params"), active=active)
        return JSONResponse({"faults": self._parts.faults.listing()})

    async def _sync(self, request: Request) -> Response:
        """Pass a call on to fake sync.so's control routes, so that the page needs one origin only."""
        base = self._parts.config.sync_control_url
        if not base:
            return JSONResponse({"error": "no fake sync.so is running"}, status_code=_MISSING)
        url = f"{base.rstrip('/')}/{request.path_params['path']}"
        async with httpx.AsyncClient(trust_env=False, timeout=_SYNC_TIMEOUT_S) as http:
            answer = await http.request(
                request.method,
                url,
                params=str(request.query_params),
                content=await request.body(),
                headers={"Content-Type": request.headers.get("content-type", "application/json")},
            )
        kind = answer.headers.get("content-type", "application/json")
        return Response(answer.content, answer.status_code, media_type=kind)

    def _who(self, given: Any) -> tuple[Workspace, str]:
        workspace = self._parts.workspace(str(given.get("team") or ""))
        user = str(given.get("user") or "")
        if user not in workspace.users:
            raise Refusal("user_not_found", status=_MISSING)
        return workspace, user

    def _messages(self, body: Json) -> MessageCare:
        return MessageCare(self._parts, *self._who(body))

    def _person(self, body: Json) -> Person:
        workspace, user = self._who(body)
        return Person(self._parts, workspace, workspace.users[user])


def _sample_json(sample: Sample) -> Json:
    return {
        "name": sample.name,
        "kind": sample.kind,
        "mimetype": sample.mimetype,
        "url": f"/ui/sample/{sample.name}",
        "size": sample.path.stat().st_size,
    }
