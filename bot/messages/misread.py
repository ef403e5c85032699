"""Why a line that somebody typed cannot be understood, in words, with one that works."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.asking.command_line import LINE_LIMIT, LINES_LIMIT, BadCommand, Why
from bot.asking.links import LinkProblem
from bot.messages import fields, notices
from bot.messages.catalogue import N_, Words
from bot.messages.text import user_text

_ABOUT = 60
"""Characters of what was not understood that are repeated."""
_WHY: Mapping[Why, str] = MappingProxyType(
    {
        Why.TOO_LONG: N_("That is more than I read at once: a line may have {most} characters."),
        Why.NO_VIDEO: N_("I did not understand that. A line begins with a link to the video."),
        Why.NO_SPEECH: N_("After the video comes a link to audio, or `say` and the words in quotes."),
        Why.BEFORE_QUOTE: N_(
            "I do not know what “{about}” means there. Only `say` may stand before words in quotes."
        ),
        Why.OPTIONS_FIRST: N_(
            "`voice`, `model`, `project` and `shown` come last, behind what the video should say."
        ),
        Why.QUOTE_NOT_CLOSED: N_("The quote before the words is not closed."),
        Why.NOTHING_SAID: N_("There is nothing to say in that. What should the video say?"),
        Why.NAMES_SOMEBODY: N_(
            "The script names somebody or a channel with `@` or `#`: write the name as it is to be said."
        ),
        Why.AUDIO_AND_WORDS: N_(
            "That has an audio link and words to say. Which of the two should it be? Leave the other one out."
        ),
        Why.THIRD_LINK: N_("I take two links, first the video and then the audio. That has more."),
        Why.VOICE_WITH_AUDIO: N_("A voice only goes with words to say, not with an audio link."),
        Why.AFTER_SPEECH: N_(
            "I do not know what “{about}” means there. After what the video should say I know "
            'only `voice NAME`, `model NAME`, `project "NAME"` and `shown own`.'
        ),
        Why.NO_NAME: N_("There is no name after `{about}`."),
        Why.TWICE: N_("There is more than one `{about}`."),
        Why.SHOWN_UNCLEAR: N_(
            "After `shown` I know `own`, `nobody` for no real person, a colleague who has agreed by `@`, and "
            "the name on a signed release in quotes."
        ),
        Why.MODEL_NOT_ONE_WORD: N_("A model is one word, such as `sync-3`."),
    },
)


def misread(t: Words, bad: BadCommand) -> str:
    """Why a line is not understood, with one that works, in mrkdwn."""
    return notices.bad_command(t, reason(t, bad))


def reason(t: Words, bad: BadCommand) -> str:
    """Why a line is not understood, in mrkdwn, for a place where another one would work."""
    if isinstance(bad.why, LinkProblem):
        return t(fields.LINK_PROBLEMS[bad.why])
    if bad.why is Why.SCRIPT_TOO_LONG:
        return t("The script is too long: {why}", why=fields.script_too_long(t, bad.count))
    if bad.why is Why.PROJECT_TOO_LONG:
        return fields.project_too_long(t)
    if bad.why is Why.TOO_MANY_LINES:
        return _too_many_lines(t, bad.count)
    return t(_WHY[bad.why], about=user_text(bad.about, _ABOUT), most=t.number(LINE_LIMIT))


def _too_many_lines(t: Words, number: int) -> str:
    return t.n(
        "That has {count} line to say. I take up to {most} at once: "
        "send the others in a message of their own.",
        "That has {count} lines to say. I take up to {most} at once: "
        "send the others in a message of their own.",
        number,
        most=t.number(LINES_LIMIT),
    )
