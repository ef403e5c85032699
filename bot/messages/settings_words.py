"""What the settings say where they cannot be shown, or a page not be saved, and how they name people."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.messages import blocks
from bot.messages.blocks import Block, section
from bot.messages.catalogue import N_, Words
from bot.messages.text import listed, user
from bot.teams.rules import Problem

_MOST_NAMED = 100
_NAMES_SHOWN = 10


def settings_closed(t: Words, text: str) -> Block:
    """The settings where they can only say something, in mrkdwn."""
    return {
        "type": "modal",
        "title": blocks.plain(t("Team settings"), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": [section(text)],
    }


def only_admins(t: Words) -> str:
    """Somebody wants to see or change the rules who may not."""
    return t(
        "Only admins of this workspace, and people whom they have named, can see and change these settings. "
        "If you are one, Slack does not tell me so just now: try again in a minute. Nothing was changed."
    )


def changed_meanwhile(t: Words, by: str) -> str:
    """Somebody else has saved while a page was open; what was filled in is still there."""
    return t(
        "{person} has changed these settings since you opened them, so nothing was saved. What you filled in "
        "is still here: look it over, and press Save to put it in place of theirs.",
        person=user(by),
    )


def problem_words(t: Words, problem: Problem, scope: str, install_url: str | None) -> str:
    """What is wrong at a field, or with a page as a whole, as plain text.

    Args:
        t: The reader's words.
        problem: What it is.
        scope: The permission that is missing, if one is.
        install_url: Where it can be given; None: whoever runs the app has to.
    """
    if problem is not Problem.LACKS_SCOPE:
        return t(_PROBLEMS[problem])
    if install_url is None:
        return t(
            "I lack the permission {scope}, so Slack does not tell me what I need to know for this. Ask "
            "whoever runs Lipsync for it, then save this once more.",
            scope=scope,
        )
    return t(
        "I lack the permission {scope}, so Slack does not tell me what I need to know for this. Install me "
        "again at {url}, then save this once more.",
        scope=scope,
        url=install_url,
    )


OF_ALL = frozenset({Problem.CANNOT_TELL, Problem.LACKS_SCOPE, Problem.TOO_MANY_LIMITS})
"""What is no matter of one field, wherever it was met."""
_PROBLEMS: Mapping[Problem, str] = MappingProxyType(
    {
        Problem.NOBODY_NAMED: N_("Name at least one person, or let everybody use me."),
        Problem.NO_GROUP: N_("Choose the user group."),
        Problem.MODEL_NOT_ALLOWED: N_("This model is not among those that you allow."),
        Problem.NOT_A_COLLEAGUE: N_("Only members of this workspace can be named here, no guests or others."),
        Problem.TOO_FEW_APPROVERS: N_("Name as many people as have to say yes, or more."),
        Problem.BLOCKED_APPROVER: N_(
            "Nobody can be kept out and be an approver. Take them out of one of the two."
        ),
        Problem.TOO_MANY_WORDS: N_("These are too many words, or one is too long."),
        Problem.NO_AMOUNT: N_("Say how much each of them may cost in a month."),
        Problem.NOBODY_LIMITED: N_("Choose whom or what this is for."),
        Problem.NO_SUCH_ZONE: N_("I know no time zone of this name. Write it like Europe/Berlin."),
        Problem.TOO_MANY_LIMITS: N_("These are too many limits: I keep 30."),
        Problem.CANNOT_TELL: N_("Slack does not answer just now, so I cannot check this. Save it once more."),
    }
)


def named(t: Words, people: Sequence[str]) -> str:
    """People, in mrkdwn; of many the first ones."""
    return some(t, [user(each) for each in people])


def some(t: Words, names: Sequence[str]) -> str:
    """Names, in mrkdwn; of many the first ones, and how many more there are."""
    shown = listed(t, names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return (
        shown if more <= 0 else t.n("{names} and {count} more", "{names} and {count} more", more, names=shown)
    )


def many_users(people: Sequence[str]) -> Block:
    """A field for people that a rule names."""
    return blocks.many_people(people, most=_MOST_NAMED)
