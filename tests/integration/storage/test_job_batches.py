"""A batch does to each job what the single write does, and nothing to a job that was lost."""

from dataclasses import replace
from typing import Any

import pytest

from storage import card_store, job_batches, job_store
from storage.database import Database
from storage.job_batches import Move, Rest
from storage.jobs import JobStatus
from tests.integration.storage.builders import NOW, job_in

LATER = NOW + 60


async def test_a_batch_of_moves_takes_each_job_its_own_way(db: Database) -> None:
    async with db.write() as conn:
        done, failed, lost, ended = [
            await job_in(conn, status, lease_token=token, due_at=LATER, attempts=2)
            for status, token in [
                (JobStatus.PROCESSING, "held"),
                (JobStatus.PROCESSING, "held"),
                (JobStatus.PROCESSING, "another's"),
                (JobStatus.DELIVERED, "held"),
            ]
        ]
        moves = [
            Move(done, JobStatus.DELIVERING, {"due_at": LATER, "generation_status": "COMPLETED"}),
            Move(failed, JobStatus.FAILED, {"failure_code": "generation_failed"}),
            Move(lost, JobStatus.FAILED, {"failure_code": "generation_failed"}),
            Move(ended, JobStatus.FAILED, {"failure_code": "generation_failed"}),
        ]
        await job_batches.store(conn, moves, now=LATER, lease_token="held")
        freed: dict[str, Any] = {
            "lease_token": None,
            "attempts": 0,
            "updated_at": LATER,
        }
        assert await job_store.find(conn, done.id) == replace(
            done, status=JobStatus.DELIVERING, generation_status="COMPLETED", **freed
        )
        assert await job_store.find(conn, failed.id) == replace(
            failed,
            status=JobStatus.FAILED,
            failure_code="generation_failed",
            due_at=None,
            ended_at=LATER,
            **freed,
        )
        assert await job_store.find(conn, lost.id) == lost
        assert await job_store.find(conn, ended.id) == ended
        cards = [await card_store.of_order(conn, job.order_id) for job in (done, failed)]
        assert [(card.revision, card.due_at) for card in cards if card] == [(2, LATER)] * 2
        bodies = [await job_store.body_of(conn, job.id) for job in (done, failed, lost)]
        assert [body is None for body in bodies] == [False, True, False]


async def test_a_batch_of_rests_gives_each_job_back(db: Database) -> None:
    async with db.write() as conn:
        waits, failed, lost = [
            await job_in(conn, JobStatus.PROCESSING, lease_token=token, due_at=LATER, attempts=2)
            for token in ("held", "held", "another's")
        ]
        rests = [
            Rest(waits, NOW + 90, {"generation_status": "PENDING"}, visible=True),
            Rest(failed, NOW + 120, failed=True),
            Rest(lost, NOW + 90),
        ]
        await job_batches.store(conn, rests, now=LATER, lease_token="held")
        assert await job_store.find(conn, waits.id) == replace(
            waits,
            lease_token=None,
            due_at=NOW + 90,
            generation_status="PENDING",
            attempts=0,
            updated_at=LATER,
        )
        assert await job_store.find(conn, failed.id) == replace(
            failed, lease_token=None, due_at=NOW + 120, attempts=3, updated_at=LATER
        )
        assert await job_store.find(conn, lost.id) == lost


async def test_an_empty_batch_does_nothing(db: Database) -> None:
    async with db.write() as conn:
        await job_batches.store(conn, [], now=NOW, lease_token="held")


async def test_a_change_that_nobody_may_make_stops_the_whole_batch(db: Database) -> None:
    changes: Any = {"status": "x"}
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING, lease_token="held")
        moves = [Move(job, JobStatus.FAILED), Move(job, JobStatus.FAILED, changes)]
        with pytest.raises(ValueError, match="status"):
            await job_batches.store(conn, moves, now=NOW, lease_token="held")
        assert await job_store.find(conn, job.id) == job
