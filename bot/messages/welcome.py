"""What whoever installs the app is told by it, and nobody else."""

from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.notices import say


def to_installer(t: Words, *, is_paid: bool) -> Message:
    """The first words: what the app does, and one next step; `is_paid`: a sync.so account works already."""
    hello = t(
        "Hello! Thank you for installing me: I make a video say something else, and tell the price first."
    )
    step = t("Your next step: type `/lipsync` here, and choose a video and what it should say.")
    if not is_paid:
        step = t(
            "Your next step: an owner or admin of this workspace opens my *Home* tab and presses *Connect "
            "sync.so*. Until then nothing can be made, and nothing is charged."
        )
    return say(f"{hello}\n{step}")
