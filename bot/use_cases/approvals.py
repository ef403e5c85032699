"""The use cases of approvers: yes or no to what somebody else asked for, each in one guarded transaction."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker, Births, account_of_offer
from bot.asking.begin import begin
from bot.asking.drafts import Draft
from bot.steps.anew import ask_confirmed
from bot.steps.telling import tell_end
from bot.steps.tools import Tools
from bot.teams.allowances import without_fallen
from bot.teams.rights import MAY, Deed, Role
from bot.teams.rulebook import Book
from bot.use_cases.askers import (
    allowing,
    is_named,
    is_private,
    order_for_approver,
    role_in,
    there,
    while_rules_stay,
)
from bot.use_cases.consents import unsaid
from bot.use_cases.verdict import Verdict, too_late
from bot.use_cases.yes import Yes, keep_and_hold, raise_and_hold
from storage import audit, card_store, gate_store, order_store, pause_store, states
from storage import rules as rules_store
from storage.cards import Card, OrderState
from storage.gates import DECLINED, Gate, GateKind, GateState
from storage.limits import Shortfall
from storage.orders import Order, OrderStatus


class Approvals:
    """Takes the answers of approvers. `births` makes jobs, `wake` tells the worker that something is due."""

    def __init__(self, tools: Tools, births: Births, *, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._births = births
        self._wake = wake

    async def find(self, gate_id: str, asker: Asker) -> tuple[Gate, OrderState] | None:
        """A gate of the asker's workspace or Enterprise organisation, and its order; never another's.

        People of elsewhere, in a channel that is shared with them, find none; colleagues who are not asked
        find none of what was asked for in private.
        """
        async with self._tools.database.read() as conn:
            gate = await gate_store.find(conn, gate_id, asker)
            state = None if gate is None else await states.find(conn, gate.order_id)
        if gate is None or state is None:
            return None
        if is_private(state.order, asker) and asker.user_id not in gate.approvers:
            return None
        role = await role_in(state.order, asker, self._tools.teams, self._tools.database)
        return None if role is Role.OUTSIDER else (gate, state)

    async def card(self, of_card: str) -> Card | None:
        """A card that asks an approver, as it is known to stand."""
        async with self._tools.database.read() as conn:
            return await card_store.find(conn, of_card)

    async def refusal(self, gate: Gate, order: Order, asker: Asker) -> Verdict | None:
        """Why an answer is not for that person to give, by the latest rules; None: it is."""
        book = await self._tools.roles.rulebook.latest(there(asker, order))
        return await self._refusal(gate, order, asker, book)

    async def _refusal(self, gate: Gate, order: Order, asker: Asker, book: Book) -> Verdict | None:
        person = there(asker, order)
        if asker.user_id == order.user_id and not book.rules.may_approve_own:
            return Verdict.OWN
        people, within_s = self._tools.roles.people, self._tools.patience.press_s
        is_asked = asker.user_id in gate.approvers and await is_named(person, book, people, within_s=within_s)
        role = Role.APPROVER if is_asked else Role.COLLEAGUE
        return None if role in MAY[Deed.APPROVE] else Verdict.NOT_ASKED

    async def approve(self, gate_id: str, asker: Asker) -> Verdict:
        """Take a yes; with the last one money is held and it begins, as with an asker's.

        Raises:
            RuledOut: a rule of the team's stands against it by now, or it cannot be told whether one does.
            OverBudget, Paused, Objected: a budget does not cover it any more, nothing may begin, or somebody
                objects to being shown; it goes on waiting.
            NotInstalled, NotConnected: the workspace has not the app, or no account, any more.
        """
        verdict = await while_rules_stay(lambda: self._try(gate_id, asker))
        self._wake()
        return verdict

    async def _try(self, gate_id: str, asker: Asker) -> Verdict | None:
        """As above; None: the rules have changed on the way."""
        found = await self.find(gate_id, asker)
        if found is None:
            return Verdict.UNKNOWN
        gate, order = found[0], found[1].order
        tools, owner = self._tools, Asker(order.enterprise_id, order.team_id, order.user_id)
        book = await tools.roles.rulebook.latest(owner)
        refusal = await self._refusal(gate, order, asker, book)
        if refusal is not None:
            return refusal
        draft = Draft.model_validate_json(order.draft)
        await tools.roles.gate.at_press(owner, order.channel_id, draft)
        account_key = await tools.accounts.key_of_team(
            order.enterprise_id, order.team_id, account_of_offer(order)
        )
        still = None
        if gate.by_allowance:
            press_s = tools.patience.press_s
            still = await allowing(order, book, tools.roles.people, tools.database, within_s=press_s)
        async with tools.database.write() as conn:
            if not await rules_store.is_latest(conn, book.installation_id, book.revision):
                return None
            return await self._approve(conn, gate, Yes(asker, book, account_key, still))

    async def decline(self, gate_id: str, asker: Asker, reason: str) -> Verdict:
        """Take a no: the order ends, and its asker is told why."""
        found = await self.find(gate_id, asker)
        if found is None:
            return Verdict.UNKNOWN
        refusal = await self.refusal(found[0], found[1].order, asker)
        if refusal is not None:
            return refusal
        async with self._tools.database.write() as conn:
            verdict = await self._decline(conn, found[0], asker, reason)
        self._wake()
        return verdict

    async def _approve(self, conn: AsyncConnection, known: Gate, yes: Yes) -> Verdict:
        tools, now = self._tools, self._tools.clock()
        asker, book, account_key, still = yes
        waiting = await _locked(conn, known, asker, now)
        if waiting is None:
            return Verdict.TOO_LATE
        order, gate = waiting
        await pause_store.check(conn, order.id)
        gate = await without_fallen(conn, gate, order, book, still=still)
        if asker.user_id in gate.approved_by:
            return Verdict.SAID_ALREADY
        if await unsaid(conn, order, book, tools.cipher, now) is not None:
            return Verdict.CONSENT_UNSAID
        if account_of_offer(order) != account_key:
            await ask_confirmed(conn, tools, await states.state_of(conn, order))
            return Verdict.ACCOUNT_CHANGED
        gate = await gate_store.approve(conn, gate, asker.user_id, now=now)
        is_last, raised = len(gate.approved_by) >= gate.needed, tuple[Shortfall, ...]()
        if is_last:
            order, raised = await self._begin(conn, order, gate, book, account_key, now)
        await card_store.show(conn, order, now=now)
        await gate_store.show(conn, gate, order, now=now)
        await audit.append(conn, audited.approved(order, asker, gate, raised), now=now)
        return Verdict.BEGUN if is_last else Verdict.NOTED

    async def _begin(
        self, conn: AsyncConnection, order: Order, gate: Gate, book: Book, account_key: str, now: float
    ) -> tuple[Order, tuple[Shortfall, ...]]:
        """Begin what everybody has said yes to. Returns it as it is now, and what budgets were raised by."""
        begun = await begin(conn, self._births, order, account_key, now=now)
        if begun is None:
            raise RuntimeError("a locked order has moved")
        if gate.kind is GateKind.BUDGET:
            return begun, await raise_and_hold(conn, begun, book, now=now)
        await keep_and_hold(conn, begun, book, now=now)
        return begun, ()

    async def _decline(self, conn: AsyncConnection, known: Gate, asker: Asker, reason: str) -> Verdict:
        now, by = self._tools.clock(), asker.user_id
        waiting = await _locked(conn, known, asker, now)
        if waiting is None:
            return Verdict.TOO_LATE
        order, gate = waiting
        closed = await gate_store.close(
            conn, order.id, GateState.DECLINED, now=now, by=by, reason=reason or None
        )
        await order_store.move(conn, order, OrderStatus.CANCELLED, now=now, failure_code=DECLINED)
        await gate_store.show(conn, gate, order, now=now)
        await tell_end(conn, self._tools, order, closed or gate, now=now)
        await audit.append(conn, audited.declined(order, asker, closed or gate), now=now)
        return Verdict.DECLINED


async def _locked(conn: AsyncConnection, known: Gate, asker: Asker, now: float) -> tuple[Order, Gate] | None:
    """Order and gate as they are now, the order locked; None: it is too late for an answer."""
    order = await order_for_approver(conn, known.order_id, asker, lock=True)
    gate = await gate_store.find(conn, known.id, asker)
    if order is None or gate is None or too_late(gate, order, now):
        return None
    return order, gate
