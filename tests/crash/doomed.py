"""The real app in processes that kill or stop themselves at named points: `python -m tests.crash.doomed`.

The product knows nothing of it: what is needed is patched from outside before the app starts. It is imported
once: each line of stdin is the plan of another process, forked off, whose id and end are told on stdout.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Self

from tests.crash.sites import call_site, commit_site

CLOCK = "CRASH_CLOCK"
"""The environment variable that names a file, which tells how many seconds the process's clock is ahead."""

Point = Literal["before commit", "after commit", "before call", "after call"]
POINTS: tuple[Point, ...] = ("before commit", "after commit", "before call", "after call")

Visit = Callable[[Point, str], None]
"""Called at each point with the site: which commit or call of the program it is."""


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
    spoilt_books: bool = False
    """Likewise: every charge is booked twice, and what is to be released stays held."""
    ledger: str | None = None
    """A file that many processes share: each dies at the first point and site that is not in it yet."""
    points: tuple[Point, ...] = POINTS
    """Which points are for the ledger."""
    rest_s: float = 0.0
    """Seconds between a death for the ledger and the next life."""
    stops: str | None = None
    """A file that many processes share: each stands still (SIGSTOP) where none has before, and none dies."""
    stop_at: tuple[str, ...] = ()
    """`point: site`, as far as it is told, of where they stand still."""
    stop_s: float = 0.0
    """For how long."""
    rhythm: tuple[float, float, float] | None = None
    """Of the heart, in place of the product's: seconds of every beat, fresh, silent."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, plan: str) -> Self:
        return cls(**json.loads(plan))


class NthVisit:
    """Counts the visits to the one point and ends the process there."""

    def __init__(self, plan: Plan) -> None:
        self._point, self._left = plan.point, plan.at

    def __call__(self, point: Point, _site: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                _die()


class EachOnce:
    """Ends the process at each point of each site at which none has ended before, by a ledger of deaths."""

    def __init__(self, ledger: Path, points: tuple[Point, ...]) -> None:
        self._ledger, self._points = ledger, points

    def __call__(self, point: Point, site: str) -> None:
        death = f"{point}: {site}"
        if point in self._points and death not in self._ledger.read_text().splitlines():
            with self._ledger.open("a") as ledger:
                ledger.write(f"{death}\n")
            _die()


class StandStill:
    """Stops the process at each of the points at which none has stood still before, by a ledger of stops."""

    def __init__(self, ledger: Path, points: tuple[str, ...], stop_s: float) -> None:
        self._ledger, self._points, self._stop_s = ledger, points, stop_s

    def __call__(self, point: Point, site: str) -> None:
        here = next((each for each in self._points if f"{point}: {site}".startswith(each)), None)
        if here is None or here in self._ledger.read_text().splitlines():
            return
        with self._ledger.open("a") as ledger:
            ledger.write(f"{here}\n")
        subprocess.Popen(("sh", "-c", f"sleep {self._stop_s}; kill -CONT {os.getpid()}"))
        os.kill(os.getpid(), signal.SIGSTOP)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def doom(plan: Plan) -> None:
    """Patch the commits, the outside calls, the lease and, if asked, the keys."""
    visit = _visit(plan)
    visit_commits(visit)
    visit_calls(visit)
    _shorten_leases(plan.lease_s)
    if plan.rhythm is not None:
        _change_rhythm(*plan.rhythm)
    if plan.new_keys:
        _renew_keys()
    if plan.spoilt_books:
        _spoil_books()


def _visit(plan: Plan) -> Visit:
    if plan.stops:
        return StandStill(Path(plan.stops), tuple(plan.stop_at), plan.stop_s)
    return EachOnce(Path(plan.ledger), tuple(plan.points)) if plan.ledger else NthVisit(plan)


def _change_rhythm(every_s: float, fresh_s: float, silent_s: float) -> None:
    from bot.heartbeat import Heartbeat, Rhythm  # noqa: PLC0415

    defaults: Any = Heartbeat.__init__.__kwdefaults__
    defaults["rhythm"] = Rhythm(every_s=every_s, fresh_s=fresh_s, silent_s=silent_s)


def visit_commits(visit: Visit) -> None:
    from storage.database import Database  # noqa: PLC0415 - the product is imported after the environment

    original = Database.write

    @asynccontextmanager
    async def write(self: Database, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        site = commit_site(sys._getframe(1))
        async with original(self, *args, **kwargs) as conn:
            yield conn
            visit("before commit", site)
        visit("after commit", site)

    Database.write = write  # type: ignore[method-assign]


def visit_calls(visit: Visit) -> None:
    """sync.so is called through httpx, Slack through aiohttp, both file hosts through the relay's libcurl."""
    import aiohttp  # noqa: PLC0415
    import httpx  # noqa: PLC0415

    from bot.media import MediaRelay  # noqa: PLC0415

    to_sync: Any = httpx.AsyncClient
    to_slack: Any = aiohttp.ClientSession
    to_files: Any = MediaRelay
    send, request = to_sync.send, to_slack._request
    get_file, send_file = to_files._get, to_files.send

    async def visiting_send(self: Any, message: httpx.Request, **kwargs: Any) -> Any:
        site = call_site(sys._getframe(1), message.method, str(message.url))
        visit("before call", site)
        reply = await send(self, message, **kwargs)
        visit("after call", site)
        return reply

    async def visiting_request(self: Any, method: str, url: Any, **kwargs: Any) -> Any:
        site = call_site(sys._getframe(1), method, str(url))
        visit("before call", site)
        reply = await request(self, method, url, **kwargs)
        visit("after call", site)
        return reply

    async def visiting_get_file(self: Any, stack: Any, url: Any, bearer: Any) -> Any:
        site = call_site(sys._getframe(1), "GET", str(url))
        visit("before call", site)
        reply = await get_file(self, stack, url, bearer)
        visit("after call", site)
        return reply

    async def visiting_send_file(self: Any, source: Any, url: str, **kwargs: Any) -> None:
        site = call_site(sys._getframe(1), kwargs["method"], url)
        visit("before call", site)
        await send_file(self, source, url, **kwargs)
        visit("after call", site)

    to_sync.send, to_slack._request = visiting_send, visiting_request
    to_files._get, to_files.send = visiting_get_file, visiting_send_file


def _shorten_leases(lease_s: float) -> None:
    """Every module that has taken the constant over by its name holds a copy."""
    import bot.app  # noqa: PLC0415
    import bot.media.relay  # noqa: PLC0415

    holders = [
        module
        for name, module in sys.modules.items()
        if name.startswith(("bot.", "storage.")) and _leases(module)
    ]
    if not holders:
        raise AssertionError("no module has a LEASE_S any more: tell the crash run where leases are")
    for module in holders:
        vars(module)["LEASE_S"] = lease_s
    # Who moves a file renews its lease as it tells how far it is.
    for name in ("_PROGRESS_EVERY_S", "_LOOK_EVERY_S"):
        vars(bot.media.relay)[name] = min(vars(bot.media.relay)[name], lease_s / 4)


def _leases(module: ModuleType) -> bool:
    return isinstance(vars(module).get("LEASE_S"), float)


def _renew_keys() -> None:
    from bot.sync_api.client import SyncClient  # noqa: PLC0415

    original = SyncClient.create

    async def create(self: SyncClient, body: bytes, *, idempotency_key: str, **more: Any) -> Any:
        del idempotency_key
        return await original(self, body, idempotency_key=uuid.uuid4().hex, **more)

    SyncClient.create = create  # type: ignore[method-assign]


def _spoil_books() -> None:
    from storage import money  # noqa: PLC0415
    from storage.jobs import Money  # noqa: PLC0415

    original = money.closing

    def closing(held: Any, kind: Any, job: Any, *, at: float) -> Any:
        told = [] if kind is Money.RELEASE else list(original(held, kind, job, at=at))
        return [*told, *(replace(each, ref="again") for each in told)]

    money.closing = closing  # type: ignore[assignment]


def _let_the_clock_jump(ahead: Path) -> None:
    """Before the product is imported, which takes the clock over as it finds it."""
    true = time.time
    time.time = lambda: true() + float(ahead.read_text() or 0.0)


def _live(plan: Plan) -> None:
    """Be the app, in a group of processes of its own; whatever it says goes into the log."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    doom(plan)
    from bot.__main__ import main as lipsync_bot  # noqa: PLC0415

    lipsync_bot(["serve"])


def main() -> None:
    if CLOCK in os.environ:
        _let_the_clock_jump(Path(os.environ[CLOCK]))
    # All that a life imports until it serves, and would each time for itself.
    for name in ("asyncpg", "anyio._backends._asyncio", "httpcore", "bot.app", "bot.server", "bot.__main__"):
        import_module(name)

    while plan := sys.stdin.readline():
        life = os.fork()
        if not life:
            _live(Plan.from_json(plan))
            return
        _tell(life)
        _, status = os.waitpid(life, 0)
        _tell(os.waitstatus_to_exitcode(status))


def _tell(number: int) -> None:
    os.write(sys.stdout.fileno(), f"{number}\n".encode())


if __name__ == "__main__":
    main()
