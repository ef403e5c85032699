"""Whose yes a price needs beside its asker's, by the rules of a team. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.teams.rulebook import Book
from bot.teams.rules import Rules
from storage.gates import GateKind


@dataclass(frozen=True, slots=True)
class Approval:
    """What the rules ask for before something is made."""

    from_usd: Decimal
    """From this price on."""
    needed: int
    """How many have to say yes."""
    approvers: tuple[str, ...]
    """Who can, for this asker."""

    @property
    def is_possible(self) -> bool:
        """Whether enough people are left who could say yes."""
        return len(self.approvers) >= self.needed


def approval_of(rules: Rules, asker: str, usd: Decimal | None) -> Approval | None:
    """What is needed for a price; None: the asker's own yes is enough.

    Args:
        rules: the team's.
        asker: who asks for it.
        usd: the highest that it may come to; None: not known, which is over every threshold.
    """
    threshold = rules.approval_from_usd
    if threshold is None or (usd is not None and usd < threshold):
        return None
    return Approval(threshold, rules.approvals_needed, approvers_for(rules, asker))


def approvers_for(rules: Rules, asker: str) -> tuple[str, ...]:
    """Who may say yes to what somebody asks for."""
    named = dict.fromkeys(rules.approvers)
    return tuple(each for each in named if rules.may_approve_own or each != asker)


def answerers(book: Book, kind: GateKind, asker: str) -> Sequence[str]:
    """Who may say yes to what somebody asks for; to more budget admins, where nobody is named."""
    named = approvers_for(book.rules, asker)
    if book.rules.approvers or kind is GateKind.APPROVAL:
        return named
    return [each for each in book.admins if book.rules.may_approve_own or each != asker]


def stuck(rules: Rules) -> Sequence[str]:
    """The approvers for whose own videos too few others are left; for everybody else there are enough."""
    if rules.approval_from_usd is None:
        return ()
    return [each for each in rules.approvers if len(approvers_for(rules, each)) < rules.approvals_needed]
