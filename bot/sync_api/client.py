"""The client: one method for each call of sync.so's HTTP API v2 that the app needs."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import OnErrorOmit, TypeAdapter, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from bot.sync_api import faults
from bot.sync_api.errors import OutcomeUnknown, Refused, Unavailable, Unreadable
from bot.sync_api.leaving import right_before
from bot.sync_api.models import (
    Account,
    Asset,
    AssetType,
    CatalogEntry,
    CostEstimate,
    Costs,
    CreateGeneration,
    ElevenLabs,
    Generation,
    Model,
    Speech,
    Upload,
    UsagePage,
    Voice,
)
from bot.sync_api.models.replies import Reply
from bot.sync_api.parsing import read

PAGE_LIMIT = 100
"""Most generations in one page (sync.so: GET /v2/generations)."""
USAGE_LIMIT = 500
"""Most items in one page (sync.so: GET /v2/usage/generations)."""
LONGEST_WAIT_S = 10
"""Seconds that a read may be held open (sync.so: GET /v2/generate/{id})."""

_QUICK_S = 30.0
_SLOW_S = 60.0
"""Seconds without a byte; for calls in which sync.so may fetch media, or speak, before it answers."""
_SPARE_S = 10.0
"""What the whole call may take beyond that."""
_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_DOWNLOAD_LINK = re.compile(r"https?://\S+")
_API_KEY = re.compile(r"[!-~]+")
_JSON = "application/json"

T = TypeVar("T")


class _Secret(Reply):
    secret: str


def _or_none(row: Any, read_row: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read_row(row)
    except ValidationError:
        return None


# One row that cannot be read must not hide the others of its list: it is left out, or, where a list is looked
# through for something, told apart from a row that is not there.
_ACCOUNT = TypeAdapter(Account)
_ASSET = TypeAdapter(Asset)
_CATALOG = TypeAdapter(tuple[OnErrorOmit[CatalogEntry], ...])
_COST = TypeAdapter(CostEstimate)
_RECORD = TypeAdapter(Costs)
_COSTS = TypeAdapter(CostEstimate | tuple[CostEstimate, ...])
_GENERATION = TypeAdapter(Generation)
_GENERATIONS = TypeAdapter(tuple[Annotated[Generation | None, WrapValidator(_or_none)], ...])
_MODELS = TypeAdapter(tuple[OnErrorOmit[Model], ...])
_SECRET = TypeAdapter(_Secret)
_SPEECH = TypeAdapter(Speech)
_UPLOAD = TypeAdapter(Upload)
_USAGE = TypeAdapter(UsagePage)
_VOICES = TypeAdapter(tuple[OnErrorOmit[Voice], ...])


class SyncClient:
    """sync.so as one API key sees it. Costs nothing to build; many may share one httpx client.

    Nothing is retried here: what may be repeated, and when, is for the caller to say. Every method raises
    `SyncApiError`; `create` and `speak` cost money and raise `OutcomeUnknown` where the others would raise
    `Unavailable` although the request may have arrived.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        api_key: str,
        clock: Callable[[], float] = time.time,
        longest_call_s: float = _SLOW_S + _SPARE_S,
    ) -> None:
        if not _API_KEY.fullmatch(api_key):
            msg = "a sync.so API key is made of visible ASCII characters"
            raise ValueError(msg)
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._clock = clock
        self._longest_call_s = longest_call_s

    def __repr__(self) -> str:
        return f"SyncClient({self._base_url!r})"

    async def create(
        self, body: bytes, *, idempotency_key: str, leaving: Callable[[], Awaitable[None]] | None = None
    ) -> Generation:
        """Create a generation; this costs money.

        Args:
            body: `CreateGeneration.to_wire()`, stored before the first try and sent byte for byte.
            idempotency_key: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`; the same for every try of the same yes.
            leaving: called before a connection is sought, and right before the request goes out on it; where
                it raises, nothing was sent that sync.so could take, and the error is raised from here.

        Raises:
            OutcomeUnknown: it may have been taken: read, or repeat with the same key and body.
            Unavailable: it was certainly not taken.
        """
        if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
            msg = "an idempotency key is 1 to 128 characters of A-Z a-z 0-9 . _ ~ -"
            raise ValueError(msg)
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": _JSON}
        extensions = None
        if leaving is not None:
            await leaving()
            extensions = {"trace": right_before(leaving)}
        request = {"content": body, "headers": headers, "extensions": extensions}
        return await self._pay(_GENERATION, "/v2/generate", **request)

    async def get(
        self, generation_id: str, *, wait_s: int | None = None, include_progress: bool = False
    ) -> Generation:
        """Read one generation, or wait up to `wait_s` (1 to 10) seconds for its end.

        `wait_s` and `include_progress` exclude each other (sync.so docs).
        """
        path = f"/v2/generate/{_segment(generation_id)}"
        if wait_s is None:
            params = {"include": "progress"} if include_progress else None
            return await self._read(_GENERATION, "GET", path, params=params)
        if include_progress or not 1 <= wait_s <= LONGEST_WAIT_S:
            msg = f"a wait is 1 to {LONGEST_WAIT_S} seconds, and comes without progress"
            raise ValueError(msg)
        params = {"wait": "true", "timeout": str(wait_s)}
        return await self._read(_GENERATION, "GET", path, params=params)

    async def list(
        self,
        *,
        ids: Sequence[str] | None = None,
        status: Sequence[str] = (),
        limit: int | None = None,
        cursor: str | None = None,
    ) -> tuple[Generation, ...]:
        """Read generations of the whole organisation, other people's and other keys' included.

        With `limit` (1 to 100) the newest come first; without it, all that match and in no order. `cursor` is
        the id after which the page begins. Of `ids`, those that sync.so does not know are missing from the
        answer; none are asked for when `ids` is empty.
        """
        rows = await self._rows(ids=ids, status=status, limit=limit, cursor=cursor)
        return tuple(row for row in rows if row is not None)

    async def list_all(self, *, status: Sequence[str] = ()) -> AsyncIterator[Generation | None]:
        """All generations of the organisation, newest first, read page by page as they are taken.

        None stands for a row that cannot be read.

        Raises:
            Unreadable: nothing of a page can be read, or the pages do not move on: more may lie behind it.
        """
        cursor = None
        while rows := await self._rows(status=status, limit=PAGE_LIMIT, cursor=cursor):
            ids = [row.id for row in rows if row is not None]
            if not ids or ids[-1] == cursor:
                raise Unreadable(message="sync.so's list of videos cannot be read to its end.")
            for row in rows:
                yield row
            cursor = ids[-1]

    async def _rows(
        self,
        *,
        ids: Sequence[str] | None = None,
        status: Sequence[str] = (),
        limit: int | None = None,
        cursor: str | None = None,
    ) -> tuple[Generation | None, ...]:
        if ids is not None and not ids:
            return ()
        if (limit is not None and not 1 <= limit <= PAGE_LIMIT) or (cursor is not None and limit is None):
            msg = f"a page is 1 to {PAGE_LIMIT} generations, and a cursor needs a limit"
            raise ValueError(msg)
        # Newer documentation writes lists with commas; SDK 0.3.0 repeats the parameter.
        asked = {"ids": ",".join(ids or ()), "status": ",".join(status), "limit": limit, "cursor": cursor}
        params = {name: str(value) for name, value in asked.items() if value}
        return await self._read(_GENERATIONS, "GET", "/v2/generations", params=params)

    async def estimate_cost(self, request: CreateGeneration) -> CostEstimate:
        """Price a real request; creates nothing. Several parts of a price are added up."""
        headers = {"Content-Type": _JSON}
        costs = await self._read(
            _COSTS, "POST", "/v2/analyze/cost", content=request.to_wire(), headers=headers, patience_s=_SLOW_S
        )
        return costs if isinstance(costs, CostEstimate) else _sum(costs)

    async def estimate_by_length(self, model: str, *, duration_s: float, fps: float) -> CostEstimate:
        """Price an output of so many seconds at so many frames a second; fetches no media.

        Raises:
            Refused: with code `cost_estimate_unavailable` where sync.so cannot price it.
        """
        body = {"model": model, "duration": duration_s, "fps": fps}
        return await self._read(_COST, "POST", "/v2/generations/estimate", json=body)

    async def start_upload(self, *, file_name: str, content_type: str, size: int) -> Upload:
        """First of three steps of an upload: where to PUT `size` bytes. At most 120 a minute."""
        body = {"fileName": file_name, "contentType": content_type, "size": size}
        return await self._read(_UPLOAD, "POST", "/v2/assets/upload", json=body)

    async def register_asset(self, *, url: str, type: AssetType, name: str | None = None) -> Asset:  # noqa: A002
        """Last step of an upload, or a public link made an asset; sync.so checks that the bytes are there."""
        body = {"url": url, "type": type.value} | ({"name": name} if name else {})
        return await self._read(_ASSET, "POST", "/v2/assets", json=body, patience_s=_SLOW_S)

    async def asset(self, asset_id: str) -> Asset:
        """Read one asset."""
        return await self._read(_ASSET, "GET", f"/v2/assets/{_segment(asset_id)}")

    async def delete_asset(self, asset_id: str) -> None:
        """Delete an asset: what the key's owner has, not what is shared in the organisation (sync.so docs).

        Raises:
            Refused: with code `asset_not_found` where there is none, `asset_forbidden` where it may not.
        """
        await self._send("DELETE", f"/v2/assets/{_segment(asset_id)}")

    async def voices(self) -> tuple[Voice, ...]:
        """All voices, those that cannot speak now included: see `Voice.usable`."""
        return await self._read(_VOICES, "GET", "/v2/voices")

    async def models(self) -> tuple[Model, ...]:
        """The models open to this key."""
        return await self._read(_MODELS, "GET", "/v2/models")

    async def account(self) -> Account:
        """The plan and limits of the organisation behind this key."""
        return await self._read(_ACCOUNT, "GET", "/v2/account")

    async def speak(
        self,
        *,
        script: str,
        voice_id: str,
        stability: float | None = None,
        similarity_boost: float | None = None,
    ) -> Speech:
        """Speak a script; this costs money and no key protects a repeated call.

        Raises:
            pydantic.ValidationError: an empty script or over 5,000 characters, or a value outside 0 to 1.
        """
        voice = ElevenLabs(
            voice_id=voice_id, script=script, stability=stability, similarity_boost=similarity_boost
        )
        body = voice.model_dump(by_alias=True, exclude_none=True, exclude={"name"}) | {"provider": voice.name}
        return await self._pay(_SPEECH, "/v2/tts", json=body)

    async def download_url(self, generation_id: str) -> str:
        """A fresh signed link to the finished video; fetch it at once and without the API key."""
        reply = await self._send("GET", f"/v2/generations/{_segment(generation_id)}/download")
        url = reply.text.strip()
        if not _DOWNLOAD_LINK.fullmatch(url):
            raise Unreadable(message="sync.so gave no download link.", status=reply.status_code)
        return url

    async def output_link(self, generation_id: str) -> str | None:
        """A fresh link to the finished video; where that route knows none, the generation's own."""
        try:
            return await self.download_url(generation_id)
        except (Refused, Unavailable) as error:
            if isinstance(error, Unavailable) and error.status != HTTPStatus.NOT_FOUND:
                raise
            return (await self.get(generation_id)).output_url

    async def costs(self, generation_id: str) -> Costs:
        """What an ended generation cost, as far as it is known by now."""
        return await self._read(_RECORD, "GET", f"/v2/generate/{_segment(generation_id)}/costs")

    async def usage(
        self, start: float, end: float, *, limit: int = USAGE_LIMIT, cursor: str | None = None
    ) -> UsagePage:
        """What all generations of the organisation cost that finished from `start` on and before `end`.

        Seconds since the epoch, whole milliseconds; `limit` is 1 to 500, `cursor` the last page's of the very
        same range. Other people's and other keys' are among them.
        """
        if not 1 <= limit <= USAGE_LIMIT or end <= start:
            msg = f"a page is 1 to {USAGE_LIMIT} items, and a range ends after it begins"
            raise ValueError(msg)
        params = {"startTime": _utc(start), "endTime": _utc(end), "limit": str(limit)}
        params |= {} if cursor is None else {"cursor": cursor}
        return await self._read(_USAGE, "GET", "/v2/usage/generations", params=params, patience_s=_SLOW_S)

    async def delete(self, generation_id: str) -> Generation:
        """Delete a finished generation, anybody's in the organisation.

        Raises:
            Refused: with code `generation_not_deletable_while_processing` while it runs.
        """
        return await self._read(_GENERATION, "DELETE", f"/v2/generations/{_segment(generation_id)}")

    async def error_catalog(self) -> tuple[CatalogEntry, ...]:
        """All error codes with sync.so's advice; public, so the key is not sent."""
        return await self._read(_CATALOG, "GET", "/v2/errors", signed=False)

    async def webhook_secret(self) -> str:
        """The secret that signs this organisation's webhooks; see `webhook.verify`."""
        reply = await self._read(_SECRET, "GET", "/v2/organizations/webhook/secret")
        if not reply.secret:
            raise Unreadable(message="sync.so gave an empty webhook secret.")
        return reply.secret

    async def _read(self, adapter: TypeAdapter[T], method: str, path: str, **request: Any) -> T:
        reply = await self._send(method, path, **request)
        return read(adapter, reply.content, status=reply.status_code)

    async def _pay(self, adapter: TypeAdapter[T], path: str, **request: Any) -> T:
        reply = await self._send("POST", path, **request, patience_s=_SLOW_S, paid=True)
        try:
            return read(adapter, reply.content, status=reply.status_code)
        except Unreadable as error:
            raise OutcomeUnknown(message=error.message, status=error.status) from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        patience_s: float = _QUICK_S,
        paid: bool = False,
        signed: bool = True,
        **request: Any,
    ) -> httpx.Response:
        """Send one request and raise whatever is not a success."""
        key = {"x-api-key": self._api_key} if signed else {}
        # httpx's limits begin anew with each byte: a reply that trickles would never meet them.
        whole_s = min(patience_s + _SPARE_S, self._longest_call_s)
        try:
            async with asyncio.timeout(whole_s):
                reply = await self._http.request(
                    method,
                    self._base_url + path,
                    headers={**key, **(headers or {})},
                    timeout=httpx.Timeout(patience_s, connect=10.0, pool=10.0),
                    # A redirection would carry the key to wherever it points.
                    follow_redirects=False,
                    **request,
                )
        except (httpx.RequestError, TimeoutError) as error:
            raise faults.from_transport(error, paid=paid) from error
        if not reply.is_success:
            raise faults.from_reply(reply, paid=paid, now=self._clock(), secret=self._api_key)
        return reply


def _segment(identifier: str) -> str:
    """An id as one segment of a path, so that none can name another route."""
    if identifier in {"", ".", ".."}:
        msg = "an id of sync.so's is never empty or dots"
        raise ValueError(msg)
    return quote(identifier, safe="")


def _utc(moment: float) -> str:
    """ISO 8601, as sync.so writes times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sum(costs: Sequence[CostEstimate]) -> CostEstimate:
    """One price out of its parts; unknown as soon as one part is."""
    amounts = [cost.usd for cost in costs if cost.usd is not None]
    frames = [cost.frame_count for cost in costs if cost.frame_count is not None]
    return CostEstimate(
        frame_count=sum(frames) if frames and len(frames) == len(costs) else None,
        usd=sum(amounts) if amounts and len(amounts) == len(costs) else None,
    )
