"""Words about more videos than one order may have."""

from math import ceil

from bot.messages.blocks import Message, section
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
