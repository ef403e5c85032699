"""The words of what a team's rules are against, by the failure's code, and who can change that."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.messages.catalogue import N_, Words
from bot.messages.failure_words import FailureWords
from bot.messages.text import listed, user
from bot.teams.rights import Rule

_BY_RULE: Mapping[Rule, FailureWords] = {
    Rule.BLOCKED: FailureWords(N_("Your team does not want you to make videos with me"), ""),
    Rule.GONE: FailureWords(N_("I cannot find you among the people of this workspace"), ""),
    Rule.GUESTS: FailureWords(N_("Your team has me for its members, not for guests"), ""),
    Rule.OUTSIDERS: FailureWords(
        N_("Only people of the workspace that has me can ask me for videos: theirs is the account that pays"),
        "",
    ),
    Rule.PEOPLE: FailureWords(N_("Your team has me for certain people, and you are not one of them"), ""),
    Rule.CHANNELS: FailureWords(
        N_("Your team does not use me in this channel"), N_("Ask me in our direct message instead.")
    ),
    Rule.MODELS: FailureWords(
        N_("Your team does not use this model"), N_("Choose another model and ask again.")
    ),
    Rule.WORDS: FailureWords(
        N_("There is a word in this that your team does not use"), N_("Change the words and ask again.")
    ),
    Rule.UNTOLD: FailureWords(
        N_("Slack does not tell me just now whether you may use me"), N_("Try again in a minute.")
    ),
}


def code_of(rule: Rule) -> str:
    """The code of the failure that a rule makes of an order."""
    return f"rule_{rule}"


RULE_WORDS: Mapping[str, FailureWords] = MappingProxyType(
    {code_of(rule): words for rule, words in _BY_RULE.items()}
)


_NOBODYS_CHOICE = frozenset({code_of(Rule.GONE), code_of(Rule.UNTOLD)})


def who_can_change(t: Words, code: str, admins: Sequence[str]) -> str:
    """Whom to ask, in mrkdwn: `admins` by name, if they are known; empty where it is nobody's choice."""
    if code in _NOBODYS_CHOICE:
        return ""
    if not admins and code == code_of(Rule.OUTSIDERS):
        return t("Ask an admin of the workspace that has me.")
    if not admins:
        return t("An admin of your workspace can change that.")
    people = listed(t, [user(admin) for admin in admins])
    return t("Ask {people} if that should change.", people=people)
