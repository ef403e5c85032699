"""What approvers press: Approve, Decline and why; and Ask for more, which has them asked."""

from collections.abc import Mapping
from decimal import Decimal

import structlog
from pydantic import BaseModel, ConfigDict

from bot.asking.asks import Asker
from bot.messages import approval_presses, objection, presses
from bot.messages.approval_card import decline_form
from bot.messages.blocks import Message
from bot.messages.consent import asker_has_to_say
from bot.messages.ids import read_button
from bot.messages.paused import at_approve
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable
from bot.teams.rights import RuledOut
from bot.use_cases.verdict import Verdict
from handlers.modals import carried, no_reason, reason_in
from handlers.old_cards import is_old_card
from handlers.replies import replace_clicked, reply_privately
from handlers.routing import Answer, Ask
from storage.cards import OrderState
from storage.columns import from_micro
from storage.consents import Objected
from storage.gates import Gate, card_id
from storage.limits import OverBudget
from storage.pauses import Paused

_log = structlog.get_logger(__name__)


class _Metadata(BaseModel):
    model_config = ConfigDict(strict=True)

    gate: str


class Approvers:
    """Hands every press to its use case, which checks it again: team, person, gate and state."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def approve(self, ask: Ask) -> Answer:
        """Say yes, once for each approver."""
        gate_id = str(ask.action.get("value") or "")
        try:
            verdict = await self._services.approvals.approve(gate_id, ask.asker)
        except RuledOut as refusal:
            await self._tell_ruled_out(ask, gate_id, refusal)
        except Paused as paused:
            self._say(ask, at_approve(self._services.words, paused.pause))
        except Objected as objected:
            await self._tell_objected(ask, gate_id, objected)
        except OverBudget as over:
            book = await self._services.roles.rulebook.of(ask.asker)
            self._say(ask, approval_presses.over_budget(self._services.words, over.shortfalls, book.admins))
        else:
            await self._tell(ask, gate_id, verdict)
        return None

    async def decline(self, ask: Ask) -> Answer:
        """Ask why not; nothing changes until that is sent."""
        gate_id = str(ask.action.get("value") or "")
        found = await self._services.approvals.find(gate_id, ask.asker)
        if found is None:
            await self._tell(ask, gate_id, Verdict.UNKNOWN)
            return None
        gate, state = found
        refusal = await self._services.approvals.refusal(gate, state.order, ask.asker)
        if refusal is None and not gate.is_open:
            refusal = Verdict.TOO_LATE
        if refusal is not None:
            await self._tell(ask, gate_id, refusal)
        else:
            self._services.background.start(self._open_form(ask, gate, state), name="ask why not")
        return None

    async def declined(self, ask: Ask) -> Answer:
        """Say no, with the reason that the form brought."""
        gate_id, reason = carried(_Metadata, ask.view).gate, reason_in(ask.view)
        if not reason:
            return no_reason(self._services.words)
        verdict = await self._services.approvals.decline(gate_id, ask.asker, reason)
        await self._tell(ask, gate_id, verdict)
        return None

    async def allow(self, ask: Ask) -> Answer:
        """Say yes to what will be like it; the record shows that it is."""
        gate_id, most = read_button(str(ask.action.get("value") or ""))
        verdict = await self._services.allowing.allow(gate_id, _usd(most), ask.asker)
        await self._tell(ask, gate_id, verdict)
        return None

    async def take_back(self, ask: Ask) -> Answer:
        """End such a yes; the page shows what is left."""
        await self._services.allowing.take_back(str(ask.action.get("value") or ""), ask.asker)
        await self._services.homes.open_allowances(ask.asker)
        return None

    async def _open_form(self, ask: Ask, gate: Gate, state: OrderState) -> None:
        slack = await self._services.slack_of(ask.asker)
        form = decline_form(self._services.words, state, gate)
        try:
            await slack.open_view(str(ask.body["trigger_id"]), form)
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("reason not asked for", error=str(error))

    async def _tell(self, ask: Ask, gate_id: str, verdict: Verdict) -> None:
        """What a press did not do; what it did is on the card."""
        found = await self._services.approvals.find(gate_id, ask.asker)
        if found is None:
            self._say(ask, await self._not_found(ask.asker))
            return
        gate, state = found
        t = self._services.words
        words: Mapping[Verdict, Message] = {
            Verdict.NOT_ASKED: approval_presses.not_asked(t),
            Verdict.OWN: approval_presses.own(t, gate.approvers),
            Verdict.SAID_ALREADY: approval_presses.said_yes_already(t),
            Verdict.TOO_LATE: approval_presses.answered(t, gate.state),
            Verdict.CONSENT_UNSAID: asker_has_to_say(t, state.order.user_id),
            Verdict.NOT_ALLOWABLE: approval_presses.not_allowable(t),
            Verdict.ACCOUNT_CHANGED: approval_presses.account_changed(t, state.order.user_id),
        }
        if verdict in words:
            self._say(ask, words[verdict])
        await self._retire_old_card(ask, gate)

    async def _tell_ruled_out(self, ask: Ask, gate_id: str, refusal: RuledOut) -> None:
        found = await self._services.approvals.find(gate_id, ask.asker)
        if found is not None:
            order, t = found[1].order, self._services.words
            self._say(ask, approval_presses.ruled_out(t, refusal.rule, order.user_id, refusal.admins))

    async def _tell_objected(self, ask: Ask, gate_id: str, objected: Objected) -> None:
        found = await self._services.approvals.find(gate_id, ask.asker)
        if found is not None:
            asker_id, t = found[1].order.user_id, self._services.words
            self._say(ask, objection.at_approve(t, objected.people, asker_id, unnamed=objected.unnamed))

    async def _not_found(self, asker: Asker) -> Message:
        """Of a gate that is not there; people from elsewhere hear what they would of one that is."""
        if await self._services.orders.is_from_elsewhere(asker):
            return presses.only_this_workspace(self._services.words)
        return presses.not_found(self._services.words)

    async def _retire_old_card(self, ask: Ask, gate: Gate) -> None:
        """Where the answer to a posting was lost, a card may stand twice; see `handlers.cards`."""
        card = await self._services.approvals.card(card_id(gate.id, ask.asker.user_id))
        if is_old_card(ask, card):
            replace_clicked(self._services, ask, presses.old_card(self._services.words, ask.asker.user_id))

    def _say(self, ask: Ask, message: Message) -> None:
        reply_privately(self._services, ask, message)


def _usd(micro: str | None) -> Decimal | None:
    """The price that a button carries; None: it carries none."""
    return from_micro(int(micro)) if micro and micro.isascii() and micro.isdecimal() else None
