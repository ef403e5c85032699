"""What a person wrote to the app, in its direct message or with a mention: taken, or answered there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.asking.brought import drafts_of, is_small
from bot.asking.drafts import Draft, SlackFile
from bot.asking.file_inputs import FileProblem, medium_of, slack_file
from bot.asking.joining import Origin
from bot.asking.message_files import files_in, is_told
from bot.asking.small_talk import SmallTalk
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.help import help_message
from bot.messages.misread import reason
from bot.messages.refusals import ruled_out
from bot.services import Services
from bot.slack.card_links import card_link
from bot.teams.rights import RuledOut
from handlers.conversation_words import Meant, read_words
from handlers.own_videos import OwnVideos
from handlers.routing import Ask
from handlers.visitors import keep_visitors_out
from storage.orders import Order

FROM_PEOPLE = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; edits, deletions and bots are others."""

_ANSWERS: Mapping[SmallTalk | None, Callable[[Words], Message]] = {
    SmallTalk.THANKS: notices.you_are_welcome,
    SmallTalk.GREETING: notices.greeting,
    SmallTalk.COURTESY: notices.nothing_to_do,
}
_NEVER_SAID = frozenset({SmallTalk.HELP, SmallTalk.COURTESY})
"""What is meant for the app even under a card that asks what a video should say."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to the app."""

    ask: Ask
    text: str
    """Without the mention of the app."""
    is_direct: bool
    say: Callable[[Message, str | None], Awaitable[None]]
    """Answers its author where the message stands; told which of its answers it is, or None: by its words."""
    lost: Callable[[bool], Message]
    """What to say where nothing can be made of it; told whether it stands in a thread with cards of ours."""
    now: float
    """Seconds since the epoch."""

    @property
    def channel(self) -> str:
        """Where it was written."""
        return str(self.ask.event["channel"])

    @property
    def thread_ts(self) -> str | None:
        """The thread it was written in."""
        thread_ts = self.ask.event.get("thread_ts")
        return None if thread_ts is None else str(thread_ts)

    @property
    def origin(self) -> Origin:
        """Who sent it, and where."""
        asker, ts = self.ask.asker, str(self.ask.event["ts"])
        return Origin(
            enterprise_id=asker.enterprise_id,
            team_id=asker.team_id,
            user_id=asker.user_id,
            channel_id=self.channel,
            card_thread_ts=self.thread_ts or ts,
            key=f"message:{self.channel}:{ts}",
            written_in=self.thread_ts,
            is_direct=self.is_direct,
            sent_at=self.now,
        )


class Hearing:
    """Takes what is written to the app; both places that it is written in share it."""

    def __init__(self, services: Services, own: OwnVideos) -> None:
        self._services = services
        self._own = own

    async def hear(self, heard: Heard) -> None:
        """Make orders of a message, complete those that wait for it, or say what would work."""
        try:
            await keep_visitors_out(self._services, heard.ask)
            await self._hear(heard)
        except RuledOut as refusal:
            await heard.say(ruled_out(self._services.words, refusal), "rules")

    async def _hear(self, heard: Heard) -> None:
        raw = files_in(heard.ask.event)
        thread = await self._thread(heard)
        words = _words_of(heard, raw, thread)
        if words.own is not None and not raw:
            self._own.answer(heard.ask.asker, words.own, lambda message: heard.say(message, "list"))
            return
        if words.talk in _NEVER_SAID and not raw:
            await self._answer(heard, words.talk)
            return
        if words.why is not None:
            why = reason(self._services.words, words.why)
            await heard.say(notices.not_understood(self._services.words, why, words.example), None)
        if all(map(is_told, raw)):
            await self._take(heard, [slack_file(file) for file in raw], words, thread)
        else:
            file_ids = [str(file["id"]) for file in raw if file.get("id")]
            await self._services.conversations.arrive(heard.origin, file_ids, words.said)

    async def _thread(self, heard: Heard) -> Sequence[Order]:
        if heard.thread_ts is None:
            return ()
        return await self._services.conversations.in_thread(heard.ask.asker, heard.channel, heard.thread_ts)

    async def _take(
        self, heard: Heard, files: Sequence[SlackFile | FileProblem], words: Meant, thread: Sequence[Order]
    ) -> None:
        for file in files:
            if isinstance(file, FileProblem):
                at_home = heard.origin.is_direct
                await heard.say(
                    notices.unusable_file(self._services.words, file.code, file.name, at_home=at_home), None
                )
        found = [file for file in files if isinstance(file, SlackFile)]
        await self._remember(heard, found)
        drafts = drafts_of(found, words.said)
        if files and not found and all(map(is_small, drafts)):
            return  # the words were about files that cannot be used, of which it was told
        if words.talk is not None and not found and heard.thread_ts is None:
            await self._answer(heard, words.talk)
            return
        taken = await self._services.conversations.take(heard.origin, drafts)
        if heard.thread_ts is None:
            for host in taken.joined:
                self._services.background.start(self._tell_joined(heard, host), name="tell what joined")
        is_empty = not drafts and not files and words.why is None
        if taken.nothing and words.talk is not None:
            await self._answer(heard, words.talk)
        elif taken.nothing or is_empty:
            await heard.say(heard.lost(bool(thread)), None)

    async def _answer(self, heard: Heard, talk: SmallTalk | None) -> None:
        words = self._services.words
        if talk is SmallTalk.HELP:
            await heard.say(help_message(words, self._services.about), None)
            return
        await heard.say(_ANSWERS.get(talk, notices.nothing_to_do)(words), None)

    async def _remember(self, heard: Heard, files: Sequence[SlackFile]) -> None:
        """Offer in forms what was sent to the app itself, not what stands in channels."""
        if heard.is_direct:
            for file in files:
                await self._services.recent_files.remember(heard.ask.asker, file)

    async def _tell_joined(self, heard: Heard, host: Order) -> None:
        """Say where it went, with a link to the card, which stands in a thread that may be closed."""
        state = await self._services.orders.find(host.id, heard.ask.asker)
        link = None if state is None else await card_link(await self._services.slack_of(host), state)
        await heard.say(
            notices.goes_together(self._services.words, Draft.model_validate_json(host.draft), link), None
        )


def _words_of(heard: Heard, raw: Sequence[Mapping[str, Any]], thread: Sequence[Order]) -> Meant:
    known = [file for file in map(slack_file, raw) if isinstance(file, SlackFile)]
    media = {medium_of(file) for file in known}
    has_video = any(Draft.model_validate_json(order.draft).video is not None for order in thread)
    return read_words(
        heard.text,
        beside_video="video" in media or len(known) < len(raw) or (not raw and has_video),
        beside_audio=bool(media & {"audio", "text"}),
    )
