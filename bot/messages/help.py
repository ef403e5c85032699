"""The help text: what the app does and the ways to ask, short enough to be read."""

from bot.messages import blocks
from bot.messages.about import About, where_to_ask
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.notices import EXAMPLE


def help_message(t: Words, about: About) -> Message:
    """The answer to `/lipsync help`, and to `help` in the direct message or beside a mention."""
    intro, ways = introduction(t), "\n".join(f"• {way}" for way in _ways(t))
    small = [promise(t), *filter(None, [where_to_ask(t, about)])]
    shown = [*map(blocks.section, (intro, ways)), *map(blocks.context, small)]
    return Message("\n".join((intro, ways, *small)), shown)


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
        t(
            "`/lipsync delete my data` says what I keep of you, and deletes it if you say so. For somebody "
            "who has left an admin types `/lipsync delete data of` and their member ID."
        ),
        t("A form takes files of up to 10 MB: post larger ones in a message."),
    )
