"""Slack's file host: private downloads with a bearer token, and upload URLs."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_slack.files.byte_streams import Line, Manner, send_file
from bot.sandbox.fake_slack.files.store import UploadTicket
from bot.sandbox.fake_slack.hang_up import hang_up
from bot.sandbox.fake_slack.parts import Parts
from bot.sandbox.fake_slack.records import File
from bot.sandbox.fake_slack.refusals import Refusal
from bot.sandbox.fake_slack.workspace import Workspace

# What the file host answers to a wrong token, with status 200 (bolt-js issue 2585).
_LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>Slack</title></head>
<body><h1>Sign in to your workspace</h1><form action="/signin" method="post"></form></body></html>
"""
_COPY_BYTES = 256 * 1024
_BAD_LENGTH = 400
_LOOK_EVERY_S = 0.05


class FileHost:
    """files.slack.com."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._line = Line(parts.faults, "file_slow")

    def routes(self) -> list[Route]:
        """Downloads and uploads."""
        return [
            Route("/files-pri/{ids}/download/{name:path}", self._download),
            Route("/files-pri/{ids}/{name:path}", self._download),
            Route("/upload/v1/{secret}", self._upload, methods=["POST", "PUT"]),
        ]

    async def _download(self, request: Request) -> Response:
        team, _, file_id = request.path_params["ids"].partition("-")
        file = self._readable(request, team, file_id)
        response = self._send(request, file) if file else HTMLResponse(_LOGIN_PAGE)
        title = f"GET file {file_id}{'' if file else ' (login page)'}"
        self._parts.wire.note("in", title, status=response.status_code)
        return response

    def _readable(self, request: Request, team: str, file_id: str) -> File | None:
        """The file, if the token is the team's and may read it; else None: the login page."""
        workspace = self._parts.workspaces.get(team)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if workspace is None or not self._speaks_for(token, workspace):
            return None
        if "files:read" not in workspace.scopes or self._parts.faults.take("file_html") is not None:
            return None
        try:
            return self._parts.files.visible_to_app(file_id, workspace)
        except Refusal as refusal:
            deleted = refusal.error == "file_deleted"
            return self._parts.files.find(file_id, team) if deleted else None

    def _speaks_for(self, token: str, workspace: Workspace) -> bool:
        try:
            return self._parts.installs.find(token) is workspace.install
        except Refusal:
            return False

    def _send(self, request: Request, file: File) -> Response:
        faults = self._parts.faults
        if file.deleted or file.path is None or faults.take("file_gone") is not None:
            return PlainTextResponse("file not found", status_code=404)
        cut = faults.take("file_cut")
        manner = Manner(
            gives_parts=faults.take("file_no_parts") is None,
            line=self._line,
            tells_length=faults.take("file_length_untold") is None,
            cut_after=int(cut["bytes"]) if cut else None,
            cut_when=lambda: file.deleted,
        )
        return send_file(file.path, file.mimetype, request.headers.get("range"), manner)

    async def _upload(self, request: Request) -> Response:
        title = f"{request.method} upload"
        try:
            ticket = self._parts.files.ticket(request.path_params["secret"])
            await self._disturb(request)
            received = await self._receive(request, ticket)
        except Refusal as refusal:
            self._parts.wire.note("in", title, status=refusal.status, response=refusal.error)
            return PlainTextResponse(refusal.error, status_code=refusal.status)
        self._parts.wire.note("in", f"{title} {ticket.file.id}", status=200, request=f"{received} bytes")
        return PlainTextResponse(f"OK - {received}")

    async def _disturb(self, request: Request) -> None:
        """Stand still or break off, as it is switched on."""
        if self._parts.faults.take("upload_stalls") is not None:
            while self._parts.faults.take("upload_stalls") is not None:  # noqa: ASYNC110 - no byte is read
                await asyncio.sleep(_LOOK_EVERY_S)
            await hang_up(request.scope)
            raise Refusal("stood still", status=_BAD_LENGTH)
        if cut := self._parts.faults.take("upload_cut"):
            received = 0
            async for chunk in request.stream():
                received += len(chunk)
                if received >= int(cut["bytes"]):
                    break
            await hang_up(request.scope)
            raise Refusal(f"broken off after {received} bytes", status=_BAD_LENGTH)

    async def _receive(self, request: Request, ticket: UploadTicket) -> int:
        """Stream the bytes to disk.

        Raises:
            Refusal: 400: they are not as many as were announced; or a fault struck.
        """
        if broken := self._parts.faults.take("upload_fails"):
            raise Refusal("upload failed", status=int(broken["status"]))
        kind = request.headers.get("content-type", "")
        chunks = _form_file(request) if kind.startswith("multipart/form-data") else request.stream()
        received = await self._parts.files.write(ticket.file, chunks, limit=ticket.length)
        if received != ticket.length:
            raise Refusal(f"expected {ticket.length} bytes, got {received}", status=_BAD_LENGTH)
        ticket.received = received
        return received


async def _form_file(request: Request) -> AsyncIterator[bytes]:
    """The first file of a multipart form, spooled to disk by the form parser."""
    async with request.form() as form:
        for value in form.values():
            if not isinstance(value, str):
                while piece := await value.read(_COPY_BYTES):
                    yield piece
                return
