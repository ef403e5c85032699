"""Words about several videos of one order, where only one can be shown, or more than it may have."""

from math import ceil

from bot.asking.drafts import Draft
from bot.messages.blocks import Message, section
from bot.messages.catalogue import Words
from bot.messages.text import count
from storage.jobs import MOST_PARTS


def on_several_cards(number: int) -> Message:
    """Why there is more than one card for what was asked for at once."""
    cards = ceil(number / MOST_PARTS)
    text = (
        f"That makes {count(number, 'video')}. One card takes up to {MOST_PARTS}, so they stand on "
        f"{cards} cards, each with a price and a Generate button of its own."
    )
    return Message(text, [section(text)])


def beside_the_form(t: Words, draft: Draft) -> str | None:
    """What becomes of what the form does not show; None: it shows all of it."""
    lines = []
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
