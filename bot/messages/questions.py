"""What the card of an unfinished ask says: what is there, what is missing, and how to give it right here."""

from bot.asking.drafts import Draft, Script
from bot.messages import blocks, words
from bot.messages.blocks import Block, button
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, button_value
from bot.messages.text import CHANNELS, cut
from storage.cards import OrderState
from storage.orders import Order

_NAMED = 60
"""Characters of a choice that its button repeats."""


def headline(t: Words, draft: Draft) -> str:
    """The question, in mrkdwn."""
    if draft.choices:
        return _which(t, draft)
    if draft.more_videos:
        number = len(draft.videos)
        return t.n(
            "Got it. What should this {count} video say?",
            "Got them. What should these {count} videos say?",
            number,
        )
    if draft.video:
        return t("Got it. What should this video say?")
    if isinstance(draft.speech, Script):
        return t("Got it. Which video should say that?")
    if draft.speech:
        return t("Got {speech}. Which video should say it?", speech=words.media_words(t, draft.speech))
    return t("Which video, and what should it say?")


def _which(t: Words, draft: Draft) -> str:
    if draft.more_videos:
        return t("Which of these should they all say?")
    if draft.video:
        return t("Which of these should it say?")
    return t("Which video, and which of these should it say?")


def how_to_answer(t: Words, state: OrderState, draft: Draft) -> str:
    """One line: what can be sent where the card stands."""
    if draft.choices and draft.video:
        here, in_channel = _CHOOSE
    elif draft.video:
        here, in_channel = _SAY
    elif draft.speech or draft.choices:
        here, in_channel = _SHOW
    else:
        return t("Press the button and choose both.")
    hears_all = state.has_moved or not state.order.channel_id.startswith(CHANNELS)
    return t(here if hears_all else in_channel)


_CHOOSE = (
    N_("Press one of them, or reply in this thread with something else."),
    N_("Press one of them, or reply in this thread with something else, and mention me."),
)
_SAY = (
    N_("Reply in this thread: with the words, with audio, a text file or a link. Or press the button."),
    N_(
        "Reply in this thread, and mention me: with the words, with audio, a text file or a link. "
        "Or press the button."
    ),
)
_SHOW = (
    N_("Send the video in this thread, or press the button and choose it."),
    N_("Send the video in this thread, and mention me, or press the button and choose it."),
)
"""Each where the app hears every message, and where only those that mention it."""


def choices(t: Words, order: Order, draft: Draft) -> list[tuple[str, Block]]:
    """Each thing that it may say: as a line, and as a block with its button."""
    told: list[tuple[str, Block]] = []
    for index, choice in enumerate(draft.choices):
        line = f"{index + 1}. {words.speech_words(t, choice)}"
        name = choice.text if isinstance(choice, Script) else words.plain_name(t, choice)
        press = button(
            t("Use {number}: {name}", number=index + 1, name=cut(" ".join(name.split()), _NAMED)),
            Action.PICK,
            f"{button_value(order.id)}:{index}",
        )
        told.append((line, blocks.section(line) | {"accessory": press}))
    return told


def opener(t: Words, order: Order, draft: Draft) -> Block:
    """The button that opens the form."""
    label = t("Choose what it says") if draft.video else t("Choose the video")
    value = button_value(order.id)
    return button(label, Action.CHOOSE_SPEECH, value, style=None if draft.choices else "primary")
