"""From the end of a generation at sync.so to the video in the thread, by webhook and by polling.

The sandbox's fakes and the installed app, each video padded to its size. The peer is `curl | curl` from the
same fake sync.so to the same fake Slack, so that their pace is on both sides. What Slack itself takes to show
a file that is shared, is left out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks.figures import Figure
from benchmarks.sandboxed import AUDIO, VIDEO, Json, Someone, padding, pipe_curls
from bot.sandbox.media.studio import Studio

SIZES_MB = (10, 500)
_LOOKS_EVERY_S = 0.1
"""Seldom enough to leave the processor to the app; the moments themselves stand in the fakes' records."""


@dataclass(frozen=True)
class Finished:
    """One video."""

    took_s: float
    """From its end at sync.so to its message."""
    bare_s: float
    """The same bytes by `curl | curl`."""


class Asker(Someone):
    """Who makes the same video again and again."""

    async def make(self) -> Finished:
        """Ask, say yes, and wait for the video."""
        before = {message["ts"] for message in await self.messages(self.channel)}
        await self.say(self.channel, f"/lipsync {self.samples}/{VIDEO} {self.samples}/{AUDIO}")
        await self.press("Generate", self.channel, before)
        video = await self.until(partial(self._video, before))
        generation = await self._generation()
        took_s = float(video["ts"]) - float(generation["ended_at"])
        return Finished(took_s, await self._bare(generation["id"], int(video["files"][0]["size"])))

    async def _video(self, before: set[str]) -> Json | None:
        new = await self.new(self.channel, before)
        return next((message for message in new if message.get("files")), None)

    async def _generation(self) -> Json:
        """The one that ended last."""
        made = (await self.records())["generations"]
        ended: list[Json] = [each for each in made if each["ended_at"]]
        return max(ended, key=lambda each: float(each["ended_at"]))

    async def _bare(self, generation_id: str, size: int) -> float:
        """Seconds of `curl | curl` from the video's link to an upload of Slack's."""
        link = (await self.sync.get(f"/v2/generations/{generation_id}/download")).raise_for_status()
        upload = await self.page.post(
            "/api/files.getUploadURLExternal",
            headers={"Authorization": f"Bearer {self.token}"},
            data={"filename": "bare.mp4", "length": str(size)},
        )
        upload_url = upload.raise_for_status().json()["upload_url"]
        return await pipe_curls([link.text], ["-X", "POST", upload_url], size)


@contextmanager
def _padded_to(size: int) -> Iterator[None]:
    """Videos of this size."""
    rendered = Studio.render

    async def render(studio: Studio, recipe: Any) -> Path:
        path = await rendered(studio, recipe)
        if head := padding(size - path.stat().st_size):
            with path.open("ab") as file:
                file.write(head)
                file.truncate(size)
        return path

    with patch.object(Studio, "render", render):
        yield


async def _measure(size: int, *, webhooks: bool, rounds: int) -> list[Finished]:
    with _padded_to(size):
        async with Asker.sandboxed(webhooks=webhooks, looks_every_s=_LOOKS_EVERY_S) as asker:
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
