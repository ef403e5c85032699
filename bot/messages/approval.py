"""What the asker reads of a yes that others have to give: on the offer, while it waits, and how it ended."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bot.asking.drafts import Draft
from bot.messages import words
from bot.messages.blocks import Message
from bot.messages.card_body import CANCELLABLE, Body, Wish, another, cancel
from bot.messages.catalogue import N_, Words
from bot.messages.ids import MOST_REASON
from bot.messages.notices import say
from bot.messages.text import date, listed, usd, user, user_text
from bot.teams.approval import Approval
from storage.cards import OrderState
from storage.gates import Gate, GateKind, GateState
from storage.orders import Order

_NAMES_SHOWN = 5


def people(t: Words, ids: Sequence[str]) -> str:
    """Some people by name, and how many more."""
    shown = listed(t, [user(each) for each in ids[:_NAMES_SHOWN]])
    more = len(ids) - _NAMES_SHOWN
    return (
        shown
        if more <= 0
        else t.n("{people} and {count} more", "{people} and {count} more", more, people=shown)
    )


def threshold(t: Words, from_usd: Decimal) -> str:
    """From what on a yes is needed; $0.00 reads as if it were a mistake."""
    return usd(t, from_usd) if from_usd else t("the first cent")


def on_offer(t: Words, approval: Approval) -> str:
    """The line of an offer that needs more than its asker's yes."""
    price = threshold(t, approval.from_usd)
    if not approval.is_possible:
        return t(
            "From {price} on your team wants somebody else's yes, and nobody is left who could give it. "
            "An admin can name more people on my Home, under Settings.",
            price=price,
        )
    if approval.needed > 1:
        return t.n(
            "From {price} on {count} person has to say yes as well, of {people}.",
            "From {price} on {count} people have to say yes as well, of {people}.",
            approval.needed,
            price=price,
            people=people(t, approval.approvers),
        )
    if len(approval.approvers) > 1:
        return t(
            "From {price} on one of these people has to say yes as well: {people}.",
            price=price,
            people=people(t, approval.approvers),
        )
    return t(
        "From {price} on {people} has to say yes as well.", price=price, people=people(t, approval.approvers)
    )


def waiting(t: Words, state: OrderState) -> Body:
    """The order's card while it waits."""
    gate = state.gate
    headline = t(_HEADLINES[GateKind.APPROVAL if gate is None else gate.kind])
    lines = (t(_SOMEBODY),) if gate is None else _asked(t, gate)
    return Body(headline, lines, aside=t(CANCELLABLE), buttons=(cancel(t, state.order),))


def _asked(t: Words, gate: Gate) -> tuple[str, ...]:
    asks = _stuck(t, gate) if gate.is_stuck else _who_is_asked(t, gate)
    return (" ".join((asks, t("Nothing is charged yet."))), *_unreached(t, gate), *progress(t, gate))


def _unreached(t: Words, gate: Gate) -> tuple[str, ...]:
    of_asked = [each for each in gate.unreached if each in gate.asked]
    if not of_asked:
        return ()
    who = people(t, of_asked)
    return (t("I cannot write to {people}: the answer can still be given on my Home.", people=who),)


def _stuck(t: Words, gate: Gate) -> str:
    others = t(
        "An admin can name others on my Home, under Settings, and I ask them at once. It waits until "
        "{moment}.",
        moment=date(t, gate.ends_at),
    )
    return " ".join((_nobody_left(t, gate), others))


def _nobody_left(t: Words, gate: Gate) -> str:
    if gate.needed > 1:
        return t("Too few people are left who have heard of it and could say yes.")
    return t("Nobody is left who has heard of it and could say yes.")


def _who_is_asked(t: Words, gate: Gate) -> str:
    who, until = people(t, gate.asked), date(t, gate.ends_at)
    if gate.kind is GateKind.BUDGET:
        return t("I have asked {people} for more. They can answer until {moment}.", people=who, moment=until)
    if gate.needed > 1:
        return t(
            "I have asked {people}; {number} have to say yes. They can answer until {moment}.",
            people=people(t, gate.approvers),
            number=t.number(gate.needed),
            moment=until,
        )
    return t("I have asked {people}. They can answer until {moment}.", people=who, moment=until)


def progress(t: Words, gate: Gate) -> tuple[str, ...]:
    """Who has said yes, where several have to."""
    if gate.needed == 1 or not gate.approved_by:
        return ()
    left = gate.needed - len(gate.approved_by)
    yes = t("Yes from {people}.", people=people(t, gate.approved_by))
    if left <= 0:
        return (yes,)
    return (" ".join((yes, t.n("{count} more is needed.", "{count} more are needed.", left))),)


def in_advance(t: Words, gate: Gate | None, *, but: str | None = None) -> tuple[str, ...]:
    """Whose yes was none to this one alone, said of everybody but one."""
    those = [] if gate is None else [each for each in gate.by_allowance if each != but]
    return (t("Allowed in advance by {people}.", people=people(t, those)),) if those else ()


_SOMEBODY = N_("Somebody who looks after the budget has to agree. Nothing is charged yet.")
_HEADLINES: Mapping[GateKind, str] = {
    GateKind.APPROVAL: N_("Waiting for approval"),
    GateKind.BUDGET: N_("Waiting for more budget"),
}


def declined(t: Words, state: OrderState) -> Body:
    """The order's card once an approver has said no."""
    lines: tuple[str, ...] = (t("An approver has declined it. Nothing was charged."),)
    if state.gate is not None:
        lines = (_no(t, state.gate), t("Nothing was charged."))
    return Body(
        t("Not approved"),
        lines,
        wish=Wish.BRIEF,
        buttons=(another(state.order, t("Change and ask again")),),
    )


def _no(t: Words, gate: Gate) -> str:
    """Who declined it, and why."""
    by = user(gate.closed_by or "")
    if not gate.reason:
        return t("{person} declined it.", person=by)
    return t("{person} declined it: “{reason}”", person=by, reason=user_text(gate.reason, MOST_REASON))


def not_reached(t: Words, user_id: str) -> Message:
    """What admins are told of an approver."""
    return say(
        t(
            "I cannot write to {person}, and something waits for their yes. Who is asked stands on my Home, "
            "under Settings: I ask at once whomever you name instead, and nobody has to start over.",
            person=user(user_id),
        )
    )


def stuck_notice(t: Words, order: Order, gate: Gate) -> Message:
    """What the asker is told where waiting alone leads to nothing."""
    return say(
        t(
            "About {title}: {nobody} Nothing was charged. An admin can name others on my Home, under "
            "Settings, and I ask them at once; or cancel it on its card.",
            title=_title(t, order),
            nobody=_nobody_left(t, gate),
        )
    )


def ended_notice(t: Words, order: Order, gate: Gate) -> Message | None:
    """What the asker is told, since an edited card tells nobody; None: they did it themselves."""
    told = _ENDS.get(gate.state)
    return None if told is None else say(told(t, order, gate))


def _declined_notice(t: Words, order: Order, gate: Gate) -> str:
    return t(
        "About {title}: {declined}\nNothing was charged. Its card lets you change it and ask again.",
        title=_title(t, order),
        declined=_no(t, gate),
    )


def _late_notice(t: Words, order: Order, _gate: Gate) -> str:
    return t(
        "Nobody approved {title} in time, so it has ended. Nothing was charged. Press Ask again on its card "
        "for a fresh price.",
        title=_title(t, order),
    )


_ENDS: Mapping[GateState, Callable[[Words, Order, Gate], str]] = {
    GateState.DECLINED: _declined_notice,
    GateState.TIMED_OUT: _late_notice,
}


def _title(t: Words, order: Order) -> str:
    return f"*{user_text(words.title(t, Draft.model_validate_json(order.draft)))}*"
