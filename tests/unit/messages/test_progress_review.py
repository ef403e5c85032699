"""Slack's list on progress, held against the card of every order, and each of its rules seen failing."""

import pytest

from bot.messages.blocks import Message, actions, button, section
from bot.messages.ids import Action
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.progress_review import PROGRESS, faults_of_card, has_ended
from tests.unit.messages.builders import DRAFT, a_card, a_state
from tests.unit.messages.samples import STATES

ENDED = a_state(JobStatus.FAILED, DRAFT)
MAKING = a_state(JobStatus.PROCESSING, DRAFT)
SLOW = a_state(JobStatus.PROCESSING, DRAFT, slow=True)
KEPT = "This takes longer than usual. I keep trying until it works."


def said(text: str, *pressed: Action) -> Message:
    rows = [actions([button("Press", each, "J1") for each in pressed])] if pressed else []
    return Message(text, [section(text), *rows])


BAD = {
    "an_end_seems_not_to_go_on": (ENDED, said("Making your video…\nNothing was charged.")),
    "an_end_leaves_no_gate_open": (ENDED, said("Failed\nNothing was charged.", Action.APPROVE)),
    "an_end_says_what_was_charged": (ENDED, said("Failed\nThe clip was too long.")),
    "what_goes_on_says_what_comes": (MAKING, said("Making your video…")),
    "what_takes_long_says_so": (SLOW, said("Making your video…\nsync.so has it.")),
    "retries_are_named": (SLOW, said("Making your video…\nThis takes longer than usual.")),
}
"""For each rule, what breaks it and no other one."""


def test_every_card_holds_to_slacks_own_rules_on_progress() -> None:
    found = {fault for state in STATES for fault in faults_of_card(state, a_card(state))}

    assert found == set()
    assert any(map(has_ended, STATES))
    assert not all(map(has_ended, STATES))


@pytest.mark.parametrize("rule", PROGRESS, ids=lambda rule: rule.__name__)
def test_what_breaks_a_rule_is_found_by_that_rule_alone(rule: object) -> None:
    state, shown = BAD[getattr(rule, "__name__", "")]

    assert [each for each in PROGRESS if list(each(state, shown))] == [rule]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (ENDED, said("Failed\nsync.so charged nothing.", Action.RERUN)),
        (SLOW, said(f"Making your video…\n{KEPT}")),
        (a_state(OrderStatus.OFFERED, DRAFT), said("$1.28", Action.GENERATE, Action.CANCEL)),
    ],
)
def test_what_holds_to_all_of_them_is_let_be(state: OrderState, shown: Message) -> None:
    assert faults_of_card(state, shown) == []
