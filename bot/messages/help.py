"""The help text: what the app does and the ways to ask, short enough to be read."""

from bot.messages import blocks
from bot.messages.blocks import Message
from bot.messages.notices import EXAMPLE

_INTRO = "I make a video say something else: you give a video and either audio or words with a voice."
_WAYS = (
    "`/lipsync` opens a form.",
    f"`{EXAMPLE}` does it in one line.",
    "`/lipsync VIDEO_LINK AUDIO_LINK` takes audio in place of words.",
    "On any message with a video: More actions, then *Lip-sync this video*.",
    'Or send me a video in our direct message: alone, with audio, or with `say "Hello"` beside it.',
    "`/lipsync list` shows your videos, `/lipsync status` those that have not ended yet.",
    "Files over 10 MB come by message, too: a form takes no more.",
)
_PROMISE = (
    "You see the price first. Nothing is charged until you press Generate, nor for videos that fail. "
    "Use only faces and voices that you may use."
)


def help_message() -> Message:
    """The answer to `/lipsync help` and to `help` in the direct message."""
    ways = "\n".join(f"• {way}" for way in _WAYS)
    return Message(
        f"{_INTRO}\n{ways}\n{_PROMISE}", [*map(blocks.section, (_INTRO, ways)), blocks.context(_PROMISE)]
    )
