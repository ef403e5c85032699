"""No secret in anything that a test run writes: files, databases and what goes with them, lines, arguments.

Looked for are tokens and keys by their shape, whatever test or fake made them up, the secrets of the sandbox
that have no shape, and each encryption key that was written into a file of its own. A test fails by what it
printed, and by the arguments of the processes that it started; files are searched when all tests have run.
"""

import mmap
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.world import CLIENT_SECRET, SIGNING_SECRET

_KEY_FILE: Final = ".key"
"""What such a file holds is a secret, and stands nowhere else."""
_A_KEY: Final = re.compile(r"[\w-]{43}=")
"""Tests put words of other kinds there, too."""
_WRITTEN: Final = (".db", ".db-wal", ".db-shm", ".db-journal", ".log")
"""Ends of what the app writes: databases, what goes with them, and lines. Other files are the tests' own, the
fakes' memory and copies of the sources, where made-up secrets stand.
"""
_SHAPES: Final = {
    b"xox": rb"xox[a-z](?:\.xox[a-z])?-[\w-]{6,}",  # Slack's tokens
    b"xapp-": rb"xapp-[\w-]{6,}",
    b"sk-": rb"(?<![A-Za-z0-9])sk-[\w-]{8,}",  # sync.so's keys
    b"whsec_": rb"whsec_\w{4,}",
}
"""By what each begins with: to look for that alone is many times as fast."""
_SEALED: Final = re.compile(rb"gAAAAA[\w-]*\Z")
"""The beginning of what `Cipher.seal` wrote: signs by chance, of which a few may spell that of a key."""
_LONGEST_SEALED: Final = 8_192
_KNOWN: Final = (SIGNING_SECRET, CLIENT_SECRET)


def found_in(data: "bytes | mmap.mmap", *more: str) -> set[str]:
    """The secrets in some bytes; `more` of them that have no shape."""
    known = {secret.encode(): re.escape(secret.encode()) for secret in (*_KNOWN, *more)}
    return {
        secret.decode("ascii", "replace")
        for begin, shape in (_SHAPES | known).items()
        for secret in _of_shape(data, begin, re.compile(shape))
    }


def _of_shape(data: "bytes | mmap.mmap", begin: bytes, shape: re.Pattern[bytes]) -> Iterator[bytes]:
    at = data.find(begin)
    while at >= 0:
        match = shape.match(data, at)
        if match is not None and not _SEALED.search(data[max(0, at - _LONGEST_SEALED) : at]):
            yield match.group()
        at = data.find(begin, match.end() if match else at + 1)


def told_in(texts: Iterable[str]) -> set[str]:
    """The secrets in what was printed, logged or handed over."""
    return {secret for text in texts for secret in found_in(text.encode("utf-8", "replace"))}


def written_in(folder: Path, ends: tuple[str, ...] = ("",)) -> dict[Path, set[str]]:
    """The secrets in the files below a folder whose names end so, by file, where there are any."""
    files = {path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    for_keys = {path for path in files if path.suffix == _KEY_FILE}
    keys = [key for path in sorted(for_keys) for key in _A_KEY.findall(path.read_text())]
    others = sorted(path for path in files - for_keys if path.name.endswith(ends))
    found = {path: _in_file(path, keys) for path in others}
    return {path: secrets for path, secrets in found.items() if secrets}


def _in_file(path: Path, keys: Iterable[str]) -> set[str]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return found_in(data, *keys)
    except (FileNotFoundError, ValueError):
        return set()  # it is gone meanwhile, or empty


def arguments_of(pid: int) -> Iterator[str]:
    """The arguments of a process and of all that it started, as everybody on the machine can read them."""
    try:
        yield Path(f"/proc/{pid}/cmdline").read_text()
        children = [each.read_text().split() for each in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return  # it has ended, or there is no such place here
    for child in chain.from_iterable(children):
        yield from arguments_of(int(child))


class Leaks:
    """A plug-in of pytest's, one in each process of a run."""

    def __init__(self) -> None:
        self._arguments: list[str] = []
        self._written: dict[Path, set[str]] = {}
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            self._arguments += map(str, args[1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """A test that prints a secret, or starts a process with one among its arguments, has failed."""
        report: pytest.TestReport = yield
        printed, handed_over = told_in(text for _, text in report.sections), told_in(self._arguments)
        self._arguments.clear()
        may_print = item.get_closest_marker("prints_secrets") is not None
        if report.passed and (handed_over or (printed and not may_print)):
            report.outcome = "failed"
            report.longrepr = f"secrets were printed: {printed}, or handed over as arguments: {handed_over}"
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Once all tests have run, in all processes, nothing that they wrote may have a secret in it."""
        if hasattr(session.config, "workerinput"):
            return
        folder: Path = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self._written = written_in(folder, _WRITTEN)
        if self._written and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell of what was found."""
        for path, secrets in self._written.items():
            terminalreporter.write_line(f"LEAKED into {path}: {', '.join(sorted(secrets))}", red=True)
