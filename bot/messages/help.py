"""The help text: what the app does and the ways to ask, short enough to be read."""

from bot.messages import blocks
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.notices import EXAMPLE


def help_message(t: Words) -> Message:
    """The answer to `/lipsync help` and to `help` in the direct message."""
    intro, rules = introduction(t), promise(t)
    ways = "\n".join(f"• {way}" for way in _ways(t))
    shown = [*map(blocks.section, (intro, ways)), blocks.context(rules)]
    return Message(f"{intro}\n{ways}\n{rules}", shown)


def introduction(t: Words) -> str:
    """What the app does."""
    return t("I make a video say something else: you give a video and either audio or words with a voice.")


def promise(t: Words) -> str:
    """What people can rely on, and what is asked of them."""
    return t(
        "You see the price first. Nothing is charged until you press Generate, and sync.so says that it "
        "charges nothing for videos that fail. Use only faces and voices that you may use."
    )


def _ways(t: Words) -> tuple[str, ...]:
    return (
        t("`/lipsync` opens a form."),
        t("`{example}` does it in one line.", example=t(EXAMPLE)),
        t("`/lipsync VIDEO_LINK AUDIO_LINK` takes audio in place of words."),
        t("On any message with a video: More actions, then *Lip-sync this video*."),
        t('Or send me a video in our direct message: alone, with audio, or with `say "Hello"` beside it.'),
        t("`/lipsync list` shows your videos, `/lipsync status` those that have not ended yet."),
        t("`/lipsync usage` tells what you spent; to an admin, what the team did."),
        t("Files over 10 MB come by message, too: a form takes no more."),
    )
