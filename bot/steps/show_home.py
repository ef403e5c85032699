"""Show a Home: bring a person's own page in the app up to the truth in the database."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NotInstalled
from bot.messages.audit_page import SHOWN
from bot.messages.home import ASKED, RESULTS, HomeState, home
from bot.slack import CallBroken, NotAllowed, SlackTeam
from bot.slack.card_links import card_links
from bot.steps.needs import needs_of
from bot.steps.shortfalls import budgets_of
from bot.steps.sides import card_by_card
from bot.steps.tools import Tools
from bot.teams.recent import Recent
from bot.teams.rulebook import Book
from bot.troubles import cause_of, is_ours, log_trouble
from storage import (
    allowances,
    audit_lately,
    card_store,
    gate_store,
    homes,
    money,
    objections,
    pause_store,
    reports,
    states,
)
from storage.audit_lately import Done
from storage.cards import Card, OrderState
from storage.gates import Gate, GateKind
from storage.limits import Shortfall, Standing
from storage.reports import Report
from storage.states import NEWEST, Mark

_log = structlog.get_logger(__name__)

_AGAIN_S = 5.0
"""Until the next try, where Slack does not say."""
_LINKS_WITHIN_S = 3.0
"""A Home is shown without those that are late."""
_LINKS_KEPT = 5_000
_ADMIN_WITHIN_S = 3.0


class ShowHome:
    """Publishes Homes that are behind; whoever has left theirs sees it when they come back."""

    def __init__(self, tools: Tools, *, ask_again_from_usd: Decimal) -> None:
        """Take what it works with, and the price from which Generate asks once more."""
        self._tools = tools
        self._ask_again_from_usd = ask_again_from_usd
        self._links: Recent[tuple[str, str], str] = Recent(_LINKS_KEPT)
        """By channel and message; none of them ever changes."""

    async def __call__(self, cards: list[Card]) -> None:
        """Show each Home once; what fails is tried again while its person may be looking at it."""
        await card_by_card(cards, self._show, self._later, step="show home")

    async def _show(self, card: Card) -> None:
        installation = await self._tools.teams.need_token(card.enterprise_id, card.team_id)
        slack = self._tools.slack.team(installation)
        (card, state), is_admin, is_paid = await asyncio.gather(
            self._read(card, installation.id, slack),
            self._is_admin(card),
            self._tools.accounts.would_pay(installation),
        )
        as_member = is_admin and bool(card.as_member)
        is_admins = is_admin and not as_member
        book = await self._tools.roles.rulebook.of(card)
        state = replace(
            state,
            is_admins=is_admins,
            as_member=as_member,
            is_paid=is_paid,
            allowances=[each for each in state.allowances if is_admins or each.user_id == card.user_id],
            lacking=await self._lacking(state),
            need_approval=[each.order.id for each in state.live if await needs_of(self._tools, each.order)],
            ask_again_from_usd=self._ask_again_from_usd,
            budgets=await self._budgets(card, book, is_admins=is_admins) if state.is_first else (),
            zone=book.rules.zone,
            report=await self._report(card, book, is_admins=is_admins),
            done=await self._done(card, installation.id) if is_admins else None,
        )
        view_id = await slack.publish_home(card.user_id, home(self._tools.words, state))
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            shown = await card_store.card_shown(
                conn, card, now=now, channel=None, ts=view_id, moved=False, quiet=True
            )
            if shown is None:
                # The lease ended on the way, so that this may have come over somebody's newer one.
                await card_store.newer(conn, card.id, now=now)

    async def _read(self, card: Card, installation_id: str, slack: SlackTeam) -> tuple[Card, HomeState]:
        """The card as it was read with what it has to show, so that it says which revision that is."""
        async with self._tools.database.read() as conn:
            now = await card_store.find(conn, card.id)
            held = now if now is not None and now.lease_token == card.lease_token else card
            before = Mark.read(held.page or "") or NEWEST
            live, over = await states.mine(conn, held, before=before, limit=RESULTS + 1)
            asked = await _asked(conn, held, installation_id)
            pauses = await pause_store.of_installation(conn, installation_id)
            allowed = await allowances.of_installation(conn, installation_id)
            objects = await objections.stands(conn, held)
        page = over[:RESULTS]
        older = Mark.after(page[-1]).written() if len(over) > RESULTS else None
        return held, HomeState(
            viewer=held.user_id,
            asked=asked,
            live=live,
            over=page,
            links=await self._links_of(slack, [*live, *page]),
            older=older,
            is_first=before == NEWEST,
            now=self._tools.clock(),
            pauses=pauses,
            allowances=allowed,
            shows_allowances=held.page == homes.ALLOWANCES,
            objects=objects,
        )

    async def _lacking(self, state: HomeState) -> Mapping[str, Sequence[Shortfall]]:
        """By what the yeses that the person is asked for would raise budgets."""
        for_more = [(each, gate) for each, gate in state.asked[:ASKED] if gate.kind is GateKind.BUDGET]
        return {gate.id: (await budgets_of(self._tools, gate, each.order))[1] for each, gate in for_more}

    async def _budgets(self, card: Card, book: Book, *, is_admins: bool) -> Sequence[Standing]:
        """How the limits stand of which the person sees what is left: their own, and admins the team's."""
        seen = {f"{money.USER}:{card.user_id}", *([money.TEAM] if is_admins else [])}
        return [each for each in await self._tools.roles.rulebook.budgets(book) if each.scope in seen]

    async def _report(self, card: Card, book: Book, *, is_admins: bool) -> Report | None:
        """What was spent, as far as the person may see it; None: that is not what they look at."""
        if card.page != homes.USAGE:
            return None
        month = money.month_of(self._tools.clock(), book.rules.zone)
        whose = None if is_admins else card.user_id
        async with self._tools.database.read() as conn:
            return await reports.report(conn, book.installation_id, month, user_id=whose)

    async def _done(self, card: Card, installation_id: str) -> Sequence[Done] | None:
        """The last that was done there; None: that is not what they look at."""
        if card.page != homes.AUDIT:
            return None
        async with self._tools.database.read() as conn:
            return await audit_lately.latest(conn, {installation_id, card.team_id}, at_most=SHOWN)

    async def _is_admin(self, card: Card) -> bool:
        """Whether to offer what only admins may; where Slack does not tell in time, the next Home may."""
        try:
            async with asyncio.timeout(_ADMIN_WITHIN_S):
                return await self._tools.roles.people.may_administer(card)
        except TimeoutError:
            return False

    async def _links_of(self, slack: SlackTeam, mine: Sequence[OrderState]) -> Mapping[str, str]:
        """The ways to the cards, of which only those are asked for that are new here."""
        shown = {_place(each): each for each in mine if each.is_posted}
        new = [each for place, each in shown.items() if place not in self._links]
        told = await card_links(slack, new, within_s=_LINKS_WITHIN_S)
        for each in new:
            if each.order.id in told:
                self._links[_place(each)] = told[each.order.id]
        return {each.order.id: self._links[at] for at, each in shown.items() if at in self._links}

    async def _later(self, card: Card, error: Exception) -> None:
        now = self._tools.clock()
        wait_s = self._wait_s(card, error, now)
        if is_ours(error):
            log_trouble("the Home broke", error, next_try_s=wait_s)
        else:
            _log.info("the Home is not shown", cause=cause_of(error), next_try_s=wait_s)
        due_at = None if wait_s is None else now + wait_s
        async with self._tools.database.write() as conn:
            await card_store.card_later(conn, card, due_at=due_at)

    @staticmethod
    def _wait_s(card: Card, error: Exception, now: float) -> float | None:
        """As long as Slack asks; None: only somebody who opens it again makes it worth another try."""
        if isinstance(error, NotInstalled | NotAllowed | CallBroken) or not homes.is_looked_at(card, now):
            return None
        asked_s: float | None = getattr(error, "retry_after_s", None)
        return _AGAIN_S if asked_s is None else asked_s


async def _asked(conn: AsyncConnection, home: Card, installation_id: str) -> list[tuple[OrderState, Gate]]:
    """What waits for the person's yes, with the orders it is about."""
    waiting = await gate_store.waiting_for(conn, installation_id, home.user_id, limit=ASKED + 1)
    found = await states.find_all(conn, [gate.order_id for gate in waiting]) if waiting else []
    of_orders = {state.order.id: state for state in found}
    return [(of_orders[gate.order_id], gate) for gate in waiting if gate.order_id in of_orders]


def _place(state: OrderState) -> tuple[str, str]:
    """Where its card stands: channel and message, which no two workspaces share."""
    card = state.card
    return ("", "") if card is None else (card.channel or "", card.ts or "")
