"""What is told while all new spending is paused: on cards, at a press, and in a Home."""

from collections.abc import Sequence

from bot.messages import blocks
from bot.messages.blocks import Block, Message, button, section
from bot.messages.catalogue import Words
from bot.messages.ids import Action
from bot.messages.notices import say
from bot.messages.text import date, user, user_text
from storage.audit import OPERATOR
from storage.pauses import Pause

_REASON = 200
"""Characters of a reason that are shown."""


def since(t: Words, pause: Pause) -> str:
    """Who paused, since when, and why if they said."""
    moment = date(t, pause.at)
    if pause.by == OPERATOR:
        told = t("Whoever runs this app has paused all new videos ({moment}).", moment=moment)
    else:
        told = t("{person} has paused all new videos ({moment}).", person=user(pause.by), moment=moment)
    reason = user_text(pause.reason or "", _REASON)
    return f"{told} " + t("Their reason: {reason}", reason=reason) if reason else told


def on_card(t: Words, pause: Pause) -> tuple[str, ...]:
    """For what has had its yes, and waits."""
    waits = t("It keeps its place, and starts by itself when they go on. Nothing is charged meanwhile.")
    return (since(t, pause), waits)


def at_generate(t: Words, pause: Pause) -> Message:
    """A yes that was not taken; the offer stays as it is."""
    stays = t(
        "So nothing was started, and nothing was charged. The offer stays good for as long as its card says: "
        "press Generate again when they go on."
    )
    return say(f"{since(t, pause)} {stays}")


def at_approve(t: Words, pause: Pause) -> Message:
    """An approver's yes that was not taken; it goes on waiting."""
    waits = t("So nothing was approved or charged. It goes on waiting: press Approve again when they go on.")
    return say(f"{since(t, pause)} {waits}")


def in_home(t: Words, pauses: Sequence[Pause]) -> list[Block]:
    """What everybody sees first in their Home."""
    if not pauses:
        return []
    meanwhile = t("What sync.so is making already still comes. New prices come too; nothing new is charged.")
    return [section(" ".join((t("*New videos are paused.*"), since(t, pauses[0]), meanwhile)))]


def switch(t: Words, pauses: Sequence[Pause]) -> list[Block]:
    """For admins: the button that pauses, or ends what they may end."""
    own = next((pause for pause in pauses if pause.scope_id), None)
    if own is None:
        return [button(t("Pause new videos"), Action.PAUSE, "pause", style="danger", confirm=_really(t))]
    if own.by == OPERATOR:
        return []
    return [button(t("Let new videos go on"), Action.RESUME, "resume", style="primary")]


def _really(t: Words) -> Block:
    return blocks.confirm(
        t("Pause all new videos here?"),
        t(
            "Nothing more is sent to sync.so until you let it go on. What it has already is finished and "
            "charged. Everybody sees that it was you."
        ),
        yes=t("Pause"),
        no=t("Back"),
        style="danger",
    )
