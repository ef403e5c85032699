"""Getting the inputs: assets, files in our own storage, and public links, read without any credentials."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from bot.sandbox.fake_sync.allowed import plan_of
from bot.sandbox.fake_sync.blobs import Blob, Blobs, TooLargeError
from bot.sandbox.fake_sync.config import FakeSyncConfig, Org
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.library import Library
from bot.sandbox.fake_sync.problems import problem
from bot.sandbox.fake_sync.requests import Audio, Image, Video
from bot.sandbox.fake_sync.state import Asset, State
from bot.sandbox.media.probe import NotMediaError, Probe
from bot.sandbox.media.studio import Studio

Slot = Literal["video", "image", "audio"]
_REUSED_S = 300.0  # a link that was read for an estimate is not read again for the create that follows


class InaccessibleError(Exception):
    """A link does not lead to a file."""


@dataclass(frozen=True)
class Source:
    """An input file and its facts."""

    file: Path
    facts: Probe


class Inputs:
    """Finds the files behind a request's inputs."""

    def __init__(
        self,
        config: FakeSyncConfig,
        state: State,
        library: Library,
        blobs: Blobs,
        studio: Studio,
        http: httpx.AsyncClient,
        faults: Faults,
    ) -> None:
        self._config, self._state, self._library, self._blobs = config, state, library, blobs
        self._studio, self._http, self._faults = studio, http, faults
        self._fetching: dict[str, asyncio.Task[Blob]] = {}

    async def source(self, item: Video | Image | Audio, org: Org) -> Source:
        """Return the file of an input.

        Raises:
            Problem: it cannot be fetched (422, or 503 when that takes too long), read, or used by this org.
        """
        slot: Slot = item.type
        path, size = await self._file(item, org, slot)
        if size > plan_of(org, self._faults).max_file_bytes:
            raise problem("file_size_exceeds_plan_limit", field="input")
        try:
            facts = await self._studio.probe(path)
        except NotMediaError:
            raise problem(_invalid(slot), field="input") from None
        if facts.kind != slot and not (slot == "audio" and facts.has_sound):
            raise problem(_invalid(slot), field="input")
        grown = self._faults.peek("link_grown")
        if grown is None or item.url is None:
            return Source(path, facts)
        path = await self._studio.repeated(path, facts, int(grown["factor"]))
        return Source(path, await self._studio.probe(path))

    async def _file(self, item: Video | Image | Audio, org: Org, slot: Slot) -> tuple[Path, int]:
        url = item.url
        if item.asset_id is not None:
            asset = self._asset(item.asset_id, org, slot)
            if asset.upload_id is not None or not self._reads_again:
                return asset.file, asset.size
            url = asset.url
        if url is None:
            raise AssertionError("parse() lets no input pass without url or assetId")
        try:
            blob = await self.fetch(url, org)
        except InaccessibleError as why:
            raise problem(f"generation_input_{slot}_inaccessible", str(why), field="input") from None
        return blob.path, blob.size

    @property
    def _reads_again(self) -> bool:
        """Whether a link is read each time; else what was read of it once is kept.

        Which of the two the service does with links, and with assets that were registered by one, it does
        not say; that links have to stay readable until a job has started (seen in the field) speaks for both.
        """
        return self._faults.peek("links_read_again") is not None

    def _asset(self, asset_id: str, org: Org, slot: Slot) -> Asset:
        asset = self._library.asset(asset_id, org, field="input")
        if asset.type != slot.upper():
            raise problem("generation_input_asset_type_mismatch", field="input")
        return asset

    async def fetch(self, url: str, org: Org) -> Blob:
        """Return the bytes behind a link; a download goes on when the caller's patience ends.

        Raises:
            InaccessibleError: not a link to a file.
            Problem: 503 `generation_media_probe_timeout`, the download goes on for the next try.
        """
        upload = self._uploaded(url, org)
        if upload is not None:
            return upload
        task = self._fetching.get(url)
        if task is None or (task.done() and self._reads_again):
            task = self._fetching[url] = asyncio.create_task(self._download(url))
            task.add_done_callback(lambda done: self._fetched(url, done))
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._config.input_wait_s)
        except TimeoutError:
            raise problem("generation_media_probe_timeout", field="input") from None

    def _uploaded(self, url: str, org: Org) -> Blob | None:
        """A file sent to the URL of step 1 works without being registered (seen by a live probe)."""
        if not url.startswith(f"{self._config.base_url}/storage/"):
            return None
        path = unquote(urlsplit(url).path)
        for upload in self._state.uploads.values():
            if upload.path == path and upload.org_id == org.id and upload.blob is not None:
                return upload.blob
        raise InaccessibleError("no such file in your storage")

    def _fetched(self, url: str, task: asyncio.Task[Blob]) -> None:
        def forget() -> None:
            if self._fetching.get(url) is task:
                del self._fetching[url]

        if task.cancelled() or task.exception() is not None:
            forget()
        else:
            asyncio.get_running_loop().call_later(_REUSED_S, forget)

    async def _download(self, url: str) -> Blob:
        stand_in = self._config.elsewhere.get(url)
        if stand_in is not None:
            if not stand_in.exists():
                raise InaccessibleError("the link answered HTTP 404")
            return Blob(stand_in, stand_in.stat().st_size)
        try:
            async with self._http.stream("GET", url) as reply:
                if not reply.is_success:
                    raise InaccessibleError(f"the link answered HTTP {reply.status_code}")
                return await self._blobs.store(
                    reply.aiter_bytes(),
                    limit=max(each.plan.max_file_bytes for each in self._config.orgs.values()),
                )
        except TooLargeError:
            raise problem("file_size_exceeds_plan_limit", field="input") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as trouble:
            raise InaccessibleError(f"the link cannot be fetched: {type(trouble).__name__}") from trouble

    async def close(self) -> None:
        """Stop downloads."""
        running = list(self._fetching.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _invalid(slot: Slot) -> str:
    """The catalog knows no `generation_input_image_invalid`."""
    return "generation_input_validation_failed" if slot == "image" else f"generation_input_{slot}_invalid"
