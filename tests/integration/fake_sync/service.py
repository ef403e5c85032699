"""A running fake sync.so and a customer who uses it, for the tests of this folder."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import uvicorn

from bot.sandbox.fake_sync import GROWTH, FakeSync, FakeSyncConfig, Org, Rates, create_fake_sync
from bot.sandbox.media.probe import Probe, probe
from bot.sandbox.serving import served

_ROOMY = replace(GROWTH, concurrency=100)  # tests share a service; those of limits start their own
ACME = Org("org_acme", "Acme", _ROOMY, webhook_secret="whsec_acme")
GLOBEX = Org("org_globex", "Globex", _ROOMY, webhook_secret="whsec_globex")
ORGS = {"key-acme": ACME, "key-acme-2": ACME, "key-globex": GLOBEX}
VOICE = "21m00Tcm4TlvDq8ikWAM"


@contextmanager
def served_apart(folder: Path, orgs: Mapping[str, Org]) -> Iterator[str]:
    """The address of a sync.so in a thread of its own, for commands that run a loop of their own."""
    sock, address = listening()
    config = FakeSyncConfig(base_url=address, folder=folder, orgs=orgs)
    server = uvicorn.Server(uvicorn.Config(create_fake_sync(config).asgi, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])), daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(20)


def listening() -> tuple[socket.socket, str]:
    """A socket on a free loopback port, and its base URL."""
    sock = socket.create_server(("127.0.0.1", 0))
    return sock, f"http://127.0.0.1:{sock.getsockname()[1]}"


@dataclass
class Customer:
    """Somebody with an API key, and what they do most."""

    http: httpx.AsyncClient
    fake: FakeSync
    folder: Path
    made: int = field(default=0)

    async def upload(self, data: bytes, name: str, content_type: str, type_: str) -> dict[str, Any]:
        """Take the three steps and return the asset."""
        announced = {"fileName": name, "contentType": content_type, "size": len(data)}
        step = (await self.http.post("/v2/assets/upload", json=announced)).raise_for_status().json()
        async with httpx.AsyncClient(trust_env=False) as bare:
            put = await bare.put(step["uploadUrl"], content=data, headers={"Content-Type": content_type})
            put.raise_for_status()
        asset = await self.http.post("/v2/assets", json={"url": step["url"], "type": type_, "name": name})
        body: dict[str, Any] = asset.raise_for_status().json()
        return body

    async def video(self) -> dict[str, Any]:
        """The sample clip as an input."""
        data = (await self.fake.studio.sample_video()).read_bytes()
        asset = await self.upload(data, "face.mp4", "video/mp4", "VIDEO")
        return {"type": "video", "assetId": asset["id"]}

    async def audio(self) -> dict[str, Any]:
        """The sample audio as an input."""
        data = (await self.fake.studio.sample_audio()).read_bytes()
        asset = await self.upload(data, "voice.mp3", "audio/mpeg", "AUDIO")
        return {"type": "audio", "assetId": asset["id"]}

    async def job(self, **changes: Any) -> dict[str, Any]:
        """A valid create body."""
        return {"model": "lipsync-2", "input": [await self.video(), await self.audio()]} | changes

    async def create(self, body: dict[str, Any], *, key: str | None = None) -> httpx.Response:
        """Ask for a generation."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post("/v2/generate", json=body, headers=headers)

    async def finished(self, generation_id: str) -> dict[str, Any]:
        """Wait for the end of a generation."""
        for _ in range(6):
            reply = await self.http.get(
                f"/v2/generate/{generation_id}", params={"wait": "true", "timeout": 10}
            )
            body: dict[str, Any] = reply.raise_for_status().json()
            if body["status"] in {"COMPLETED", "FAILED", "REJECTED"}:
                return body
        raise AssertionError(f"still {body['status']}")

    async def download(self, url: str) -> Path:
        """Fetch a file without the API key."""
        self.made += 1
        path = self.folder / f"download-{self.made}.mp4"
        async with httpx.AsyncClient(trust_env=False) as bare:
            path.write_bytes((await bare.get(url)).raise_for_status().content)
        return path

    async def records(self) -> dict[str, Any]:
        """What the service saw."""
        body: dict[str, Any] = (await self.http.get("/_control/records")).json()
        return body


@dataclass
class Service:
    """A running fake and how to become its customer."""

    base_url: str
    fake: FakeSync
    folder: Path
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def customer(self, key: str = "key-acme") -> Customer:
        """Somebody with this key."""
        http = httpx.AsyncClient(
            base_url=self.base_url, headers={"x-api-key": key}, trust_env=False, timeout=60
        )
        self.clients.append(http)
        return Customer(http, self.fake, self.folder)


@asynccontextmanager
async def running(folder: Path, *, kept: object = None, **changes: Any) -> AsyncIterator[Service]:
    """A fake sync.so, quick unless told otherwise; `kept` is what an earlier one remembered."""
    sock, base_url = listening()
    config = FakeSyncConfig(
        base_url=base_url,
        folder=folder,
        orgs=ORGS,
        processing_s=0.2,
        rates=Rates(create=1000, upload=1000, speech=1000, other=10_000),
    )
    fake = create_fake_sync(replace(config, **changes))
    if kept is not None:
        fake.recall(kept)
    service = Service(base_url, fake, folder)
    async with served(fake.asgi, sock):
        try:
            yield service
        finally:
            for client in service.clients:
                await client.aclose()


def facts(path: Path) -> Probe:
    """A file's facts."""
    return probe(path)


def length_s(path: Path) -> float:
    """How long a player shows the file."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


def loudness(path: Path) -> Sequence[float]:
    """How loud each tenth of a second of a file is, 0 to 1."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=8000)
        frames = [even for frame in container.decode(audio=0) for even in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    tenths = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return [float(level) for level in np.sqrt((tenths**2).mean(axis=1))]


def starts_with_index(path: Path) -> bool:
    """Whether a player can begin before the file has come whole: `moov` before `mdat`."""
    data = path.read_bytes()
    return data.index(b"moov") < data.index(b"mdat")
