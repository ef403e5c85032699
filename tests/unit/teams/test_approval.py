"""Whose yes a price needs: by threshold, by who asks, and whom a rule leaves alone."""

from decimal import Decimal

import pytest

from bot.teams.approval import Approval, approval_of, approvers_for, stuck
from bot.teams.rights import MAY, Deed, Role
from bot.teams.rules import Problem, Rules, problems

FIVE = Decimal(5)
RULES = Rules(approval_from_usd=FIVE, approvers=("UBEN", "UCY", "UBEN"))


@pytest.mark.parametrize(
    ("usd", "needs"), [("0", False), ("4.99", False), ("5", True), ("5.000001", True), (None, True)]
)
def test_the_threshold_counts_itself_and_an_unknown_price_is_over_it(usd: str | None, *, needs: bool) -> None:
    found = approval_of(RULES, "UADA", None if usd is None else Decimal(usd))
    assert found == (Approval(FIVE, 1, ("UBEN", "UCY")) if needs else None)


def test_without_a_threshold_the_askers_yes_is_enough() -> None:
    assert approval_of(Rules(approvers=("UBEN",)), "UADA", None) is None


def test_own_videos_are_for_others_to_approve_unless_the_rules_say_so() -> None:
    own = RULES.model_copy(update={"may_approve_own": True})
    assert approvers_for(RULES, "UBEN") == ("UCY",)
    assert approvers_for(own, "UBEN") == ("UBEN", "UCY")


@pytest.mark.parametrize(
    ("approvers", "needed", "own", "alone"),
    [
        (("UBEN",), 1, False, ["UBEN"]),
        (("UBEN",), 1, True, []),
        (("UBEN", "UCY"), 1, False, []),
        (("UBEN", "UCY"), 2, False, ["UBEN", "UCY"]),
        (("UBEN", "UCY", "UDEE"), 2, False, []),
    ],
)
def test_it_is_known_whom_a_rule_leaves_without_anybody(
    approvers: tuple[str, ...], needed: int, *, own: bool, alone: list[str]
) -> None:
    rules = Rules(approval_from_usd=FIVE, approvers=approvers, approvals_needed=needed, may_approve_own=own)
    assert stuck(rules) == alone
    for each in alone:
        found = approval_of(rules, each, FIVE)
        assert found is not None
        assert not found.is_possible
    found = approval_of(rules, "UADA", FIVE)
    assert found is not None
    assert found.is_possible


@pytest.mark.parametrize(("needed", "is_wrong"), [(1, False), (2, False), (3, True)])
def test_more_yeses_than_people_cannot_hold(needed: int, *, is_wrong: bool) -> None:
    rules = Rules(approval_from_usd=FIVE, approvers=("UBEN", "UCY"), approvals_needed=needed)
    assert problems(rules) == ({"approvers": Problem.TOO_FEW_APPROVERS} if is_wrong else {})


def test_none_but_approvers_may_approve() -> None:
    assert MAY[Deed.APPROVE] == {Role.APPROVER}
