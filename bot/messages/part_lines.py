"""One line for each video of an order, as long as there is room for it: on the card, and in its `text`."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.messages.blocks import SECTION_LIMIT
from bot.messages.catalogue import Words
from bot.messages.text import user_text, width

MOST_SHOWN = 9_000
"""Characters of all lines on a card: Slack refuses messages whose blocks hold more than some 12,000 in all
(Slack: chat.postMessage, msg_blocks_too_long; the figure is of reports)."""
_LEVELS = ((60, 3), (60, 2), (40, 2), (24, 2), (24, 1), (12, 1))
"""Characters of a label and how much of the rest is told, from the fullest to the shortest."""


@dataclass(frozen=True, slots=True)
class PartLine:
    """How one of several videos stands."""

    label: str
    """As plain text."""
    stands: str = ""
    """In mrkdwn, as all below: the least that has to be told."""
    why: str = ""
    advice: str = ""
    facts: tuple[str, ...] = ()
    """What has to be known of it before it is paid for, each a sentence."""
    is_offered: bool = False
    """Whether it can be made, and waits for a yes."""

    def without(self, shared: Collection[str]) -> "PartLine":
        """The same without facts that are told for all."""
        return replace(self, facts=tuple(fact for fact in self.facts if fact not in shared))

    def words(self, most_of_label: int, told: int) -> str:
        """The line: of what there is to tell the first `told`."""
        parts = (self.stands, self.why or " ".join(self.facts), self.advice)[:told]
        said = ". ".join(part.removesuffix(".") for part in parts if part)
        label = user_text(self.label, most_of_label)
        return f"{label}: {said}" if said else label


def fitted(t: Words, lines: Sequence[PartLine], most: int, *, before: str = "") -> list[str]:
    """The lines in at most `most` characters together, `before` each of them the same.

    Labels are cut and reasons left out before any line is; of lines that are left out the number is told.
    """
    told: list[str] = []
    for most_of_label, much in _LEVELS:
        told = [before + line.words(most_of_label, much) for line in lines]
        if _width_of(told) <= most:
            return told
    rest = len(told)
    while told and _width_of(told) + width(_and_more(t, rest)) + 1 > most:
        told.pop()
    return [*told, _and_more(t, rest - len(told))]


def in_sections(lines: Sequence[str]) -> Iterator[str]:
    """The lines as few paragraphs that Slack takes."""
    held: list[str] = []
    for line in lines:
        if held and _width_of([*held, line]) > SECTION_LIMIT:
            yield "\n".join(held)
            held = []
        held.append(line)
    if held:
        yield "\n".join(held)


def _width_of(lines: Sequence[str]) -> int:
    return sum(width(line) + 1 for line in lines)


def _and_more(t: Words, number: int) -> str:
    return t.n("… and {count} more", "… and {count} more", number)
