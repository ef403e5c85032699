"""The use cases of allowances: an approver says yes to what will be alike, and that is taken back."""

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Asker
from bot.steps.tools import Tools
from bot.teams.allowances import Allowable, allowable
from bot.teams.rights import Role
from bot.teams.rulebook import Book, allowance_entry
from bot.use_cases.approvals import Approvals
from bot.use_cases.askers import is_named, order_for_approver, role_in, there
from bot.use_cases.verdict import Verdict
from storage import allowances, audit, card_store, gate_store
from storage import rules as rules_store
from storage.allowances import Allowance
from storage.audit import Action
from storage.gates import Gate, card_id


class Allowing:
    """Takes what approvers press on the records of their yeses. `wake` tells the worker what is due."""

    def __init__(self, tools: Tools, approvals: Approvals, *, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._approvals = approvals
        self._wake = wake

    async def allow(self, gate_id: str, most_usd: Decimal | None, asker: Asker) -> Verdict:
        """Have an approver's yes count for what is like that which they approved, up to what they were shown.

        Raises NotInstalled.
        """
        found = await self._approvals.find(gate_id, asker)
        if found is None:
            return Verdict.UNKNOWN
        person, tools = there(asker, found[1].order), self._tools
        book = await tools.roles.rulebook.latest(person)
        is_approver = asker.user_id in book.rules.approvers and await is_named(
            person, book, tools.roles.people, within_s=tools.patience.press_s
        )
        if not is_approver:
            return Verdict.NOT_ASKED
        async with tools.database.write() as conn:
            verdict = await self._allow(conn, found[0], person, book, most_usd)
        self._wake()
        return verdict

    async def take_back(self, allowance_id: str, asker: Asker) -> bool:
        """End one that is the person's own, or that they administer. False: they have none of that id.

        Raises NotInstalled.
        """
        tools = self._tools
        async with tools.database.read() as conn:
            known = await allowances.find(conn, allowance_id, asker)
        if known is None or await role_in(known, asker, tools.teams, tools.database) is Role.OUTSIDER:
            return False
        person = there(asker, known)
        if known.user_id != asker.user_id and not await tools.roles.people.may_administer(person):
            return False
        async with tools.database.write() as conn:
            ended = await allowances.take_back(conn, allowance_id, person, now=tools.clock())
            if ended is not None:
                entry = allowance_entry(ended, Action.ALLOWANCE_ENDED, by=asker.user_id)
                await audit.append(conn, entry, now=tools.clock())
        self._wake()
        return ended is not None

    async def _allow(
        self, conn: AsyncConnection, known: Gate, approver: Asker, book: Book, most_usd: Decimal | None
    ) -> Verdict:
        """By what is stored now; the rules stay as they are until it is stored as well."""
        now = self._tools.clock()
        # The rules first: whoever changes them goes on to orders that wait.
        is_latest = await rules_store.is_latest(conn, book.installation_id, book.revision)
        order = await order_for_approver(conn, known.order_id, approver, lock=True)
        gate = await gate_store.find(conn, known.id, approver)
        if order is None or gate is None:
            return Verdict.UNKNOWN
        offered = await allowable(conn, gate, order, approver.user_id)
        await card_store.newer(conn, card_id(gate.id, approver.user_id), now=now)
        if offered is not None and offered.is_given:
            return Verdict.ALLOWED
        if not is_latest or offered is None or offered.most_usd != most_usd:
            # What they press is what they read: others of their approvals may be gone by now.
            return Verdict.NOT_ALLOWABLE
        given = await self._give(conn, gate, approver, offered, now)
        await audit.append(conn, allowance_entry(given, Action.ALLOWANCE_GIVEN, by=approver.user_id), now=now)
        return Verdict.ALLOWED

    async def _give(
        self, conn: AsyncConnection, gate: Gate, approver: Asker, offered: Allowable, now: float
    ) -> Allowance:
        new = Allowance(
            id=self._tools.new_id(),
            owner_id=gate.owner_id,
            enterprise_id=gate.enterprise_id,
            team_id=gate.team_id,
            user_id=approver.user_id,
            channel_id=offered.kind.channel_id,
            model=offered.kind.model,
            most_usd=offered.most_usd,
            at=now,
        )
        return await allowances.give(conn, new)
