"""A short crash run on each engine, and the proof that it sees what it is there to see."""

from pathlib import Path
from typing import Any

from tests.crash.run import WAYS, Report, Storm, tell, weather
from tests.postgres import PostgresServer

SHORT: dict[str, Any] = {"jobs": 20, "kills": 6, "seed": 3, "lease_s": 3.0}


def lively(report: Report) -> bool:
    """Whether enough happened for the verdict to mean something.

    Within a second in which sync.so knows no key, it may refuse half of what is asked.
    """
    counts = report.verdict.counts
    through = counts["done"] + counts["refused"]
    return counts["done"] > 3 and through > 10 and report.kills.total() >= report.storm.kills


async def test_nothing_is_lost_or_paid_twice_on_sqlite(tmp_path: Path) -> None:
    report = await weather(Storm(**SHORT, **WAYS["sqlite"]), f"sqlite:///{tmp_path / 'jobs.db'}", tmp_path)
    tell(report.verdict, report.timelines)
    assert report.verdict.violations == []
    assert lively(report), report.line


async def test_nothing_is_lost_or_paid_twice_by_three_replicas(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    report = await weather(Storm(**SHORT, **WAYS["postgresql"]), await postgres.new_database(), tmp_path)
    tell(report.verdict, report.timelines)
    assert report.verdict.violations == []
    assert lively(report), report.line


async def test_what_cannot_be_seen_is_sent_again_and_paid_once(tmp_path: Path) -> None:
    report = await in_the_dark(tmp_path)
    tell(report.verdict, report.timelines)
    assert report.verdict.violations == []
    assert report.verdict.counts["generations"] > 3, report.line


async def test_the_same_run_fails_when_each_try_has_a_key_of_its_own(tmp_path: Path) -> None:
    # What was paid twice stays so: there is no need to wait for rest.
    report = await in_the_dark(tmp_path, new_keys=True, rest_within_s=0.0)
    broken = [violation.what for violation in report.verdict.violations]
    assert any("times at sync.so" in what for what in broken), report.line


async def test_the_same_run_fails_when_the_books_are_spoilt(tmp_path: Path) -> None:
    """A charge that is booked twice, and a hold that is never let go of."""
    storm = Storm(**SHORT | {"jobs": 10, "kills": 0, "trouble": 0.0}, spoilt_books=True, bad_ends=0.5)
    report = await weather(storm, f"sqlite:///{tmp_path / 'jobs.db'}", tmp_path)
    broken = [violation.what for violation in report.verdict.violations]
    assert any(what.startswith("-") and "still held" in what for what in broken), report.line
    assert any(what[0].isdecimal() and "still held" in what for what in broken), report.line


async def in_the_dark(folder: Path, **changed: Any) -> Report:
    """Sent again for certain, with nothing to tell that it is there already: all depends on the key."""
    storm = Storm(**SHORT | {"jobs": 10, "kills": 2, "blind": True} | changed)
    return await weather(storm, f"sqlite:///{folder / 'jobs.db'}", folder)
