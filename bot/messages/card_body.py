"""What each status adds to the card, and the buttons that several share."""

from dataclasses import dataclass
from enum import Enum, auto

from bot.asking.drafts import Draft
from bot.messages.blocks import Block, Style, button
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, button_value
from bot.messages.part_lines import PartLine
from bot.messages.text import CHANNELS
from storage.cards import OrderState
from storage.orders import Order


class Wish(Enum):
    """Where the card says what is made of what."""

    SECOND = auto()
    """Right below the headline, with its price unless that stands above it."""
    SMALL = auto()
    """Small, with all else that was chosen."""
    BRIEF = auto()
    """As above, in a few words: what is over need not fill a channel."""


@dataclass(frozen=True, slots=True)
class Body:
    """What one status adds to the card."""

    headline: str
    lines: tuple[str, ...] = ()
    wish: Wish = Wish.SECOND
    aside: str = ""
    """The small line right above the buttons."""
    buttons: tuple[Block, ...] = ()
    parts: tuple[PartLine, ...] = ()
    """A line for each of several videos."""
    choices: tuple[tuple[str, Block], ...] = ()
    """Each as a line, and as a block that shows it with its button."""


CANCELLABLE = N_("You can cancel until it is sent to sync.so.")


def cancel(t: Words, order: Order, label: str | None = None) -> Block:
    """Good until something was sent to sync.so, which the card says beside it."""
    return button(label or t("Cancel"), Action.CANCEL, button_value(order.id))


def change(t: Words, order: Order) -> Block:
    """Opens the form again."""
    return button(t("Change"), Action.CHANGE, button_value(order.id))


def another(order: Order, label: str, *, style: Style | None = None) -> Block:
    """A new order whose form is filled from this one."""
    return button(label, Action.ANOTHER, button_value(order.id), style=style)


def again(t: Words, order: Order, draft: Draft, label: str) -> tuple[Block, ...]:
    """Same inputs again where they are complete, and the form filled from them."""
    if not draft.complete:
        return (another(order, label),)
    rerun = button(label, Action.RERUN, button_value(order.id), style="primary")
    return (rerun, another(order, t("Change")))


def is_at_home(state: OrderState) -> bool:
    """Whether the card stands in the app's direct message, which alone of all takes a card."""
    channel = state.card.channel if state.card is not None else None
    return state.has_moved or not (channel or state.order.channel_id).startswith(CHANNELS)


def slow(t: Words, is_slow: bool, safe: str = "") -> tuple[str, ...]:  # noqa: FBT001 - what it is about
    """The line of a step that takes long; `safe`: what no delay can change, where nothing else says it."""
    if not is_slow:
        return ()
    line = t(
        "This takes longer than usual. I keep trying by myself until it works or I can say why it does not; "
        "there is nothing for you to do."
    )
    return (f"{line} {safe}".rstrip(),)
