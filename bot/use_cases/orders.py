"""The use cases: what a person may do to an order. Each is one guarded change, made in one transaction."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from bot import audited
from bot.asking.addresses import draft_for, handed_on, open_draft, stored
from bot.asking.asks import (
    NO_OFFER,
    Asker,
    Births,
    Place,
    account_of_offer,
    changed_by_form,
    still_prepared,
)
from bot.asking.drafts import DRAFT_LIFE_S, Draft
from bot.asking.plan import plan, with_only
from bot.asking.room import check_room
from bot.patience import Patience
from bot.roles import Roles
from bot.teams.consents import recall
from bot.teams.installations import Teams
from bot.teams.rights import Deed, Role
from bot.use_cases import yes
from bot.use_cases.askers import allowing, check, order_of, role_in, there, while_rules_stay
from bot.use_cases.confirmation import Confirmation, why_not
from bot.use_cases.consents import unsaid
from bot.use_cases.lately import without_spoiled
from storage import audit, card_store, endings, input_store, order_store, pause_store, states
from storage import rules as rules_store
from storage.audit import Entry
from storage.cards import OrderState, Statuses
from storage.database import Database
from storage.encryption import Cipher
from storage.limits import OverBudget
from storage.orders import NewOrder, Order, OrderStatus
from storage.states import Mark

_LATELY = 20


class Orders:
    """Opens, changes, confirms and ends orders.

    `account_key` names the sync.so account that pays, from memory while that is believed to; `public_url` is
    where sync.so can reach the app (None: results are polled); `wake` tells the worker that something is due;
    `new_id` makes opaque ids; `cipher` seals the links' addresses and the bodies that hold them.

    What somebody may not do raises `Forbidden` (`bot.teams.rights`) or `RuledOut` (`bot.teams.rules`).
    """

    def __init__(  # noqa: PLR0913 - it is where the use cases meet what they work with
        self,
        database: Database,
        cipher: Cipher,
        teams: Teams,
        roles: Roles,
        *,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        account_key: Callable[[str | None, str, str | None], Awaitable[str]],
        public_url: str | None,
        patience: Patience,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._teams = teams
        self._roles = roles
        self._clock = clock
        self._wake = wake
        self._account_key = account_key
        self._births = Births(cipher, new_id, public_url)
        self._patience = patience

    async def draft(
        self,
        asker: Asker,
        place: Place,
        draft: Draft,
        *,
        request_key: str,
        show: bool,
        told: Entry | None = None,
    ) -> OrderState:
        """Keep an ask that a form will complete, once for each `request_key`.

        With `show` its card stands in the thread and asks for what is missing; `told` goes into the
        audit log.

        Raises:
            RuledOut: a rule of the team's stands against it.
            TooManyOpen: the asker has as many orders open as one person may.
        """
        await self._roles.gate.at_once(asker, place.channel_id)
        now = self._clock()
        new = self._births.new_order(
            asker, place, draft, request_key, OrderStatus.DRAFT, due_at=now + DRAFT_LIFE_S, show=show
        )
        async with self._database.write() as conn:
            order, created = await order_store.create(conn, new, now=now)
            if created:
                await check_room(conn, order, for_more=not show)
            is_bare = created and not show
            state = OrderState(order, None, ()) if is_bare else await states.state_of(conn, order)
            if created and told is not None:
                await audit.append(conn, told, now=now)
        if created and show:
            self._wake()
        return state

    async def start(self, asker: Asker, place: Place, draft: Draft, *, request_key: str) -> str | None:
        """Take a complete ask and prepare its price, once for each `request_key`.

        Returns:
            The new order's id; None: the same request came before.

        Raises:
            RuledOut: a rule of the team's stands against it.
            TooManyOpen: the asker has as many orders open as one person may.
        """
        await self._roles.gate.at_once(asker, place.channel_id, draft)
        begun = self._begun(asker, place, draft, request_key)
        return begun.id if await self._start(begun) else None

    async def find(self, order_id: str, asker: Asker) -> OrderState | None:
        """An order of the asker's workspace or Enterprise organisation; never one of another's."""
        async with self._database.read() as conn:
            order = await order_of(conn, order_id, asker)
            return None if order is None else await states.state_of(conn, order)

    async def with_cards(self, order_ids: Collection[str], *, late: float) -> list[OrderState]:
        """Those orders whose cards stand, or will not before `late`.

        Of any workspace: for the app's own work, never for what a person named.
        """
        async with self._database.read() as conn:
            found = await card_store.standing_or_late(conn, order_ids, late=late)
            return await states.find_all(conn, found) if found else []

    async def lately(self, order: Order) -> list[OrderState]:
        """The latest orders of an order's asker, newest first."""
        async with self._database.read() as conn:
            return await states.recent(conn, order, limit=_LATELY)

    async def check(self, deed: Deed, order: Order, asker: Asker) -> None:
        """Raises Forbidden: this is not for that person to do; RuledOut: they may not use the app at all.

        Of the latter its asker is not asked here: what they have begun is theirs to end, and to have.
        """
        await check(deed, order, asker, self._teams, self._database)
        if order.user_id != asker.user_id:
            await self._roles.gate.at_once(there(asker, order), None)

    async def is_from_elsewhere(self, asker: Asker) -> bool:
        """Whether they are of another organisation than the workspace whose app they use."""
        return await role_in(asker, asker, self._teams, self._database) is Role.OUTSIDER

    def draft_for(self, order: Order, asker: Asker) -> Draft:
        """An order's draft as this person may see it; see `bot.asking.addresses`."""
        return draft_for(order, asker.user_id, self._cipher)

    async def own(self, asker: Asker, statuses: Statuses, *, before: Mark, limit: int) -> list[OrderState]:
        """The asker's own orders in one of `statuses`, newest first, from a place in the list on."""
        async with self._database.read() as conn:
            return await states.own(conn, asker, statuses=statuses, before=before, limit=limit)

    async def submit(self, order_id: str, asker: Asker, draft: Draft) -> Order | None:
        """Take a filled form: prepare and price it (again). None: there is none, or it has moved on.

        Raises:
            Forbidden: only its asker may.
            RuledOut: a rule of the team's stands against it.
            TooManyOpen: the asker has as many orders open as one person may.
        """
        known = await self._known(Deed.CHANGE, order_id, asker)
        if known is None:
            return None
        await self._roles.gate.at_once(there(asker, known), known.channel_id, draft)
        now = self._clock()
        async with self._database.write() as conn:
            order = await order_of(conn, order_id, asker, lock=True)
            if order is None:
                return None
            old = open_draft(order, self._cipher)
            draft = changed_by_form(old, draft)
            moved = await order_store.move(
                conn,
                order,
                OrderStatus.PREPARING,
                now=now,
                due_at=now,
                **stored(draft, self._cipher, order.id, given_by=asker.user_id),
                prepared=still_prepared(order, old, draft).model_dump_json(),
                **NO_OFFER,
            )
            if moved is not None:
                await recall(conn, moved, draft, now=now)
                await input_store.try_failed_anew(conn, order.id)
                await check_room(conn, moved)
        self._wake()
        return moved

    async def confirm(
        self, order_id: str, offer_id: str, asker: Asker, *, spend: yes.Spend = yes.spend
    ) -> Confirmation:
        """Spend a click on Generate: checked again, and good for one set of jobs only.

        Where files are still on their way, the jobs come with the last of them; see `bot.asking.begin`.

        Raises:
            Forbidden: only its asker may.
            RuledOut: a rule of the team's stands against it, or it cannot be told whether one does.
            NotInstalled: the asker's workspace is not installed (any more).
            OverBudget, Paused, Objected: a budget, the switch or who is shown is against it; the offer stays.
        """
        outcome = await while_rules_stay(lambda: self._confirm(order_id, offer_id, asker, spend))
        self._wake()
        return outcome

    async def _confirm(
        self, order_id: str, offer_id: str, asker: Asker, spend: yes.Spend
    ) -> Confirmation | None:
        """As above; None: the rules have changed on the way."""
        known = await self._known(Deed.GENERATE, order_id, asker)
        if known is None:
            return Confirmation.UNKNOWN
        said = await self._let_through(known, asker)
        now = self._clock()
        async with self._database.write() as conn:
            if not await rules_store.is_latest(conn, said.book.installation_id, said.book.revision):
                return None
            order = await order_of(conn, order_id, asker, lock=True)
            if order is None:
                return Confirmation.UNKNOWN
            refusal = why_not(order, offer_id, now) or await unsaid(conn, order, said.book, self._cipher, now)
            if refusal is not None:
                return refusal
            await pause_store.check(conn, order.id)
            if account_of_offer(order) != said.account_key:
                await order_store.move(conn, order, OrderStatus.PREPARING, now=now, due_at=now, **NO_OFFER)
                return Confirmation.ACCOUNT_CHANGED
            return await spend(conn, self._births, order, said, now=now)

    async def ask_for_more(self, order_id: str, offer_id: str, asker: Asker) -> Confirmation:
        """As `confirm`, where a budget did not cover it: those are asked who can raise it.

        What is covered by now begins, or waits for approval, as any yes. Raises as `confirm`, but OverBudget.
        """
        try:
            return await self.confirm(order_id, offer_id, asker)
        except OverBudget:
            return await self.confirm(order_id, offer_id, asker, spend=yes.ask_for_more)

    async def cancel(self, order_id: str, asker: Asker) -> bool:
        """End what was not sent to sync.so, be it all of an order or the rest of it. False: it is too late.

        Raises:
            Forbidden: only its asker may.
        """
        if await self._known(Deed.CANCEL, order_id, asker) is None:
            return False
        now = self._clock()
        async with self._database.write() as conn:
            order = await order_of(conn, order_id, asker, lock=True)
            if order is None:
                return False
            if order.status is OrderStatus.RUNNING:
                ended = bool(await endings.end_unsent(conn, order.id, now=now))
            else:
                ended = await order_store.move(conn, order, OrderStatus.CANCELLED, now=now) is not None
            if ended:
                await audit.append(conn, audited.cancelled(order, asker), now=now)
        self._wake()
        return ended

    async def discard(self, order_id: str, asker: Asker) -> None:
        """Drop a draft whose form was closed; one with a card in a thread stays for another try."""
        async with self._database.write() as conn:
            order = await order_of(conn, order_id, asker, lock=True)
            if order is None or order.user_id != asker.user_id or order.status is not OrderStatus.DRAFT:
                return
            if await card_store.of_order(conn, order.id) is None:
                await order_store.move(conn, order, OrderStatus.CANCELLED, now=self._clock(), visible=False)

    async def show_again(self, order: Order) -> None:
        """Have an order's card shown once more, after a press on a button that should be gone."""
        async with self._database.write() as conn:
            await card_store.redraw(conn, order.id, now=self._clock())
        self._wake()

    async def rerun(
        self, state: OrderState, asker: Asker, *, request_key: str, position: int | None = None
    ) -> bool:
        """Ask for the same again, in the same thread; it gets a price and needs a yes of its own.

        Args:
            state: the order.
            asker: whose the new one is.
            request_key: of the press.
            position: which of its parts is asked for; None: all.

        Returns:
            False: a link's address is no longer kept, and has to be given once more; see `another`.

        Raises:
            Forbidden, RuledOut, TooManyOpen: it is not for that person to do, or not now.
        """
        order = state.order
        await self.check(Deed.AGAIN, order, asker)
        draft = Draft.model_validate_json(order.draft).model_copy(update={"shown": None})  # its asker's word
        await self._roles.gate.at_once(there(asker, order), order.channel_id, draft)
        meant = draft if position is None else plan(draft)[position].draft
        if meant.links and order.addresses is None:
            return False
        wish = draft if position is None else with_only(draft, [position])
        begun = self._begun(there(asker, order), Place.of(state), wish, request_key)
        begun = replace(begun, addresses=handed_on(order, self._cipher, to=begun.id))
        await self._start(begun, told=audited.asked_again(order, asker, position))
        return True

    async def another(
        self, state: OrderState, asker: Asker, *, request_key: str, position: int | None = None
    ) -> OrderState:
        """A new draft that begins as the old order's, or as one part of it, for a form to change.

        Raises as `rerun`.
        """
        await self.check(Deed.ANOTHER, state.order, asker)
        draft = self.draft_for(state.order, asker)
        if position is not None:
            draft = plan(draft)[position].draft
        return await self.draft(
            there(asker, state.order),
            Place.of(state),
            without_spoiled(state, draft, position),
            request_key=request_key,
            show=False,
            told=audited.asked_another(state.order, asker, position),
        )

    async def _let_through(self, order: Order, asker: Asker) -> yes.Yes:
        """See that no rule stands against a yes. Returns it with what holds now."""
        owner = there(asker, order)
        # Read first: where newer ones stand by then, the yes is not taken.
        book = await self._roles.rulebook.latest(owner)
        await self._roles.gate.at_press(owner, order.channel_id, Draft.model_validate_json(order.draft))
        priced_at = account_of_offer(order)
        account_key = await self._account_key(order.enterprise_id, order.team_id, priced_at)
        within_s = self._patience.press_s
        allow = await allowing(order, book, self._roles.people, self._database, within_s=within_s)
        return yes.Yes(asker, book, account_key, allow)

    async def _known(self, deed: Deed, order_id: str, asker: Asker) -> Order | None:
        """The order, if there is one. Raises Forbidden."""
        async with self._database.read() as conn:
            order = await order_of(conn, order_id, asker)
        if order is not None:
            await self.check(deed, order, asker)
        return order

    async def _start(self, new: NewOrder, *, told: Entry | None = None) -> bool:
        now = self._clock()
        async with self._database.write() as conn:
            created = await order_store.insert(conn, new, now=now)
            if created:
                await check_room(conn, new)
            if created and told is not None:
                await audit.append(conn, told, now=now)
        if created:
            self._wake()
        return created

    def _begun(self, asker: Asker, place: Place, draft: Draft, request_key: str) -> NewOrder:
        return self._births.new_order(
            asker, place, draft, request_key, OrderStatus.PREPARING, due_at=self._clock(), show=True
        )
