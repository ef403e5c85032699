"""The ledger for admins: opened from Home, and what does not meet closed there with a reason."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict

from bot.errors import Malformed
from bot.messages import differences, settings_words
from bot.messages.blocks import Block
from bot.messages.ids import MOST_SUM_USD, Reply
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable
from bot.teams.rights import Forbidden
from bot.use_cases.bookkeeping import Closing
from handlers.modals import again, carried, no_reason, reason_in
from handlers.redraws import Redraws, Turn
from handlers.routing import Answer, Ask
from handlers.setting_inputs import read_money
from storage.money import DifferenceKind

_MICRO = Decimal("0.000001")
_log = structlog.get_logger(__name__)


class _Metadata(BaseModel):
    model_config = ConfigDict(strict=True)

    difference: str


class Ledger:
    """Every step is asked anew: who it is, and whether there still is something to close."""

    def __init__(self, services: Services, redraws: Redraws) -> None:
        self._services = services
        self._redraws = redraws

    async def open(self, ask: Ask) -> Answer:
        """Show what is open."""
        self._services.background.start(self._open(ask), name="open the ledger")
        return None

    async def close(self, ask: Ask) -> Answer:
        """Ask why one is closed, above the list."""
        kind, generation_id = _about(str(ask.action.get("value")))
        self._services.background.start(self._push(ask, kind, generation_id), name="ask for a reason")
        return None

    async def closed(self, ask: Ask) -> Answer:
        """Store the reason; the list below shows what is left."""
        t = self._services.words
        kind, generation_id = _about(carried(_Metadata, ask.view).difference)
        reason = reason_in(ask.view)
        if not reason:
            return no_reason(t)
        try:
            closing = await self._services.bookkeeping.close(
                ask.asker, kind, generation_id, reason, usd=_sum_in(ask.view)
            )
        except Forbidden:
            return {
                "response_action": "update",
                "view": differences.notice(t, settings_words.only_admins(t)),
            }
        if closing is Closing.GONE:
            return again(ask.view, differences.closed_already(t))
        if closing is Closing.TOLD:
            return {"response_action": "errors", "errors": {Reply.SUM: differences.told_meanwhile(t)}}
        list_below = self._redraws.turn(str(ask.view.get("root_view_id")))
        self._services.background.start(self._refresh(ask, list_below), name="show what is left")
        return None

    async def _open(self, ask: Ask) -> None:
        slack = await self._services.slack_of(ask.asker)
        view = await self._view(ask)
        try:
            await slack.open_view(str(ask.body["trigger_id"]), view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("ledger not shown", error=str(error))

    async def _push(self, ask: Ask, kind: DifferenceKind, generation_id: str) -> None:
        t, slack = self._services.words, await self._services.slack_of(ask.asker)
        try:
            found = await self._services.bookkeeping.find(ask.asker, kind, generation_id)
            none = differences.notice(t, differences.closed_already(t))
            view = none if found is None else differences.closing(t, *found)
        except Forbidden:
            view = differences.notice(t, settings_words.only_admins(t))
        try:
            await slack.push_view(str(ask.body["trigger_id"]), view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("not asked for a reason", error=str(error))

    async def _refresh(self, ask: Ask, turn: Turn) -> None:
        slack, view = await self._services.slack_of(ask.asker), await self._view(ask)
        try:
            await self._redraws.draw(slack, turn, view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("ledger not shown anew", error=str(error))

    async def _view(self, ask: Ask) -> Block:
        t = self._services.words
        try:
            return differences.ledger(t, await self._services.bookkeeping.see(ask.asker))
        except Forbidden:
            return differences.notice(t, settings_words.only_admins(t))


def _sum_in(view: Mapping[str, Any]) -> Decimal | None:
    """What a video cost, to the micro-dollar, where the form asked for it and somebody named it.

    Raises:
        Malformed: that is no sum which the field takes.
    """
    state = view["state"]["values"].get(Reply.SUM, {}).get(Reply.SUM, {})
    return read_money(state, most=MOST_SUM_USD, unit=_MICRO)


def _about(value: str) -> tuple[DifferenceKind, str]:
    """Raises Malformed: no button of ours carries this."""
    about = differences.read_value(value)
    if about is None:
        raise Malformed("a difference")
    return about
