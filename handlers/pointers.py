"""Tells the person who asked where their card stands, where they would not see it, and if none can stand."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import structlog

from bot.messages import places
from bot.messages.blocks import Message
from bot.services import Services
from bot.slack import SlackRefused, SlackTeam, SlackUnreachable, patiently
from bot.slack.card_links import card_link
from handlers.routing import Ask
from storage.cards import OrderState
from storage.errors import StorageError
from storage.orders import Conversation, OrderStatus

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.5
_LOOK_FOR_S = 60.0
_LOOK_AT_ONCE = 500
"""Orders in one statement; of more, those that were looked at longest ago."""
_PRICE_WITHIN_S = 4.0
"""So long a card that stands is kept from being pointed to, for the price to be told with it."""
_NO_CARD_FOR_S = 600.0
"""A card that waits so much longer meets a refusal that somebody has to mend first."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way back to where somebody asked."""

    url: str
    """A response URL: good for 30 minutes and five answers, also where the app is in no conversation."""
    in_thread: bool = False
    """Whether the card will stand in a thread that may not be open."""


def way_back(ask: Ask) -> Way | None:
    """The way back from a command, a message or a press; None: Slack gave none (a shortcut from anywhere)."""
    if ask.response_url is None:
        return None
    message: Mapping[str, Any] = ask.body.get("message") or {}
    is_reply = message.get("thread_ts") not in {None, message.get("ts")}
    return Way(ask.response_url, in_thread=bool(message) and not is_reply)


def conversation_of(channel: Mapping[str, Any]) -> Conversation:
    """The kind of a conversation, by id and name (Slack: slash commands; names of direct messages)."""
    name, channel_id = str(channel.get("name") or ""), str(channel.get("id") or "")
    if name.startswith("mpdm-"):
        return Conversation.GROUP_MESSAGE
    if name == "directmessage" or channel_id.startswith("D"):
        return Conversation.DIRECT_MESSAGE
    return Conversation.CHANNEL


def written(way: Way | None) -> dict[str, Any]:
    """A way, for a form to carry."""
    return {} if way is None else {"way": asdict(way)}


def read_way(view: Mapping[str, Any]) -> Way | None:
    """The way that a form carries."""
    way = json.loads(view["private_metadata"]).get("way")
    return None if way is None else Way(str(way["url"]), in_thread=bool(way["in_thread"]))


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A card that is to come, and whom to tell."""

    way: Way
    since: float

    def is_over(self, now: float) -> bool:
        """Whether no card is to be expected any more."""
        return now >= self.since + _LOOK_FOR_S

    def tells(self, state: OrderState, now: float) -> bool:
        """Whether the person is told of the card as it is, rather than with a price in a moment."""
        order = state.order
        is_on_its_way = order.status is OrderStatus.PREPARING and not order.slow
        return not state.is_posted or not (is_on_its_way and now < self.since + _PRICE_WITHIN_S)


class Pointers:
    """Looks where new cards come to stand, and says so privately where they are not seen there anyway."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._awaited: dict[str, _Awaited] = {}
        """By the order's id."""

    def follow(self, order_id: str, way: Way | None) -> None:
        """Once the card stands; a card that stands already has been seen."""
        if way is None:
            return
        if not self._awaited:
            self._services.background.start(self._watch(), name="point to cards")
        self._awaited[order_id] = _Awaited(way, since=self._services.clock())

    async def _watch(self) -> None:
        """One look for all that are awaited, however many ask at once."""
        try:
            while self._awaited:
                await asyncio.sleep(_LOOK_EVERY_S)
                try:
                    await self._look()
                except StorageError as error:
                    _log.info("cards not looked for; trying again", error=str(error))
        finally:
            self._awaited.clear()

    async def _look(self) -> None:
        now = self._services.clock()
        looked_at = list(islice(self._awaited, _LOOK_AT_ONCE))
        for state in await self._services.orders.with_cards(looked_at, late=now + _NO_CARD_FOR_S):
            if self._awaited[state.order.id].tells(state, now):
                way = self._awaited.pop(state.order.id).way
                self._services.background.start(self._point(state, way), name="point to a card")
        for order_id in self._awaited.keys() & looked_at:
            awaited = self._awaited.pop(order_id)
            if not awaited.is_over(now):
                self._awaited[order_id] = awaited

    async def _point(self, state: OrderState, way: Way) -> None:
        order = state.order
        installation = await self._services.teams.need_token(order.enterprise_id, order.team_id)
        slack = self._services.slack.team(installation)
        if not state.is_posted:
            await _tell(slack, way, places.no_card(self._services.words, order))
        elif state.has_moved:
            link = await card_link(slack, state)
            await _tell(
                slack, way, places.card_moved(self._services.words, order, installation.bot_user_id, link)
            )
        elif way.in_thread:
            await _tell(
                slack, way, places.card_in_thread(self._services.words, order, await card_link(slack, state))
            )


async def _tell(slack: SlackTeam, way: Way, message: Message) -> None:
    try:
        await patiently(lambda: slack.reply_privately(way.url, message.text, message.blocks, thread_ts=None))
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("nobody was told where the card is", error=str(error))
