"""The buttons of the card: Generate, Change, Cancel, and what an ended job offers."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from bot.asking.drafts import Draft
from bot.asking.plan import plan
from bot.errors import NotConnected
from bot.messages import objection, presses
from bot.messages.approval_presses import nobody_approves, nobody_raises
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.consent import say_first
from bot.messages.deleting import forgotten_card
from bot.messages.delivery import title
from bot.messages.ids import Action, read_button, read_option
from bot.messages.over_budget import over_budget
from bot.messages.part_menu import really_give_up
from bot.messages.paused import at_generate
from bot.messages.refusals import ruled_out
from bot.services import Services
from bot.sync_api.errors import SyncApiError
from bot.teams.rights import Deed, Forbidden, Role, RuledOut
from bot.use_cases.confirmation import Confirmation
from handlers.consents import ConsentForms
from handlers.forms import Forms
from handlers.old_cards import is_old_card
from handlers.replies import replace_clicked, reply_privately
from handlers.routing import Answer, Ask, Route
from storage.cards import OrderState
from storage.consents import Objected
from storage.jobs import Job, JobStatus, job_id
from storage.limits import OverBudget
from storage.orders import Forgotten, Order, OrderStatus
from storage.pauses import Paused

_NUMBER = re.compile("[0-9]{1,3}")
_REDRAWN_ONCE_IN_S = 60.0
_DONE_ONCE_IN_S = 3.0
"""A button that makes or asks for something new does it once for somebody who presses again and again."""


class Cards:
    """Hands every press to its use case, which checks it again: team, person, price and state."""

    def __init__(self, services: Services, forms: Forms, consents: ConsentForms) -> None:
        self._services = services
        self._forms = forms
        self._consents = consents
        self._of_parts: Mapping[str, Route] = {
            Action.RERUN: self.rerun,
            Action.ANOTHER: self.another,
            Action.DOWNLOAD: self.download,
            Action.CHECK: self.check,
            Action.GIVE_UP: self._ask_to_give_up,
        }

    async def generate(self, ask: Ask) -> Answer:
        """Spend the offer, once."""
        order_id, offer_id = _button(ask)
        with self._told_if_forbidden(ask):
            try:
                outcome = await self._services.orders.confirm(order_id, offer_id or "", ask.asker)
            except OverBudget as over:
                await self._tell_over_budget(ask, over)
                return None
            await self._tell_outcome(ask, order_id, outcome)
        self._retire_old_card(ask, await self._services.orders.find(order_id, ask.asker))
        return None

    async def ask_for_more(self, ask: Ask) -> Answer:
        """Spend the offer, once those who can have raised the budget that did not cover it."""
        order_id, offer_id = _button(ask)
        with self._told_if_forbidden(ask):
            outcome = await self._services.orders.ask_for_more(order_id, offer_id or "", ask.asker)
            await self._tell_outcome(ask, order_id, outcome, for_more=True)
        return None

    async def _tell_outcome(
        self, ask: Ask, order_id: str, outcome: Confirmation, *, for_more: bool = False
    ) -> None:
        """Why a yes, or a wish `for_more` budget, spent nothing; what it did is on the card."""
        if outcome in {Confirmation.ACCEPTED, Confirmation.WAITS}:
            return
        # Read anew: what it became since, perhaps by the first of two presses, decides the words.
        state = await self._services.orders.find(order_id, ask.asker)
        if state is None:
            self._tell(ask, await self._not_found(ask))
        elif outcome is Confirmation.CONSENT_UNSAID:
            self._tell(ask, say_first(self._services.words, state.order))
        elif outcome is Confirmation.NOBODY_APPROVES:
            book = await self._services.roles.rulebook.of(ask.asker)
            words = nobody_raises if for_more else nobody_approves
            is_admins = ask.asker.user_id in book.admins
            self._tell(ask, words(self._services.words, book.admins, is_admins=is_admins))
        elif for_more and state.order.status is OrderStatus.AWAITING_APPROVAL:
            self._tell(ask, presses.asked_for_more_already(self._services.words))
        else:
            self._tell(ask, _refusal(self._services.words, outcome, state))
        self._show_again(state)

    async def change(self, ask: Ask) -> Answer:
        """Open the form of an order that was not confirmed; nothing changes until it is sent."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.CHANGE, state.order, ask.asker)
            if state.order.status in {OrderStatus.DRAFT, OrderStatus.OFFERED}:
                self._forms.open(ask, state)
            else:
                self._tell_too_late(ask, state)
        return None

    async def say_who_is_shown(self, ask: Ask) -> Answer:
        """Open the form that asks it; nothing changes until it is sent."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            asked = await self._services.consents.ask(state.order.id, ask.asker)
            if asked is None:
                self._tell_too_late(ask, state)
            else:
                self._consents.open(ask, asked)
        return None

    async def pick(self, ask: Ask) -> Answer:
        """Settle which of several things a video shall say."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.CHANGE, state.order, ask.asker)
            picked = await self._services.conversations.pick(state.order.id, ask.asker, _number(ask))
            if picked is None:
                self._tell_too_late(ask, state)
        return None

    async def cancel(self, ask: Ask) -> Answer:
        """End an order, or what is left of it, before it was sent to sync.so."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            if not await self._services.orders.cancel(state.order.id, ask.asker):
                now = await self._services.orders.find(state.order.id, ask.asker) or state
                self._tell(ask, presses.too_late_to_cancel(self._services.words, now.status))
                self._show_again(now)
        return None

    async def rerun(self, ask: Ask) -> Answer:
        """The same again, as a new order with a new price."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.AGAIN, state.order, ask.asker)
            if not self._is_first(ask):
                return None
            again = self._services.orders.rerun(
                state, ask.asker, request_key=_press(ask), position=_position(ask, state)
            )
            if not await again:
                await self._open_another(ask, state)
        return None

    async def another(self, ask: Ask) -> Answer:
        """A new order whose form begins as this one's."""
        state = await self._state(ask)
        if state is None:
            return None
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.ANOTHER, state.order, ask.asker)
            if self._is_first(ask):
                await self._open_another(ask, state)
        return None

    async def download(self, ask: Ask) -> Answer:
        """A fresh link to a video that was made; told to the presser alone, since it is signed."""
        state = await self._state(ask)
        if state is None:
            return None
        job = _job(ask, state)
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.DOWNLOAD, state.order, ask.asker)
            if job is not None and job.generation_id is not None and self._is_first(ask):
                sending = self._send_link(ask, state.order, job)
                self._services.background.start(sending, name="download link")
        return None

    async def check(self, ask: Ask) -> Answer:
        """Look once more whether sync.so took a job whose fate is unknown."""
        state = await self._state(ask)
        if state is None:
            return None
        job = _job(ask, state)
        with self._told_if_forbidden(ask):
            if job is None or job.status is not JobStatus.UNRESOLVED:
                await self._services.orders.check(Deed.LOOK_AGAIN, state.order, ask.asker)
                self._tell_too_late(ask, state)
                return None
            if self._is_first(ask):
                await self._services.unresolved.look_again(job, state.order, ask.asker)
            self._tell(ask, presses.looking_again(self._services.words))
        return None

    async def give_up(self, ask: Ask) -> Answer:
        """End a job whose fate could not be learnt."""
        state = await self._state(ask)
        if state is None:
            return None
        job = _job(ask, state)
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.GIVE_UP, state.order, ask.asker)
            if job is not None and not await self._services.unresolved.give_up(job, state.order, ask.asker):
                self._tell_too_late(ask, state)
        return None

    async def part(self, ask: Ask) -> Answer:
        """What was chosen for one of several videos: done as if a button of its own had been pressed."""
        chosen = ask.action.get("selected_option") or {}
        action, value = read_option(str(chosen.get("value") or ""))
        do = self._of_parts.get(action)
        if do is None:
            return None
        press = {**ask.action, "action_id": action, "value": value}
        return await do(replace(ask, body={**ask.body, "actions": [press]}))

    async def _ask_to_give_up(self, ask: Ask) -> Answer:
        """A menu cannot ask before it sends one of its choices, so the person is asked now."""
        state = await self._state(ask)
        if state is None:
            return None
        job = _job(ask, state)
        with self._told_if_forbidden(ask):
            await self._services.orders.check(Deed.GIVE_UP, state.order, ask.asker)
            if job is None:
                return None
            if job.status is JobStatus.UNRESOLVED:
                self._tell(ask, really_give_up(self._services.words, state.order, job))
            else:
                self._tell_too_late(ask, state)
        return None

    async def _open_another(self, ask: Ask, state: OrderState) -> None:
        begun = await self._services.orders.another(
            state, ask.asker, request_key=_press(ask), position=_position(ask, state)
        )
        self._forms.open(ask, begun)

    async def _send_link(self, ask: Ask, order: Order, job: Job) -> None:
        try:
            account = await self._services.accounts.of_sent(job)
            url = await account.client.output_link(job.generation_id or "")
        except NotConnected:
            self._tell(ask, presses.no_download_link(self._services.words, None))
            return
        except SyncApiError as error:
            self._tell(ask, presses.no_download_link(self._services.words, error.suggestion))
            return
        if url is None:
            self._tell(ask, presses.no_download_link(self._services.words, None))
            return
        draft = plan(Draft.model_validate_json(order.draft))[job.position].draft
        self._tell(
            ask,
            presses.download_link(self._services.words, url, title(self._services.words, draft, job.label)),
        )

    async def _state(self, ask: Ask) -> OrderState | None:
        """The order of the pressed card, if it is of the presser's workspace."""
        state = await self._services.orders.find(_button(ask)[0], ask.asker)
        if state is None:
            self._tell(ask, await self._not_found(ask))
        self._retire_old_card(ask, state)
        return state

    async def _not_found(self, ask: Ask) -> Message:
        """Of an order that is not there; people from elsewhere hear what they would of one that is."""
        if await self._services.orders.is_from_elsewhere(ask.asker):
            return presses.only_this_workspace(self._services.words)
        order_id, _ = _button(ask)
        if await self._services.deleting.is_old(ask.asker, order_id):
            return forgotten_card(self._services.words, Forgotten.OLD, order_id)
        return presses.not_found(self._services.words)

    @contextmanager
    def _told_if_forbidden(self, ask: Ask) -> Iterator[None]:
        """Whoever may not do what they pressed hears why, be it the order's or the team's rules."""
        try:
            yield
        except Forbidden as forbidden:
            if forbidden.role is Role.OUTSIDER:
                self._tell(ask, presses.only_this_workspace(self._services.words))
            else:
                self._tell(ask, presses.only_the_asker(self._services.words, forbidden.asker))
        except RuledOut as refusal:
            self._tell(ask, ruled_out(self._services.words, refusal))
        except Paused as paused:
            self._tell(ask, at_generate(self._services.words, paused.pause))
        except Objected as objected:
            t = self._services.words
            self._tell(ask, objection.at_generate(t, objected.people, unnamed=objected.unnamed))

    async def _tell_over_budget(self, ask: Ask, over: OverBudget) -> None:
        state = await self._state(ask)
        if state is not None:
            admins = (await self._services.roles.rulebook.of(state.order)).admins
            words = over_budget(self._services.words, state.order, over.shortfalls, over.month, admins)
            self._tell(ask, words)

    def _retire_old_card(self, ask: Ask, state: OrderState | None) -> None:
        """Where the answer to a posting was lost, a card may stand twice: the order follows the later one."""
        if state is not None and is_old_card(ask, state.card):
            channel = state.card.channel if state.card is not None else None
            replace_clicked(
                self._services, ask, presses.old_card(self._services.words, channel or state.order.channel_id)
            )

    def _tell_too_late(self, ask: Ask, state: OrderState) -> None:
        self._tell(ask, presses.too_late(self._services.words))
        self._show_again(state)

    def _is_first(self, ask: Ask) -> bool:
        action = ask.action.get("action_id")
        key = (action, ask.asker.user_id, ask.action.get("value"))
        return self._services.once.first(*key, within_s=_DONE_ONCE_IN_S)

    def _show_again(self, state: OrderState | None) -> None:
        """A button that should be gone was pressed, so Slack may show an older card than it was sent."""
        if state is None:
            return
        if self._services.once.first("redraw", state.order.id, within_s=_REDRAWN_ONCE_IN_S):
            redrawing = self._services.orders.show_again(state.order)
            self._services.background.start(redrawing, name="show a card again")

    def _tell(self, ask: Ask, message: Message) -> None:
        reply_privately(self._services, ask, message)


def _button(ask: Ask) -> tuple[str, str | None]:
    """The order, and what else the button names."""
    return read_button(str(ask.action.get("value") or ""))


def _number(ask: Ask) -> int:
    """Which of a draft's choices was pressed; -1: none that there can be."""
    _, index = _button(ask)
    return int(index) if index is not None and _NUMBER.fullmatch(index) else -1


def _job(ask: Ask, state: OrderState) -> Job | None:
    """The job that a button names; None: the order has no such job."""
    _, job_id = _button(ask)
    return next((job for job in state.jobs if job.id == job_id), None)


def _position(ask: Ask, state: OrderState) -> int | None:
    """Which of several videos is meant; None: all of the order."""
    _, job = _button(ask)
    return next((at for at in range(len(state.order.parts)) if job_id(state.order.id, at) == job), None)


def _press(ask: Ask) -> str:
    """A press has a trigger of its own, so one that is delivered twice makes one order."""
    return f"press:{ask.body['trigger_id']}"


def _refusal(t: Words, outcome: Confirmation, state: OrderState | None) -> Message:
    match outcome:
        case Confirmation.EXPIRED:
            return presses.price_expired(t)
        case Confirmation.OUTDATED:
            return presses.price_changed(t)
        case Confirmation.ACCOUNT_CHANGED:
            return presses.account_changed(t)
        case Confirmation.ALREADY_DONE if state is not None:
            return presses.already_used(t, state.status)
    return presses.not_found(t)
