"""What somebody is told where a rule of their team's stands against what they ask for."""

from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.failures import failure
from bot.messages.notices import say
from bot.messages.rule_words import RULE_WORDS, code_of, who_can_change
from bot.teams.rights import Rule, RuledOut


def ruled_out(t: Words, refusal: RuledOut) -> Message:
    """What stands against it, what was charged, what to do, and who can change it."""
    if refusal.detail:
        return say(
            t(
                "I lack the permission `{scope}`, so Slack does not tell me whether you may use me. Nothing "
                "was charged. Ask an admin to install me again with it.",
                scope=refusal.detail,
            )
        )
    told = failure(t, code_of(refusal.rule), " ".join(refusal.admins))
    return say(" ".join(filter(None, (f"{told.happened}.", t(told.charged), told.next_step))))


def ruled_out_at_field(t: Words, rule: Rule) -> str:
    """The same as plain text, at the field of a form, where nobody can be named."""
    code = code_of(rule)
    words = RULE_WORDS[code]
    parts = (
        f"{t(words.happened)}.",
        t(words.next_step) if words.next_step else "",
        who_can_change(t, code, ()),
    )
    return " ".join(part for part in parts if part)
