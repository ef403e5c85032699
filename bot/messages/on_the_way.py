"""How far the files of an order are on their way to sync.so, where that takes a while."""

from bot.asking.drafts import Draft, Prepared, SlackFile
from bot.asking.file_inputs import medium_of
from bot.messages.catalogue import Words
from bot.messages.text import size, usd, waited
from storage.cards import OrderState
from storage.inputs import Input
from storage.orders import Conversation, Order

_MINUTE_S = 60.0
_STEP_S = 5
"""Seconds left are told in steps of so many: they are a guess."""


def progress(t: Words, state: OrderState) -> tuple[str, ...]:
    """The line of files that are moving; empty: none is, or not for long enough to be worth a word."""
    moving = [each for each in state.inputs if each.begun_at is not None and each.sent_bytes and each.size]
    if not moving:
        return ()
    sent, whole = sum(each.sent_bytes for each in moving), sum(each.size or 0 for each in moving)
    amounts = {"sent": size(t, sent), "whole": size(t, whole)}
    if sent >= whole:
        return (
            t.n(
                "Sending your file to sync.so: {sent} of {whole}, nearly there.",
                "Sending {count} of your files to sync.so: {sent} of {whole}, nearly there.",
                len(moving),
                **amounts,
            ),
        )
    left = _about(t, max(_left_s(each) for each in moving))
    return (
        t.n(
            "Sending your file to sync.so: {sent} of {whole}, about {time} left.",
            "Sending {count} of your files to sync.so: {sent} of {whole}, about {time} left.",
            len(moving),
            time=left,
            **amounts,
        ),
    )


def about(t: Words, order: Order) -> str | None:
    """About what it will cost, while there is no exact price; None: nothing is known of it."""
    told = Prepared.model_validate_json(order.prepared).about_usd
    if told is None:
        return None
    low, high = (usd(t, each) for each in told)
    price = low if low == high else t("{low} to {high}", low=low, high=high)
    return t(
        "About {price} so far; sync.so's own estimate comes when the upload is done. Nothing is charged yet.",
        price=price,
    )


def beside_an_offer(t: Words, state: OrderState, prepared: Prepared) -> tuple[str, ...]:
    """That an offer can be answered while its files are still moving, and how far they are."""
    if not prepared.is_coming:
        return ()
    line = t(
        "You need not wait: press Generate, and it starts by itself once your files are at sync.so. "
        "If it turns out dearer, I ask you again first."
    )
    return (*progress(t, state), line)


def begun(t: Words, state: OrderState, draft: Draft) -> tuple[str, ...]:
    """That what was dropped into the app's direct message is on its way before anything is asked for."""
    files = [part for part in (*draft.videos, *draft.speeches) if isinstance(part, SlackFile)]
    media = [file for file in files if medium_of(file) != "text"]
    if state.order.conversation is not Conversation.DIRECT_MESSAGE or not media:
        return ()
    if len(media) == 1:
        return (
            t(
                "Meanwhile I send it to sync.so. If nothing is made of it, I have it deleted there a day "
                "later."
            ),
        )
    return (
        t(
            "Meanwhile I send them to sync.so. If nothing is made of them, I have them deleted there a day "
            "later."
        ),
    )


def _left_s(moving: Input) -> float:
    took_s = (moving.told_at or 0.0) - (moving.begun_at or 0.0)
    return max(took_s, 0.0) * ((moving.size or 0) - moving.sent_bytes) / moving.sent_bytes


def _about(t: Words, seconds: float) -> str:
    rounded = seconds if seconds >= _MINUTE_S else max(_STEP_S, _STEP_S * round(seconds / _STEP_S))
    return waited(t, rounded)
