"""Why a line that somebody typed cannot be understood, in words, with one that works."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.asking.command_line import LINE_LIMIT, LINES_LIMIT, BadCommand, Why
from bot.asking.links import LinkProblem
from bot.messages import notices
from bot.messages.text import user_text

_ABOUT = 60
"""Characters of what was not understood that are repeated."""
_WHY: Mapping[Why, str] = MappingProxyType(
    {
        Why.TOO_LONG: f"That is more than I read at once: a line may have {LINE_LIMIT:,} characters.",
        Why.NO_VIDEO: "I did not understand that. A line begins with a link to the video.",
        Why.NO_SPEECH: "After the video comes a link to audio, or `say` and the words in quotes.",
        Why.BEFORE_QUOTE: "I do not know what “{about}” means there. "
        "Only `say` may stand before words in quotes.",
        Why.OPTIONS_FIRST: "`voice` and `model` come last, behind what the video should say.",
        Why.QUOTE_NOT_CLOSED: "The quote before the words is not closed.",
        Why.NOTHING_SAID: "There is nothing to say in that. What should the video say?",
        Why.TOO_MANY_LINES: f"That has {{count:,}} lines to say. I take up to {LINES_LIMIT} at once: "
        "send the others in a message of their own.",
        Why.NAMES_SOMEBODY: "The script names somebody or a channel with `@` or `#`: "
        "write the name as it is to be said.",
        Why.AUDIO_AND_WORDS: "That has an audio link and words to say. Which of the two should it be? "
        "Leave the other one out.",
        Why.THIRD_LINK: "I take two links, first the video and then the audio. That has more.",
        Why.VOICE_WITH_AUDIO: "A voice only goes with words to say, not with an audio link.",
        Why.AFTER_SPEECH: "I do not know what “{about}” means there. "
        "After what the video should say I know only `voice NAME` and `model NAME`.",
        Why.NO_NAME: "There is no name after `{about}`.",
        Why.TWICE: "There is more than one `{about}`.",
        Why.MODEL_NOT_ONE_WORD: "A model is one word, such as `sync-3`.",
    },
)


def misread(bad: BadCommand) -> str:
    """Why a line is not understood, with one that works, in mrkdwn."""
    return notices.bad_command(reason(bad))


def reason(bad: BadCommand) -> str:
    """Why a line is not understood, in mrkdwn, for a place where another one would work."""
    if isinstance(bad.why, LinkProblem):
        return notices.LINK_PROBLEMS[bad.why]
    if bad.why is Why.SCRIPT_TOO_LONG:
        return f"The script is too long: {notices.script_too_long(bad.count)}"
    return _WHY[bad.why].format(about=user_text(bad.about, _ABOUT), count=bad.count)
