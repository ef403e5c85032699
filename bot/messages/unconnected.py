"""What is said while something waits for a sync.so account to be connected, and when nobody did in time."""

from bot.messages.catalogue import Words
from bot.messages.text import date, listed, user
from storage.orders import Order, OrderStatus
from storage.waiting import KEY_REFUSED, WAITS


def is_waiting(order: Order) -> bool:
    """Whether it waits for an account, or for a key of it."""
    return order.status is OrderStatus.PREPARING and order.failure_code in WAITS


def is_for_key(order: Order) -> bool:
    """Whether there is an account, and sync.so does not accept its key."""
    return order.failure_code == KEY_REFUSED


def waiting(t: Words, order: Order) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of a card that says whom to ask, and until when it waits."""
    then = t(
        "As soon as one is connected, I go on by myself and show you the price. Until then nothing is sent "
        "to sync.so, and nothing is charged."
    )
    until = (
        () if order.expires_at is None else (t("I wait until {moment}.", moment=date(t, order.expires_at)),)
    )
    headline = t("Waiting for a sync.so key") if is_for_key(order) else t("Waiting for a sync.so account")
    return headline, (_whom_to_ask(t, order), then, *until)


def not_in_time(t: Words, order: Order) -> str:
    """Why it has expired."""
    if is_for_key(order):
        return t("No key that sync.so accepts was connected in time. Nothing was charged.")
    return t("No sync.so account was connected in time. Nothing was charged.")


def _whom_to_ask(t: Words, order: Order) -> str:
    admins = [user(admin) for admin in (order.failure_detail or "").split()]
    if is_for_key(order):
        what = t("sync.so no longer accepts this workspace's key.")
        step = t("Ask a workspace admin to connect another one.")
        if admins:
            step = t("Ask {people} to connect another one.", people=listed(t, admins))
        return f"{what} {step}"
    if not admins:
        return t("No sync.so account is connected here. Ask a workspace admin to connect one.")
    return t("No sync.so account is connected here. Ask {people} to connect one.", people=listed(t, admins))
