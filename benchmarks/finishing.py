"""From the end of a generation at sync.so to the video in the thread, by webhook and by polling.

The sandbox's fakes and the installed app, each video padded to its size. The peer is `curl | curl` from the
same fake sync.so to the same fake Slack, so that their pace is on both sides. What Slack itself takes to show
a file that is shared, is left out.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import httpx

from benchmarks.figures import Figure
from bot.sandbox.addresses import Addresses
from bot.sandbox.fake_slack import Timings
from bot.sandbox.media.studio import Studio
from bot.sandbox.server import Setup, sandbox
from bot.sandbox.world import TEAM_KEYS, TEAMS

SIZES_MB = (10, 500)
_LOOKS_EVERY_S = 0.1
"""Seldom enough to leave the processor to the app; the moments themselves stand in the fakes' records."""
_WITHIN_S = 120.0
_VIDEO, _AUDIO = "sample-clip.mp4", "sample-voice.mp3"
Json = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """One video."""

    took_s: float
    """From its end at sync.so to its message."""
    bare_s: float
    """The same bytes by `curl | curl`."""


class Asker:
    """One person of the sandbox, who makes the same video again and again."""

    def __init__(self, addresses: Addresses) -> None:
        self._page = httpx.AsyncClient(base_url=addresses.slack_url, trust_env=False, timeout=60)
        self._sync = httpx.AsyncClient(base_url=addresses.sync_url, trust_env=False, timeout=60)
        self._team = TEAMS[0]
        self._who = {"team": self._team.id, "user": self._team.users[0].id}
        self._channel = next(each.id for each in self._team.channels if each.bot_is_member)
        self._samples = f"{addresses.slack_url}/ui/sample"

    async def close(self) -> None:
        """Let go of both fakes."""
        await self._page.aclose()
        await self._sync.aclose()

    async def make(self) -> Finished:
        """Ask, say yes, and wait for the video."""
        before = {message["ts"] for message in await self._messages()}
        line = f"/lipsync {self._samples}/{_VIDEO} {self._samples}/{_AUDIO}"
        await self._post("/ui/message", channel=self._channel, text=line, file_ids=[], thread_ts=None)
        await self._press_generate(before)
        video = await self._until(partial(self._video, before))
        generation = await self._generation()
        took_s = float(video["ts"]) - float(generation["ended_at"])
        return Finished(took_s, await self._bare(generation["id"], int(video["files"][0]["size"])))

    async def _press_generate(self, before: set[str]) -> None:
        card, block, button = await self._until(partial(self._offer, before))
        await self._post(
            "/ui/action",
            block_id=block["block_id"],
            action_id=button["action_id"],
            value={"type": "button", "value": button["value"]},
            message={"channel": self._channel, "ts": card["ts"]},
        )

    async def _offer(self, before: set[str]) -> tuple[Json, Json, Json] | None:
        for message in await self._new(before):
            for block in message.get("blocks") or []:
                for element in block.get("elements") or []:
                    if block["type"] == "actions" and element["text"]["text"] == "Generate":
                        return message, block, element
        return None

    async def _video(self, before: set[str]) -> Json | None:
        return next((message for message in await self._new(before) if message.get("files")), None)

    async def _new(self, before: set[str]) -> list[Json]:
        return [message for message in await self._messages() if message["ts"] not in before]

    async def _messages(self) -> list[Json]:
        state = (await self._page.get("/ui/state", params=self._who)).raise_for_status().json()
        found: list[Json] = state["channels"][self._channel]["messages"]
        return found

    async def _generation(self) -> Json:
        """The one that ended last."""
        records = (await self._sync.get("/_control/records")).raise_for_status().json()
        ended: list[Json] = [each for each in records["generations"] if each["ended_at"]]
        return max(ended, key=lambda each: float(each["ended_at"]))

    async def _bare(self, generation_id: str, size: int) -> float:
        """Seconds of `curl | curl` from the video's link to an upload of Slack's."""
        key = {"x-api-key": TEAM_KEYS[self._team.id]}
        link = await self._sync.get(f"/v2/generations/{generation_id}/download", headers=key)
        upload = await self._page.post(
            "/api/files.getUploadURLExternal",
            headers={"Authorization": f"Bearer {self._team.bot_token}"},
            data={"filename": "bare.mp4", "length": str(size)},
        )
        begin = time.perf_counter()
        await _pipe_curls(link.raise_for_status().text, upload.raise_for_status().json()["upload_url"], size)
        return time.perf_counter() - begin

    async def _post(self, path: str, **body: Any) -> None:
        (await self._page.post(path, json={**self._who, **body})).raise_for_status()

    async def _until(self, look: Any) -> Any:
        async with asyncio.timeout(_WITHIN_S):
            while (found := await look()) is None:  # noqa: ASYNC110 - the page tells nobody
                await asyncio.sleep(_LOOKS_EVERY_S)
        return found


async def _pipe_curls(source: str, sink: str, size: int) -> None:
    headers = '-H "Transfer-Encoding:" -H "Content-Length: $3"'
    command = f'curl -sSf "$1" | curl -sSf -o /dev/null -X POST {headers} -T - "$2"'
    piped = await asyncio.create_subprocess_exec(
        "bash", "-o", "pipefail", "-c", command, "_", source, sink, str(size)
    )
    if await piped.wait():
        raise SystemExit(f"curl | curl ended with {piped.returncode}")


@contextmanager
def _padded_to(size: int) -> Iterator[None]:
    """Videos of this size: a box that players skip follows the rest (ISO/IEC 14496-12, 8.1.2)."""
    rendered = Studio.render

    async def render(studio: Studio, recipe: Any) -> Path:
        path = await rendered(studio, recipe)
        missing = size - path.stat().st_size
        if missing >= 16:
            with path.open("ab") as file:
                file.write(b"\0\0\0\1free" + missing.to_bytes(8, "big"))
                file.truncate(size)
        return path

    with patch.object(Studio, "render", render):
        yield


@asynccontextmanager
async def _asker(*, webhooks: bool) -> AsyncIterator[Asker]:
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(webhooks=webhooks, log=Path(folder) / "app.log", timings=Timings(share_s=0.0))
        async with sandbox(Path(folder), setup) as (addresses, _):
            asker = Asker(addresses)
            try:
                yield asker
            finally:
                await asker.close()


async def _measure(size: int, *, webhooks: bool, rounds: int) -> list[Finished]:
    with _padded_to(size):
        async with _asker(webhooks=webhooks) as asker:
            return [await asker.make() for _ in range(rounds)]


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """How long people wait for a video that is made.

    Args:
        rounds: How many videos each way brings.
        quick: Only the smaller videos.
    """
    figures: list[Figure] = []
    for size_mb in SIZES_MB[:1] if quick else SIZES_MB:
        for way, webhooks in (("webhook", True), ("polling", False)):
            brought = asyncio.run(_measure(size_mb * 1_000_000, webhooks=webhooks, rounds=rounds))
            figures += _figures(f"{size_mb} MB, by {way}", brought, is_told=webhooks)
    return figures


def _figures(what: str, brought: list[Finished], *, is_told: bool) -> list[Figure]:
    took_s, bare_s = median(each.took_s for each in brought), median(each.bare_s for each in brought)
    limit_s = 1.1 * bare_s + 0.3
    return [
        Figure(f"{what}: done at sync.so to the message", took_s, "s"),
        Figure(f"{what}: curl | curl", bare_s, "s"),
        Figure(
            f"{what}: of 1.1 curl | curl + 0.3 s", took_s / limit_s, "ratio", at_most=1 if is_told else None
        ),
    ]
