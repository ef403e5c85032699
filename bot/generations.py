"""The use cases: what a person may do to a job. Each is one guarded change of one row."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import draft_for, open_draft, stored
from bot.asking.drafts import DRAFT_LIFE_S, Draft, Prepared
from bot.asking.inputs import output_name, to_request
from bot.asking.room import check_room
from bot.lately import without_spoiled
from storage import job_cards, job_store, own_jobs
from storage.database import Database
from storage.encryption import Cipher, Sealed
from storage.jobs import Conversation, Job, JobStatus, NewJob
from storage.own_jobs import Mark

_LATELY = 20


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which workspace."""

    enterprise_id: str | None
    team_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was asked; the answer goes there."""

    channel_id: str
    thread_ts: str | None = None
    conversation: Conversation = Conversation.CHANNEL


class Confirmation(Enum):
    """What became of a click on Generate."""

    ACCEPTED = auto()
    NOT_YOURS = auto()
    """Somebody else asked; nothing was spent."""
    EXPIRED = auto()
    OUTDATED = auto()
    """The price on that button was replaced by a newer one."""
    ALREADY_DONE = auto()
    """The yes was spent before, or the job has ended."""
    UNKNOWN = auto()
    """No such job in this workspace."""


class Generations:
    """Opens, changes, confirms and ends jobs.

    `account_key` names the sync.so account that pays for a workspace, from memory; `public_url` is where
    sync.so can reach the app (None: results are polled); `wake` tells the worker that something is due;
    `new_id` makes opaque ids; `cipher` seals the links' addresses and the bodies that hold them.
    """

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        account_key: Callable[[str | None, str], Awaitable[str]],
        public_url: str | None,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._new_id = new_id
        self._wake = wake
        self._account_key = account_key
        self._public_url = public_url

    async def draft(self, asker: Asker, place: Place, draft: Draft, *, request_key: str, show: bool) -> Job:
        """Keep an ask that a form will complete, once for each `request_key`.

        With `show` its card stands in the thread and asks for what is missing.

        Raises:
            TooManyOpen: the asker has as many jobs open as one person may.
        """
        now = self._clock()
        new = self._new_job(
            asker, place, draft, request_key, JobStatus.DRAFT, due_at=now + DRAFT_LIFE_S, show=show
        )
        async with self._database.write() as conn:
            job, created = await job_store.create(conn, new, now=now)
            if created:
                await check_room(conn, job, for_more=not show)
        if created and show:
            self._wake()
        return job

    async def start(self, asker: Asker, place: Place, draft: Draft, *, request_key: str) -> str | None:
        """Take a complete ask and prepare its price, once for each `request_key`.

        Returns:
            The new job's id; None: the same request came before.

        Raises:
            TooManyOpen: the asker has as many jobs open as one person may.
        """
        begun = self._begun(asker, place, draft, request_key)
        return begun.id if await self._start(begun) else None

    async def find(self, job_id: str, asker: Asker) -> Job | None:
        """A job of the asker's workspace or Enterprise organisation; never one of another's."""
        async with self._database.read() as conn:
            return await _job_of(asker, conn, job_id)

    async def with_cards(self, job_ids: Collection[str], *, late: float) -> list[Job]:
        """Those jobs whose cards stand, or will not before `late`.

        Of any workspace: for the app's own work, never for what a person named.
        """
        async with self._database.read() as conn:
            return await job_cards.standing_or_late(conn, job_ids, late=late)

    async def lately(self, job: Job) -> list[Job]:
        """The latest jobs of a job's asker, newest first."""
        async with self._database.read() as conn:
            return await job_store.recent(conn, job.team_id, job.user_id, limit=_LATELY)

    async def is_member(self, job: Job, user_id: str) -> bool:
        """Whether the person is known to be a member of the job's workspace: they have asked there before."""
        async with self._database.read() as conn:
            return await job_store.asked_as_a_member(conn, job.team_id, user_id)

    def draft_for(self, job: Job, asker: Asker) -> Draft:
        """A job's draft as this person may see it; see `bot.asking.addresses`."""
        return draft_for(job, asker.user_id, self._cipher)

    async def own(
        self, asker: Asker, statuses: Collection[JobStatus], *, before: Mark, limit: int
    ) -> list[Job]:
        """The asker's own jobs in one of `statuses`, newest first, from a place in the list on."""
        async with self._database.read() as conn:
            return await own_jobs.own(
                conn, asker.team_id, asker.user_id, statuses=statuses, before=before, limit=limit
            )

    async def submit(self, job_id: str, asker: Asker, draft: Draft) -> Job | None:
        """Take a filled form: prepare and price it (again). None: it has moved on, or is not the asker's.

        Raises:
            TooManyOpen: the asker has as many jobs open as one person may.
        """
        now = self._clock()
        async with self._database.write() as conn:
            job = await _job_of(asker, conn, job_id, lock=True)
            if job is None or job.user_id != asker.user_id:
                return None
            moved = await job_store.move(
                conn,
                job,
                JobStatus.PREPARING,
                now=now,
                due_at=now,
                **stored(draft, self._cipher, given_by=asker.user_id),
                prepared=_still_prepared(job, open_draft(job, self._cipher), draft).model_dump_json(),
                length_s=None,
                estimate_id=None,
                estimate_usd=None,
                guessed=None,
                expires_at=None,
            )
            if moved is not None:
                await check_room(conn, moved)
        self._wake()
        return moved

    async def confirm(self, job_id: str, estimate_id: str, asker: Asker) -> Confirmation:
        """Spend a click on Generate: checked again, and good for one submission only.

        Raises:
            NotInstalled: the asker's workspace is not installed (any more).
        """
        now = self._clock()
        known = await self.find(job_id, asker)
        if known is None:
            return Confirmation.UNKNOWN
        account_key = await self._account_key(known.enterprise_id, known.team_id)
        async with self._database.write() as conn:
            job = await _job_of(asker, conn, job_id, lock=True)
            if job is None:
                return Confirmation.UNKNOWN
            refusal = _why_not(job, estimate_id, asker, now)
            if refusal is not None:
                return refusal
            moved = await job_store.move(
                conn,
                job,
                JobStatus.QUEUED,
                now=now,
                expect={JobStatus.AWAITING_CONFIRMATION},
                spends=estimate_id,
                due_at=now,
                confirmed_by=asker.user_id,
                confirmed_at=now,
                idempotency_key=f"lipsync-{job.id}-{estimate_id}",
                request_body=self._request_body(job),
                account_key=account_key,
            )
        if moved is None:
            return Confirmation.ALREADY_DONE
        self._wake()
        return Confirmation.ACCEPTED

    async def cancel(self, job_id: str, asker: Asker) -> Job | None:
        """End a job that was not sent to sync.so. None: not the asker's, or too late."""
        now = self._clock()
        async with self._database.write() as conn:
            job = await _job_of(asker, conn, job_id, lock=True)
            if job is None or job.user_id != asker.user_id:
                return None
            moved = await job_store.move(conn, job, JobStatus.CANCELLED, now=now)
        self._wake()
        return moved

    async def discard(self, job_id: str, asker: Asker) -> None:
        """Drop a draft whose form was closed; one with a card in a thread stays for another try."""
        async with self._database.write() as conn:
            job = await _job_of(asker, conn, job_id, lock=True)
            if job is None or job.user_id != asker.user_id or job.card_revision > 0:
                return
            await job_store.move(
                conn, job, JobStatus.CANCELLED, now=self._clock(), expect={JobStatus.DRAFT}, visible=False
            )

    async def look_again(self, job: Job) -> None:
        """Have a job whose fate is unknown looked up at sync.so once more."""
        async with self._database.write() as conn:
            await job_store.make_due(conn, job.id, now=self._clock(), statuses={JobStatus.UNRESOLVED})
        self._wake()

    async def show_again(self, job: Job) -> None:
        """Have a job's card shown once more, after a press on a button that should be gone."""
        async with self._database.write() as conn:
            await job_cards.redraw(conn, job.id, now=self._clock())
        self._wake()

    async def give_up(self, job: Job) -> bool:
        """End a job whose fate is unknown, on a person's word; False: it has been resolved meanwhile."""
        async with self._database.write() as conn:
            moved = await job_store.move(
                conn,
                job,
                JobStatus.FAILED,
                now=self._clock(),
                expect={JobStatus.UNRESOLVED},
                failure_code="given_up",
            )
        self._wake()
        return moved is not None

    async def rerun(self, job: Job, asker: Asker, *, request_key: str) -> bool:
        """Ask for the same again, in the same thread; it gets a price and needs a yes of its own.

        False: a link's address is no longer kept, and has to be given once more; see `another`.
        """
        draft = Draft.model_validate_json(job.draft)
        if draft.links and job.addresses is None:
            return False
        begun = self._begun(_there(asker, job), _place_of(job), draft, request_key)
        await self._start(replace(begun, addresses=job.addresses))
        return True

    async def another(self, job: Job, asker: Asker, *, request_key: str) -> Job:
        """A new draft that begins as the old job's, for a form to change."""
        draft = without_spoiled(job, self.draft_for(job, asker))
        return await self.draft(
            _there(asker, job), _place_of(job), draft, request_key=request_key, show=False
        )

    async def _start(self, new: NewJob) -> bool:
        async with self._database.write() as conn:
            created = await job_store.insert(conn, new, now=self._clock())
            if created:
                await check_room(conn, new)
        if created:
            self._wake()
        return created

    def _begun(self, asker: Asker, place: Place, draft: Draft, request_key: str) -> NewJob:
        return self._new_job(
            asker, place, draft, request_key, JobStatus.PREPARING, due_at=self._clock(), show=True
        )

    def _new_job(
        self,
        asker: Asker,
        place: Place,
        draft: Draft,
        request_key: str,
        status: JobStatus,
        *,
        due_at: float,
        show: bool,
    ) -> NewJob:
        return NewJob(
            id=self._new_id(),
            request_key=request_key,
            enterprise_id=asker.enterprise_id,
            team_id=asker.team_id,
            user_id=asker.user_id,
            channel_id=place.channel_id,
            thread_ts=place.thread_ts,
            conversation=place.conversation,
            status=status,
            **stored(draft, self._cipher, given_by=asker.user_id),
            due_at=due_at,
            show_card=show,
        )

    def _request_body(self, job: Job) -> Sealed:
        draft = open_draft(job, self._cipher)
        webhook_url = f"{self._public_url}/sync/webhook/{job.id}" if self._public_url else None
        request = to_request(
            draft,
            Prepared.model_validate_json(job.prepared),
            webhook_url=webhook_url,
            output_file_name=output_name(draft, job.id),
        )
        return self._cipher.seal(request.to_wire().decode())


def _why_not(job: Job, estimate_id: str, asker: Asker, now: float) -> Confirmation | None:
    if job.user_id != asker.user_id:
        return Confirmation.NOT_YOURS
    if job.status is JobStatus.EXPIRED:
        return Confirmation.EXPIRED
    if (
        job.status in {JobStatus.PREPARING, JobStatus.AWAITING_CONFIRMATION}
        and job.estimate_id != estimate_id
    ):
        return Confirmation.OUTDATED
    if job.status is not JobStatus.AWAITING_CONFIRMATION:
        return Confirmation.ALREADY_DONE
    if job.expires_at is not None and job.expires_at <= now:
        return Confirmation.EXPIRED
    return None


async def _job_of(asker: Asker, conn: AsyncConnection, job_id: str, *, lock: bool = False) -> Job | None:
    return await job_store.get(
        conn, job_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=lock
    )


def _there(asker: Asker, job: Job) -> Asker:
    """The person as one of the job's workspace, whichever of their organisation's Slack has named."""
    return replace(asker, enterprise_id=job.enterprise_id, team_id=job.team_id)


def _place_of(job: Job) -> Place:
    channel_id, thread_ts = job.thread
    return Place(channel_id, thread_ts, job.conversation_of_thread)


def _still_prepared(job: Job, old: Draft, draft: Draft) -> Prepared:
    """What was relayed for the old draft and serves the new one too."""
    prepared = Prepared.model_validate_json(job.prepared)
    return Prepared(
        video=prepared.video if draft.video == old.video else None,
        audio=prepared.audio if draft.speech == old.speech else None,
    )
