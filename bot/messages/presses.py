"""Private words about a press on a card: why it did nothing, and what it brings."""

from collections.abc import Mapping

from bot.messages import blocks
from bot.messages.blocks import Message
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action
from bot.messages.notices import say
from bot.messages.text import CHANNELS, channel, escape, user, user_text, width
from storage.jobs import JobStatus
from storage.orders import OrderStatus


def only_the_asker(t: Words, asker_id: str) -> Message:
    """Somebody else pressed a button that spends or ends."""
    return say(
        t(
            "Only {asker} can do that, since they asked for this video. To make your own, type "
            "`/lipsync`. Nothing was changed.",
            asker=user(asker_id),
        ),
    )


def only_this_workspace(t: Words) -> Message:
    """Somebody of another organisation pressed a button in a channel that is shared with it."""
    return say(
        t(
            "Only people of the workspace that made this video can do that: theirs is the "
            "account that pays. Ask one of them. Nothing was charged."
        ),
    )


def already_used(t: Words, status: OrderStatus | JobStatus) -> Message:
    """Generate was pressed twice, or on a card that has moved on to `status`."""
    if status in _UNDER_WAY:
        return say(
            t(
                "That was already done: this video is on its way. This press charged nothing. The "
                "card shows where it is."
            )
        )
    if status is OrderStatus.AWAITING_APPROVAL:
        return say(
            t(
                "You have said yes to this already; it waits for somebody else's yes, as its card says. "
                "Nothing was charged."
            )
        )
    if status is JobStatus.UNRESOLVED:
        return say(
            t(
                "That was already done: this video was sent to sync.so once, and how that ended is "
                "not known yet. This press charged nothing. The card says what you can do."
            )
        )
    return say(_has_ended(t, status))


def asked_for_more_already(t: Words) -> Message:
    """Ask for more was pressed twice."""
    return say(
        t("More was asked for already; this waits for an answer, as its card says. Nothing was charged.")
    )


def too_late(t: Words) -> Message:
    """The order left the status in which the button was shown."""
    return say(t(_MOVED_ON))


def too_late_to_cancel(t: Words, status: OrderStatus | JobStatus) -> Message:
    """An order that cannot be cancelled any more, since it has moved on to `status`."""
    going_on = _NOT_TO_BE_STOPPED.get(status)
    return say(t(going_on) if going_on else _has_ended(t, status))


def _has_ended(t: Words, status: OrderStatus | JobStatus) -> str:
    return t(_HAS_ENDED.get(status, _MOVED_ON))


_MOVED_ON = N_("This has moved on since the card was shown, so nothing was changed. Look at the card again.")
_UNDER_WAY = frozenset(
    {OrderStatus.RUNNING, JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING},
)
_NOT_TO_BE_STOPPED: Mapping[OrderStatus | JobStatus, str] = {
    OrderStatus.RUNNING: N_("All of it was sent to sync.so, and cannot be stopped any more."),
    JobStatus.SUBMITTING: N_("It is being sent to sync.so just now and cannot be stopped any more."),
    JobStatus.PROCESSING: N_(
        "sync.so is making it already and cannot be stopped. The video comes as soon as it is done."
    ),
    JobStatus.DELIVERING: N_("The video is made already and comes in a moment."),
    JobStatus.UNRESOLVED: N_(
        "It was sent to sync.so, and how that ended is not known yet, so I cannot cancel it. "
        "The card says what you can do."
    ),
}
_HAS_ENDED: Mapping[OrderStatus | JobStatus, str] = {
    JobStatus.DELIVERED: N_("This video is done already: it is in the thread. This press changed nothing."),
    JobStatus.CANCELLED: N_("This was already cancelled, and nothing was charged."),
    OrderStatus.EXPIRED: N_("This has expired, and nothing was charged."),
    JobStatus.FAILED: N_(
        "This has already ended without a video. The card says why, and what was charged. "
        "This press changed nothing."
    ),
}


def looking_again(t: Words) -> Message:
    """sync.so is being asked once more about a job whose fate is unknown."""
    return say(
        t("I am asking sync.so again. If it knows more about this video, the card changes in a moment.")
    )


def old_card(t: Words, channel_id: str) -> Message:
    """What takes the place of a card that was posted twice, once it is pressed."""
    if not channel_id.startswith(CHANNELS):
        return say(t("This card is out of date. The one that counts stands in our direct message."))
    where = channel(channel_id)
    return say(
        t("This card is out of date. The one that counts stands elsewhere in {channel}.", channel=where)
    )


def price_changed(t: Words) -> Message:
    """The estimate behind the button is not the present one."""
    return say(
        t("That offer is no longer the current one, so nothing was charged. The card shows the new one.")
    )


def account_changed(t: Words) -> Message:
    """The estimate behind the button is of an account that pays no more."""
    return say(
        t(
            "Another sync.so account pays here now, so nothing was charged. "
            "The card shows what it costs there in a moment."
        )
    )


def price_expired(t: Words) -> Message:
    """The estimate is too old for a click."""
    return say(t("That offer has ended, so nothing was charged. Press Ask again on the card for a new one."))


def not_found(t: Words) -> Message:
    """The order is not stored (any more)."""
    return say(t("I no longer know this video; it may have been deleted. Type `/lipsync` to start anew."))


def download_link(t: Words, url: str, title: str) -> Message:
    """A fresh link to a finished video.

    Args:
        t: The reader's words.
        url: sync.so's signed link, used unaltered.
        title: The order's title, as plain text.
    """
    ready = t(
        "Your video *{title}* is ready to download. The link works for a limited time; save it soon.",
        title=user_text(title),
    )
    text = f"{ready}\n{escape(url)}"
    if width(url) > blocks.URL_LIMIT:
        return Message(text, [])
    link = blocks.link_button(t("Download the video"), Action.OPEN_LINK, url)
    return Message(text, [blocks.section(ready), blocks.actions([link])])


def no_download_link(t: Words, suggestion: str | None) -> Message:
    """sync.so gave no link; `suggestion` is its advice, as plain text."""
    none = t("sync.so gives no link to this video at the moment. Try again in a few minutes.")
    if not suggestion:
        return say(none)
    advice = t("In sync.so's words: “{detail}”", detail=user_text(suggestion, 300))
    return say(f"{none} {advice}")


def say_why(t: Words) -> str:
    """At a field that was sent with blanks alone."""
    return t("Please say why in a few words.")
