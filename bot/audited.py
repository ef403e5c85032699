"""What people do to orders, as the audit log tells it. Pure."""

from bot.asking.asks import Asker
from storage.audit import Action, Entry
from storage.jobs import Job
from storage.orders import Order


def confirmed(order: Order, asker: Asker, account_key: str) -> Entry:
    """A yes: to which offer, at what price, on whose account."""
    return Entry(
        team_id=order.team_id,
        action=Action.CONFIRMED,
        subject=order.id,
        actor=asker.user_id,
        details={
            "offer": order.offer_id,
            "usd": None if order.offer_usd is None else str(order.offer_usd),
            "videos": len(order.makes),
            "account": account_key,
        },
        personal={"channel": order.channel_id},
    )


def cancelled(order: Order, asker: Asker) -> Entry:
    """The end of what was not sent to sync.so, and how far the order was."""
    return Entry(
        team_id=order.team_id,
        action=Action.CANCELLED,
        subject=order.id,
        actor=asker.user_id,
        details={"was": order.status.value},
    )


def given_up(job: Job, asker: Asker) -> Entry:
    """The end of a job whose fate nobody knows: what it may have cost counts as spent."""
    return Entry(
        team_id=job.team_id,
        action=Action.GIVEN_UP,
        subject=job.id,
        actor=asker.user_id,
        details={
            "usd": None if job.estimate_usd is None else str(job.estimate_usd),
            "generation": job.generation_id,
        },
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
