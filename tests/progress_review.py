"""Slack's review list on progress, held against the card of an order and the truth that it shows.

Source as of `self_review`; these rules need to know how the order stands.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from bot.messages.blocks import Message
from bot.messages.ids import Action
from storage.cards import OrderState
from storage.jobs import ENDED, JobStatus
from storage.orders import OVER
from tests.self_review import Shown

CardRule = Callable[[OrderState, Message], Iterator[str]]

_OPEN = frozenset({Action.GENERATE, Action.CANCEL, Action.APPROVE, Action.DECLINE})
_GOES_ON = "…"
_SENTENCE = re.compile(r"\w\.( |$)", re.MULTILINE)
_SLOW = "longer than usual"
_AGAIN = re.compile(r"\bkeep trying\b.*\buntil\b")
_MONEY = re.compile(r"\bcharge[sd]?\b|\bcosts?\b", re.IGNORECASE)
_ESTIMATE = re.compile(rf"{_MONEY.pattern}|\bestimated?\b|\bno price\b", re.IGNORECASE)
_MOVES = re.compile(r"^Sending .* of .*", re.MULTILINE)
_ELSEWHERE = "joined"
"""The code of what goes on with another card."""


def faults_of_card(state: OrderState, shown: Message) -> list[str]:
    """What people would mind in how a card tells of its order; empty where nothing is."""
    return [fault for rule in PROGRESS for fault in rule(state, shown)]


def has_ended(state: OrderState) -> bool:
    """Whether nothing more is done for it."""
    stand = {job.status for job in state.jobs}
    return state.order.status in OVER or (bool(stand) and stand <= ENDED)


def an_end_seems_not_to_go_on(state: OrderState, shown: Message) -> Iterator[str]:
    """The title tells the outcome."""
    title = shown.text.partition("\n")[0]
    if has_ended(state) and title.endswith(_GOES_ON):
        yield f"{title}: over, and seems to go on"


def an_end_leaves_no_gate_open(state: OrderState, shown: Message) -> Iterator[str]:
    """What waited for a yes is cancelled with it."""
    pressed = {each["action_id"] for each in Shown("message", shown.blocks).buttons}
    if has_ended(state) and pressed & _OPEN:
        yield f"{shown.text}: over, and can still be answered"


def an_end_says_what_was_charged(state: OrderState, shown: Message) -> Iterator[str]:
    """Nobody has to guess whether a failure cost anything."""
    is_told = state.order.forgotten is not None or state.order.failure_code == _ELSEWHERE
    is_made = any(job.status is JobStatus.DELIVERED for job in state.jobs)
    told = (_ESTIMATE if is_made else _MONEY).search(shown.text)  # the record of what is made comes later
    if has_ended(state) and not is_told and not told:
        yield f"{shown.text}: over, and says nothing of money"


def what_goes_on_says_what_comes(state: OrderState, shown: Message) -> Iterator[str]:
    """More than that it goes on; of several each has a line of its own."""
    if state.is_several:
        return
    if state.goes_on_by_itself and not has_ended(state) and not _SENTENCE.search(shown.text):
        yield f"{shown.text}: says not what comes next"


def what_takes_long_says_so(state: OrderState, shown: Message) -> Iterator[str]:
    """Or shows how far it is."""
    begun = [job.slow for job in state.jobs if job.status not in ENDED]
    is_slow = any(begun) if begun else state.order.slow
    told = _SLOW in shown.text or _MOVES.search(shown.text) or state.paused is not None
    if is_slow and state.goes_on_by_itself and not has_ended(state) and not told:
        yield f"{shown.text}: takes long, and says nothing of it"


def retries_are_named(_state: OrderState, shown: Message) -> Iterator[str]:
    """As such, and until when."""
    if _SLOW in shown.text and not _AGAIN.search(shown.text):
        yield f"{shown.text}: does not say that it is tried again, or until when"


PROGRESS: Sequence[CardRule] = (
    an_end_seems_not_to_go_on,
    an_end_leaves_no_gate_open,
    an_end_says_what_was_charged,
    what_goes_on_says_what_comes,
    what_takes_long_says_so,
    retries_are_named,
)
