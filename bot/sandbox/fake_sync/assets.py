"""Routes of assets: announcing an upload, registering it, the library."""

import mimetypes
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.blobs import WEEK_S, Blob
from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.desk import api_key_of, bad_query, json_body, values, whole_number
from bot.sandbox.fake_sync.fetch import InaccessibleError
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.problems import problem
from bot.sandbox.fake_sync.requests import invalid
from bot.sandbox.fake_sync.state import Asset, Upload
from bot.sandbox.media.probe import NotMediaError, Probe

B = TypeVar("B", bound=BaseModel)

_SORTS: dict[str, Callable[[Asset], Any]] = {
    "name": lambda asset: asset.name,
    "date": lambda asset: asset.created_at,
    "duration": lambda asset: asset.duration_s or 0.0,
    "size": lambda asset: asset.size,
    "kind": lambda asset: asset.type,
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Announced(_Body):
    file_name: Annotated[str, Field(min_length=1)]
    content_type: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(gt=0)]


class _Registered(_Body):
    url: str
    type: Literal["VIDEO", "AUDIO", "IMAGE"]
    name: str | None = None
    visibility: Literal["USER", "ORGANIZATION"] = "USER"
    project_id: str | None = None


class AssetRoutes:
    """The routes and what they need."""

    def __init__(self, parts: Parts) -> None:
        self._config, self._state, self._faults = parts.config, parts.state, parts.faults
        self._desk, self._links, self._inputs = parts.desk, parts.links, parts.inputs
        self._studio, self._views, self._library = parts.studio, parts.views, parts.library

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v2/assets/upload", self.announce, methods=["POST"]),
            Route("/v2/assets", self.register, methods=["POST"]),
            Route("/v2/assets", self.listing, methods=["GET"]),
            Route("/v2/assets/{id}", self.read, methods=["GET"]),
            Route("/v2/assets/{id}", self.delete, methods=["DELETE"]),
        ]

    async def announce(self, request: Request) -> Response:
        """Step 1: where to put the bytes."""
        org = self._desk.admit(request, "upload")
        wanted = await _read(request, _Announced)
        if wanted.size > self._desk.plan(org).max_file_bytes:
            raise problem("file_size_exceeds_plan_limit", field="size")
        upload_id = str(uuid4())
        path = f"/storage/{upload_id}/{wanted.file_name.replace('/', '_')}"
        self._state.uploads[upload_id] = Upload(upload_id, org.id, path, wanted.content_type, wanted.size)
        answer = {
            "uploadUrl": self._links.sign(path),
            "url": self._links.plain(path),
            "expiresIn": int(WEEK_S),
        }
        return JSONResponse(answer, 201)

    async def register(self, request: Request) -> Response:
        """Step 3: make it an asset, if the bytes are there."""
        org = self._desk.admit(request)
        wanted = await _read(request, _Registered)
        if wanted.project_id is not None:
            raise problem("project_not_found", field="projectId")
        upload = next(
            (up for up in self._state.uploads.values() if self._links.plain(up.path) == wanted.url), None
        )
        blob = await self._blob(wanted.url, upload, org)
        if blob.size > self._desk.plan(org).max_file_bytes:
            raise problem("file_size_exceeds_plan_limit", field="url")
        facts = await self._facts(blob)
        name = wanted.name or wanted.url.rpartition("/")[2]
        asset = Asset(
            id=str(uuid4()),
            org_id=org.id,
            owner=api_key_of(request),
            upload_id=upload.id if upload else None,
            created_at=self._config.clock(),
            name=name,
            type=wanted.type,
            input_type="UPLOAD" if upload else "URL",
            visibility=wanted.visibility,
            file=blob.path,
            size=blob.size,
            url=self._links.publish(blob.path, name, _media_type(name)) if upload else wanted.url,
            format=name.rpartition(".")[2].lower() if "." in name else "",
            duration_s=facts.duration_s if facts and facts.kind != "image" else None,
            width=facts.width or None if facts else None,
            height=facts.height or None if facts else None,
        )
        self._state.assets[asset.id] = asset
        return JSONResponse(self._views.asset(asset), 201)

    async def _blob(self, url: str, upload: Upload | None, org: Org) -> Blob:
        if upload is None:
            try:
                return await self._inputs.fetch(url, org)
            except InaccessibleError:
                ours = url.startswith(self._links.plain("/"))
                raise problem("file_not_in_org_storage" if ours else "uploaded_file_not_found") from None
        if upload.org_id != org.id:
            raise problem("file_not_in_org_storage", field="url")
        if upload.blob is None:
            raise problem("uploaded_file_not_found", field="url")
        return upload.blob

    async def _facts(self, blob: Blob) -> Probe | None:
        """The file's facts; an unreadable file is refused only by the generation that uses it."""
        if self._faults.strikes("no_asset_length"):
            return None
        try:
            return await self._studio.probe(blob.path)
        except NotMediaError:
            return None

    async def listing(self, request: Request) -> Response:
        """The library: filtered, sorted, paged."""
        org = self._desk.admit(request)
        found = self._library.of(org)
        if types := set(values(request, "types")):
            found = [asset for asset in found if asset.type in types]
        if words := request.query_params.get("searchQuery", "").lower():
            found = [asset for asset in found if words in asset.name.lower()]
        sort = request.query_params.get("sortBy", "dateDesc")
        by, descending = sort.removesuffix("Desc").removesuffix("Asc"), sort.endswith("Desc")
        if by not in _SORTS or by == sort:
            raise bad_query("unknown order", "sortBy")
        found.sort(key=_SORTS[by], reverse=descending)
        page, total = found, len(found)
        if cursor := request.query_params.get("cursor"):
            ids = [asset.id for asset in found]
            if cursor not in ids:
                raise bad_query("unknown cursor", "cursor")
            page = found[ids.index(cursor) + 1 :]
        limit = whole_number(request, "limit") or len(page)
        more = page[limit - 1].id if len(page) > limit else None
        items = [self._views.asset(asset) for asset in page[:limit]]
        return JSONResponse({"items": items, "nextCursor": more, "totalCount": total})

    async def read(self, request: Request) -> Response:
        """One asset."""
        return JSONResponse(self._views.asset(self._named(request)))

    async def delete(self, request: Request) -> Response:
        """Forget an asset and its file (sync.so docs: delete asset).

        With an API key only what that key's owner has, and what is shared in the organization not at all.
        Here every key is somebody's own. What becomes of a generation that still needs it is said nowhere:
        here it has its file already.
        """
        asset = self._named(request)
        if asset.owner != api_key_of(request) or asset.visibility == "ORGANIZATION":
            raise problem("asset_forbidden")
        self._library.forget(asset)
        self._state.records.deletions.append({"at": self._config.clock(), "id": asset.id})
        return JSONResponse({"id": asset.id})

    def _named(self, request: Request) -> Asset:
        org = self._desk.admit(request)
        return self._library.asset(request.path_params["id"], org)


async def _read(request: Request, model: type[B]) -> B:
    try:
        return model.model_validate(await json_body(request))
    except ValidationError as refused:
        raise invalid(refused) from None


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
