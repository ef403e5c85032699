"""Which of two cards that stand for the same was pressed."""

from handlers.routing import Ask
from storage.cards import Card


def is_old_card(ask: Ask, card: Card | None) -> bool:
    """Whether the pressed message is not the card as it is known, and no other is being posted just now."""
    pressed = ask.body.get("container") or {}
    if pressed.get("type") != "message" or pressed.get("is_ephemeral"):
        return False
    if card is None or card.ts is None or card.lease_token is not None:
        return False
    return (pressed.get("channel_id"), pressed.get("message_ts")) != (card.channel, card.ts)
