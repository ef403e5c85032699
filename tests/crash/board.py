"""The app's cards as they stand in the fake Slack, and the videos in their threads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from bot.sandbox.fake_slack.records import Json, Message

TAG = re.compile(r"ask-(\d+)")
"""In the link or the file name of each ask, and so on its card."""
_TAKE = re.compile(r"ask-\d+[ -](\d+)")
"""In the file name of each of several clips, or in what each of several is to say."""


class Face(Enum):
    """What a card says of its job, to somebody who only reads Slack."""

    MOVING = auto()
    READY = auto()
    """It shows a price and offers Generate."""
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()
    REPRICED = auto()
    """It was not made, since its price went up; a new offer stands in its thread."""
    EXPIRED = auto()
    UNRESOLVED = auto()
    PARTLY = auto()
    """Some of several videos are here, and others will not come."""


@dataclass(frozen=True, slots=True)
class Card:
    """One message of the app's that shows a job."""

    channel: str
    ts: str
    root: str
    """The first message of its thread."""
    tag: int
    job: str | None
    """The job's id, from a button; None: it has no buttons now."""
    face: Face
    headline: str
    takes: frozenset[int] = frozenset()
    """Which of the videos of its ask it names by number."""


_REPRICED = "Not made"
_MANY_RUN = "Making your videos"
_MANY_MOVE = re.compile(rf"{_MANY_RUN}|\d+ videos in the queue")
_MANY_REST = re.compile(r"(\d+) of (\d+) videos (?:is|are) here(.*)")
_PRICE_DID_NOT_HOLD = "its price did not hold"
_ENDS = {"Done": Face.DONE, "Cancelled": Face.CANCELLED, "This has expired": Face.EXPIRED}


def takes_in(text: str) -> frozenset[int]:
    """Which of the videos of an ask are named in a text."""
    return frozenset(map(int, _TAKE.findall(text)))


def take_of(name: str) -> int | None:
    """Which of the videos of its ask one is, by its name; None: that has no number."""
    return min(takes_in(name), default=None)


def read_card(message: Message) -> Card | None:
    """The card in a message; None: it is none."""
    found = TAG.search(message.text)
    if not message.by_bot or message.files or found is None:
        return None
    buttons = {element["action_id"]: element for element in _buttons(message)}
    values = (str(button.get("value") or "").partition(":")[0] for button in buttons.values())
    return Card(
        channel=message.channel,
        ts=message.ts,
        root=message.thread_ts or message.ts,
        tag=int(found[1]),
        job=next((value for value in values if value), None),
        face=_face(set(buttons), message.text),
        headline=message.text.partition("\n")[0],
        takes=takes_in(message.text),
    )


def _face(actions: set[str], text: str) -> Face:
    if text.startswith(_REPRICED):
        return Face.REPRICED
    if "cancel" in actions:
        return Face.READY if "generate" in actions else Face.MOVING
    if many := _MANY_REST.match(text):
        return _face_of_many(text, *many.groups())
    if not actions or "check" in actions or _MANY_MOVE.match(text):
        return Face.UNRESOLVED if "check" in actions else Face.MOVING
    return next((face for words, face in _ENDS.items() if text.startswith(words)), Face.FAILED)


def _face_of_many(text: str, here: str, number: str, others: str) -> Face:
    if "unclear" in others:
        return Face.UNRESOLVED
    if _PRICE_DID_NOT_HOLD in text:
        return Face.REPRICED
    if f", {number} cancelled" in others:
        return Face.CANCELLED
    return Face.FAILED if here == "0" and "cancelled" not in others else Face.PARTLY


def some_run(message: Message) -> bool:
    """Whether some of several videos are made, while others can still be cancelled."""
    try:
        button_of(message, "cancel")
    except KeyError:
        return False
    return message.text.startswith(_MANY_RUN)


def button_of(message: Message, action: str) -> tuple[str, str]:
    """Block id and value of a button. Raises KeyError."""
    for block in message.blocks:
        for element in block.get("elements") or []:
            if isinstance(element, dict) and element.get("action_id") == action:
                return str(block["block_id"]), str(element.get("value") or "")
    raise KeyError(action)


def _buttons(message: Message) -> Iterator[Json]:
    for block in message.blocks:
        if block["type"] == "actions":
            yield from (each for each in block["elements"] if each.get("action_id"))
