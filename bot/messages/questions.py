"""What the card of an unfinished ask says: what is there, what is missing, and how to give it right here."""

from bot.asking.drafts import Draft, Script
from bot.messages import blocks, words
from bot.messages.blocks import Block, button
from bot.messages.ids import Action, button_value
from bot.messages.text import CHANNELS, cut
from storage.cards import OrderState
from storage.orders import Order

_NAMED = 60
"""Characters of a choice that its button repeats."""


def headline(draft: Draft) -> str:
    """The question, in mrkdwn."""
    if draft.choices:
        who = "they all" if draft.more_videos else "it"
        return f"Which {'' if draft.video else 'video, and which '}of these should {who} say?"
    if draft.video:
        shown = f"these {len(draft.videos)} videos" if draft.more_videos else "this video"
        return f"Got {'them' if draft.more_videos else 'it'}. What should {shown} say?"
    if isinstance(draft.speech, Script):
        return "Got it. Which video should say that?"
    if draft.speech:
        return f"Got {words.media_words(draft.speech)}. Which video should say it?"
    return "Which video, and what should it say?"


def how_to_answer(state: OrderState, draft: Draft) -> str:
    """One line: what can be sent where the card stands."""
    in_channel = state.order.channel_id.startswith(CHANNELS) and not state.has_moved
    to_me = ", and mention me" if in_channel else ""
    if draft.choices and draft.video:
        return f"Press one of them, or reply in this thread with something else{to_me}."
    if draft.video:
        ways = "with the words, with audio, a text file or a link"
        return f"Reply in this thread{to_me}: {ways}. Or press the button."
    if draft.speech or draft.choices:
        return f"Send the video in this thread{to_me}, or press the button and choose it."
    return "Press the button and choose both."


def choices(order: Order, draft: Draft) -> list[tuple[str, Block]]:
    """Each thing that it may say: as a line, and as a block with its button."""
    told: list[tuple[str, Block]] = []
    for index, choice in enumerate(draft.choices):
        line = f"{index + 1}. {words.speech_words(choice)}"
        name = choice.text if isinstance(choice, Script) else words.plain_name(choice)
        press = button(
            f"Use {index + 1}: {cut(' '.join(name.split()), _NAMED)}",
            Action.PICK,
            f"{button_value(order.id)}:{index}",
        )
        told.append((line, blocks.section(line) | {"accessory": press}))
    return told


def opener(order: Order, draft: Draft) -> Block:
    """The button that opens the form."""
    label = "Choose what it says" if draft.video else "Choose the video"
    value = button_value(order.id)
    return button(label, Action.CHOOSE_SPEECH, value, style=None if draft.choices else "primary")
