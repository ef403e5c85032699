"""How far the files of an order are on their way to sync.so, where that takes a while."""

from bot.asking.drafts import Draft, SlackFile
from bot.asking.file_inputs import medium_of
from bot.messages.text import count, size, waited
from storage.cards import OrderState
from storage.inputs import Input
from storage.orders import Conversation

_MINUTE_S = 60.0
_STEP_S = 5
"""Seconds left are told in steps of so many: they are a guess."""


def progress(state: OrderState) -> tuple[str, ...]:
    """The line of files that are moving; empty: none is, or not for long enough to be worth a word."""
    moving = [each for each in state.inputs if each.begun_at is not None and each.sent_bytes and each.size]
    if not moving:
        return ()
    sent, whole = sum(each.sent_bytes for each in moving), sum(each.size or 0 for each in moving)
    files = "your file" if len(moving) == 1 else f"{len(moving)} of your files"
    left_s = max(_left_s(each) for each in moving)
    left = "nearly there" if sent >= whole else f"{_about(left_s)} left"
    return (f"Sending {files} to sync.so: {size(sent)} of {size(whole)}, {left}.",)


def begun(state: OrderState, draft: Draft) -> tuple[str, ...]:
    """That what was dropped into the app's direct message is on its way before anything is asked for."""
    files = [part for part in (*draft.videos, *draft.speeches) if isinstance(part, SlackFile)]
    media = [file for file in files if medium_of(file) != "text"]
    if state.order.conversation is not Conversation.DIRECT_MESSAGE or not media:
        return ()
    it = "it" if len(media) == 1 else "them"
    return (f"Meanwhile I send {it} to sync.so. If no video follows, I have {it} deleted there a day later.",)


def _left_s(moving: Input) -> float:
    took_s = (moving.told_at or 0.0) - (moving.begun_at or 0.0)
    return max(took_s, 0.0) * ((moving.size or 0) - moving.sent_bytes) / moving.sent_bytes


def _about(seconds: float) -> str:
    if seconds >= _MINUTE_S:
        return f"about {waited(seconds)}"
    return f"about {count(max(_STEP_S, _STEP_S * round(seconds / _STEP_S)), 'second')}"
