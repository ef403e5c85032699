"""What people do to orders, as the audit log tells it. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from bot.asking.asks import Asker
from storage.allowances import Allowance
from storage.audit import Action, Detail, Entry
from storage.columns import from_micro
from storage.consents import Consent
from storage.differences import Difference
from storage.gates import Gate
from storage.jobs import Job
from storage.limits import Shortfall
from storage.orders import Order, OrderStatus


def confirmed(order: Order, asker: Asker, account_key: str) -> Entry:
    """A yes: to which offer, at what price, on whose account."""
    return Entry(
        team_id=order.team_id,
        action=Action.CONFIRMED,
        subject=order.id,
        actor=asker.user_id,
        details={**_offer(order), "account": account_key},
        personal={"channel": order.channel_id},
    )


def asked_others(order: Order, asker: Asker, gate: Gate) -> Entry:
    """A yes that waits for those of others: to which offer, at what price."""
    return Entry(
        team_id=order.team_id,
        action=Action.CONFIRMED,
        subject=order.id,
        actor=asker.user_id,
        details={**_offer(order), "gate": gate.id, "for": gate.kind.value, "needed": gate.needed},
        personal={"channel": order.channel_id, "asked": " ".join(gate.approvers)},
    )


def approved(order: Order, approver: Asker, gate: Gate, raised: Iterable[Shortfall]) -> Entry:
    """An approver's yes, and what budgets it raised for the month."""
    more = [f"{each.scope} {each.lacking_usd}" for each in raised if each.scope.startswith(_OF_NOBODY)]
    personal = {each.scope: str(each.lacking_usd) for each in raised if not each.scope.startswith(_OF_NOBODY)}
    return Entry(
        team_id=order.team_id,
        action=Action.APPROVED,
        subject=order.id,
        actor=approver.user_id,
        details={
            **_offer(order),
            "gate": gate.id,
            "is_last": order.status is not OrderStatus.AWAITING_APPROVAL,
            "raised_usd": more,
        },
        personal=personal,
    )


def allowed(order: Order, gate: Gate, allowance: Allowance, *, is_last: bool) -> Entry:
    """An approver's yes by what they had allowed beforehand."""
    return Entry(
        team_id=order.team_id,
        action=Action.APPROVED,
        subject=order.id,
        actor=allowance.user_id,
        details={**_offer(order), "gate": gate.id, "is_last": is_last, "allowance": allowance.id},
    )


def not_reached(order: Order, gate: Gate, approver_id: str) -> Entry:
    """Somebody who has to say yes cannot be written to."""
    return Entry(
        team_id=order.team_id,
        action=Action.NOT_REACHED,
        subject=order.id,
        actor=None,
        details={"gate": gate.id, "needed": gate.needed, "is_stuck": gate.is_stuck},
        personal={"approver": approver_id},
    )


def declined(order: Order, approver: Asker, gate: Gate) -> Entry:
    """An approver's no; why is theirs to take away."""
    return Entry(
        team_id=order.team_id,
        action=Action.DECLINED,
        subject=order.id,
        actor=approver.user_id,
        details={**_offer(order), "gate": gate.id},
        personal={} if gate.reason is None else {"reason": gate.reason},
    )


_OF_NOBODY = ("team", "model:")
"""Begin the scopes of budgets that tell of no person; a channel may be a direct message."""


def _offer(order: Order) -> dict[str, Detail]:
    return {
        "offer": order.offer_id,
        "usd": None if order.offer_usd is None else str(order.offer_usd),
        "videos": len(order.makes),
    }


def cancelled(order: Order, asker: Asker) -> Entry:
    """The end of what was not sent to sync.so, and how far the order was."""
    return _of_order(order, asker, Action.CANCELLED, details={"was": order.status.value})


def stopped(order: Order, objector: Asker | None) -> Entry:
    """As `cancelled`, by an objection; None: by one that stood when it was to be sent."""
    return Entry(
        team_id=order.team_id,
        action=Action.CANCELLED,
        subject=order.id,
        actor=None if objector is None else objector.user_id,
        details={"was": order.status.value, "why": "objection"},
    )


def objected(order: Order | None, asker: Asker) -> Entry:
    """Somebody who was named as shown in an order objects to being shown; None: it names them no more."""
    return Entry(
        team_id=asker.team_id,
        action=Action.OBJECTED,
        subject=asker.team_id if order is None else order.id,
        actor=asker.user_id,
    )


def objection_withdrawn(asker: Asker) -> Entry:
    """They do so no more; in the log of the workspace that they say it in."""
    return Entry(
        team_id=asker.team_id,
        action=Action.OBJECTION_WITHDRAWN,
        subject=asker.team_id,
        actor=asker.user_id,
    )


def consent_said(order: Order, said: Sequence[Consent]) -> Entry:
    """Its asker has said who is shown: on what grounds; who it is stands with the order alone."""
    return Entry(
        team_id=order.team_id,
        action=Action.CONSENT_SAID,
        subject=order.id,
        actor=order.user_id,
        details={"grounds": [each.shown.ground.value for each in said]},
    )


def deleted(order: Order, asker: Asker) -> Entry:
    """That an order's words, files and videos were deleted, and how it had ended."""
    return _of_order(order, asker, Action.DELETED, details={"was": order.status.value})


def forget_asked(person: Asker, pseudonym: str, asker: Asker) -> Entry:
    """That an admin has the data of somebody deleted who has left."""
    return Entry(
        team_id=asker.team_id,
        action=Action.FORGET_ASKED,
        subject=pseudonym,
        actor=asker.user_id,
        personal={"person": person.user_id},
    )


def _of_order(order: Order, asker: Asker, action: Action, *, details: dict[str, Detail]) -> Entry:
    return Entry(team_id=order.team_id, action=action, subject=order.id, actor=asker.user_id, details=details)


def given_up(job: Job, asker: Asker | None) -> Entry:
    """The end of a job whose fate nobody knows: what it may have cost counts as spent.

    Args:
        job: which.
        asker: who said so; None: the data of its asker was to go.
    """
    return Entry(
        team_id=job.team_id,
        action=Action.GIVEN_UP,
        subject=job.id,
        actor=None if asker is None else asker.user_id,
        details={
            "usd": None if job.estimate_usd is None else str(job.estimate_usd),
            "generation": job.generation_id,
        },
    )


def difference_closed(closed: Difference, named_usd: Decimal | None = None) -> Entry:
    """The end of a difference, and the sum that somebody named for its video.

    Why is in people's words, but where the app has found that it was none.
    """
    theirs = None if closed.theirs is None else str(from_micro(closed.theirs))
    by_people = closed.closed_by is not None
    return Entry(
        team_id=closed.owner_id,
        action=Action.DIFFERENCE_CLOSED,
        subject=closed.generation_id,
        actor=closed.closed_by,
        details={
            "kind": closed.kind,
            "ours_usd": str(from_micro(closed.ours)),
            "theirs_usd": theirs,
            "named_usd": None if named_usd is None else str(named_usd),
        },
        personal={"reason": closed.reason} if by_people and closed.reason is not None else {},
    )


def asked_again(order: Order, asker: Asker, position: int | None) -> Entry:
    """The same once more, all of it or one part; it gets a price, and needs a yes of its own."""
    return _once_more(Action.ASKED_AGAIN, order, asker, position)


def asked_another(order: Order, asker: Asker, position: int | None) -> Entry:
    """Another version of it, or of one part, which a form will tell."""
    return _once_more(Action.ASKED_ANOTHER, order, asker, position)


def _once_more(action: Action, order: Order, asker: Asker, position: int | None) -> Entry:
    return Entry(
        team_id=order.team_id,
        action=action,
        subject=order.id,
        actor=asker.user_id,
        details={"part": position},
    )
