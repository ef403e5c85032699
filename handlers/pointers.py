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
from handlers.card_links import card_link
from handlers.routing import Ask
from storage.errors import StorageError
from storage.jobs import Conversation, Job, JobStatus

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.5
_LOOK_FOR_S = 60.0
_LOOK_AT_ONCE = 500
"""Jobs in one statement; of more, those that were looked at longest ago."""
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

    def tells(self, job: Job, now: float) -> bool:
        """Whether the person is told of the card as it is, rather than with a price in a moment."""
        is_soon = job.status is JobStatus.PREPARING and not job.slow and now < self.since + _PRICE_WITHIN_S
        return job.card_ts is None or not is_soon


class Pointers:
    """Looks where new cards come to stand, and says so privately where they are not seen there anyway."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._awaited: dict[str, _Awaited] = {}
        """By the job's id, the one looked at longest ago first."""

    def follow(self, job_id: str, way: Way | None) -> None:
        """Once the card stands; a card that stands already has been seen."""
        if way is None:
            return
        if not self._awaited:
            self._services.background.start(self._watch(), name="point to cards")
        self._awaited[job_id] = _Awaited(way, since=self._services.clock())

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
        for job in await self._services.generations.with_cards(looked_at, late=now + _NO_CARD_FOR_S):
            if self._awaited[job.id].tells(job, now):
                way = self._awaited.pop(job.id).way
                self._services.background.start(self._point(job, way), name="point to a card")
        for job_id in self._awaited.keys() & looked_at:
            awaited = self._awaited.pop(job_id)
            if not awaited.is_over(now):
                self._awaited[job_id] = awaited

    async def _point(self, job: Job, way: Way) -> None:
        installation = await self._services.teams.need(job.enterprise_id, job.team_id)
        slack = self._services.slack.team(installation)
        if job.card_ts is None:
            await _tell(slack, way, places.no_card(job))
        elif job.card_moved:
            link = await card_link(slack, job)
            await _tell(slack, way, places.card_moved(job, installation.bot_user_id, link))
        elif way.in_thread:
            await _tell(slack, way, places.card_in_thread(job, await card_link(slack, job)))


async def _tell(slack: SlackTeam, way: Way, message: Message) -> None:
    try:
        await patiently(lambda: slack.reply_privately(way.url, message.text, message.blocks, thread_ts=None))
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("nobody was told where the card is", error=str(error))
