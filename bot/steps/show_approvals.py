"""Show approvals: bring the cards that ask approvers up to the truth in the database."""

import structlog

from bot.errors import NotInstalled
from bot.messages.approval_card import approval_card
from bot.messages.blocks import Message
from bot.slack import (
    CallBroken,
    CardFixed,
    NotAllowed,
    PlaceClosed,
    SlackTeam,
    SlackUnreachable,
)
from bot.slack.paces import Edit
from bot.steps.approvers import has_left
from bot.steps.asked import not_reached, reached
from bot.steps.shortfalls import budgets_of
from bot.steps.sides import card_by_card
from bot.steps.tools import Tools
from bot.teams.allowances import allowable
from bot.troubles import cause_of, is_ours, log_trouble
from storage import card_store, gate_store, homes, states
from storage.cards import Card
from storage.gates import Gate, gate_of
from storage.orders import Forgotten

_log = structlog.get_logger(__name__)

_SOON_S, _AT_LAST_S = 2.0, 3600.0
_PERHAPS_POSTED_S = 10.0
"""Where no answer came, the card may stand already, and each further try may post another."""
_OLD_NEWS_S = 3 * 24 * 3600.0
"""What could not be shown for so long is not tried any more."""


class _NotItsTurn(Exception):
    """Slack's pace says to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.retry_after_s = wait_s


class ShowApprovals:
    """Posts or edits the cards in approvers' direct messages; a card never stops its order."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, cards: list[Card]) -> None:
        """Show each card once; what fails is tried again later, unless it never can succeed."""
        await card_by_card(cards, self._show, self._later, step="show approval")

    async def _show(self, card: Card) -> None:
        card, gate, message, forgotten = await self._read(card)
        if gate is None or message is None:
            await self._give_back(card, None)
            return
        installation = await self._tools.teams.need_token(card.enterprise_id, card.team_id)
        slack = self._tools.slack.team(installation)
        if card.ts is not None and card.channel is not None:
            edit = Edit.REDRAW if forgotten is Forgotten.OLD else Edit.NEWS
            _its_turn(slack.turn_to_update(card.id, edit))
            try:
                await slack.update(card.channel, card.ts, message.text, message.blocks)
            except (CardFixed, PlaceClosed) as error:
                is_left = forgotten is not None  # as an order's card is: see `bot.steps.show`
                _log.info("the card cannot be edited", cause=str(error), is_left=is_left)
            else:
                is_left = True
            if is_left:
                await self._done(card, card.channel, card.ts)
                return
        if gate.is_open:
            await self._ask(card, gate, slack, message)
        else:
            await self._post(card, slack, message)

    async def _read(self, card: Card) -> tuple[Card, Gate | None, Message | None, Forgotten | None]:
        """The card as it is now, if it is still held, and what it has to show; None: there is nothing.

        At last what became of the order's words.
        """
        async with self._tools.database.read() as conn:
            now = await card_store.find(conn, card.id)
            held = now if now is not None and now.lease_token == card.lease_token else card
            gate = await gate_store.get(conn, gate_of(card.id))
            found = [] if gate is None else await states.find_all(conn, [gate.order_id])
            if gate is None or not found:
                return held, None, None, None
            state = found[0]
            may_allow = await allowable(conn, gate, state.order, card.user_id)
        if may_allow is not None:
            book = await self._tools.roles.rulebook.of(card)
            may_allow = may_allow if card.user_id in book.rules.approvers else None
        budgets, lacking = await budgets_of(self._tools, gate, state.order) if gate.is_open else ((), ())
        message = approval_card(
            self._tools.words,
            state,
            gate,
            viewer=card.user_id,
            budgets=budgets,
            lacking=lacking,
            may_allow=may_allow,
        )
        return held, gate, message, state.order.forgotten

    async def _ask(self, card: Card, gate: Gate, slack: SlackTeam, message: Message) -> None:
        """Post what waits for an answer; it must be known where nobody reads it."""
        try:
            await self._check_they_are_there(card)
            await self._post(card, slack, message)
        except PlaceClosed:
            await not_reached(self._tools, card, gate)
            raise
        if card.user_id in gate.unreached:
            await reached(self._tools, card, gate)

    async def _check_they_are_there(self, card: Card) -> None:
        """Raises PlaceClosed: that account is nobody's any more, though Slack may take a message to it."""
        if await has_left(self._tools, card, card.user_id):
            raise PlaceClosed("chat.postMessage", "user_not_found")

    async def _post(self, card: Card, slack: SlackTeam, message: Message) -> None:
        _its_turn(slack.turn_to_post(card.user_id, card.id))
        channel, ts = await slack.post(card.user_id, message.text, message.blocks)
        await self._done(card, channel, ts)

    async def _done(self, card: Card, channel: str, ts: str) -> None:
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            shown = await card_store.card_shown(conn, card, now=now, channel=channel, ts=ts, moved=False)
            if shown is None:
                # The lease ended on the way, so that these words may have come over somebody's newer ones.
                await card_store.newer(conn, card.id, now=now)
            await homes.changed(conn, card, now=now)

    async def _later(self, card: Card, error: Exception) -> None:
        wait_s = self._wait_s(card, error)
        if isinstance(error, _NotItsTurn):
            _log.debug("the card waits for its turn", next_try_s=wait_s)
        elif is_ours(error):
            log_trouble("the approver's card broke", error, next_try_s=wait_s)
        else:
            _log.info("the approver's card is not shown", cause=cause_of(error), next_try_s=wait_s)
        await self._give_back(card, wait_s)

    async def _give_back(self, card: Card, wait_s: float | None) -> None:
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            due_at = None if wait_s is None else now + wait_s
            if not await card_store.card_later(conn, card, due_at=due_at):
                # As above: a call without an answer may have been heard.
                await card_store.newer(conn, card.id, now=now)

    def _wait_s(self, card: Card, error: Exception) -> float | None:
        """As long as Slack asks, else the longer the older the news is; None: it never will be shown."""
        behind_s = self._tools.clock() - card.updated_at
        if behind_s > _OLD_NEWS_S:
            return None
        asked_s: float | None = getattr(error, "retry_after_s", None)
        if asked_s is not None:
            return asked_s
        if isinstance(error, NotInstalled | NotAllowed | CallBroken | PlaceClosed):
            return _AT_LAST_S  # somebody may mend it
        soonest_s = _PERHAPS_POSTED_S if isinstance(error, SlackUnreachable) and card.ts is None else _SOON_S
        return min(max(soonest_s, behind_s), _AT_LAST_S)


def _its_turn(wait_s: float) -> None:
    if wait_s > 0:
        raise _NotItsTurn(wait_s)
