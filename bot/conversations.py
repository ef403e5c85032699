"""The use cases of a conversation: what messages bring, taken once, made whole and answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import open_draft, stored
from bot.asking.drafts import Draft
from bot.asking.joining import Origin, Part, Taking, put_into
from bot.generations import Asker
from storage import job_store, open_drafts
from storage.database import Database
from storage.encryption import Cipher
from storage.jobs import Job, JobStatus


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message."""

    joined: tuple[Job, ...] = ()
    """Jobs begun by an earlier message, which it brought what they lacked."""
    nothing: tuple[Draft, ...] = ()
    """What no job could be made of: its sender has to be told what would work."""


class Conversations:
    """Takes messages; each is one transaction, and its second delivery changes nothing.

    `wake` tells the worker that something is due; `new_id` makes opaque ids.
    """

    def __init__(
        self,
        database: Database,
        cipher: Cipher,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._new_id = new_id
        self._wake = wake

    async def take(self, origin: Origin, drafts: Sequence[Draft]) -> Taken:
        """Give what a message brought to the cards that ask for it; make jobs of the rest."""
        async with self._database.write() as conn:
            taking = self._taking(conn, origin)
            result = await taking.join(drafts)
            nothing = await taking.begin(result.left)
        self._wake()
        return Taken(tuple(result.hosts), _drafts(nothing))

    async def arrive(self, origin: Origin, file_ids: Sequence[str], said: Draft) -> None:
        """Keep a message until the worker has looked at its files, of which Slack has not told everything."""
        async with self._database.write() as conn:
            await self._taking(conn, origin).arrive(file_ids, said)
        self._wake()

    async def pick(self, job_id: str, asker: Asker, index: int) -> Job | None:
        """Settle which of its choices a draft shall say. None: not the asker's, or it asks that no more."""
        now = self._clock()
        async with self._database.write() as conn:
            job = await job_store.get(
                conn, job_id, team_id=asker.team_id, enterprise_id=asker.enterprise_id, lock=True
            )
            if job is None or job.user_id != asker.user_id or job.status is not JobStatus.DRAFT:
                return None
            draft = open_draft(job, self._cipher)
            if not 0 <= index < len(draft.choices):
                return None
            chosen = draft.model_copy(update={"speech": draft.choices[index], "choices": ()})
            moved = await put_into(conn, job, chosen, self._cipher, now=now)
        self._wake()
        return moved

    async def settle(self, job: Job, draft: Draft) -> Job | None:
        """Store what the files of a draft are, once Slack has told it. None: it is no open draft any more."""
        async with self._database.write() as conn:
            return await job_store.save(
                conn,
                job,
                now=self._clock(),
                lease_token=None,
                **stored(draft, self._cipher, given_by=job.user_id),
            )

    async def in_thread(self, team_id: str, channel_id: str, thread_ts: str) -> Sequence[Job]:
        """The jobs whose cards stand in a thread, the newest first."""
        async with self._database.read() as conn:
            return await open_drafts.in_thread(conn, team_id, channel_id, thread_ts)

    def _taking(self, conn: AsyncConnection, origin: Origin) -> Taking:
        return Taking(conn, origin, self._cipher, now=self._clock(), new_id=self._new_id)


def _drafts(parts: Sequence[Part]) -> tuple[Draft, ...]:
    return tuple(draft for _, draft in parts)
