"""The app's processes: started, killed at random moments or dying at named points, started again."""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tests.crash.doomed import POINTS, Plan

_ROOT = Path(__file__).parents[2]
_KILLED = -9
_LONGEST_LIFE_S = 3.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that died."""

    at: float
    replica: int
    how: str
    """`at random`, or the named point."""


@dataclass(frozen=True, slots=True)
class _Destiny:
    """How one process is to live, and how long at most; without a time it is not killed from outside."""

    plan: Plan
    starts_s: float | None = None
    """Seconds from its start."""
    serves_s: float | None = None
    """Seconds from when it takes connections."""


class Replicas:
    """Keeps every replica running, and kills until `kills` are done."""

    def __init__(
        self,
        environments: Sequence[Mapping[str, str]],
        *,
        plan: Plan,
        kills: int,
        chance: random.Random,
        folder: Path,
    ) -> None:
        self._environments = environments
        self._plan = plan
        self._chance = chance
        self._folder = folder
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._left = kills
        self._ending = False
        self._killed = asyncio.Event()
        self.kills: list[Kill] = []
        self.starts_failed = 0
        """Starts that ended by themselves, since Slack could not be asked who the app is."""

    def log_of(self, replica: int) -> Path:
        """Where a replica's lines go."""
        return self._folder / f"app-{replica}.log"

    @property
    def logs(self) -> list[Path]:
        return [self.log_of(replica) for replica in range(len(self._environments))]

    @property
    def pids(self) -> list[int]:
        """Of those that run."""
        return [process.pid for process in self._processes.values() if process.returncode is None]

    @property
    def ways(self) -> Counter[str]:
        """How they died, and how often."""
        return Counter(kill.how for kill in self.kills)

    async def keep_running(self) -> None:
        """Run all until cancelled; then none is left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for replica in range(len(self._environments)):
                    tasks.create_task(self._keep(replica))
        finally:
            for process in self._processes.values():
                if process.returncode is None:
                    _kill(process)
                    await process.wait()

    async def until_killed(self, times: int) -> None:
        """Wait for so many kills in all."""
        while len(self.kills) < times:
            await self._killed.wait()

    def calm_down(self) -> None:
        """No more kills, but one last for all: what runs on afterwards has no death before it."""
        self._ending = True
        for process in self._processes.values():
            if process.returncode is None:
                _kill(process)

    async def _keep(self, replica: int) -> None:
        while True:
            destiny = self._destiny()
            process = self._processes[replica] = await self._start(replica, destiny.plan)
            killed = await self._live(replica, process, destiny)
            code = await process.wait()
            if code != _KILLED:
                self.starts_failed += 1
                await asyncio.sleep(0.1)
                continue
            by_itself = destiny.plan.point if not killed and not self._ending else None
            self.kills.append(Kill(time.time(), replica, by_itself or "at random"))
            self._left -= 1
            self._killed.set()
            self._killed = asyncio.Event()

    def _destiny(self) -> "_Destiny":
        """Half of them die at a named point, the others at any moment, that of their start included."""
        chance = self._chance
        if self._ending or self._left <= 0:
            return _Destiny(self._plan)
        if chance.random() < 0.5:
            # A point that is not visited so often before the time is up becomes a kill at random.
            plan = replace(self._plan, point=chance.choice(POINTS), at=chance.randint(1, 40))
            return _Destiny(plan, serves_s=_LONGEST_LIFE_S)
        if chance.random() < 0.2:
            return _Destiny(self._plan, starts_s=chance.uniform(0.0, 2.0))
        return _Destiny(self._plan, serves_s=chance.uniform(0.0, _LONGEST_LIFE_S / 2))

    async def _live(self, replica: int, process: asyncio.subprocess.Process, destiny: "_Destiny") -> bool:
        """Let a process live its time, if it does not end before; whether it was killed."""
        ended = asyncio.create_task(process.wait())
        try:
            if destiny.starts_s is None and destiny.serves_s is None:
                await ended
            if destiny.starts_s is not None:
                await asyncio.wait({ended}, timeout=destiny.starts_s)
            else:
                while not ended.done() and not await self._serves(replica):
                    await asyncio.wait({ended}, timeout=0.1)
                await asyncio.wait({ended}, timeout=destiny.serves_s)
            if ended.done():
                return False
            _kill(process)
            return True
        finally:
            ended.cancel()

    async def _serves(self, replica: int) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(self._environments[replica]["PORT"]))
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def _start(self, replica: int, plan: Plan) -> asyncio.subprocess.Process:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with self.log_of(replica).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.crash.doomed",
                env=kept
                | {"PYTHONPATH": str(_ROOT)}
                | dict(self._environments[replica])
                | plan.to_environment(),
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _kill(process: asyncio.subprocess.Process) -> None:
    """The process, and whatever it has forked. It may have died by itself a moment ago."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
