"""The app's processes: started, killed at random moments or dying at named points, started again."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.crash.doomed import POINTS, Plan

_ROOT = Path(__file__).parents[2]
_KILLED = -9


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that died."""

    at: float
    replica: int
    how: str
    """`at random`, or the named point."""


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
                    process.kill()
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
                process.kill()

    async def _keep(self, replica: int) -> None:
        while True:
            plan, life_s = self._destiny()
            process = self._processes[replica] = await self._start(replica, plan)
            killed = False
            try:
                code = await asyncio.wait_for(process.wait(), life_s)
            except TimeoutError:
                killed = True
                process.kill()
                code = await process.wait()
            if code != _KILLED:
                self.starts_failed += 1
                await asyncio.sleep(0.1)
                continue
            how = "at random" if killed or self._ending or plan.point is None else plan.point
            self.kills.append(Kill(time.time(), replica, how))
            self._left -= 1
            self._killed.set()
            self._killed = asyncio.Event()

    def _destiny(self) -> tuple[Plan, float | None]:
        """Half of them die at a named point, half at any moment, the moment of their start included."""
        if self._ending or self._left <= 0:
            return self._plan, None
        at_most_s = self._chance.uniform(0.5, 4.0) * max(1.0, 0.6 * len(self._environments))
        if self._chance.random() < 0.5:
            return self._plan, at_most_s
        point = self._chance.choice(POINTS)
        # A point that is not visited so often before the time is up becomes a kill at random.
        return replace(self._plan, point=point, at=self._chance.randint(3, 60)), at_most_s + 2.0

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
            )
