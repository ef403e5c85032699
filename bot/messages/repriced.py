"""What is said when a yes was not spent, since price or account changed: on the old card, and on the new."""

from decimal import Decimal

from bot.asking.drafts import Prepared
from bot.messages.catalogue import N_, Words
from bot.messages.text import about, usd
from storage.jobs import Job
from storage.orders import Order

PRICE_CHANGED = "price_changed"
"""The code of an order that ended since its price no longer held."""
LINK_CHANGED = "link_changed"
"""Its detail where a link led to another file than the price was for."""
ACCOUNT_CHANGED = "account_changed"
"""The code of what ended unsent since another sync.so account pays now."""
OFFERED_ANEW = frozenset({PRICE_CHANGED, ACCOUNT_CHANGED})
"""The codes of what stands once more on a card of its own."""
_GO_ON = N_("The new offer is in this thread, on a card of its own.")


def account_changed(t: Words) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of the card of what another account would have had to pay for."""
    why = t(
        "The sync.so account that pays here was changed before your video was begun. Nothing was charged."
    )
    go_on = t(
        "It stands in this thread once more, on a card that says what it costs now and waits for your yes."
    )
    return t("Not made: another sync.so account pays now"), (why, go_on)


def stopped(t: Words, job: Job) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of the card whose yes was not spent."""
    if job.failure_code == ACCOUNT_CHANGED:
        return account_changed(t)
    accepted = about(t, job.estimate_usd or Decimal(0))
    if job.failure_detail == LINK_CHANGED:
        return t("Not made: the file behind a link has changed"), (_other_file(t, accepted), t(_GO_ON))
    if job.repriced_usd is not None:
        return t("Not made: the price went up"), (_both(t, job.repriced_usd, accepted), t(_GO_ON))
    asked = t(
        "Before I send a video to sync.so I ask for its price once more, and for two minutes I got none. "
        "You said yes to {accepted}. Nothing was charged.",
        accepted=accepted,
    )
    return t("Not made: its price could not be checked"), (asked, t(_GO_ON))


def instead(t: Words, order: Order) -> tuple[str, ...]:
    """The line of an offer that came in an order's place: both prices; none for any other offer."""
    if order.accepted_usd is None:
        return ()
    accepted = about(t, order.accepted_usd)
    if order.offer_usd is not None and order.offer_usd > order.accepted_usd:
        return (_both(t, order.offer_usd, accepted),)
    if order.offer_usd is not None:
        return (_other_file(t, accepted),)
    return (
        t(
            "You said yes to {accepted}; now sync.so does not say what it costs. Nothing was charged.",
            accepted=accepted,
        ),
    )


def dearer(t: Words, order: Order) -> tuple[str, ...]:
    """The line of an offer that was made ahead of its files and was too low; none for any other."""
    before = Prepared.model_validate_json(order.prepared).offered_usd
    if before is None or order.accepted_usd is not None:
        return ()
    return (
        t(
            "Now that your files are at sync.so it costs more than the {before} that stood here. "
            "Nothing was charged.",
            before=usd(t, before),
        ),
    )


def _other_file(t: Words, accepted: str) -> str:
    return t(
        "A link leads to another file now than when you said yes to {accepted}. Nothing was charged.",
        accepted=accepted,
    )


def _both(t: Words, now: Decimal, accepted: str) -> str:
    return t(
        "It now costs {now}; you said yes to {accepted}. Nothing was charged.",
        now=about(t, now),
        accepted=accepted,
    )
