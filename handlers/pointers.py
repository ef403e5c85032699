"""Tells the person who asked where their card stands, where they would not see it, and if none can stand."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from bot.messages import places
from bot.messages.blocks import Message
from bot.services import Services
from bot.slack import SlackRefused, SlackTeam, SlackUnreachable, patiently
from handlers.routing import Ask
from storage.jobs import Conversation, Job

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 0.5
_LOOK_FOR_S = 60.0
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


class Pointers:
    """Looks where a new card comes to stand, and says so privately if it is not seen there anyway."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def follow(self, ask: Ask, job_id: str, way: Way | None) -> None:
        """Once the card stands; a card that stands already has been seen."""
        if way is not None:
            self._services.background.start(self._follow(ask, job_id, way), name="point to a card")

    async def _follow(self, ask: Ask, job_id: str, way: Way) -> None:
        for _ in range(round(_LOOK_FOR_S / _LOOK_EVERY_S)):
            await asyncio.sleep(_LOOK_EVERY_S)
            job = await self._services.generations.find(job_id, ask.asker)
            if job is None:
                return
            if job.card_ts is not None or self._is_refused(job):
                await self._point(job, way)
                return

    def _is_refused(self, job: Job) -> bool:
        return job.card_due_at is not None and job.card_due_at > self._services.clock() + _NO_CARD_FOR_S

    async def _point(self, job: Job, way: Way) -> None:
        installation = await self._services.teams.need(job.enterprise_id, job.team_id)
        slack = self._services.slack.team(installation.bot_token)
        if job.card_ts is None:
            await _tell(slack, way, places.no_card(job))
        elif job.card_moved:
            link = await _permalink(slack, job)
            await _tell(slack, way, places.card_moved(job, installation.bot_user_id, link))
        elif way.in_thread:
            await _tell(slack, way, places.card_in_thread(await _permalink(slack, job)))


async def _permalink(slack: SlackTeam, job: Job) -> str | None:
    try:
        return await slack.permalink(job.card_channel or "", job.card_ts or "")
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("no link to a card", error=str(error))
        return None


async def _tell(slack: SlackTeam, way: Way, message: Message) -> None:
    try:
        await patiently(lambda: slack.reply_privately(way.url, message.text, message.blocks, thread_ts=None))
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("nobody was told where the card is", error=str(error))
