"""The real app in a process that ends itself, kill -9, at a named point: `python -m tests.crash.doomed`.

The product knows nothing of it: what is needed is patched from outside before the app starts.
"""

import json
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any, Literal, Self

PLAN = "CRASH_PLAN"
"""The environment variable that carries the plan."""

Point = Literal["before commit", "after commit", "before call", "after call"]
POINTS: tuple[Point, ...] = ("before commit", "after commit", "before call", "after call")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one process lives and dies."""

    lease_s: float
    """In place of the product's, so that what a dead process held is taken up again within the run."""
    point: Point | None = None
    """Where it dies; None: not by itself."""
    at: int = 1
    """At which of the visits to that point."""
    new_keys: bool = False
    """Break the product on purpose: every try of a create call gets a new idempotency key."""

    def to_environment(self) -> dict[str, str]:
        return {PLAN: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        return cls(**json.loads(environment[PLAN]))


class Death:
    """Counts the visits to the one point and ends the process there."""

    def __init__(self, plan: Plan) -> None:
        self._point, self._left = plan.point, plan.at

    def visit(self, point: Point) -> None:
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def doom(plan: Plan) -> None:
    """Patch the commits, the outside calls, the lease and, if asked, the keys."""
    death = Death(plan)
    _patch_commits(death)
    _patch_calls(death)
    _shorten_leases(plan.lease_s)
    if plan.new_keys:
        _renew_keys()


def _patch_commits(death: Death) -> None:
    from storage.database import Database  # noqa: PLC0415 - the product is imported after the environment

    original = Database.write

    @asynccontextmanager
    async def write(self: Database, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        async with original(self, *args, **kwargs) as conn:
            yield conn
            death.visit("before commit")
        death.visit("after commit")

    Database.write = write  # type: ignore[method-assign]


def _patch_calls(death: Death) -> None:
    """sync.so is called through httpx, Slack and both file hosts through aiohttp."""
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415

    for owner, name in ((httpx.AsyncClient, "send"), (aiohttp.ClientSession, "_request")):
        setattr(owner, name, _visiting(getattr(owner, name), death))


def _visiting(original: Any, death: Death) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        death.visit("before call")
        reply = await original(*args, **kwargs)
        death.visit("after call")
        return reply

    return call


def _shorten_leases(lease_s: float) -> None:
    """Every module that has taken the constant over by its name holds a copy."""
    import bot.app  # noqa: F401, PLC0415

    holders = [module for name, module in sys.modules.items() if name.startswith("bot.") and _leases(module)]
    if not holders:
        raise AssertionError("no module has a LEASE_S any more: tell the crash run where leases are")
    for module in holders:
        vars(module)["LEASE_S"] = lease_s


def _leases(module: ModuleType) -> bool:
    return isinstance(vars(module).get("LEASE_S"), float)


def _renew_keys() -> None:
    from bot.sync_api.client import SyncClient  # noqa: PLC0415

    original = SyncClient.create

    async def create(self: SyncClient, body: bytes, *, idempotency_key: str) -> Any:
        del idempotency_key
        return await original(self, body, idempotency_key=uuid.uuid4().hex)

    SyncClient.create = create  # type: ignore[method-assign]


def main() -> None:
    doom(Plan.from_environment(os.environ))
    from bot.__main__ import main as lipsync_bot  # noqa: PLC0415

    lipsync_bot(["serve"])


if __name__ == "__main__":
    main()
