"""Random lives of orders' parts, their money in a real database and in a model: they must agree to the cent.

Whatever happens in whatever order, each hold is closed once, budgets are the sums of the ledger, and no yes
goes past a limit as it is then.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

from storage import bills, endings, job_batches, job_store, ledger, limits, order_store, reports
from storage.bills import Total
from storage.database import open_database
from storage.job_batches import Move
from storage.jobs import BIRTH, ENDED, JOB_MOVES, MONEY, Job, JobStatus, Money, NewJob, job_id
from storage.limits import OverBudget
from storage.orders import Order, OrderStatus, Part
from storage.schema import jobs
from tests.integration.core.rows import change
from tests.integration.storage import books
from tests.integration.storage.builders import ask, born

MONTHS = (1_794_000_000.0, 1_796_083_200.0)
"""In November and in December 2026."""
TOTALS = st.none() | st.decimals(min_value=0, max_value=100, places=7)
PRICES = st.lists(TOTALS, min_size=1, max_size=3)
TARGETS = st.sampled_from(sorted(set(JobStatus) - BIRTH.keys()))
Part_ = tuple[str, int]
Where = tuple[tuple[str, str, str], ...]
"""Where money is counted: owner, scope and month."""
TEAMS = st.sampled_from(["T1", "T2"])
SCOPES = st.sampled_from(["team", "user:U1", "channel:C1", "model:sync-3"])
LIMITS = st.decimals(min_value=0, max_value=150, places=2)
MOST = Decimal("12.5")
"""Of what has no price."""


def micro(usd: Decimal | None) -> int:
    """Rounded by hand, for the model."""
    return int(((usd or Decimal(0)) * 10**6 + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))


class Accounts(RuleBasedStateMachine):
    """The model: what each part is expected to cost, where its job stands, and what the record has told."""

    fresh_url: "staticmethod[[], str]"
    orders = Bundle("orders")
    parts = Bundle("parts")

    def __init__(self) -> None:
        super().__init__()
        self.db = open_database(self.fresh_url())
        self.loop = asyncio.Runner()
        self.now = MONTHS[0]
        self.price: dict[Part_, int] = {}
        self.status: dict[Part_, JobStatus] = {}
        self.spent: dict[Part_, int] = {}
        self.told: dict[Part_, int] = {}
        self.asked: set[Part_] = set()
        self.counts: dict[Part_, Where] = {}
        self.limits: dict[tuple[str, str], int] = {}
        self.raised: dict[tuple[str, str, str], int] = {}
        self.projects: dict[str, str] = {}
        self.waiting: set[str] = set()
        """Orders that were said yes to, and whose inputs are still on their way."""

    def teardown(self) -> None:
        self.loop.run(self.db.close())
        self.loop.close()

    @rule(
        target=orders,
        prices=PRICES,
        team=TEAMS,
        user=st.sampled_from(["U1", "U2"]),
        place=st.tuples(st.sampled_from(["C1", "C2"]), st.sampled_from(["", "Mars"])),
        models=st.lists(st.sampled_from(["sync-3", "lipsync-2"]), min_size=3, max_size=3),
        at=st.sampled_from(MONTHS),
        at_once=st.booleans(),
    )
    def somebody_says_yes(
        self,
        prices: list[Decimal | None],
        team: str,
        user: str,
        place: tuple[str, str],
        models: list[str],
        at: float,
        at_once: bool,  # noqa: FBT001 - drawn by hypothesis
    ) -> str:
        self.now = at
        channel, project = place
        parts = tuple(Part(usd=usd, most_usd=MOST, length_s=None) for usd in prices)
        to = OrderStatus.RUNNING if at_once else OrderStatus.CONFIRMED

        async def confirm() -> Order:
            async with self.db.write() as conn:
                order, _ = await order_store.create(conn, new, now=at)
                await change(conn, order.id, {"parts": parts, "status": OrderStatus.OFFERED})
                moved = await order_store.move(conn, order.id, to, now=at, confirmed_at=at)
                assert moved is not None
                if at_once:
                    await job_store.bear(conn, self._born(moved), now=at)
                of_parts = dict(enumerate(models[: len(parts)]))
                await ledger.hold(conn, moved, of_parts, owner_id=team, project=project or None, now=at)
                return moved

        new = ask(team_id=team, user_id=user, channel_id=channel)
        month = {MONTHS[0]: "2026-11", MONTHS[1]: "2026-12"}[at]
        counted = [
            tuple(
                (team, scope, month)
                for scope in (f"user:{user}", f"channel:{channel}", f"model:{model}", "team")
            )
            for model in models[: len(prices)]
        ]
        holds = [self.would_hold(usd, where) for usd, where in zip(prices, counted, strict=True)]
        short = self.short_of(holds, counted)
        if short:
            with pytest.raises(OverBudget) as over:
                self.loop.run(confirm())
            assert {each.scope: micro(each.needed_usd) for each in over.value.shortfalls} == short
            return new.id
        order = self.loop.run(confirm())
        self.projects[order.id] = project
        self.price |= {(order.id, number): amount for number, amount in enumerate(holds)}
        self.counts |= {(order.id, number): where for number, where in enumerate(counted)}
        if at_once:
            self.status |= {(order.id, number): JobStatus.QUEUED for number in range(len(parts))}
        else:
            self.waiting.add(order.id)
        return order.id

    def would_hold(self, usd: Decimal | None, where: Where) -> int:
        """A price, or the most it can be where a limit is to hold."""
        is_limited = any((owner, scope) in self.limits for owner, scope, _ in where)
        return micro(MOST if usd is None and is_limited else usd)

    def short_of(self, holds: list[int], counted: list[Where]) -> dict[str, int]:
        """What is needed of those budgets that do not cover it."""
        needed: Counter[tuple[str, str, str]] = Counter()
        for amount, where in zip(holds, counted, strict=True):
            needed.update(dict.fromkeys(where, amount))
        return {at[1]: amount for at, amount in needed.items() if amount and self.is_past_a_limit(at, amount)}

    def is_past_a_limit(self, at: tuple[str, str, str], amount: int) -> bool:
        limit = self.limits.get(at[:2])
        used = sum(
            self.spent.get(part, self.price[part]) for part, where in self.counts.items() if at in where
        )
        return limit is not None and used + amount > limit + self.raised.get(at, 0)

    @rule(team=TEAMS, scope=SCOPES, usd=st.none() | LIMITS)
    def an_admin_sets_a_limit(self, team: str, scope: str, usd: Decimal | None) -> None:
        async def limited() -> None:
            async with self.db.write() as conn:
                await limits.set_many(conn, team, {scope: usd}, by="U9", now=self.now)

        self.loop.run(limited())
        self.limits.pop((team, scope), None)
        if usd is not None:
            self.limits[team, scope] = micro(usd)

    @rule(team=TEAMS, scope=SCOPES, month=st.sampled_from(["2026-11", "2026-12"]), usd=LIMITS)
    def a_budget_is_raised(self, team: str, scope: str, month: str, usd: Decimal) -> None:
        async def raised() -> None:
            async with self.db.write() as conn:
                await limits.raise_for(conn, team, scope, month, usd)

        self.loop.run(raised())
        key = team, scope, month
        self.raised[key] = self.raised.get(key, 0) + micro(usd)

    def _born(self, order: Order) -> list[NewJob]:
        return [
            born(
                order_id=order.id,
                position=number,
                team_id=order.team_id,
                user_id=order.user_id,
                estimate_usd=part.usd,
            )
            for number, part in enumerate(order.parts)
        ]

    @rule(order_id=orders, failed=st.frozensets(st.integers(0, 2)))
    def the_last_input_comes(self, order_id: str, failed: frozenset[int]) -> None:
        """Some inputs cannot be used: their parts never become jobs; without any the order fails."""
        if order_id not in self.waiting:
            return
        self.waiting.discard(order_id)
        positions = {number for of, number in self.price if of == order_id}
        lives = positions - failed

        async def begin() -> None:
            async with self.db.write() as conn:
                if not lives:
                    await order_store.move(conn, order_id, OrderStatus.FAILED, now=self.now)
                    return
                moved = await order_store.move(conn, order_id, OrderStatus.RUNNING, now=self.now)
                assert moved is not None
                born_ones = [job for job in self._born(moved) if job.position in lives]
                await job_store.bear(conn, born_ones, now=self.now)
                dead = positions & failed
                await ledger.release(conn, order_id, now=self.now, why="lost", positions=dead)

        self.loop.run(begin())
        for number in positions:
            part = order_id, number
            if number in lives:
                self.status[part] = JobStatus.QUEUED
            else:
                self.spent[part] = 0

    @rule(target=parts, order_id=orders, number=st.integers(0, 2))
    def a_part_is_looked_at(self, order_id: str, number: int) -> Part_:
        return order_id, number

    @rule(part=parts, to=TARGETS)
    def it_moves(self, part: Part_, to: JobStatus) -> None:
        async def move() -> bool:
            async with self.db.write() as conn:
                job = await job_store.find(conn, job_id(*part))
                assert job is not None
                moves = endings.end if to in ENDED else job_store.move
                return await moves(conn, job, to, now=self.now) is not None

        if part in self.status:
            legal = to in JOB_MOVES[self.status[part]]
            assert self.loop.run(move()) == legal
            if legal:
                self._moved(part, to)

    @rule(some=st.lists(parts, max_size=5, unique=True), to=TARGETS, lost=st.booleans())
    def many_move_at_once(self, some: list[Part_], to: JobStatus, lost: bool) -> None:  # noqa: FBT001
        live = [part for part in some if part in self.status]

        async def move() -> None:
            async with self.db.write() as conn:
                ids = [job_id(*part) for part in live]
                held = update(jobs).where(jobs.c.id.in_(ids)).values(lease_token="held")
                await conn.execute(held)
                found = [await job_store.find(conn, each) for each in ids]
                moves = [Move(job, to) for job in found if job is not None]
                token = "another's" if lost else "held"
                await job_batches.store(conn, [*moves, *moves], now=self.now, lease_token=token)

        self.loop.run(move())
        for part in live:
            if not lost and to in JOB_MOVES[self.status[part]]:
                self._moved(part, to)

    @rule(order_id=orders)
    def the_rest_is_cancelled(self, order_id: str) -> None:
        async def cancel() -> list[Job]:
            async with self.db.write() as conn:
                return await endings.end_unsent(conn, order_id, now=self.now)

        stopped = {(job.order_id, job.position) for job in self.loop.run(cancel())}
        queued = {part for part, status in self.status.items() if status is JobStatus.QUEUED}
        assert stopped == {part for part in queued if part[0] == order_id}
        for part in stopped:
            self._moved(part, JobStatus.CANCELLED)

    @rule(part=parts, total=TOTALS, twice=st.booleans())
    def the_record_tells(self, part: Part_, total: Decimal | None, twice: bool) -> None:  # noqa: FBT001
        """As a bill that was asked for: at any time, and for a job that fails as well."""
        if part not in self.status or part in self.asked:
            return
        self.asked.add(part)

        it = None if total is None else Total(usd=total, frames=None)

        async def tell() -> None:
            async with self.db.write() as conn:
                job = await job_store.find(conn, job_id(*part))
                assert job is not None
                await bills.open_many(conn, [bills.bill_of(job, self.now)] * 2)
                claimed = await bills.claim(conn, now=self.now, lease_s=9, token="t", limit=9)
                for bill in [each for each in claimed if each.job_id == job.id] * (1 + twice):
                    await bills.tell(conn, bill, availability="", total=it, due_at=None, now=self.now)

        self.loop.run(tell())
        if total is not None:
            self.told[part] = micro(total)
            if part in self.spent:
                self.spent[part] = self.told[part]

    def _moved(self, part: Part_, to: JobStatus) -> None:
        kind = MONEY[self.status[part], to]
        self.status[part] = to
        if kind is not None:
            expected = 0 if kind is Money.RELEASE else self.price[part]
            self.spent[part] = self.told.get(part, expected)

    @invariant()
    def the_ledger_says_the_same_and_the_budgets_are_its_sums(self) -> None:
        async def read() -> None:
            async with self.db.read() as conn:
                expected = {
                    part: (0, self.spent[part]) if part in self.spent else (held, 0)
                    for part, held in self.price.items()
                }
                assert await books.of_parts(conn) == expected
                assert await books.closed(conn) == dict.fromkeys(self.spent, 1)
                assert await books.budgeted(conn) == await books.booked(conn)

        self.loop.run(read())

    @invariant()
    def reports_add_up_to_the_ledger(self) -> None:
        async def read() -> None:
            async with self.db.read() as conn:
                booked = await books.booked(conn)
                for owner in ("T1", "T2"):
                    of_owner = {each[1:]: sums for each, sums in booked.items() if each[0] == owner}
                    assert told(await reports.lines(conn, owner)) == of_owner

        self.loop.run(read())

    @invariant()
    def each_project_has_what_its_orders_cost(self) -> None:
        expected: Counter[str] = Counter()
        for part, held in self.price.items():
            expected[self.projects[part[0]]] += self.spent.get(part, held)

        async def read() -> list[reports.Line]:
            async with self.db.read() as conn:
                return [line for owner in ("T1", "T2") for line in await reports.lines(conn, owner)]

        found = reports.by(self.loop.run(read()), lambda line: line.project or "")
        assert Counter({project: sums.held + sums.spent for project, sums in found.items()}) == expected


def told(lines: Sequence[reports.Line]) -> dict[tuple[str, str], tuple[int, int]]:
    """What a report comes to by month and each way to count; what comes to nothing is left out."""
    keys: dict[str, Callable[[reports.Line], str]] = {
        "team": lambda _line: "team",
        "user": lambda line: f"user:{line.user_id}",
        "channel": lambda line: f"channel:{line.channel_id}",
        "model": lambda line: f"model:{line.model}",
    }
    return {
        (scope, month): (sums.held, sums.spent)
        for month in {line.month for line in lines}
        for key in keys.values()
        for scope, sums in reports.by([line for line in lines if line.month == month], key).items()
        if sums.held or sums.spent
    }


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_random_lives_cost_what_they_should(fresh_url: Callable[[], str]) -> None:
    accounts = type("AccountsInADatabase", (Accounts,), {"fresh_url": staticmethod(fresh_url)})
    run_state_machine_as_test(
        accounts,
        settings=settings(
            max_examples=settings().max_examples * 3 // 10,  # each is many steps
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
