"""The figures of a week, posted in a channel; to admins, that it takes none; and where they choose it."""

from collections.abc import Mapping, Sequence

from babel.dates import format_interval

from bot.messages import blocks, usage
from bot.messages.blocks import Block, Message, input_field
from bot.messages.catalogue import Words
from bot.messages.ids import Setting
from bot.messages.notices import say
from bot.messages.text import channel, user_text
from bot.messages.words import model_words
from bot.teams.weeks import Week
from storage.reports import Line, added, by


def digest(t: Words, week: Week, lines: Sequence[Line], called: Mapping[str, str]) -> Message:
    """What a week comes to, and what it is made of.

    Args:
        t: The readers' words.
        week: Which.
        lines: What was booked as spent in it.
        called: What people are called, by their ids, as far as known: a mention would call them.
    """
    told = [_summary(t, week, lines), *_breakdowns(t, lines, called)]
    note = t(
        "A video counts in the week in which it was charged, in the time zone {zone}. Amounts are rounded to "
        "the cent. Admins say in *Settings*, in my Home, where this is posted.",
        zone=user_text(week.zone),
    )
    return Message("\n".join([*told, note]), [*map(blocks.section, told), blocks.context(note)])


def _summary(t: Words, week: Week, lines: Sequence[Line]) -> str:
    days = format_interval(week.monday, week.sunday, "yMMMd", locale=t.locale)
    if not lines:
        return t("*Lipsync, {days}:* nothing was spent.", days=days)
    return t("*Lipsync, {days}:* {spent}.", days=days, spent=usage.amount(t, added(lines)))


def _breakdowns(t: Words, lines: Sequence[Line], called: Mapping[str, str]) -> list[str]:
    def named(user_id: str) -> str:
        return user_text(called[user_id]) if user_id in called else usage.person_words(t, user_id)

    whose, models = by(lines, lambda line: line.user_id), by(lines, lambda line: line.model)
    told = [
        usage.breakdown(t, t("By person"), whose, named),
        usage.breakdown(t, t("By model"), models, lambda name: model_words(t, name)),
        usage.breakdown(
            t, t("By project"), usage.by_project(lines), lambda name: usage.project_words(t, name)
        ),
    ]
    return [each for each in told if each]


def not_posted(t: Words, channel_id: str) -> Message:
    """To an admin, once: the channel does not take it."""
    told = t(
        "I could not post last week's figures in {channel}: I am not in it, or may not write there. Invite "
        "me there, or choose another channel in *Settings* in my Home. I try again next Monday.",
        channel=channel(channel_id),
    )
    return say(told)


def perhaps_posted(t: Words, figures: Message) -> Message:
    """To an admin: the figures, since nobody knows whether they stand in the channel."""
    told = t(
        "I was cut off while I posted the figures of a week in their channel, so they may stand there, or "
        "not. I do not post them there again; here they are."
    )
    return Message(f"{told}\n{figures.text}", [blocks.section(told), *figures.blocks])


def digest_told(t: Words, channel_id: str | None) -> list[str]:
    """In the settings: where they are posted; nothing where they are not."""
    if channel_id is None:
        return []
    where = channel(channel_id)
    return [t("Every Monday I post in {channel} what was spent in the week before.", channel=where)]


def digest_field(t: Words, channel_id: str | None) -> Block:
    """The field for it."""
    return input_field(
        Setting.DIGEST,
        t("Weekly figures in a channel"),
        blocks.one_channel(channel_id),
        hint=t(
            "Every Monday at 9, in the time zone that stands under Budgets: what was spent in the week "
            "before, by person, model and project. All who are in the channel see it. Invite me there first."
        ),
        optional=True,
    )
