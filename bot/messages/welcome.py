"""What whoever installs the app is told by it, and nobody else."""

from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.notices import say


def to_installer(t: Words) -> Message:
    """The first words: what the app does, and one next step."""
    hello = t(
        "Hello! Thank you for installing me: I make a video say something else, and tell the price first."
    )
    step = t("Your next step: type `/lipsync` here, and choose a video and what it should say.")
    return say(f"{hello}\n{step}")
