"""The card before the yes: what is missing, what is offered, and how it ended without one."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from bot.asking.drafts import Draft, Prepared
from bot.messages import (
    approval,
    objection,
    offer,
    on_the_way,
    over_budget,
    paused,
    questions,
    repriced,
    unconnected,
)
from bot.messages.blocks import Block, button
from bot.messages.card_body import CANCELLABLE, Body, Wish, again, another, cancel, change, slow
from bot.messages.card_failed import failed
from bot.messages.catalogue import N_, Words
from bot.messages.fit import fit_words
from bot.messages.ids import Action, button_value
from bot.messages.seen import seen_words
from bot.teams.approval import Approval
from storage.cards import OrderState
from storage.gates import DECLINED
from storage.orders import Order, OrderStatus
from storage.waiting import WAITS

_PRICE_FIRST = N_("You see the price before anything is charged.")


def offered(
    t: Words,
    state: OrderState,
    draft: Draft,
    prepared: Prepared,
    ask_again_from_usd: Decimal,
    needs: Approval | None = None,
) -> Body:
    """A price, and the button that accepts it; `needs`: whose yes it takes beside the asker's."""
    order, doubt = state.order, offer.doubt(t, state.order)
    generate, promise = accepting(t, order, ask_again_from_usd, needs)
    part = order.sole
    fit = (
        *fit_words(t, part, draft, prepared),
        *seen_words(t, draft, prepared, part.length_s if part else None),
    )
    most = over_budget.most_of_unknown(t, order)
    lines = (
        *((doubt,) if doubt else ()),
        *((most,) if most else ()),
        *((approval.on_offer(t, needs),) if needs else ()),
        *repriced.instead(t, order),
        *repriced.dearer(t, order),
        *fit,
        *on_the_way.beside_an_offer(t, state, prepared),
    )
    buttons = (generate, change(t, order), cancel(t, order))
    return Body(offer.headline(t, order), lines, aside=promise, buttons=buttons)


def accepting(
    t: Words, order: Order, ask_again_from_usd: Decimal, needs: Approval | None
) -> tuple[Block, str]:
    """The button that accepts an offer, and what stands beside it."""
    value = button_value(order.id, order.offer_id)
    if needs is not None:
        press = button(t("Ask for approval"), Action.GENERATE, value, style="primary")
        return press, " ".join((t("Nothing is charged before it is approved."), t(CANCELLABLE)))
    question = offer.question(t, order, ask_again_from_usd)
    press = button(offer.generate(t, order), Action.GENERATE, value, style="primary", confirm=question)
    return press, _promised(t, asks_again=question is not None)


def _promised(t: Words, *, asks_again: bool) -> str:
    promise = t("Nothing is charged until you press Generate.")
    if asks_again:
        promise = t("Nothing is charged until you press Generate; I then ask you once more.")
    return " ".join((promise, t(CANCELLABLE)))


def _draft(t: Words, state: OrderState, draft: Draft) -> Body:
    return Body(
        questions.headline(t, draft),
        (questions.how_to_answer(t, state, draft), *on_the_way.progress(t, state)),
        Wish.SMALL,
        " ".join((*on_the_way.begun(t, state, draft), t(_PRICE_FIRST), t(CANCELLABLE))),
        buttons=(questions.opener(t, state.order, draft), cancel(t, state.order)),
        choices=tuple(questions.choices(t, state.order, draft)),
    )


def _preparing(t: Words, state: OrderState, draft: Draft) -> Body:
    if unconnected.is_waiting(state.order):
        headline, waits = unconnected.waiting(t, state.order)
        return Body(headline, waits, aside=t(CANCELLABLE), buttons=(cancel(t, state.order),))
    what = t("Reading your video…") if draft.video else t("Getting ready…")
    moves = on_the_way.progress(t, state) or slow(t, state.order.slow)
    lines = (on_the_way.about(t, state.order) or t("The price comes next. Nothing is charged yet."), *moves)
    return Body(what, lines, aside=t(CANCELLABLE), buttons=(cancel(t, state.order),))


def _awaiting_approval(t: Words, state: OrderState, _draft: Draft) -> Body:
    return approval.waiting(t, state)


def _confirmed(t: Words, state: OrderState, _draft: Draft) -> Body:
    line = t("It starts by itself as soon as your files are at sync.so. Nothing is charged yet.")
    told = (line,) if state.paused is None else paused.on_card(t, state.paused)
    lines = (*told, *(on_the_way.progress(t, state) or slow(t, state.order.slow)))
    return Body(t("Getting ready…"), lines, aside=t(CANCELLABLE), buttons=(cancel(t, state.order),))


def _failed(t: Words, state: OrderState, draft: Draft) -> Body:
    return failed(t, state, state.order, draft)


def _cancelled(t: Words, state: OrderState, _draft: Draft) -> Body:
    if state.order.failure_code == "joined":
        together = t("It goes with what you sent before; that card has the price.")
        return Body(t("Taken together"), (together,), wish=Wish.BRIEF)
    if state.order.failure_code == repriced.ACCOUNT_CHANGED:
        headline, lines = repriced.account_changed(t)
        return Body(headline, lines, wish=Wish.BRIEF)
    if state.order.failure_code == objection.OBJECTED:
        headline, lines = objection.on_card(t)
        return Body(headline, lines, wish=Wish.BRIEF)
    if state.order.failure_code == DECLINED:
        return approval.declined(t, state)
    start = (another(state.order, t("Start again")),)
    return Body(t("Cancelled"), (t("Nothing was charged."),), wish=Wish.BRIEF, buttons=start)


def _expired(t: Words, state: OrderState, draft: Draft) -> Body:
    order = state.order
    line = t("Nobody pressed Generate in time. Nothing was charged; ask again for a fresh price.")
    if order.confirmed_at is not None:
        line = t("Nobody approved it in time. Nothing was charged; ask again for a fresh price.")
    if order.offer_id is None:
        line = t("Nobody filled in the form in time. Nothing was charged.")
    if order.failure_code in WAITS:
        line = unconnected.not_in_time(t, order)
    return Body(
        t("This has expired"), (line,), wish=Wish.BRIEF, buttons=again(t, order, draft, t("Ask again"))
    )


BODIES: Mapping[OrderStatus, Callable[[Words, OrderState, Draft], Body]] = {
    OrderStatus.DRAFT: _draft,
    OrderStatus.PREPARING: _preparing,
    OrderStatus.AWAITING_APPROVAL: _awaiting_approval,
    OrderStatus.CONFIRMED: _confirmed,
    OrderStatus.FAILED: _failed,
    OrderStatus.CANCELLED: _cancelled,
    OrderStatus.EXPIRED: _expired,
}
"""All but an offer, which needs more to be known: see `offered`; and what has jobs, which speak for it."""
