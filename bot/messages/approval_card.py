"""The card that asks one approver, the same as a record, and the form in which they say no."""

from collections.abc import Callable, Mapping, Sequence

from bot.asking.drafts import Draft, Prepared
from bot.asking.highest import highest_usd
from bot.asking.plan import plan
from bot.messages import blocks, offer, words
from bot.messages.allowing import allow, allowable_line
from bot.messages.approval import in_advance, people, progress
from bot.messages.blocks import Block, Message, Style, button, confirm, context, input_field, section
from bot.messages.catalogue import N_, Words
from bot.messages.consent import shown_line
from bot.messages.deleting import forgotten_card
from bot.messages.ids import MOST_REASON, Action, Callback, Reply
from bot.messages.over_budget import budget_name, left_of, most_of_unknown
from bot.messages.repriced import ACCOUNT_CHANGED
from bot.messages.text import CHANNELS, channel, cut, date, usd, user, user_text
from bot.teams.allowances import Allowable
from storage.cards import OrderState
from storage.gates import Gate, GateKind, GateState
from storage.limits import Shortfall, Standing
from storage.orders import Conversation, Order, OrderStatus
from storage.removals import APP_REMOVED

_GIST, _EXCERPT = 60, 140
"""Characters of a script in a record, and in a question."""
_MOST_TEXT = 4_000


def approval_card(
    t: Words,
    state: OrderState,
    gate: Gate,
    *,
    viewer: str,
    budgets: Sequence[Standing] = (),
    lacking: Sequence[Shortfall] = (),
    may_allow: Allowable | None = None,
) -> Message:
    """What one approver sees: first what is made and what it costs, then who asks, and two buttons.

    Args:
        t: The reader's words.
        state: The order.
        gate: What it waits at, or waited.
        viewer: The approver.
        budgets: Those that it counts in and that have a limit.
        lacking: What those lack for it, by which a yes to more budget raises them.
        may_allow: What they may allow from now on, on the record of their yes, or do; None: nothing.
    """
    if state.order.forgotten is not None:
        return forgotten_card(t, state.order.forgotten)
    is_asked = gate.is_open and viewer in gate.approvers
    headline, lines = (_question if is_asked else _record)(t, state, gate)
    if is_asked:
        lines = (
            *lines,
            *(left_of(t, each, budget_name(t, each.scope)) for each in budgets),
            *raising(t, gate, lacking),
        )
    if is_asked and viewer in gate.by_allowance:
        lines = (*lines, t("You had allowed this in advance, so your yes counts."))
    elif is_asked and viewer in gate.approved_by:
        lines = (*lines, t("You have said yes."))
    if may_allow is not None:
        lines = (*lines, allowable_line(t, may_allow))
    small = (*_small(t, state, gate, is_asked=is_asked), *in_advance(t, gate, but=viewer))
    text = "\n".join((headline, *lines, *small))
    shown = [section("\n".join((f"*{headline}*", *lines))), *map(context, small)]
    if is_asked:
        shown.append(blocks.actions(presses(t, state.order, gate, viewer=viewer, lacking=lacking)))
    elif may_allow is not None and not may_allow.is_given:
        shown.append(blocks.actions([allow(t, gate.id, may_allow)]))
    return Message(cut(text, _MOST_TEXT), shown)


def on_home(
    t: Words, state: OrderState, gate: Gate, *, viewer: str, lacking: Sequence[Shortfall] = ()
) -> list[Block]:
    """The same question in an approver's Home, where it is one of several and none stands out."""
    more = (t(_FOR_MORE), *raising(t, gate, lacking)) if gate.kind is GateKind.BUDGET else ()
    lines = (f"*{first_line(t, state, most=_GIST)}*", _asked_by(t, state.order), *more, *progress(t, gate))
    lines += _shown(t, state)
    shown = presses(t, state.order, gate, viewer=viewer, lacking=lacking, style=None)
    title = words.title(t, Draft.model_validate_json(state.order.draft))
    return [section("\n".join(lines)), blocks.actions([blocks.about(each, title) for each in shown])]


def presses(
    t: Words,
    order: Order,
    gate: Gate,
    *,
    viewer: str,
    lacking: Sequence[Shortfall] = (),
    style: Style | None = "primary",
) -> tuple[Block, ...]:
    """Approve, with the price, and Decline; who has said yes may still say no."""
    no = button(t("Decline"), Action.DECLINE, gate.id)
    if viewer in gate.approved_by:
        return (no,)
    asks = _ask_once_more(t, lacking) if gate.kind is GateKind.BUDGET else None
    return (button(_approve(t, order), Action.APPROVE, gate.id, style=style, confirm=asks), no)


def _ask_once_more(t: Words, lacking: Sequence[Shortfall]) -> Block:
    """What Slack asks before it sends a yes that raises a budget; it shows no names there."""
    told = t("This raises a budget by what is lacking, for this month alone.")
    if lacking:
        told = t.n(
            "This raises a budget by {sum}, for this month alone.",
            "This raises {count} budgets by up to {sum}, for this month alone.",
            len(lacking),
            sum=usd(t, max(each.lacking_usd for each in lacking)),
        )
    text = " ".join((told, t(_TAKEN_BACK)))
    return confirm(t("Raise the budget?"), text, yes=t("Approve"), no=t("Back"))


def _approve(t: Words, order: Order) -> str:
    highest = highest_usd(order)
    if highest is None or order.offer_usd is None:
        return t("Approve without a price")
    if order.guesses_price:
        return t("Approve up to {price}", price=usd(t, highest))
    return t("Approve {price}", price=usd(t, order.offer_usd))


def first_line(t: Words, state: OrderState, *, most: int = _EXCERPT) -> str:
    """What is made and what it costs."""
    wish, price = _wish(t, state, most), offer.price(t, state.order)
    if price is None:
        return t("{wish}: sync.so could not say what it will cost", wish=wish)
    return t("{wish}: {price}", wish=wish, price=price)


def _wish(t: Words, state: OrderState, most: int) -> str:
    draft = Draft.model_validate_json(state.order.draft)
    prepared = Prepared.model_validate_json(state.order.prepared)
    takes = plan(draft)
    if len(takes) == 1:
        draft, prepared = takes[0].draft, takes[0].prepared(prepared)
    return words.made_of(t, draft, prepared, most=most) or t("A lip-sync")


def _question(t: Words, state: OrderState, gate: Gate) -> tuple[str, tuple[str, ...]]:
    more = (t(_FOR_MORE),) if gate.kind is GateKind.BUDGET else ()
    doubts = filter(None, (offer.doubt(t, state.order), most_of_unknown(t, state.order)))
    return first_line(t, state), (_asked_by(t, state.order), *more, *doubts, *progress(t, gate))


_FOR_MORE = N_(
    "It costs more than what is left of a budget this month. Your yes raises that budget by what is lacking, "
    "for this month alone."
)
_TAKEN_BACK = N_("What is not used of that is taken back.")


def raising(t: Words, gate: Gate, lacking: Sequence[Shortfall]) -> tuple[str, ...]:
    """By how much a yes raises which budgets, as they stand now; nothing where it raises none."""
    if gate.kind is not GateKind.BUDGET or not lacking:
        return ()
    return (*(_raised(t, each) for each in lacking), t(_TAKEN_BACK))


def _raised(t: Words, short: Shortfall) -> str:
    budget = budget_name(t, short.scope)
    return t("{budget} is raised by {sum}.", budget=budget, sum=usd(t, short.lacking_usd))


def _asked_by(t: Words, order: Order) -> str:
    if order.channel_id.startswith(CHANNELS) and order.conversation is Conversation.CHANNEL:
        where = channel(order.channel_id)
        return t("{person} asks for it in {channel}.", person=user(order.user_id), channel=where)
    return t("{person} asks for it.", person=user(order.user_id))


def _small(t: Words, state: OrderState, gate: Gate, *, is_asked: bool) -> tuple[str, ...]:
    if not is_asked:
        return (t("{person} had asked for it.", person=user(state.order.user_id)),)
    draft = Draft.model_validate_json(state.order.draft)
    model = t("Model: {model}", model=words.model_words(t, draft.maker))
    until = t(
        "Nothing is charged before it is approved. You can answer until {moment}.",
        moment=date(t, gate.ends_at),
    )
    return (" · ".join((model, *words.project_line(t, draft))), *_shown(t, state), until)


def _shown(t: Words, state: OrderState) -> tuple[str, ...]:
    """Who is shown, and on what ground."""
    return () if state.consents is None else (shown_line(t, state.consents, state.order.user_id),)


def _record(t: Words, state: OrderState, gate: Gate) -> tuple[str, tuple[str, ...]]:
    return _RECORDS[gate.state](t, state, gate), _after(t, state, gate)


def stopped(t: Words, order: Order) -> str:
    """Who or what made that nobody's answer is needed any more."""
    why = t("It could not go on, so nobody's answer is needed.")
    if order.status is OrderStatus.CANCELLED and order.failure_code is None:
        why = t("{person} cancelled it.", person=user(order.user_id))
    elif order.failure_code == ACCOUNT_CHANGED:
        asker = user(order.user_id)
        why = t("Another sync.so account pays here now. {person} gets a new offer.", person=asker)
    elif order.failure_code == APP_REMOVED:
        why = t("I was removed from this workspace before it was approved.")
    return " ".join((why, t("Nothing was charged.")))


def _after(t: Words, state: OrderState, gate: Gate) -> tuple[str, ...]:
    if gate.state is GateState.DECLINED:
        reason = user_text(gate.reason or "", MOST_REASON)
        said = (t("The reason given: “{reason}”", reason=reason),) if reason else ()
        return (*said, t("Nothing was charged."))
    if gate.state is GateState.STOPPED:
        return (stopped(t, state.order),)
    return () if gate.state in {GateState.APPROVED, GateState.OPEN} else (t("Nothing was charged."),)


def _approved(t: Words, state: OrderState, gate: Gate) -> str:
    line = first_line(t, state, most=_GIST)
    return t("Approved by {people}. {line}", people=people(t, gate.approved_by), line=line)


def _declined(t: Words, state: OrderState, gate: Gate) -> str:
    line = first_line(t, state, most=_GIST)
    return t("Declined by {person}. {line}", person=user(gate.closed_by or ""), line=line)


def _timed_out(t: Words, state: OrderState, _gate: Gate) -> str:
    return t("Nobody approved it in time. {line}", line=first_line(t, state, most=_GIST))


def _stopped(t: Words, state: OrderState, _gate: Gate) -> str:
    return t("No answer needed any more. {line}", line=first_line(t, state, most=_GIST))


def _others(t: Words, state: OrderState, _gate: Gate) -> str:
    return t("Others are asked now. {line}", line=first_line(t, state, most=_GIST))


_RECORDS: Mapping[GateState, Callable[[Words, OrderState, Gate], str]] = {
    GateState.OPEN: _others,
    GateState.APPROVED: _approved,
    GateState.DECLINED: _declined,
    GateState.TIMED_OUT: _timed_out,
    GateState.STOPPED: _stopped,
}


def decline_form(t: Words, state: OrderState, gate: Gate) -> Block:
    """Asks why not, in a modal."""
    why = blocks.text_input(initial=None, limit=MOST_REASON, multiline=True)
    hint = t("Whoever asked reads it on the card, where they asked, and in a message from me.")
    return {
        "type": "modal",
        "callback_id": Callback.DECLINE,
        "title": blocks.plain(t("Decline"), 24),
        "submit": blocks.plain(t("Decline"), 24),
        "close": blocks.plain(t("Back"), 24),
        "private_metadata": blocks.carried({"gate": gate.id}),
        "blocks": [
            section(first_line(t, state)),
            context(_asked_by(t, state.order)),
            input_field(Reply.REASON, t("Why not?"), why, hint=hint),
        ],
    }
