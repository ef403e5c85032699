"""The vocabulary of jobs: statuses, the table of moves, and what each move does to the money."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from storage.jobs import BIRTH, ENDED, JOB_MOVES, MONEY, JobStatus, Money, job_id
from storage.rows import JOBS


def ways(start: JobStatus, been: tuple[JobStatus, ...] = ()) -> Iterator[tuple[JobStatus, ...]]:
    """All ways to an end that come by each move once at most."""
    here = (*been, start)
    if start in ENDED:
        yield here
    moves = set(pairwise(here))
    for target in sorted(JOB_MOVES[start]):
        if (start, target) not in moves:
            yield from ways(target, here)


WAYS = tuple(ways(JobStatus.QUEUED))
CLOSES = {Money.CHARGE, Money.RELEASE, Money.WRITE_OFF}


def test_the_table_names_every_status() -> None:
    assert set(JOB_MOVES) == set(JobStatus)


def test_every_status_can_be_reached_from_the_queue() -> None:
    assert {status for way in WAYS for status in way} == set(JobStatus)


@pytest.mark.parametrize("status", JobStatus)
def test_no_status_is_a_dead_end_but_the_ended_ones(status: JobStatus) -> None:
    assert list(ways(status))


def test_ended_jobs_stay_ended() -> None:
    assert {JobStatus.DELIVERED, JobStatus.FAILED, JobStatus.CANCELLED} == ENDED


@pytest.mark.parametrize("target", JobStatus)
def test_sources_are_the_table_read_backwards(target: JobStatus) -> None:
    assert JOBS.sources_of(target) == {source for source in JobStatus if target in JOB_MOVES[source]}


def test_nothing_is_sent_but_from_the_queue() -> None:
    assert JOBS.sources_of(JobStatus.SUBMITTING) == {JobStatus.QUEUED}
    assert JOBS.sources_of(JobStatus.CANCELLED) == {JobStatus.QUEUED}


def test_every_legal_move_says_what_it_does_to_the_money() -> None:
    legal = {(source, target) for source, targets in JOB_MOVES.items() for target in targets}
    assert set(MONEY) == legal
    assert BIRTH == {JobStatus.QUEUED: Money.HOLD}


@pytest.mark.parametrize("way", WAYS, ids=" > ".join)
def test_whatever_way_a_job_goes_its_hold_is_closed_once(way: tuple[JobStatus, ...]) -> None:
    done = [MONEY[move] for move in pairwise(way)]
    assert [money for money in done if money in CLOSES] == [money for money in done if money is not None]
    assert len([money for money in done if money in CLOSES]) == 1


def test_a_jobs_id_names_its_order_and_no_other_jobs_begins_with_it() -> None:
    ids = [job_id("a1b2", position) for position in range(50)]
    assert all(each.rpartition("-")[0] == "a1b2" for each in ids)
    assert not [one for one in ids for other in ids if one != other and other.startswith(one)]
