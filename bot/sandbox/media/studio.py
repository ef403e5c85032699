"""The media work as async calls: done in a child process, so that no event loop ever waits for an encoder."""

import asyncio
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, TypeVar

from bot.sandbox.media import sample
from bot.sandbox.media.probe import Probe, probe
from bot.sandbox.media.render import Recipe, render
from bot.sandbox.media.sound import Clip, repeat, write_mp3
from bot.sandbox.media.voice import Voice, speak

T = TypeVar("T")


class Studio:
    """Probes, speaks and renders in child processes; equal work is done once.

    Results are files in `folder`, named by what they were made from. Input files must never change under
    their name (they are named by their content). A child that dies is replaced; its work is tried once more.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # Two, so that a question about a file never waits behind the rendering of a long video.
        self._quick, self._slow = _Child(), _Child()
        self._work: dict[Hashable, asyncio.Task[Any]] = {}

    async def probe(self, path: Path) -> Probe:
        """Read a file's facts.

        Raises:
            NotMediaError: it is not media.
        """
        return await self._once(("probe", path), lambda: self._quick.run(probe, path))

    async def speak(self, text: str, voice: Voice) -> Path:
        """Return an MP3 of the spoken text.

        Raises:
            VoiceError: the voice or the text cannot be spoken.
        """
        return await self._made(self._quick, ".mp3", _speak, text, voice)

    async def render(self, recipe: Recipe) -> Path:
        """Return the recipe's MP4.

        Raises:
            NotMediaError: an input cannot be read.
            av.FFmpegError: an input broke while it was worked on.
        """
        return await self._made(self._slow, ".mp4", render, recipe)

    async def repeated(self, path: Path, facts: Probe, times: int) -> Path:
        """Return a video or sound several times over; a picture stays as it is.

        Raises:
            NotMediaError, av.FFmpegError: it cannot be read.
        """
        if facts.kind == "image":
            return path
        if facts.kind == "audio":
            return await self._made(self._quick, ".mp3", repeat, path, facts.duration_s, times)
        once = Clip(path if facts.has_sound else None, 0, facts.duration_s)
        return await self.render(Recipe(path, "loop", facts.duration_s * times, (once,) * times))

    async def sample_video(self) -> Path:
        """Return the sample clip, drawn at the first call."""
        return await self._made(self._slow, ".mp4", sample.make_sample)

    async def sample_audio(self) -> Path:
        """Return the sample audio, spoken at the first call."""
        return await self._made(self._quick, ".mp3", sample.make_sample_audio)

    async def close(self) -> None:
        """Stop the child processes; unfinished work is dropped."""
        running = list(self._work.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(self._quick.close(), self._slow.close())

    async def _made(
        self, child: "_Child", suffix: str, make: Callable[..., None], *arguments: Hashable
    ) -> Path:
        name = hashlib.sha256(repr((make.__name__, arguments)).encode()).hexdigest()[:32]
        target = self._folder / f"{name}{suffix}"

        async def work() -> Path:
            if not target.exists():  # a folder kept between runs still holds it
                part = target.with_name(f"{name}.part{suffix}")
                await child.run(make, *arguments, part)
                part.rename(target)
            return target

        return await self._once(target, work)

    async def _once(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Share one run among all who ask; a failed one is forgotten, a cancelled caller does not stop it."""
        task: asyncio.Task[T] | None = self._work.get(key)
        if task is None:
            task = self._work[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._settled(key, done))
        return await asyncio.shield(task)

    def _settled(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._work.pop(key, None)


class _Child:
    """One process that does one thing at a time; started when first needed."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run a module's function in the child; once more in a new one if the child dies."""
        pool = self._pool = self._pool or _new_pool()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = _new_pool()
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def close(self) -> None:
        """End the child at once: nobody waits for its work any more."""
        if self._pool is not None:
            await asyncio.to_thread(_stop, self._pool)
            self._pool = None


def _speak(text: str, voice: Voice, target: Path) -> None:
    samples, rate = speak(text, voice)
    write_mp3(samples, rate, target)


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=_context(), initializer=_live_and_die_with_parent)


def _context() -> BaseContext:
    """How a child comes to be: on Linux forked off a server that has loaded the media libraries already.

    Elsewhere anew each time, which costs half a second: macOS's own libraries do not outlive a fork.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _live_and_die_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends: a pool's child would outlive a killed parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    children = list((pool._processes or {}).values())  # noqa: SLF001 (3.14 gives this a public name)
    pool.shutdown(wait=False, cancel_futures=True)
    for child in children:
        child.kill()
    for child in children:
        child.join()
