"""What the words of a message in a conversation ask for, whether files stand beside them or not. Pure."""

import re
from dataclasses import dataclass, field, replace

from bot.asking.brought import sounds
from bot.asking.command_line import (
    BadCommand,
    OpenForm,
    Why,
    parse_command,
    parse_speech,
    parse_words,
)
from bot.asking.drafts import Draft, Link, Script
from bot.asking.short_words import AskList, AskStatus, Own
from bot.asking.small_talk import SmallTalk, small_talk
from bot.messages import notices


@dataclass(frozen=True, slots=True)
class Meant:
    """The words of one message."""

    said: Draft = field(default_factory=Draft)
    """What they ask for. Meant that may as well be meant for the reader stand in its `choices`."""
    why: BadCommand | None = None
    """Why they are not understood."""
    example: str = notices.SPEECH_EXAMPLE
    """What would work in their place."""
    own: Own | None = None
    """What they ask about the person's own videos, where nothing stands beside them."""
    talk: SmallTalk | None = None


_BEFORE_ANY_LINK = frozenset({Why.NO_VIDEO, Why.TOO_LONG})
"""What a whole line is refused for that does not begin with a link."""
_LINK = re.compile("https?://", re.IGNORECASE)


def without_mention(text: str, bot_user_id: str) -> str:
    """The words of a message without the app's own name, and without the comma or colon behind it."""
    named = re.compile(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>[ \t]*[,:;]?")
    return named.sub(" ", text).strip()


def read_words(text: str, *, beside_video: bool, beside_audio: bool = False) -> Meant:
    """What the words of a message ask for.

    Args:
        text: As Slack sends it, without the mention of the app.
        beside_video: Whether a video stands beside them, or in the thread they were written in: a link at
            their beginning is audio then.
        beside_audio: Whether something to say stands beside them. Courtesies beside a file mean nothing more.
    """
    line = text.strip()
    talk = small_talk(line)
    if not line or (talk is SmallTalk.COURTESY and (beside_video or beside_audio)):
        return Meant()
    return replace(_asked(line, beside_video=beside_video), talk=talk, own=_own(line, talk))


def _own(line: str, talk: SmallTalk | None) -> Own | None:
    if talk is SmallTalk.STATUS:
        return AskStatus()
    if talk is SmallTalk.LIST:
        return AskList()
    command = parse_command(line)
    return command if isinstance(command, Own) else None


def _asked(line: str, *, beside_video: bool) -> Meant:
    words: Meant
    match parse_speech(line), parse_command(line):
        case (Draft() as speech, _) if beside_video:
            words = Meant(speech)
        case _, Draft() as whole:
            words = Meant(whole)
        case _, OpenForm(draft=Draft(video=Link() as link)):
            words = Meant(Draft(speech=link) if sounds(link) else Draft(video=link))
        case Draft() as speech, _:
            words = Meant(speech)
        case _, BadCommand() as bad if not beside_video and bad.why not in _BEFORE_ANY_LINK:
            words = Meant(why=bad, example=notices.LINE_EXAMPLE)
        case BadCommand() as bad, _:
            words = Meant(why=bad)
        case _, BadCommand() as bad if _LINK.search(line):
            words = Meant(why=bad, example=notices.LINE_EXAMPLE)
        case _:
            words = _plain(line)
    return words


def _plain(line: str) -> Meant:
    match parse_words(line):
        case BadCommand() as bad:
            return Meant(why=bad)
        case Draft(speech=Script() as script) as draft:
            return Meant(draft.model_copy(update={"speech": None, "choices": (script,)}))
    return Meant()
