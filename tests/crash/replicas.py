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


class _Life:
    """One process of the app; `told` brings its id, and how it ended."""

    def __init__(self, told: asyncio.StreamReader) -> None:
        self._pid = asyncio.create_task(_number(told))
        self._code = asyncio.create_task(self._end(told))

    async def _end(self, told: asyncio.StreamReader) -> int:
        await self._pid
        return await _number(told)

    @property
    def pid(self) -> int | None:
        """None: it has ended, or is only on its way."""
        return None if self._code.done() or not self._pid.done() else self._pid.result()

    async def wait(self) -> int:
        """Its exit code; negative: the signal that ended it."""
        return await asyncio.shield(self._code)

    async def kill(self) -> None:
        """It, and whatever it has forked. It may have died by itself a moment ago, or be no group yet."""
        pid = await asyncio.shield(self._pid)
        if self._code.done():
            return
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        await self.wait()


async def _number(told: asyncio.StreamReader) -> int:
    return int(await told.readline())


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
        self._nests: dict[int, asyncio.subprocess.Process] = {}
        """Of each replica the process that has imported the app, from which its lives are forked off."""
        self._lives: dict[int, _Life] = {}
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
        return [life.pid for life in self._lives.values() if life.pid is not None]

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
            await self._kill_all()
            for nest in self._nests.values():
                nest.kill()
                await nest.wait()

    async def until_killed(self, times: int) -> None:
        """Wait for so many kills in all."""
        while len(self.kills) < times:
            await self._killed.wait()

    async def calm_down(self) -> None:
        """No more kills, but one last for all: what runs on afterwards has no death before it."""
        self._ending = True
        await self._kill_all()

    async def _kill_all(self) -> None:
        for life in list(self._lives.values()):
            await life.kill()

    async def _keep(self, replica: int) -> None:
        while True:
            destiny = self._destiny()
            life = self._lives[replica] = await self._start(replica, destiny.plan)
            killed = await self._live(replica, life, destiny)
            code = await life.wait()
            if code != _KILLED:
                self.starts_failed += 1
                await asyncio.sleep(0.2)
                continue
            await asyncio.sleep(destiny.plan.rest_s)
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

    async def _live(self, replica: int, life: _Life, destiny: "_Destiny") -> bool:
        """Let a process live its time, if it does not end before; whether it was killed."""
        ended = asyncio.create_task(life.wait())
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
            await life.kill()
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

    async def _start(self, replica: int, plan: Plan) -> _Life:
        nest = self._nests.get(replica) or await self._nest(replica)
        assert nest.stdin is not None
        assert nest.stdout is not None
        nest.stdin.write(f"{plan.to_json()}\n".encode())
        return _Life(nest.stdout)

    async def _nest(self, replica: int) -> asyncio.subprocess.Process:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with self.log_of(replica).open("ab") as log:
            self._nests[replica] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.crash.doomed",
                env=kept | {"PYTHONPATH": str(_ROOT)} | dict(self._environments[replica]),
                cwd=self._folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        return self._nests[replica]
