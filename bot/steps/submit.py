"""Submit: send the stored create call, with its stored key, until sync.so's answer is known."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.errors import NotConnected, NotInstalled
from bot.steps import objected
from bot.steps.anew import paying_for
from bot.steps.guarded import guarded
from bot.steps.leave import Leave, NotSent
from bot.steps.limits import Limits
from bot.steps.lost import is_lost
from bot.steps.rebind import rebind
from bot.steps.search import CLOCKS_APART_S, Absent, Found, Unknown, search
from bot.steps.tools import LeaseLost, Tools, patience_s, wait_for
from bot.steps.trouble import Answer, Stage, row_of
from bot.sync_api.errors import ConcurrencyReached, OutcomeUnknown, RateLimited, SyncApiError
from bot.teams.accounts import Account
from storage import job_store, pause_store, sync_keys
from storage.jobs import Job, JobStatus, body_at
from storage.removals import APP_REMOVED
from storage.waiting import NOT_CONNECTED

_log = structlog.get_logger(__name__)

HORIZON_S = 3600.0
"""How long an unknown outcome is looked into before a person decides; sync.so does not say for how long it
remembers a key, so no key is sent again after this."""
_COMING_S = 2.0
"""Before a job is looked at again whose input sync.so had lost."""
_FIRST_LOOK_S = 3.0
"""sync.so needs some seconds at the very least; a first read before that tells nothing."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A job that is to be sent now."""

    job: Job
    account: Account
    body: bytes
    stage: Stage
    leave: Leave


class Submit:
    """The step of `queued` and `submitting`, and of `unresolved` when a person asks to look again."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._limits = Limits(tools)

    async def __call__(self, jobs: list[Job]) -> None:
        """Send the jobs side by side. `submitting` is stored before a send, so a cut leaves a trace."""
        for error in await asyncio.gather(*map(self._submit, jobs), return_exceptions=True):
            if error is not None:
                raise error

    async def _submit(self, job: Job) -> None:
        ready = await guarded(self._tools, job, self._make_ready)
        if ready is not None:
            await guarded(self._tools, ready.job, lambda _job: self._send(ready), stage=ready.stage)

    async def _make_ready(self, job: Job) -> _Ready | None:
        """Take its slot, or look for what an earlier send left behind; None: there is nothing to send now."""
        tools, body = self._tools, await self._body(job)
        if job.status is JobStatus.QUEUED:
            account = await paying_for(tools, job)
            read_at = tools.elapsed()
            held = None if account is None else await self._use_slot(job)
            if account is None or held is None:
                return None
            return _Ready(held, account, body, Stage.SENDING, Leave(tools, held, read_at=read_at))
        account = await tools.account_of_sent(job)
        if await self._known_already(job, account):
            return None
        return _Ready(job, account, body, Stage.SENT, Leave(tools, job))

    async def _send(self, ready: _Ready) -> None:
        job, account = ready.job, ready.account
        await self._tools.make_sure(job)
        try:
            generation = await account.client.create(
                ready.body, idempotency_key=job.idempotency_key, leaving=ready.leave.take
            )
        except NotSent as error:
            await self._stay(ready, error)
        except (RateLimited, ConcurrencyReached) as error:
            await self._wait_for_slot(ready, error)
        except OutcomeUnknown as error:
            if not error.generation_id:
                raise
            await self._taken(job, error.generation_id, None)
        except SyncApiError as error:
            await self._limits.heed(account.key, error)
            if not (ready.stage is Stage.SENDING and is_lost(error) and await self._rebound(ready)):
                raise
            # It was refused, so nothing is paid for; its price is looked at again before it is sent again.
            due_at = self._tools.clock() + _COMING_S
            await self._tools.move(job, JobStatus.QUEUED, due_at=due_at, priced_at=None)
        else:
            await self._taken(job, generation.id, generation.status)

    async def _body(self, job: Job) -> bytes:
        """What was stored with the yes, byte for byte.

        Raises:
            LeaseLost: the job has ended meanwhile.
            Undecryptable: it was sealed with a key that is no longer given.
        """
        async with self._tools.database.read() as conn:
            body = await job_store.body_of(conn, job.id)
        if body is None:
            raise LeaseLost(job.id)
        return self._tools.cipher.open(body, body_at(job.id)).encode()

    async def _use_slot(self, job: Job) -> Job | None:
        """Begin with a job that its account has a slot for; None: this is not to be sent, here and now.

        Where its price has grown old on the way, that is looked at again first, and the slot is free.
        """
        tools = self._tools
        if not job.may_be_sent(tools.clock()):
            await tools.later(job, 0.0, count=False)
            return None
        payers, now = await tools.accounts.payers_of(job), tools.clock()
        async with tools.database.write() as conn:
            # In the very transaction: another replica may have replaced the key that is remembered here, or
            # somebody paused.
            pays = await sync_keys.pays(conn, job.account_key, payers)
            if pays and await objected.stop_objected(conn, tools, job):
                return None
            if pays and await pause_store.of_job(conn, job.id) is None:
                return await job_store.move(
                    conn,
                    job,
                    JobStatus.SUBMITTING,
                    now=now,
                    lease_token=job.lease_token,
                    keep_lease=True,
                    submitted_at=now,
                )
        tools.accounts.keys.forget(payers)
        await tools.later(job, 0.0, count=False, priced_at=None)
        return None

    async def _rebound(self, ready: _Ready) -> bool:
        order = (await self._tools.state_of(ready.job)).order
        return await rebind(self._tools, ready.account, ready.job, order)

    async def _stay(self, ready: _Ready, error: NotSent) -> None:
        """It has not left: what never did before waits in its line, the rest is looked for once more."""
        job, tools = ready.job, self._tools
        _log.info("not sent", cause=str(error))
        if ready.stage is Stage.SENDING:
            await self._back_into_line(job)
        else:
            await tools.later(job, patience_s(tools.clock() - (job.submitted_at or 0.0)), count=False)

    async def _wait_for_slot(self, ready: _Ready, error: RateLimited | ConcurrencyReached) -> None:
        """Send it later. Only what was never sent before goes back to where it can still be cancelled."""
        job = ready.job
        waited_s = self._tools.clock() - job.created_at
        is_asked = error.retry_after_s is not None
        wait_s = wait_for(error, job.attempts) if is_asked else patience_s(waited_s)
        back = row_of(error).at(ready.stage) is Answer.LINE
        await self._limits.no_slot(job, ready.account.key, error, wait_s=wait_s, back=back)

    async def _known_already(self, job: Job, account: Account) -> bool:
        """Look for what an earlier send left behind; True where there is nothing to send now."""
        if job.generation_id is not None:
            await self._taken(job, job.generation_id, job.generation_status)
            return True
        sent_at = job.submitted_at or 0.0
        answer = await search(account.client.list_all(), job.id, sent_at=sent_at)
        if isinstance(answer, Found):
            await self._taken(job, answer.generation.id, answer.generation.status)
            return True
        _log.info("looked for a lost answer", answer=answer)
        if job.status is JobStatus.UNRESOLVED:
            await self._tools.rest(job)
            return True
        left_s = sent_at + HORIZON_S - self._tools.clock()
        if left_s <= 0:
            await self._give_up_looking(job, answer)
            return True
        if isinstance(answer, Unknown):
            wait_s = min(wait_for(answer, job.attempts), left_s)
            await self._tools.later(job, wait_s, why="sync.so's list does not tell whether it has the job")
            return True
        return await self._is_ended(job, sent_at)

    async def _give_up_looking(self, job: Job, answer: Absent | Unknown) -> None:
        """A person decides; but what sync.so has not, and nobody can have sent for as long, waits once more.

        Nothing leaves while new spending is paused. So an hour after that began, what sync.so's whole list
        does not have was never taken, and is in its line again as if it had not been sent.
        """
        tools = self._tools
        async with tools.database.read() as conn:
            pause = await pause_store.of_job(conn, job.id)
        if pause is None or not isinstance(answer, Absent):
            await tools.move(job, JobStatus.UNRESOLVED, failure_code="outcome_unknown")
        elif (left_s := pause.at + HORIZON_S - tools.clock()) > 0:
            await tools.later(job, min(patience_s(HORIZON_S), left_s), count=False)
        else:
            await self._back_into_line(job)

    async def _pays(self, job: Job) -> bool:
        """Whether its account still is the one that pays; that is not taken from memory."""
        try:
            payers = await self._tools.accounts.payers_of(job)
        except NotInstalled:
            return False
        async with self._tools.database.write() as conn:
            return await sync_keys.pays(conn, job.account_key, payers)

    async def _is_ended(self, job: Job, sent_at: float) -> bool:
        """Whether what sync.so did not take is not sent again, not even once.

        Its account pays no more, or somebody who is shown objects by now.
        """
        pays = await self._pays(job)
        if pays and not await self._is_objected_to(job):
            return False
        age_s = self._tools.clock() - sent_at
        if age_s < CLOCKS_APART_S:  # its list may not show yet what it took a moment ago
            await self._tools.later(job, patience_s(age_s), count=False)
        elif pays:  # in its line again, where the objection ends it
            await self._back_into_line(job)
        else:
            await self._end_untaken(job)
        return True

    async def _is_objected_to(self, job: Job) -> bool:
        async with self._tools.database.read() as conn:
            return bool(await objected.of_job(conn, self._tools, job))

    async def _back_into_line(self, job: Job) -> None:
        """As if it had not been sent."""
        due_at = self._tools.clock()
        await self._tools.move(job, JobStatus.QUEUED, due_at=due_at, submitted_at=None, priced_at=None)

    async def _end_untaken(self, job: Job) -> None:
        try:
            if await paying_for(self._tools, job) is not None:
                await self._tools.later(job, 0.0, count=False)  # it pays again
        except NotInstalled:
            await self._tools.move(job, JobStatus.FAILED, failure_code=APP_REMOVED)
        except NotConnected:
            await self._tools.move(job, JobStatus.FAILED, failure_code=NOT_CONNECTED)

    async def _taken(self, job: Job, generation_id: str, status: str | None) -> None:
        await self._tools.move(
            job,
            JobStatus.PROCESSING,
            generation_id=generation_id,
            generation_status=status,
            due_at=self._tools.clock() + _FIRST_LOOK_S,
        )
