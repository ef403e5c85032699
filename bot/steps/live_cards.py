"""The cards that people wait at, in memory: what can still be told while the database is away."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.messages.blocks import Message
from bot.slack import SlackError, SlackTeam
from bot.slack.paces import Edit

_log = structlog.get_logger(__name__)

_KEPT = 500


@dataclass(frozen=True, slots=True)
class LiveCard:
    """Where a card stands, and what it would say if its step took longer than usual."""

    slack: SlackTeam
    channel: str
    ts: str
    slow: Message


class LiveCards:
    """Remembers cards of orders that go on by themselves, and tells each once that it takes longer.

    Whoever finds the database well again has the cards of `overwritten` shown once more.
    """

    def __init__(self) -> None:
        self._cards: dict[str, LiveCard] = {}
        self._telling: asyncio.Task[None] | None = None
        self.overwritten: set[str] = set()
        """Orders whose cards were told from memory: perhaps over newer words of another replica."""

    def keep(self, order_id: str, card: LiveCard | None) -> None:
        """The card as it was shown last; None: nobody waits at it."""
        self._cards.pop(order_id, None)
        if card is not None:
            self._cards[order_id] = card
            if len(self._cards) > _KEPT:
                del self._cards[next(iter(self._cards))]

    def tell(self) -> None:
        """Say on each card, once, that it takes longer: nothing can be stored now."""
        if self._cards and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_all(), name="tell that it takes longer")

    async def told(self) -> None:
        """Wait until all are told that are being told now."""
        if self._telling is not None:
            await self._telling

    async def _tell_all(self) -> None:
        while self._cards:
            order_id, card = self._cards.popitem()
            if card.slack.turn_to_update(order_id, Edit.PROGRESS) > 0:
                continue
            try:
                await card.slack.update(card.channel, card.ts, card.slow.text, card.slow.blocks)
            except SlackError as error:
                _log.info("not told that it takes longer", order=order_id, cause=str(error))
            finally:
                self.overwritten.add(order_id)
