"""`/lipsync`: opens the form, helps, or makes an order from one line."""

import asyncio
from collections.abc import Mapping
from typing import Literal

import structlog

from bot.asking.asks import Place
from bot.asking.command_line import (
    BadCommand,
    Command,
    OpenForm,
    Why,
    parse_command,
    parse_speech,
)
from bot.asking.drafts import Draft, Script
from bot.asking.short_words import AskForget, AskHelp, AskList, AskStatus, AskUsage
from bot.asking.small_talk import SmallTalk, small_talk
from bot.errors import NotConnected
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.help import help_message
from bot.messages.misread import misread
from bot.services import Services
from bot.sync_api.errors import SyncApiError
from handlers.forms import Forms
from handlers.names import name_problem
from handlers.own_videos import OwnVideos
from handlers.pointers import Pointers, conversation_of, way_back
from handlers.replies import privately
from handlers.routing import Answer, Ask

_log = structlog.get_logger(__name__)


class Commands:
    """The slash command."""

    def __init__(self, services: Services, forms: Forms, own: OwnVideos) -> None:
        self._services = services
        self._forms = forms
        self._own = own
        self._pointers = Pointers(services)

    async def lipsync(self, ask: Ask) -> Answer:
        """Answer one `/lipsync …` line; what is wrong with it is told to its author alone."""
        match _meant(str(ask.body.get("text") or "")):
            case AskHelp():
                return _said(help_message(self._services.words, self._services.about))
            case SmallTalk():
                return _said(notices.you_are_welcome(self._services.words))
            case AskList() | AskStatus() | AskUsage() | AskForget() as wanted:
                self._own.answer(ask.asker, wanted, privately(self._services, ask))
            case BadCommand() as bad:
                return {"text": misread(self._services.words, bad)}
            case OpenForm(draft=draft):
                asked = await self._services.orders.draft(
                    ask.asker, _place(ask), draft, request_key=_key(ask), show=False
                )
                self._forms.open(ask, asked)
            case Draft() as draft:
                problem = await self._unknown_name(ask, draft)
                if problem is not None:
                    return {"text": problem}
                started = await self._services.orders.start(
                    ask.asker, _place(ask), draft, request_key=_key(ask)
                )
                if started is not None:
                    self._pointers.follow(started, way_back(ask))
        return None

    async def _unknown_name(self, ask: Ask, draft: Draft) -> str | None:
        """Words on a voice or model that the account does not have; a line that names none asks nobody."""
        voice = any(isinstance(speech, Script) and speech.voice_name for speech in draft.speeches)
        if not voice and draft.model is None:
            return None
        accounts = self._services.accounts
        try:
            async with asyncio.timeout(self._services.patience.line_s):
                account = await accounts.of_team(ask.asker.enterprise_id, ask.asker.team_id)
                voices = await accounts.voices(account) if voice else ()
                models = [one.name for one in await accounts.models(account)]
        except (TimeoutError, NotConnected, SyncApiError) as error:
            _log.info("names not looked up", error=repr(error))
            return None
        problem = name_problem(self._services.words, draft, voices, models)
        return None if problem is None else notices.bad_command(self._services.words, problem)


_TALK: Mapping[SmallTalk | None, Command | Literal[SmallTalk.THANKS]] = {
    SmallTalk.HELP: AskHelp(),
    SmallTalk.GREETING: AskHelp(),
    SmallTalk.COURTESY: AskHelp(),
    SmallTalk.LIST: AskList(),
    SmallTalk.STATUS: AskStatus(),
    SmallTalk.THANKS: SmallTalk.THANKS,
}
"""Short words that are no line, and meant for the app itself."""


def _meant(text: str) -> Command | Literal[SmallTalk.THANKS]:
    """What a line asks for."""
    command = parse_command(text)
    if not isinstance(command, BadCommand):
        return command
    speech = parse_speech(text)
    if command.why is Why.NO_VIDEO and isinstance(speech, BadCommand):
        return speech  # it begins with what the video should say
    return _TALK.get(small_talk(text)) or command


def _said(message: Message) -> Answer:
    return {"text": message.text, "blocks": message.blocks}


def _place(ask: Ask) -> Place:
    channel_id = str(ask.body["channel_id"])
    channel = {"id": channel_id, "name": ask.body.get("channel_name")}
    return Place(channel_id, conversation=conversation_of(channel))


def _key(ask: Ask) -> str:
    """A trigger is new for each call, so a line that comes twice makes one order."""
    return f"command:{ask.body['trigger_id']}"
