"""Words about several videos of one order, where only one can be shown, or more than it may have."""

from math import ceil

from bot.asking.drafts import Draft
from bot.messages.blocks import Message, section
from bot.messages.catalogue import Words
from storage.jobs import MOST_PARTS


def on_several_cards(t: Words, number: int) -> Message:
    """Why there is more than one card for what was asked for at once."""
    cards = ceil(number / MOST_PARTS)
    text = t.n(
        "That makes {count} video. One card takes up to {most}, so they stand on {cards} cards, each with a "
        "price and a Generate button of its own.",
        "That makes {count} videos. One card takes up to {most}, so they stand on {cards} cards, each with a "
        "price and a Generate button of its own.",
        number,
        most=t.number(MOST_PARTS),
        cards=t.number(cards),
    )
    return Message(text, [section(text)])


def beside_the_form(t: Words, draft: Draft) -> str | None:
    """What becomes of what the form does not show; None: it shows all of it."""
    lines: list[str] = []
    if more := len(draft.more_videos):
        lines.append(
            t.n(
                "You see the first of your videos here. One more stays as it is; what you choose holds for "
                "both.",
                "You see the first of your videos here. {count} more stay as they are; what you choose holds "
                "for all of them.",
                more,
            )
        )
    if more := len(draft.more_scripts):
        lines.append(
            t.n(
                "You see the first of your scripts here. One more stays as it is.",
                "You see the first of your scripts here. {count} more stay as they are.",
                more,
            )
        )
    return "\n".join(lines) or None
