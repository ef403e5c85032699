"""The one status message of an order: its state in, text and blocks out, for every status."""

from decimal import Decimal

from bot.asking.drafts import Draft, Prepared
from bot.asking.plan import plan
from bot.messages import blocks, offer, words
from bot.messages.approval import in_advance
from bot.messages.blocks import Message
from bot.messages.card_after import after_yes
from bot.messages.card_before import BODIES, offered
from bot.messages.card_body import Body, Wish
from bot.messages.card_parts import several
from bot.messages.catalogue import Words
from bot.messages.consent import on_card, press_on_card
from bot.messages.deleting import forgotten_card
from bot.messages.part_lines import MOST_SHOWN, fitted, in_sections
from bot.messages.places import why_moved
from bot.messages.text import cut, date, user, user_text, width
from bot.teams.approval import Approval
from storage.cards import OrderState
from storage.orders import Order, OrderStatus

_MOST_TEXT = 4_000
"""Characters of a message's `text` that Slack takes for a change of it (Slack: chat.update)."""
_GIST, _EXCERPT = 60, 140
"""Characters of a script that a brief card shows, and any other."""


def card(
    t: Words,
    state: OrderState,
    *,
    bot_user_id: str,
    ask_again_from_usd: Decimal,
    needs: Approval | None = None,
) -> Message:
    """The card of an order as it stands now.

    What matters comes first: a telephone shows the first line of `text` alone.

    Args:
        t: The reader's words.
        state: The order with its jobs; its draft may be half-filled.
        bot_user_id: Named in the line that invites the app, whatever the workspace calls it.
        ask_again_from_usd: From this price on Generate asks once more.
        needs: Whose yes an offer takes beside its asker's; None: nobody's.

    Returns:
        A message within Slack's limits whose `text` carries everything the blocks show.
    """
    if state.order.forgotten is not None:
        return forgotten_card(t, state.order.forgotten, state.order.id)
    draft = Draft.model_validate_json(state.order.draft)
    prepared = Prepared.model_validate_json(state.order.prepared)
    takes = plan(draft)
    if len(takes) > 1 or state.is_several:
        body = several(t, state, draft, takes, prepared, ask_again_from_usd, needs)
    else:
        draft, prepared = (takes[0].draft, takes[0].prepared(prepared)) if takes else (draft, prepared)
        body = _body(t, state, draft, prepared, ask_again_from_usd, needs)
    lines, small = _wish(t, state, draft, prepared, body.wish)
    lines += body.lines
    said = on_card(t, state)
    small = (
        *small,
        *said,
        *in_advance(t, state.gate),
        *_why_moved(t, state, bot_user_id),
        *((body.aside,) if body.aside else ()),
    )
    told = "\n".join((body.headline, *lines, *(line for line, _ in body.choices), *small))
    parts = fitted(t, body.parts, _MOST_TEXT - width(told) - 1)
    text = "\n".join((body.headline, *lines, *parts, *(line for line, _ in body.choices), *small))
    shown = [blocks.section("\n".join((f"*{body.headline}*", *lines)))]
    shown += map(blocks.section, in_sections(fitted(t, body.parts, MOST_SHOWN, before="• ")))
    shown += [block for _, block in body.choices]
    shown += [blocks.context(line) for line in small]
    if buttons := (*body.buttons, *press_on_card(t, state)):
        shown.append(blocks.actions(buttons))
    return Message(cut(text, _MOST_TEXT), shown)


def _body(
    t: Words,
    state: OrderState,
    draft: Draft,
    prepared: Prepared,
    ask_again_from_usd: Decimal,
    needs: Approval | None,
) -> Body:
    if state.sole_job is not None:
        return after_yes(t, state, state.sole_job, draft)
    if state.order.status is OrderStatus.OFFERED:
        return offered(t, state, draft, prepared, ask_again_from_usd, needs)
    return BODIES[state.order.status](t, state, draft)


def _wish(
    t: Words, state: OrderState, draft: Draft, prepared: Prepared, where: Wish
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is made of what, for whom: the line below the headline, if any, and the small ones."""
    asked = t("Asked by {person}", person=user(state.order.user_id))
    if where is Wish.BRIEF:
        gist = words.made_of(t, draft, prepared, most=_GIST)
        return (), (_joined(asked, gist, *_model(t, draft), *words.project_line(t, draft)),)
    if state.order.status is OrderStatus.OFFERED and state.order.expires_at:
        until = date(t, state.order.expires_at)
        asked = _joined(asked, t("This offer can be answered until {moment}", moment=until))
    wish = _named(draft) + words.made_of(t, draft, prepared, most=_EXCERPT)
    is_told = state.order.status is OrderStatus.OFFERED or (state.is_several and state.jobs)
    price = None if is_told or state.order.offer_usd is None else offer.price(t, state.order)
    line = _joined(wish, price)
    details = (*_model(t, draft), *_how(t, draft), *_result(t, state.order), *words.project_line(t, draft))
    if where is Wish.SECOND:
        return _some(line), (*_some(_joined(*details)), asked)
    return (), (*_some(_joined(line, *details)), asked)


def _named(draft: Draft) -> str:
    """What the person calls it."""
    name = user_text(draft.name or "")
    return f"{name}: " if name else ""


def _model(t: Words, draft: Draft) -> tuple[str, ...]:
    if draft.speech is None or draft.model is None:
        return ()
    return (t("Model: {model}", model=words.model_words(t, draft.model)),)


def _how(t: Words, draft: Draft) -> tuple[str, ...]:
    if not draft.speech:
        return ()
    speaks = (t("How it speaks: {how}", how=how) for how in words.voice_settings_words(t, draft.speech))
    mode = words.sync_mode_words(t, draft.sync_mode)
    return (*speaks, t("If the lengths differ: {mode}", mode=mode))


def _result(t: Words, order: Order) -> tuple[str, ...]:
    length = offer.result_length(t, order)
    if length is not None:
        return (t("Length of the result: {length}", length=length),)
    if order.status is OrderStatus.OFFERED and len(order.parts) == 1:
        return (t("Length of the result: not known before it is made"),)
    return ()


def _why_moved(t: Words, state: OrderState, bot_user_id: str) -> tuple[str, ...]:
    return _some(why_moved(t, state, bot_user_id)) if state.has_moved else ()


def _joined(*facts: str | None) -> str:
    return " · ".join(filter(None, facts))


def _some(line: str | None) -> tuple[str, ...]:
    return (line,) if line else ()
