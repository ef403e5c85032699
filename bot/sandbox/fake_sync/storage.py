"""Routes of object storage: presigned PUT, and signed links to read, whole or by Range; errors are XML."""

from xml.sax.saxutils import escape

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.blobs import TooLargeError
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.state import Upload
from bot.sandbox.fake_sync.wire import hang_up


class StorageRoutes:
    """The routes and what they need."""

    def __init__(self, parts: Parts) -> None:
        self._config, self._state, self._faults = parts.config, parts.state, parts.faults
        self._blobs, self._links = parts.blobs, parts.links

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/storage/{id}/{name:path}", self.put, methods=["PUT"]),
            Route("/storage/{id}/{name:path}", self.file, methods=["GET", "HEAD"]),
            Route("/files/{id}/{name:path}", self.file, methods=["GET", "HEAD"]),
        ]

    async def put(self, request: Request) -> Response:
        """Step 2 of an upload, as strict as object storage is with presigned links."""
        upload = self._state.uploads.get(request.path_params["id"])
        if upload is None or not self._signed(request):
            return _error(403, "SignatureDoesNotMatch", "The link was altered or has expired")
        if refusal := self._refusal(request, upload):
            return refusal
        if self._faults.strikes("cut_upload"):
            await _read_half(request)
            await hang_up(request.scope)
            return Response()
        seen = {"at": self._config.clock(), "path": upload.path, "bytes": upload.announced, "whole": False}
        self._state.records.uploads.append(seen)
        try:
            upload.blob = await self._blobs.store(request.stream(), limit=self._limit(upload.org_id))
        except TooLargeError:
            return _error(400, "EntityTooLarge", "The file is too large")
        except ClientDisconnect:
            return Response(status_code=400)
        seen["whole"] = True
        return Response(headers={"ETag": f'"{upload.blob.path.name}"'})

    def _refusal(self, request: Request, upload: Upload) -> Response | None:
        headers = request.headers
        if headers.get("content-type") != upload.content_type:
            return _error(403, "SignatureDoesNotMatch", "Content-Type differs from the announced one")
        if "content-length" not in headers:
            return _error(411, "MissingContentLength", "Content-Length is required")
        if refused := self._faults.take("upload_refused"):
            return _error(refused["status"], "SlowDown", "Please reduce your request rate")
        return _second_key(request)

    async def file(self, request: Request) -> Response:
        """Bytes behind a signed link, whole or by Range, with their length."""
        path = request.scope["path"]
        published = self._links.published(path)
        if published is None or not self._signed(request):
            return _error(403, "AccessDenied", "Access denied, or the request has expired")
        if refusal := _second_key(request):
            return refusal
        seen = {"at": self._config.clock(), "path": path, "range": request.headers.get("range")}
        self._state.records.downloads.append(seen)
        return FileResponse(published.path, media_type=published.media_type)

    def _limit(self, org_id: str) -> int:
        return max(org.plan.max_file_bytes for org in self._config.orgs.values() if org.id == org_id)

    def _signed(self, request: Request) -> bool:
        query = request.query_params
        return self._links.valid(request.scope["path"], query.get("expires", ""), query.get("signature", ""))


def _second_key(request: Request) -> Response | None:
    """Storage takes one way of signing in; an API key sent along is a leak that must not pass unseen."""
    if "authorization" in request.headers or "x-api-key" in request.headers:
        return _error(400, "InvalidArgument", "Only one way of signing in is allowed")
    return None


def _error(status: int, code: str, message: str) -> Response:
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(text, status, media_type="application/xml")


async def _read_half(request: Request) -> None:
    half, got = int(request.headers["content-length"]) // 2, 0
    async for chunk in request.stream():
        got += len(chunk)
        if got >= half:
            return
