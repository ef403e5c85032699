"""A person of the sandbox, whose fakes and installed app run in this process and its children."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from bot.sandbox.addresses import Addresses
from bot.sandbox.fake_slack import Timings
from bot.sandbox.server import Setup, sandbox
from bot.sandbox.world import TEAM_KEYS, TEAMS

VIDEO, AUDIO = "sample-clip.mp4", "sample-voice.mp3"
_WITHIN_S = 900.0
_BOX_BYTES = 16
Json = dict[str, Any]
T = TypeVar("T")


def padding(missing: int) -> bytes:
    """The head of a box of so many bytes that players skip (ISO/IEC 14496-12, 8.1.2); zeros follow it."""
    return b"\0\0\0\1free" + missing.to_bytes(8, "big") if missing >= _BOX_BYTES else b""


@dataclass(frozen=True)
class Pressable:
    """A button, and where it stands."""

    channel: str
    ts: str
    block_id: str
    element: Json


class Someone:
    """Who asks; `looks_every_s` is how exactly it is seen when something comes."""

    def __init__(self, addresses: Addresses, *, looks_every_s: float) -> None:
        self.page = httpx.AsyncClient(base_url=addresses.slack_url, trust_env=False, timeout=_WITHIN_S)
        self.sync = httpx.AsyncClient(
            base_url=addresses.sync_url,
            headers={"x-api-key": TEAM_KEYS[TEAMS[0].id]},
            trust_env=False,
            timeout=_WITHIN_S,
        )
        self.token = TEAMS[0].bot_token
        self.channel = next(each.id for each in TEAMS[0].channels if each.bot_is_member)
        self.samples = f"{addresses.slack_url}/ui/sample"
        self._who = {"team": TEAMS[0].id, "user": TEAMS[0].users[0].id}
        self._looks_every_s = looks_every_s

    @classmethod
    @asynccontextmanager
    async def sandboxed(cls, *, webhooks: bool = True, looks_every_s: float) -> AsyncIterator[Self]:
        """One, in a fresh sandbox."""
        with tempfile.TemporaryDirectory() as folder:
            setup = Setup(webhooks=webhooks, log=Path(folder) / "app.log", timings=Timings(share_s=0.0))
            async with sandbox(Path(folder), setup) as (addresses, _):
                someone = cls(addresses, looks_every_s=looks_every_s)
                async with someone.page, someone.sync:
                    yield someone

    async def direct_message(self) -> str:
        """The conversation with the app."""
        told = (await self.page.get("/ui/bootstrap")).raise_for_status().json()
        team = next(each for each in told["teams"] if each["id"] == self._who["team"])
        return str(next(each["id"] for each in team["channels"] if each.get("user") == self._who["user"]))

    async def say(self, channel: str, text: str, *files: str) -> None:
        """Send a message, or a command."""
        await self.post("/ui/message", channel=channel, text=text, file_ids=files, thread_ts=None)

    async def messages(self, channel: str) -> list[Json]:
        """All that stand there."""
        state = (await self.page.get("/ui/state", params=self._who)).raise_for_status().json()
        found: list[Json] = state["channels"][channel]["messages"]
        return found

    async def new(self, channel: str, before: set[str]) -> list[Json]:
        """Those that stand there since."""
        return [message for message in await self.messages(channel) if message["ts"] not in before]

    async def button(self, name: str, channel: str, before: set[str]) -> Pressable | None:
        """That button of a card that stands there since; a card with a price has Generate."""
        for message in await self.new(channel, before):
            for block in message.get("blocks") or []:
                for element in block.get("elements") or []:
                    if block["type"] == "actions" and element["text"]["text"] == name:
                        return Pressable(channel, message["ts"], block["block_id"], element)
        return None

    async def press(self, name: str, channel: str, before: set[str]) -> None:
        """Wait for that button, and press it."""
        found = await self.until(partial(self.button, name, channel, before))
        await self.post(
            "/ui/action",
            block_id=found.block_id,
            action_id=found.element["action_id"],
            value={"type": "button", "value": found.element["value"]},
            message={"channel": found.channel, "ts": found.ts},
        )

    async def records(self) -> Json:
        """What the fake sync.so has recorded."""
        told: Json = (await self.sync.get("/_control/records")).raise_for_status().json()
        return told

    async def upload(self, name: str, mimetype: str, chunks: AsyncIterator[bytes]) -> Json:
        """Bring a file into Slack."""
        query = {**self._who, "name": name, "mimetype": mimetype}
        reply = await self.page.post("/ui/upload", params=query, content=chunks)
        file: Json = reply.raise_for_status().json()["file"]
        return file

    async def post(self, path: str, **body: Any) -> None:
        """Do something on the page."""
        (await self.page.post(path, json={**self._who, **body})).raise_for_status()

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Wait until there is something to see."""
        async with asyncio.timeout(_WITHIN_S):
            while (found := await look()) is None:  # noqa: ASYNC110 - the page tells nobody
                await asyncio.sleep(self._looks_every_s)
        return found


async def pipe_curls(source: list[str], sink: list[str], size: int) -> float:
    """Seconds of `curl SOURCE | curl SINK`, with the length told as both storages want it."""
    lengthy = ["-H", "Transfer-Encoding:", "-H", f"Content-Length: {size}"]
    begin = time.perf_counter()
    piped = await asyncio.create_subprocess_exec(
        *("bash", "-o", "pipefail", "-c", 'n=$1; shift; curl -sSf "${@:1:n}" | curl -sSf "${@:n+1}"', "_"),
        *(str(len(source)), *source),
        *("-o", "/dev/null", *lengthy, "-T", "-", *sink),
    )
    if await piped.wait():
        raise SystemExit(f"curl | curl ended with {piped.returncode}")
    return time.perf_counter() - begin
