"""Random lives of a few jobs, in a real database and in a model of the table of moves: they must agree."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from storage import claims, endings, job_store
from storage.database import open_database
from storage.jobs import ENDED, JOB_MOVES, Job, JobStatus
from storage.rows import JOBS
from tests.integration.storage.builders import job_in

STATUSES = st.sampled_from(sorted(JobStatus))
TARGETS = st.sampled_from(sorted(status for status in JobStatus if JOBS.sources_of(status)))
LEASE_S = 30.0


class Lives(RuleBasedStateMachine):
    """The model: each job's status, who holds it, and until when it is not due."""

    fresh_url: "staticmethod[[], str]"
    jobs = Bundle("jobs")
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.db = open_database(self.fresh_url())
        self.loop = asyncio.Runner()
        self.now = 1_000.5
        self.status: dict[str, JobStatus] = {}
        self.holder: dict[str, str | None] = {}
        self.due_at: dict[str, float | None] = {}
        self.claims = 0

    def teardown(self) -> None:
        self.loop.run(self.db.close())
        self.loop.close()

    @rule(target=jobs, due=st.booleans())
    def somebody_says_yes(self, due: bool) -> str:  # noqa: FBT001 - drawn by hypothesis
        due_at = self.now if due else None

        async def create() -> str:
            async with self.db.write() as conn:
                return (await job_in(conn, JobStatus.QUEUED, due_at=due_at)).id

        made = self.loop.run(create())
        self.status[made], self.holder[made], self.due_at[made] = JobStatus.QUEUED, None, due_at
        return made

    @rule(seconds=st.sampled_from([1.0, LEASE_S, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=tokens, limit=st.integers(1, 3))
    def a_worker_claims(self, limit: int) -> str:
        self.claims += 1
        token = f"token-{self.claims}"

        async def claim() -> list[Job]:
            async with self.db.write() as conn:
                return await claims.claim_jobs(
                    conn, now=self.now, lease_s=LEASE_S, token=token, statuses=list(JobStatus), limit=limit
                )

        due = {job_id for job_id, due_at in self.due_at.items() if due_at is not None and due_at <= self.now}
        claimed = {job.id for job in self.loop.run(claim())}
        assert claimed <= due
        assert len(claimed) == min(limit, len(due))
        for job_id in claimed:
            self.holder[job_id], self.due_at[job_id] = token, self.now + LEASE_S
        return token

    @rule(job_id=jobs, to=TARGETS, due=st.booleans())
    def somebody_moves_it(self, job_id: str, to: JobStatus, due: bool) -> None:  # noqa: FBT001
        self._move(job_id, to, token=None, due=due)

    @rule(job_id=jobs, to=TARGETS, token=tokens, due=st.booleans())
    def a_holder_moves_it(self, job_id: str, to: JobStatus, token: str, due: bool) -> None:  # noqa: FBT001
        self._move(job_id, to, token=token, due=due)

    @rule(job_id=jobs, token=tokens)
    def a_holder_gives_it_back(self, job_id: str, token: str) -> None:
        async def give_back() -> Job | None:
            async with self.db.write() as conn:
                job = await job_store.find(conn, job_id)
                assert job is not None
                return await job_store.retry_later(
                    conn, job, now=self.now, due_at=self.now + 5, lease_token=token
                )

        given_back = self.loop.run(give_back()) is not None
        assert given_back == (self.holder[job_id] == token)
        if given_back:
            self.holder[job_id], self.due_at[job_id] = None, self.now + 5

    @rule(job_id=jobs, statuses=st.frozensets(STATUSES))
    def a_hint_arrives(self, job_id: str, statuses: frozenset[JobStatus]) -> None:
        async def hint() -> bool:
            async with self.db.write() as conn:
                return await job_store.make_due(conn, job_id, now=self.now, statuses=statuses)

        due_at = self.due_at[job_id]
        asleep = due_at is None or due_at > self.now
        assert self.loop.run(hint()) == (asleep and self.status[job_id] in statuses)
        if asleep and self.status[job_id] in statuses:
            self.due_at[job_id] = self.now

    @invariant()
    def the_database_says_the_same(self) -> None:
        async def read() -> list[Job]:
            async with self.db.read() as conn:
                return [
                    job for job_id in self.status if (job := await job_store.find(conn, job_id)) is not None
                ]

        stored = self.loop.run(read())
        assert {job.id: job.status for job in stored} == self.status
        assert {job.id: job.lease_token for job in stored} == self.holder
        assert {job.id: job.due_at for job in stored} == self.due_at
        assert all((job.ended_at is not None) == (job.status in ENDED) for job in stored)

    def _move(self, job_id: str, to: JobStatus, *, token: str | None, due: bool) -> None:
        due_at = self.now if due else None

        async def move() -> Job | None:
            change = endings.end if to in ENDED else job_store.move
            async with self.db.write() as conn:
                job = await job_store.find(conn, job_id)
                assert job is not None
                return await change(conn, job, to, now=self.now, lease_token=token, due_at=due_at)

        moved = self.loop.run(move()) is not None
        legal = to in JOB_MOVES[self.status[job_id]]
        assert moved == (legal and token in {None, self.holder[job_id]})
        if moved:
            self.status[job_id], self.holder[job_id], self.due_at[job_id] = to, None, due_at


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_random_lives_agree_with_the_table(fresh_url: Callable[[], str]) -> None:
    lives = type("LivesInADatabase", (Lives,), {"fresh_url": staticmethod(fresh_url)})
    run_state_machine_as_test(
        lives,
        settings=settings(
            max_examples=settings().max_examples * 3 // 10,  # each is many steps
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
