"""Paused: nothing that costs anything is sent, whenever the switch is thrown; all else goes on."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

import httpx
import pytest

from bot.heartbeat import Heartbeat
from bot.steps.leave import LEAVES_WITHIN_S
from bot.steps.submit import HORIZON_S, Submit
from bot.use_cases import switching
from storage import ledger
from storage.audit import OPERATOR, Row
from storage.audit_check import read
from storage.database import Database
from storage.jobs import Job, JobStatus
from storage.pauses import ALL, Pause
from storage.schema import jobs
from tests.integration.core.world import Clock, World, generation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

CREATE, LIST = "/v2/generate", "/v2/generations"


@pytest.fixture
def elapsed() -> Clock:
    """Goes on while the process stands still."""
    return Clock(0.0)


@pytest.fixture
def submit(there: World, elapsed: Clock) -> Submit:
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    return Submit(replace(there.tools, elapsed=elapsed))


async def pause(there: World, scope_id: str = NORTH.id, by: str = ADA) -> None:
    await switching.pause(there.db, Pause(scope_id, by, there.clock(), None))


@pytest.mark.parametrize("scope_id", [ALL, NORTH.id], ids=["all", "the team"])
async def test_what_was_claimed_a_moment_before_stays_in_its_line(
    there: World, submit: Submit, scope_id: str
) -> None:
    queued = await there.queued()
    await pause(there, scope_id)

    job = await there.run(submit, queued)

    assert there.sent(CREATE) == []
    assert (job.status, job.submitted_at, job.lease_token, job.attempts) == (JobStatus.QUEUED, None, None, 0)
    assert not job.may_be_sent(there.clock()), "what it costs is looked at again when it goes on"


async def test_another_teams_goes_out(there: World, submit: Submit) -> None:
    await pause(there, SOUTH.id)
    assert (await there.run(submit, await there.queued())).status is JobStatus.PROCESSING


class Stopped(Heartbeat):
    """Of a process that is stopped between the transaction that stored `submitting` and the send."""

    def then(self, meanwhile: Callable[[], Awaitable[None]]) -> "Stopped":
        self._meanwhile = meanwhile
        return self

    @property
    def is_fresh(self) -> bool:
        return False

    async def beat(self) -> None:
        await self._meanwhile()


def stopped(there: World, elapsed: Clock, for_s: float, *, paused: bool) -> Submit:
    async def meanwhile() -> None:
        if paused:
            await pause(there)
        elapsed.pass_by(for_s)

    heart = Stopped(there.db, "us", clock=there.clock).then(meanwhile)
    return Submit(replace(there.tools, elapsed=elapsed, heartbeat=heart))


async def test_who_stood_still_before_the_send_reads_once_more_and_sends_nothing(
    there: World, elapsed: Clock, submit: Submit
) -> None:
    submit = stopped(there, elapsed, 5.0, paused=True)

    job = await there.run(submit, await there.queued())

    assert there.sent(CREATE) == []
    assert (job.status, job.submitted_at, job.lease_token) == (JobStatus.QUEUED, None, None)


async def test_who_stood_still_and_finds_nothing_paused_sends(
    there: World, elapsed: Clock, submit: Submit
) -> None:
    submit = stopped(there, elapsed, 5.0, paused=False)
    assert (await there.run(submit, await there.queued())).status is JobStatus.PROCESSING


async def test_what_was_read_less_than_a_second_ago_leaves(
    there: World, elapsed: Clock, submit: Submit
) -> None:
    """A pause that comes this late is a second before the last send."""
    submit = stopped(there, elapsed, LEAVES_WITHIN_S - 0.01, paused=True)
    assert (await there.run(submit, await there.queued())).status is JobStatus.PROCESSING


async def test_what_was_stored_long_after_it_was_read_is_read_once_more(
    there: World, elapsed: Clock, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is counted from before the transaction that stores that it is sent."""
    use_slot = Submit._use_slot

    async def slowly(step: Submit, job: Job) -> Job | None:
        held = await use_slot(step, job)
        elapsed.pass_by(LEAVES_WITHIN_S)
        await pause(there)
        return held

    monkeypatch.setattr(Submit, "_use_slot", slowly)
    job = await there.run(submit, await there.queued())

    assert there.sent(CREATE) == []
    assert job.status is JobStatus.QUEUED


async def test_who_stood_still_at_the_send_and_has_the_job_no_more_sends_nothing(
    there: World, elapsed: Clock
) -> None:
    """The lease is looked at once more as the request leaves, not only before."""
    queued, heart = await there.queued(), TakenOver(there, elapsed)
    submit = Submit(replace(there.tools, elapsed=elapsed, heartbeat=heart))

    await there.run(submit, queued)

    assert there.sent(CREATE) == []
    assert (await there.now(queued)).lease_token == "another:1"


class TakenOver(Heartbeat):
    """Of a process that stands still as its request leaves, while another takes the job over."""

    def __init__(self, there: World, elapsed: Clock) -> None:
        super().__init__(there.db, "us", clock=there.clock, elapsed=elapsed)
        self._there = there
        self._stands_at = elapsed
        self._looks = 0

    @property
    def is_fresh(self) -> bool:
        self._looks += 1
        if self._looks == 1:
            self._stands_at.pass_by(5.0)  # after this look, before the next
            return True
        return False

    async def beat(self) -> None:
        async with self._there.db.write() as conn:
            await conn.execute(jobs.update().values(lease_token="another:1"))


@pytest.mark.usefixtures("submit")
async def test_a_read_that_takes_too_long_is_none(there: World) -> None:
    """Each look at the clock is a second after the last: whatever is read, it was too long ago."""
    late = Submit(replace(there.tools, elapsed=count().__next__))

    job = await there.run(late, await there.queued())

    assert there.sent(CREATE) == []
    assert (job.status, job.due_at) == (JobStatus.QUEUED, there.clock())


async def test_an_unknown_outcome_is_only_read_and_sent_again_once_it_goes_on(
    there: World, submit: Submit
) -> None:
    key = {"status": JobStatus.SUBMITTING, "submitted_at": there.clock() - 60}
    job = await there.queued(**key)
    await pause(there)

    for _ in range(3):
        job = await there.run(submit, job)
        assert (job.status, job.attempts) == (JobStatus.SUBMITTING, 0)
        assert 0 < there.wait_s(job) <= 15
        there.clock.pass_by(there.wait_s(job))
    assert len(there.sent(LIST)) == 3
    assert there.sent(CREATE) == []

    await switching.resume(there.db, NORTH.id, by=ADA, now=there.clock())
    job = await there.run(submit, job)
    assert job.status is JobStatus.PROCESSING
    assert [sent.headers["Idempotency-Key"] for sent in there.sent(CREATE)] == ["lipsync-key-1"]


async def test_what_sync_has_not_an_hour_after_the_pause_is_in_its_line_again(
    there: World, submit: Submit
) -> None:
    """It may have been sent until the pause, however long before that it was for the first time."""
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock() - HORIZON_S + 60)
    await pause(there)
    paused_at = there.clock()

    there.clock.now = paused_at + HORIZON_S - 1
    job = await there.run(submit, job)
    assert (job.status, job.due_at) == (JobStatus.SUBMITTING, paused_at + HORIZON_S)

    there.clock.pass_by(1)
    job = await there.run(submit, job)
    assert (job.status, job.submitted_at, job.priced_at) == (JobStatus.QUEUED, None, None)
    assert (job.lease_token, job.failure_code) == (None, None)
    assert there.sent(CREATE) == []
    async with there.db.read() as conn:
        assert ledger.spent_of(await ledger.of_part(conn, job.order_id, 0)) == 0


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(200, json=[{}])])
async def test_what_cannot_be_told_is_for_a_person_after_an_hour_while_paused_too(
    there: World, submit: Submit, answer: httpx.Response
) -> None:
    there.sync.get(LIST).mock(return_value=answer)
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock())
    await pause(there)
    there.clock.pass_by(HORIZON_S)

    assert (await there.run(submit, job)).status is JobStatus.UNRESOLVED


async def test_what_was_absent_while_paused_is_for_a_person_once_it_goes_on_too_early(
    there: World, submit: Submit
) -> None:
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock() - HORIZON_S + 60)
    await pause(there)
    there.clock.pass_by(600)
    assert (await there.run(submit, job)).status is JobStatus.SUBMITTING
    there.clock.pass_by(60)
    await switching.resume(there.db, NORTH.id, by=ADA, now=there.clock())

    job = await there.run(submit, job)

    assert job.status is JobStatus.UNRESOLVED
    assert there.sent(CREATE) == []


async def test_what_sync_has_is_found_while_paused(there: World, submit: Submit) -> None:
    job = await there.queued(status=JobStatus.SUBMITTING, submitted_at=there.clock())
    there.sync.get(LIST).respond(json=[generation("gen-9", outputFileName=f"x-{job.id}")])
    await pause(there)

    assert (await there.run(submit, job)).generation_id == "gen-9"


async def test_the_log_tells_who_paused_and_who_ended_it_once(there: World) -> None:
    for _ in range(2):
        await switching.pause(there.db, Pause(NORTH.id, ADA, there.clock(), "too dear"))
    for _ in range(2):
        await switching.resume(there.db, NORTH.id, by="U0BOB", now=there.clock())
    await pause(there, ALL, OPERATOR)

    log = [row for row in await log_of(there.db) if row.action.startswith("spending.")]
    assert [(row.team_id, row.action) for row in log] == [
        (NORTH.id, "spending.paused"),
        (NORTH.id, "spending.resumed"),
        (OPERATOR, "spending.paused"),
    ]
    assert (log[0].subject, log[0].personal) == (NORTH.id, f'{{"actor":"{ADA}","reason":"too dear"}}')


async def log_of(db: Database) -> list[Row]:
    async with db.read() as conn:
        return [row async for row in read(conn, None)]
