"""What every step works with, and what becomes of a job whose step meets trouble."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Unpack, overload

import structlog

from bot.errors import LONGEST_ASKED_S
from bot.heartbeat import Heartbeat, since_boot
from bot.media import Looks, MediaRelay
from bot.messages.catalogue import Words
from bot.patience import Patience
from bot.roles import Roles
from bot.slack import Slack, SlackTeam
from bot.slack.renewal import Renewal
from bot.steps.live_cards import LiveCards
from bot.teams.accounts import Account, Accounts, Sent
from bot.teams.installations import Teams
from bot.troubles import cause_of
from storage import endings, job_store, leases, order_store, states
from storage.cards import OrderState
from storage.database import Database
from storage.encryption import Cipher
from storage.errors import StorageError
from storage.jobs import ENDED, Job, JobChanges, JobFacts, JobStatus
from storage.leases import LEASE_S
from storage.orders import Order, OrderChanges, OrderFacts, OrderStatus
from storage.owners import Owner

_log = structlog.get_logger(__name__)

SLOW_AFTER_TRIES, SLOW_AFTER_S = 2, 3.0
"""Failed tries of a step, or seconds of a try or a wait, after which the card says that it takes longer."""
STORED_WITHIN_S = 1.0
"""What takes longer to be stored is told from memory: the database is away, or somebody locks it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The outside world and the store, as the steps use them."""

    database: Database
    cipher: Cipher
    teams: Teams
    accounts: Accounts
    slack: Slack
    relay: MediaRelay
    clock: Callable[[], float]
    new_id: Callable[[], str]
    heartbeat: Heartbeat
    looks: Looks
    words: Words
    roles: Roles
    patience: Patience
    renewal: Renewal | None = None
    """For tokens that expire; None: the app has no client secret to renew them with."""
    live_cards: LiveCards = field(default_factory=LiveCards)
    elapsed: Callable[[], float] = since_boot
    """Seconds that nobody sets, and that go on while the process stands still."""

    async def slack_of(self, of: Owner) -> SlackTeam:
        """Slack as the workspace lets the app use it. For what is raised see `Teams.need_token`."""
        return self.slack.team(await self.teams.need_token(of.enterprise_id, of.team_id))

    async def account_of(self, of: Owner, believed: str | None = None) -> Account:
        """The sync.so account that pays for the workspace now; see `Accounts.of_team`."""
        return await self.accounts.of_team(of.enterprise_id, of.team_id, believed)

    async def account_of_sent(self, sent: Sent) -> Account:
        """The sync.so account under which it was sent. Raises NotConnected."""
        return await self.accounts.of_sent(sent)

    async def state_of(self, job: Job) -> OrderState:
        """The order of a job with all that belongs to it, as it is now."""
        async with self.database.read() as conn:
            state = await states.find(conn, job.order_id)
        if state is None:
            raise LeaseLost(job.id)
        return state

    async def move_order(
        self, order: Order, to: OrderStatus, **changes: Unpack[OrderChanges]
    ) -> Order | None:
        """Move an order that this holder still leases; None when the lease was lost: then nothing changed."""
        async with self.database.write() as conn:
            return await order_store.move(
                conn, order, to, now=self.clock(), lease_token=order.lease_token, **changes
            )

    def new_token(self) -> str:
        """A token for a lease of this process's."""
        return leases.new_token(self.heartbeat.holder, self.new_id())

    async def move(
        self, job: Job, to: JobStatus, *, keep_lease: bool = False, **changes: Unpack[JobChanges]
    ) -> Job | None:
        """Move or end a job that this holder still leases; None when the lease was lost."""
        now, token = self.clock(), job.lease_token
        async with self.database.write() as conn:
            if to in ENDED:
                return await endings.end(conn, job, to, now=now, lease_token=token, **changes)
            return await job_store.move(
                conn, job, to, now=now, lease_token=token, keep_lease=keep_lease, **changes
            )

    async def fail(self, held: Order | Job, code: str, detail: str | None) -> None:
        """End what this holder leases, without a video."""
        if isinstance(held, Order):
            await self.move_order(held, OrderStatus.FAILED, failure_code=code, failure_detail=detail)
        else:
            await self.move(held, JobStatus.FAILED, failure_code=code, failure_detail=detail)

    @overload
    async def save(
        self, held: Order, *, visible: bool = False, anew: bool = False, **changes: Unpack[OrderChanges]
    ) -> Order: ...
    @overload
    async def save(
        self, held: Job, *, visible: bool = False, anew: bool = False, **changes: Unpack[JobChanges]
    ) -> Job: ...
    async def save(
        self, held: Order | Job, *, visible: bool = False, anew: bool = False, **changes: Any
    ) -> Order | Job:
        """Change what is leased in its status; `anew`: its tries are counted from here.

        Raises:
            LeaseLost: another holder has it now; this one stops.
        """
        guards: dict[str, Any] = {"now": self.clock(), "lease_token": held.lease_token}
        async with self.database.write() as conn:
            saved: Order | Job | None
            if isinstance(held, Order):
                saved = await order_store.save(conn, held, visible=visible, anew=anew, **guards, **changes)
            else:
                saved = await job_store.save(conn, held, visible=visible, anew=anew, **guards, **changes)
        if saved is None:
            raise LeaseLost(held.id)
        return saved

    async def renew(self, held: Order | Job) -> None:
        """Keep the lease of what takes long. Raises LeaseLost."""
        lease = leases.ORDERS if isinstance(held, Order) else leases.JOBS
        async with self.database.write() as conn:
            kept = await lease.renew(conn, [held.id], held.lease_token or "", until=self.clock() + LEASE_S)
        if not kept:
            raise LeaseLost(held.id)

    async def make_sure(self, job: Job) -> None:
        """See that the job is still held, right before what cannot be undone: a paid call, a share.

        Whoever stood still for a while, or comes to the end of the lease, asks the database; for all others
        the answer is in memory, since nobody takes over from a holder whose heart has just beaten.

        Raises:
            LeaseLost: another holder has the job now; this one sends nothing.
        """
        left_s = (job.due_at or 0.0) - self.clock()
        if not self.heartbeat.is_fresh:
            await self.heartbeat.beat()
        elif left_s > LEASE_S / 2:
            return
        await self.renew(job)

    @overload
    async def later(
        self,
        held: Order,
        wait_s: float,
        *,
        count: bool = True,
        why: object = None,
        **changes: Unpack[OrderFacts],
    ) -> None: ...
    @overload
    async def later(
        self,
        held: Job,
        wait_s: float,
        *,
        count: bool = True,
        why: object = None,
        **changes: Unpack[JobFacts],
    ) -> None: ...
    async def later(
        self, held: Order | Job, wait_s: float, *, count: bool = True, why: object = None, **changes: Any
    ) -> None:
        """Let its step run again after `wait_s` seconds.

        `count` where this was a failed try. `why` names the trouble: it is logged, and after a while the card
        says that it takes longer.
        """
        if why is not None:
            _log.info("trying again", cause=cause_of(why), tries=held.attempts + 1, next_try_s=wait_s)
            again_and_again = count and held.attempts + 1 >= SLOW_AFTER_TRIES
            if not held.slow and (again_and_again or wait_s > SLOW_AFTER_S):
                changes |= {"slow": True, "visible": True}
        await self._give_back(held, self.clock() + wait_s, count=count, **changes)

    async def tell_slow(self, held: Order | Job) -> None:
        """Have the card say that the present step takes longer, while this holder is still at it."""
        try:
            async with asyncio.timeout(STORED_WITHIN_S):
                await self.save(held, visible=True, slow=True)
        except LeaseLost:
            return
        except (StorageError, TimeoutError):
            self.live_cards.tell()

    async def rest(self, held: Order | Job, *, until: float | None = None) -> None:
        """Give it back until somebody acts, or a time comes."""
        await self._give_back(held, until, count=False)

    async def _give_back(
        self, held: Order | Job, due_at: float | None, *, count: bool, **changes: Any
    ) -> None:
        given: dict[str, Any] = {
            "now": self.clock(),
            "due_at": due_at,
            "lease_token": held.lease_token or "",
            "count": count,
        }
        async with self.database.write() as conn:
            if isinstance(held, Order):
                await order_store.retry_later(conn, held, **given, **changes)
            else:
                await job_store.retry_later(conn, held, **given, **changes)


class LeaseLost(Exception):
    """Another holder took the job over; whatever this one still knows is old."""


def backoff_s(attempts: int) -> float:
    """Seconds to wait after so many failed tries: 1, 2, 4 … 120."""
    return min(2.0 ** min(attempts, 7), 120.0)


def patience_s(age_s: float) -> float:
    """Seconds until the next look at what takes long: quick while somebody may be watching, then patient."""
    return min(max(2.0, age_s / 10), 15.0)


def wait_for(answer: object, attempts: int) -> float:
    """Seconds until the next try: a growing wait, or what an error or answer asked for if that is longer.

    Tries are counted, so short waits that are asked for again and again would use them up within seconds.
    """
    asked = getattr(answer, "retry_after_s", None) or 0.0
    return max(min(float(asked), LONGEST_ASKED_S), backoff_s(attempts))
