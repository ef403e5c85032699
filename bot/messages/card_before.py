"""The card before the yes: what is missing, what is offered, and how it ended without one."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.asking.drafts import Draft, Prepared
from bot.messages import offer, on_the_way, questions, repriced
from bot.messages.blocks import button
from bot.messages.card_body import CANCELLABLE, Body, Wish, again, another, cancel, change, slow
from bot.messages.card_failed import failed
from bot.messages.fit import fit_words
from bot.messages.ids import Action, button_value
from bot.messages.seen import seen_words
from storage.cards import OrderState
from storage.orders import OrderStatus

_PRICE_FIRST = "You see the price before anything is charged."


def offered(state: OrderState, draft: Draft, prepared: Prepared, ask_again_from_usd: Decimal) -> Body:
    """A price, and the button that accepts it."""
    order = state.order
    question, doubt = offer.question(order, ask_again_from_usd), offer.doubt(order)
    once_more = "; I then ask you once more" if question else ""
    promise = f"Nothing is charged until you press Generate{once_more}. {CANCELLABLE}"
    value = button_value(order.id, order.offer_id)
    generate = button(offer.generate(order), Action.GENERATE, value, style="primary", confirm=question)
    part = order.sole
    fit = (*fit_words(part, draft, prepared), *seen_words(draft, prepared, part.length_s if part else None))
    lines = (*((doubt,) if doubt else ()), *repriced.instead(order), *fit)
    buttons = (generate, change(order), cancel(order))
    return Body(offer.headline(order), lines, aside=promise, buttons=buttons)


def _draft(state: OrderState, draft: Draft) -> Body:
    return Body(
        questions.headline(draft),
        (questions.how_to_answer(state, draft), *on_the_way.progress(state)),
        Wish.SMALL,
        " ".join((*on_the_way.begun(state, draft), _PRICE_FIRST, CANCELLABLE)),
        buttons=(questions.opener(state.order, draft), cancel(state.order)),
        choices=tuple(questions.choices(state.order, draft)),
    )


def _preparing(state: OrderState, draft: Draft) -> Body:
    what = "Reading your video…" if draft.video else "Getting ready…"
    moves = on_the_way.progress(state) or slow(state.order.slow)
    lines = ("The price comes next. Nothing is charged yet.", *moves)
    return Body(what, lines, aside=CANCELLABLE, buttons=(cancel(state.order),))


def _awaiting_approval(state: OrderState, _draft: Draft) -> Body:
    line = "Somebody who looks after the budget has to agree. Nothing is charged yet."
    return Body("Waiting for approval", (line,), aside=CANCELLABLE, buttons=(cancel(state.order),))


def _confirmed(state: OrderState, _draft: Draft) -> Body:
    line = "It starts by itself as soon as your files are at sync.so. Nothing is charged yet."
    lines = (line, *(on_the_way.progress(state) or slow(state.order.slow)))
    return Body("Getting ready…", lines, aside=CANCELLABLE, buttons=(cancel(state.order),))


def _failed(state: OrderState, draft: Draft) -> Body:
    return failed(state, state.order, draft)


def _cancelled(state: OrderState, _draft: Draft) -> Body:
    if state.order.failure_code == "joined":
        together = "It goes with what you sent before; that card has the price."
        return Body("Taken together", (together,), wish=Wish.BRIEF)
    start = (another(state.order, "Start again"),)
    return Body("Cancelled", ("Nothing was charged.",), wish=Wish.BRIEF, buttons=start)


def _expired(state: OrderState, draft: Draft) -> Body:
    order = state.order
    missed = "pressed Generate" if order.confirmed_at is None else "approved it"
    line = f"Nobody {missed} in time. Nothing was charged; ask again for a fresh price."
    if order.offer_id is None:
        line = "Nobody filled in the form in time. Nothing was charged."
    return Body("This has expired", (line,), wish=Wish.BRIEF, buttons=again(order, draft, "Ask again"))


BODIES: Mapping[OrderStatus, Callable[[OrderState, Draft], Body]] = {
    OrderStatus.DRAFT: _draft,
    OrderStatus.PREPARING: _preparing,
    OrderStatus.AWAITING_APPROVAL: _awaiting_approval,
    OrderStatus.CONFIRMED: _confirmed,
    OrderStatus.FAILED: _failed,
    OrderStatus.CANCELLED: _cancelled,
    OrderStatus.EXPIRED: _expired,
}
"""All but an offer, which needs more to be known: see `offered`; and what has jobs, which speak for it."""
