"""From the files in Slack to the price on the card, over lines of different paces.

The sandbox's fakes and the installed app. A clip is dropped into the app's direct message together with an
audio, or with words; a form leads to the same order. Slack's file host sends over one line of the given pace.
The peer is `curl | curl` of the clip over the same line, from the same fake Slack to the same fake sync.so.
What the fake sync.so takes for its own part (reading what it got, speaking, pricing) its own log tells.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks.figures import Figure
from benchmarks.sandboxed import AUDIO, VIDEO, Json, Someone, padding, pipe_curls

SIZES_MB = (40, 500)
PACES_MBIT = (100, 20)
_LOOKS_EVERY_S = 0.05
_CHUNK = bytes(1024 * 1024)
_PRICED_S = 2.0
"""What a price may take that needs no more than the beginning and the end of a file."""
_OF_THE_FAKE = ("/v2/assets", "/v2/analyze/cost", "/v2/generations/estimate")


@dataclass(frozen=True)
class Row:
    """One way of asking. `early` is whether the price can be had before the clip is at sync.so."""

    name: str
    script: bool = False
    parts: bool = True

    @property
    def early(self) -> bool:
        """Whether all that decides the price can be read of the files' beginnings and ends."""
        return self.parts and not self.script


ROWS = (
    Row("audio by parts"),
    Row("audio as a whole", parts=False),
    Row("a script", script=True),
)


@dataclass(frozen=True)
class Asked:
    """One price."""

    took_s: float
    """From the message to the card with the price."""
    bare_s: float
    """The clip alone by `curl | curl`."""
    fake_s: float
    """What the fake sync.so took to answer what it was asked beside."""


class Asker(Someone):
    """Who drops a clip, always a new one: what sync.so has already is not sent again."""

    async def ask(self, row: Row, size: int) -> Asked:
        """Drop it, and wait for the price."""
        home = await self.direct_message()
        before = {message["ts"] for message in await self.messages(home)}
        clip = await self.clip(size)
        files = [clip["id"]] if row.script else [clip["id"], (await self.audio())["id"]]
        # Another script each time: the fake speaks equal ones once.
        words = f'say "It is {time.time_ns()} nanoseconds past."' if row.script else ""
        seen, sent = await self._last_seen(), await self._sent()
        begin = time.perf_counter()
        await self.say(home, words, *files)
        await self.until(partial(self.button, "Generate", home, before))
        took_s = time.perf_counter() - begin
        fake_s = await self._of_the_fake(seen)
        await self._clear_the_line(home, before, sent + len(files))
        return Asked(took_s, await self.bare(clip), fake_s)

    async def _clear_the_line(self, home: str, before: set[str], files: int) -> None:
        """Cancel, and wait until none of the files that were begun is on its way any more."""
        await self.press("Cancel", home, before)

        async def are_over() -> bool | None:
            return await self._sent() >= files or None

        await self.until(are_over)

    async def _sent(self) -> int:
        """How many files came to sync.so's storage, or were cut on the way."""
        return len((await self.records())["uploads"])

    async def bare(self, clip: Json) -> float:
        """Seconds of the clip's way to sync.so by itself."""
        announced = {"fileName": clip["name"], "contentType": clip["mimetype"], "size": clip["size"]}
        step = (await self.sync.post("/v2/assets/upload", json=announced)).raise_for_status().json()
        source = ["-H", f"Authorization: Bearer {self.token}", clip["url_private_download"]]
        sink = ["-X", "PUT", "-H", f"Content-Type: {clip['mimetype']}", step["uploadUrl"]]
        return await pipe_curls(source, sink, clip["size"])

    async def clip(self, size: int) -> Json:
        """The sample, made as large as that by what players skip."""
        content = (await self.page.get(f"/ui/sample/{VIDEO}")).raise_for_status().content
        return await self.upload("clip.mp4", "video/mp4", _padded(content, size))

    async def audio(self) -> Json:
        """The sample."""
        content = (await self.page.get(f"/ui/sample/{AUDIO}")).raise_for_status().content
        return await self.upload("voice.mp3", "audio/mpeg", _padded(content, len(content)))

    async def over_a_line(self, row: Row, mbit: int) -> None:
        """Let Slack's file host be as slow as that, and give files as the row says."""
        await self.post("/ui/faults", reset=True)
        pace = {"bytes_per_s": mbit * 1_000_000 // 8}
        await self._fault("file_slow", pace)
        if not row.parts:
            await self._fault("file_no_parts", {})

    async def _fault(self, name: str, params: Json) -> None:
        (await self.page.post("/ui/faults", json={"name": name, "params": params})).raise_for_status()

    async def _wire(self, after: int) -> list[Json]:
        reply = await self.sync.get("/_control/wire", params={"after": after})
        entries: list[Json] = reply.raise_for_status().json()["entries"]
        return entries

    async def _last_seen(self) -> int:
        return max((int(entry["seq"]) for entry in await self._wire(0)), default=0)

    async def _of_the_fake(self, seen: int) -> float:
        asked = [each for each in await self._wire(seen) if each["path"] in _OF_THE_FAKE]
        return sum(float(each["ms"]) for each in asked) / 1000


async def _padded(content: bytes, size: int) -> AsyncIterator[bytes]:
    head = padding(size - len(content))
    yield content + head
    left = size - len(content) - len(head)
    while left > 0:
        yield _CHUNK[:left]
        left -= len(_CHUNK)


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """How long people wait for a price.

    Args:
        rounds: How many prices of the smaller clip each row takes; the larger is asked for once.
        quick: Only the smaller clip.
    """
    return asyncio.run(_measure(rounds=rounds, quick=quick))


async def _measure(*, rounds: int, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    async with Asker.sandboxed(looks_every_s=_LOOKS_EVERY_S) as asker:
        for size_mb in SIZES_MB[:1] if quick else SIZES_MB:
            for mbit in PACES_MBIT:
                for row in ROWS:
                    await asker.over_a_line(row, mbit)
                    times = rounds if size_mb == SIZES_MB[0] else 1
                    asked = [await asker.ask(row, size_mb * 1_000_000) for _ in range(times)]
                    figures += _figures(f"{size_mb} MB, {mbit} Mbit/s, {row.name}", row, asked)
    return figures


def _figures(what: str, row: Row, asked: list[Asked]) -> list[Figure]:
    took_s, bare_s = median(each.took_s for each in asked), median(each.bare_s for each in asked)
    limit_s = bare_s + 1.0 + median(each.fake_s for each in asked)
    told = [
        Figure(f"{what}: to the price", took_s, "s", at_most=_PRICED_S if row.early else None),
        Figure(f"{what}: curl | curl", bare_s, "s"),
    ]
    if not row.early:
        told.append(Figure(f"{what}: of curl + 1 s + sync.so", took_s / limit_s, "ratio", at_most=1))
    return told
