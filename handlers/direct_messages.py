"""The direct message with the app: the drop zone for videos and audio of any size."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bot.command_line import AskHelp, AskList, AskStatus, BadCommand, OpenForm, parse_command, parse_speech
from bot.drafts import Draft, SlackFile
from bot.file_inputs import FileProblem, medium_of, slack_file_or_stub
from bot.file_kinds import Medium
from bot.generations import Place
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.help import help_message
from bot.messages.misread import misread
from bot.services import Services
from bot.slack import patiently
from handlers.own_videos import OwnVideos
from handlers.routing import Answer, Ask

_FROM_PEOPLE = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages that a person wrote; edits, deletions and bots are others."""


_SAID_KEPT = 1_000


class DirectMessages:
    """Keeps the files that people send, and makes a job of a video."""

    def __init__(self, services: Services, own: OwnVideos) -> None:
        self._services = services
        self._own = own
        self._said: dict[tuple[str, str, str], None] = {}
        """Answers given lately: channel, message and words, oldest first."""

    async def message(self, ask: Ask) -> Answer:
        """Take one message of a person."""
        event = ask.event
        if (
            event.get("channel_type") != "im"
            or event.get("subtype") not in _FROM_PEOPLE
            or event.get("bot_id")
        ):
            return None
        raw_files: Sequence[Mapping[str, Any]] = event.get("files") or []
        if raw_files:
            await self._files(ask, [slack_file_or_stub(raw) for raw in raw_files])
        else:
            await self._words(ask)
        return None

    async def _files(self, ask: Ask, files: Sequence[SlackFile | FileProblem]) -> None:
        """Each video becomes a job; the first audio, or the words beside them, is what they all say."""
        for file in files:
            if isinstance(file, FileProblem):
                self._say(ask, notices.unusable_file(file.code, file.name))
        found = [file for file in files if isinstance(file, SlackFile)]
        videos, audios = _of_kind(found, "video"), _of_kind(found, "audio")
        for file in filter(lambda file: file.size, [*videos, *audios]):
            await self._services.recent_files.remember(ask.asker.team_id, ask.asker.user_id, file)
        asked = self._asked(ask, is_needed=bool(videos and not audios))
        speech = audios[0] if audios else asked.speech
        for video in videos:
            draft = Draft(video=video, speech=speech, model=asked.model)
            await self._take(ask, draft, video.file_id)
        if audios and not videos:
            self._say(ask, notices.audio_kept(audios[0].name))
        for file in _of_kind(found, "text"):
            self._say(ask, notices.text_is_for_the_form(file.name))

    def _asked(self, ask: Ask, *, is_needed: bool) -> Draft:
        """What the words beside the files ask for; where they are needed and misunderstood, it is told."""
        match parse_speech(str(ask.event.get("text") or "")):
            case Draft() as draft:
                return draft
            case BadCommand() as bad if is_needed:
                self._say(ask, notices.say(misread(bad)))
        return Draft()

    async def _words(self, ask: Ask) -> None:
        text = str(ask.event.get("text") or "")
        match parse_command(text):
            case Draft() as draft:
                await self._take(ask, draft, "words")
            case OpenForm(draft=draft) if draft.video is not None:
                await self._take(ask, draft, "words")
            case AskList() | AskStatus() as wanted:
                self._own.answer(ask.asker, wanted, partial(self._say, ask))
            case AskHelp():
                self._say(ask, help_message())
            case BadCommand() as bad if "http" in text:
                self._say(ask, notices.say(misread(bad)))
            case _ if isinstance(parse_speech(text), Draft):
                self._say(ask, notices.which_video())
            case _:
                self._say(ask, notices.nothing_to_do())

    async def _take(self, ask: Ask, draft: Draft, part: str) -> None:
        """Make a job of one part of a message; a message that is delivered twice makes it once."""
        event = ask.event
        place = Place(str(event["channel"]), str(event.get("thread_ts") or event["ts"]))
        key = f"message:{event['channel']}:{event['ts']}:{part}"
        generations = self._services.generations
        if draft.complete:
            await generations.start(ask.asker, place, draft, request_key=key)
        else:
            await generations.draft(ask.asker, place, draft, request_key=key, show=True)

    def _say(self, ask: Ask, message: Message) -> None:
        """Answer once, however often Slack delivers what is answered (Slack: Events API, retries)."""
        answer = (ask.event["channel"], ask.event["ts"], message.text)
        if answer in self._said:
            return
        self._said[answer] = None
        if len(self._said) > _SAID_KEPT:
            del self._said[next(iter(self._said))]
        self._services.background.start(self._post(ask, message), name="answer in the direct message")

    async def _post(self, ask: Ask, message: Message) -> None:
        installation = await self._services.teams.need(ask.asker.enterprise_id, ask.asker.team_id)
        slack = self._services.slack.team(installation.bot_token)
        channel, thread_ts = str(ask.event["channel"]), ask.event.get("thread_ts")
        await patiently(lambda: slack.post(channel, message.text, message.blocks, thread_ts=thread_ts))


def _of_kind(files: Sequence[SlackFile], medium: Medium) -> list[SlackFile]:
    return [file for file in files if medium_of(file) == medium]
