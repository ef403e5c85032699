"""The real app as a process of its own, as `lipsync-bot serve` runs it."""

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import httpx

_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 20.0


class App:
    """The real app, as `lipsync-bot serve` runs it, but for its clock.

    It has a folder of its own, so that no `.env` of the caller's is read.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, url: str, log: Path | None) -> None:
        self._environment = environment
        self._folder = folder
        self._url = url
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process; None while none runs."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode if self._process is not None else None

    async def start(self) -> None:
        """Start it (again), and wait until it serves.

        Raises:
            click.ClickException: it ended instead.
            TimeoutError: it runs, and does not serve.
        """
        with self._log.open("ab") if self._log else contextlib.nullcontext() as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.sandbox.app",
                env=dict(self._environment),
                cwd=self._folder,
                stdout=output,
                stderr=output,
            )
        await self._until_healthy(self._process)

    async def wait(self) -> None:
        """Until it ends, by itself or not."""
        if self._process is not None:
            await self._process.wait()

    async def kill(self) -> None:
        """End it on the spot, as a crash would (kill -9)."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """Let it finish what it holds, within limits."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            await self.kill()

    async def _until_healthy(self, process: asyncio.subprocess.Process) -> None:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(_START_WITHIN_S):
            while process.returncode is None:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self._url}/readyz")).is_success:
                        return
                await asyncio.sleep(0.05)
        raise click.ClickException(
            f"The app did not start (exit code {process.returncode}); see its lines above."
        )
