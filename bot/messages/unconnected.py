"""What is said while something waits for a sync.so account to be connected, and when nobody did in time."""

from bot.messages.catalogue import Words
from bot.messages.text import date, listed, user
from storage.orders import Order, OrderStatus
from storage.waiting import NOT_CONNECTED


def is_waiting(order: Order) -> bool:
    """Whether it waits for an account."""
    return order.status is OrderStatus.PREPARING and order.failure_code == NOT_CONNECTED


def waiting(t: Words, order: Order) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of a card that says whom to ask, and until when it waits."""
    then = t(
        "As soon as one is connected, I go on by myself and show you the price. Until then nothing is sent "
        "to sync.so, and nothing is charged."
    )
    until = (
        () if order.expires_at is None else (t("I wait until {moment}.", moment=date(t, order.expires_at)),)
    )
    return t("Waiting for a sync.so account"), (_whom_to_ask(t, order), then, *until)


def not_in_time(t: Words) -> str:
    """Why it has expired."""
    return t("No sync.so account was connected in time. Nothing was charged.")


def _whom_to_ask(t: Words, order: Order) -> str:
    admins = [user(admin) for admin in (order.failure_detail or "").split()]
    if not admins:
        return t("No sync.so account is connected here. Ask a workspace admin to connect one.")
    return t("No sync.so account is connected here. Ask {people} to connect one.", people=listed(t, admins))
