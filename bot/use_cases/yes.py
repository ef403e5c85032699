"""A yes that is spent: what was offered begins at once, or waits for those who have to say yes as well."""

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker, Births, models_of
from bot.asking.begin import begin
from bot.asking.drafts import Draft
from bot.asking.highest import highest_usd
from bot.teams import allowances
from bot.teams.approval import answerers, approval_of
from bot.teams.rulebook import Book
from bot.use_cases.confirmation import Confirmation
from storage import audit, card_store, gate_store, input_store, ledger, limits, money, order_store, raises
from storage.allowances import Allowance
from storage.gates import Gate, GateKind
from storage.limits import OverBudget, Shortfall
from storage.orders import Order, OrderStatus

_HOUR_S = 3600.0


class Yes(NamedTuple):
    """A yes, of an asker or an approver, and all that it is taken by."""

    asker: Asker
    book: Book
    """The rules that hold there."""
    account_key: str
    """Of the account that pays."""
    still_approve: Collection[str] | None = None
    """Of the approvers who have allowed it beforehand, by user id, those whom Slack still shows there; None:
    nobody has."""


class Spend(Protocol):
    """One way to spend a yes; see `spend`."""

    async def __call__(  # noqa: D102 - see there
        self, conn: AsyncConnection, births: Births, order: Order, yes: Yes, *, now: float
    ) -> Confirmation: ...


async def spend(conn: AsyncConnection, births: Births, order: Order, yes: Yes, *, now: float) -> Confirmation:
    """Begin what its asker says yes to, unless the team's rules want the yes of others as well.

    Args:
        conn: a writing transaction, in which the rules stay as they are and the order is locked.
        births: makes the jobs.
        order: as it was offered, with an offer that is good.
        yes: its asker's.
        now: seconds since the epoch.

    Raises:
        OverBudget: a budget does not cover it; roll back.
    """
    asker, book, account_key, _ = yes
    needs = approval_of(book.rules, order.user_id, highest_usd(order))
    if needs is not None:
        await _see_covered(conn, order, book, now=now)
        return await _wait(conn, births, order, yes, kind=GateKind.APPROVAL, needed=needs.needed, now=now)
    moved = await begin(
        conn, births, order, account_key, now=now, confirmed_by=asker.user_id, confirmed_at=now
    )
    if moved is None:
        return Confirmation.ALREADY_DONE
    await keep_and_hold(conn, moved, book, now=now)
    await card_store.show(conn, moved, now=now)  # then the log, last: locks are taken in that order
    await audit.append(conn, audited.confirmed(moved, asker, account_key), now=now)
    return Confirmation.ACCEPTED


async def ask_for_more(
    conn: AsyncConnection, births: Births, order: Order, yes: Yes, *, now: float
) -> Confirmation:
    """Have those asked who can raise a budget that does not cover it; for arguments see `spend`."""
    needs = approval_of(yes.book.rules, order.user_id, highest_usd(order))
    needed = 1 if needs is None else needs.needed
    return await _wait(conn, births, order, yes, kind=GateKind.BUDGET, needed=needed, now=now)


async def keep_and_hold(conn: AsyncConnection, begun: Order, book: Book, *, now: float) -> None:
    """Do what belongs to the last yes: keep its inputs, and set aside what it costs.

    Raises:
        OverBudget: a budget does not cover it; roll back.
    """
    await input_store.keep(conn, begun.id, until=now + book.rules.inputs_kept_s)
    await _hold(conn, begun, book, now=now)


async def _hold(conn: AsyncConnection, order: Order, book: Book, *, now: float) -> None:
    models, project = models_of(order), Draft.model_validate_json(order.draft).project
    await ledger.hold(
        conn,
        order,
        models,
        owner_id=book.installation_id,
        zone=book.rules.zone,
        project=project,
        now=now,
    )


async def _see_covered(conn: AsyncConnection, order: Order, book: Book, *, now: float) -> None:
    """See that budgets cover an order, before others are asked for what their yes could not begin.

    Nothing is set aside yet, so that the last yes may find it otherwise.

    Raises:
        OverBudget: they do not; roll back.
    """
    async with conn.begin_nested() as tried:
        await _hold(conn, order, book, now=now)
        await tried.rollback()


async def raise_and_hold(
    conn: AsyncConnection, begun: Order, book: Book, *, now: float
) -> tuple[Shortfall, ...]:
    """As `keep_and_hold`, with what is lacking added to the budgets for this month. Returns what was.

    What of that is not used in the end is taken back by what ends the holds: see `storage.money.kept`.
    """
    owner_id, month = book.installation_id, money.month_of(now, book.rules.zone)
    # Whoever has this row is alone with the month's budgets: what is lacking is what is added.
    await limits.raise_for(conn, owner_id, money.TEAM, month, Decimal(0))
    try:
        async with conn.begin_nested():
            await keep_and_hold(conn, begun, book, now=now)
    except OverBudget as over:
        for short in over.shortfalls:
            await limits.raise_for(conn, owner_id, short.scope, over.month, short.lacking_usd)
        await keep_and_hold(conn, begun, book, now=now)
        await raises.note(conn, begun.id, {short.scope: short.lacking_usd for short in over.shortfalls})
        return over.shortfalls
    return ()


async def _wait(
    conn: AsyncConnection,
    births: Births,
    order: Order,
    yes: Yes,
    *,
    kind: GateKind,
    needed: int,
    now: float,
) -> Confirmation:
    book = yes.book
    approvers = answerers(book, kind, order.user_id)
    if len(approvers) < needed:
        return Confirmation.NOBODY_APPROVES
    ends_at = now + book.rules.approval_hours * _HOUR_S
    moved = await order_store.move(
        conn,
        order,
        OrderStatus.AWAITING_APPROVAL,
        now=now,
        expect={order.status},
        spends=order.offer_id,
        visible=False,
        confirmed_by=yes.asker.user_id,
        confirmed_at=now,
        due_at=ends_at,
        expires_at=ends_at,
    )
    if moved is None:
        return Confirmation.ALREADY_DONE
    asked = _Asked(births.new_id(), kind, needed, tuple(approvers))
    gate = _gate(moved, asked, owner_id=book.installation_id, opened_at=now, ends_at=ends_at)
    await gate_store.open_gate(conn, gate)
    return await _ask_or_begin(conn, births, moved, gate, yes, now=now)


async def _ask_or_begin(
    conn: AsyncConnection, births: Births, order: Order, gate: Gate, yes: Yes, *, now: float
) -> Confirmation:
    """Count what approvers have allowed beforehand; where that is not enough, have them asked."""
    counted = await _allowed(conn, order, gate, yes)
    for each in counted:
        gate = await gate_store.approve(conn, gate, each.user_id, now=now, allowance_id=each.id)
    begun = await _begin(conn, births, order, yes, now=now) if len(counted) == gate.needed else None
    await card_store.show(conn, begun or order, now=now)
    if begun is None:
        await gate_store.show(conn, gate, order, now=now)
    await audit.append(conn, audited.asked_others(order, yes.asker, gate), now=now)
    for at, each in enumerate(counted, start=1):
        is_last = begun is not None and at == gate.needed
        await audit.append(conn, audited.allowed(order, gate, each, is_last=is_last), now=now)
    return Confirmation.WAITS if begun is None else Confirmation.ACCEPTED


async def _allowed(conn: AsyncConnection, order: Order, gate: Gate, yes: Yes) -> list[Allowance]:
    """What counts as the yeses of approvers who are not asked; at most as many as it takes.

    Until the transaction ends nobody takes one back, and the rules stay as they are.
    """
    book = yes.book
    if gate.kind is not GateKind.APPROVAL or not yes.still_approve:
        return []
    found = await allowances.allowed(conn, order, book, lock=True)
    return [each for each in found if each.user_id in yes.still_approve][: gate.needed]


async def _begin(conn: AsyncConnection, births: Births, order: Order, yes: Yes, *, now: float) -> Order:
    """Begin what waits for nobody. Raises OverBudget: roll back."""
    begun = await begin(conn, births, order, yes.account_key, now=now)
    if begun is None:
        raise RuntimeError("a locked order has moved")
    await keep_and_hold(conn, begun, yes.book, now=now)
    return begun


class _Asked(NamedTuple):
    """Who is asked for what."""

    id: str
    kind: GateKind
    needed: int
    approvers: tuple[str, ...]


def _gate(order: Order, asked: _Asked, *, owner_id: str, opened_at: float, ends_at: float) -> Gate:
    return Gate(
        **asked._asdict(),
        order_id=order.id,
        owner_id=owner_id,
        enterprise_id=order.enterprise_id,
        team_id=order.team_id,
        offer_id=order.offer_id or "",
        opened_at=opened_at,
        ends_at=ends_at,
    )
