"""Slack's own review lists, held against every message and view, and each of their rules seen failing."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.asking.drafts import Draft
from bot.asking.plan import Take, plan
from bot.messages.approval_card import approval_card
from bot.messages.blocks import Message, about, actions, button, confirm, context, input_field, section
from bot.messages.blocks import text_input as typed
from bot.messages.catalogue import ENGLISH
from bot.messages.home import HomeState, home
from bot.messages.ids import Action
from storage.cards import OrderState
from storage.gates import Gate
from storage.orders import OrderStatus
from tests import self_review
from tests.self_review import DATA, FOR_ALL, FORMS, HOME, HUMAN_IN_THE_LOOP, faults_of_message, faults_of_view
from tests.unit.messages.builders import a_card, buttons, shown_text
from tests.unit.messages.samples import GATES, HOMES, STATES
from tests.unit.messages.test_every_text import Builder, builders, calls_of

Json = dict[str, Any]
_MOST = 500
"""Ways to call one builder."""


def name_of(builder: Builder) -> str:
    return f"{builder.__module__[13:]}.{builder.__name__}"


def faults(made: Any) -> list[str]:
    """What people would mind, where it is something that they see as a whole."""
    match made:
        case Message():
            return faults_of_message(made)
        case {"type": "modal" | "home"}:
            return faults_of_view(made)
    return []


@pytest.mark.parametrize("builder", list(builders()), ids=name_of)
def test_whatever_is_shown_holds_to_slacks_own_rules(builder: Builder) -> None:
    found = {fault for made in calls_of(builder, ENGLISH, most=_MOST) for fault in faults(made)}

    assert found == set()


YES = button("Generate $1.28", Action.GENERATE, "J1:e5", style="primary")
NO = button("Cancel", Action.CANCEL, "J1")
GIVE_UP = button("Give up", Action.GIVE_UP, "J1:j1", confirm=confirm("Sure?", "…", yes="Give up", no="Wait"))
FRESH = context("As of <!date^0^{date_short}|1 Jan>")
START = button("Create a lip-sync", Action.HOME_START, "start", style="primary")


def said(*pressed: Json, text: str = "A video: $1.28") -> Message:
    return Message(text, [section(text), actions(pressed)])


def modal(*shown: Json, **view: Any) -> Json:
    close = {"type": "plain_text", "text": "Close"}
    return {"type": "modal", "close": close, "blocks": list(shown)} | view


def a_home(*shown: Json) -> Json:
    return {"type": "home", "blocks": [*shown, actions([START]), FRESH]}


def field(name: str, label: str = "Name", **words: Any) -> Json:
    return input_field(
        name, label, typed(initial=None, limit=9, placeholder=words.pop("example", "")), **words
    )


def rows(columns: int, number: int, **table: Any) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "Q"}] * columns] * number} | table


def chart(number: int = 1, *, unit: str = "US dollars") -> Json:
    """Of so many points; of none, it has no series either."""
    series = [{"data": [{"value": 1}] * number}] * min(number, 1)
    return {"type": "data_visualization", "chart": {"series": series, "axis_config": {"y_label": unit}}}


GOOD: Mapping[str, Message | Json] = {
    "an offer": said(YES, NO, GIVE_UP),
    "a form": modal(*(field(f"n{at}", hint="Up to 9.", example="Spring") for at in range(6))),
    "a Home": a_home(section("Type `/lipsync`.")),
    "figures": a_home(section("1 so far"), rows(6, 100), chart()),
}
BAD: Mapping[str, list[Message | Json]] = {
    "one_main_action": [
        said(YES, about(START, "Spring"), NO),
        a_home(actions([button(name, name, "1", style="primary") for name in ("Connect", "Resume")])),
    ],
    "no_is_plain": [
        said(NO | {"style": "primary"}),
        a_home(actions([button("Decline", Action.DECLINE, "G1", style="primary")])),
    ],
    "red_is_for_what_ends": [
        said(button("Change", Action.CHANGE, "J1", style="danger")),
        said(
            button(
                "Try again",
                Action.RERUN,
                "J1",
                confirm=confirm("Sure?", "…", yes="Try", no="Wait", style="danger"),
            )
        ),
    ],
    "what_ends_is_asked_first": [said(button("Give up", Action.GIVE_UP, "J1:j1"))],
    "labels_say_what_they_do": [
        said(button("OK", Action.CHANGE, "J1")),
        said(button("✓", Action.CHANGE, "J1")),
        said(button("Give up", Action.GIVE_UP, "J1", confirm=confirm("Sure?", "…", yes="Yes", no="Wait"))),
        modal(field("n"), submit={"type": "plain_text", "text": "Submit"}),
    ],
    "a_yes_says_what_it_costs": [
        said(YES, NO, text="A video\n$1.28"),
        a_home(actions([button("Approve", Action.APPROVE, "G1"), button("Decline", Action.DECLINE, "G1")])),
    ],
    "beside_a_yes_stands_a_no": [
        said(YES),
        Message("A video: $1", [section("A video: $1"), actions([YES]), actions([NO])]),
    ],
    "buttons_carry_ids_alone": [
        said(button("Change", Action.CHANGE, "J1 $1.28")),
        said(YES | {"value": "J1"}, NO),
    ],
    "a_form_is_short": [modal(*(field(f"n{at}") for at in range(7)))],
    "a_form_can_be_left": [{"type": "modal", "blocks": [section("Q")]}],
    "nobody_types_a_secret": [
        modal(field("n", "API key")),
        modal(field("n", hint="The password")),
        modal(field("n", example="Your token")),
    ],
    "placeholders_are_examples": [
        modal(field("n", example="Up to 9 letters")),
        modal(field("n", example="Name")),
    ],
    "nothing_is_typed_in_a_home": [a_home(section("`/lipsync`"), field("n"))],
    "a_home_says_how_fresh_it_is": [{"type": "home", "blocks": [section("`/lipsync`"), actions([START])]}],
    "a_home_leads_on": [{"type": "home", "blocks": [section("Q"), FRESH]}],
    "what_waits_comes_first": [
        a_home(
            actions([button("Make another", Action.ANOTHER, "J1")]),
            actions([button("Approve $1", Action.APPROVE, "G1"), button("Decline", Action.DECLINE, "G1")]),
        )
    ],
    "tables_are_small": [a_home(section("1"), rows(7, 2)), a_home(section("1"), rows(2, 101))],
    "figures_have_units": [
        a_home(section("1"), {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}),
        a_home(section("1"), rows(2, 2, type="data_table")),
        a_home(section("1"), chart(unit="")),
    ],
    "charts_show_something": [
        a_home(section("1"), chart(), chart(), chart()),
        a_home(section("1"), chart(0)),
        a_home(section("1"), chart(21)),
    ],
    "figures_stand_in_words_too": [a_home(chart()), a_home(section("See below"), rows(2, 2))],
    "nobody_is_called_together": [said(NO, text="Look, <!channel>"), modal(section("<!here> look"))],
    "the_text_says_it_all": [Message("A video", [section("A video"), context("for $1.28")])],
    "like_buttons_are_told_apart": [
        said(button("Open", Action.CHANGE, "J1"), button("Open", Action.CHANGE, "J2")),
        said(about(button("Open", "o", "J1"), "Spring"), button("Open", "o", "J2")),
    ],
}
"""For each rule, what breaks it and no other one."""


@pytest.mark.parametrize("made", GOOD.values(), ids=GOOD)
def test_what_holds_to_all_of_them_is_let_be(made: Message | Json) -> None:
    assert faults(made) == []


@pytest.mark.parametrize(
    ("rule", "made"), [(rule, made) for rule, all_made in BAD.items() for made in all_made]
)
def test_what_breaks_a_rule_is_found_by_that_rule_alone(rule: str, made: Message | Json) -> None:
    if isinstance(made, Message):
        shown = self_review.Shown("message", made.blocks, made.text)
    else:
        shown = self_review.Shown(made["type"], made["blocks"], view=made)

    found = list(getattr(self_review, rule)(shown))

    assert found
    assert faults(made) == found


def test_every_rule_is_seen_failing() -> None:
    every = {rule.__name__ for rule in (*HUMAN_IN_THE_LOOP, *FORMS, *HOME, *DATA, *FOR_ALL)}

    assert set(BAD) == every


def pressed(made: Message) -> set[str]:
    return {each["action_id"] for each in buttons(made.blocks).values()}


def takes_of(state: OrderState) -> Sequence[Take]:
    return plan(Draft.model_validate_json(state.order.draft))


def test_an_offer_of_one_video_can_be_changed_before_the_yes() -> None:
    offers = [state for state in STATES if state.status is OrderStatus.OFFERED and len(takes_of(state)) == 1]

    assert offers
    assert all(pressed(a_card(state)) >= {Action.GENERATE, Action.CHANGE, Action.CANCEL} for state in offers)


@pytest.mark.parametrize("gate", [gate for gate in GATES if not gate.is_open], ids=lambda gate: gate.state)
def test_a_gate_that_is_closed_is_a_record_without_buttons(gate: Gate) -> None:
    waited = next(state for state in STATES if state.status is OrderStatus.AWAITING_APPROVAL)

    assert pressed(approval_card(ENGLISH, waited, gate, viewer="Q")) == set()


def test_an_empty_home_teaches_by_an_example_and_one_button() -> None:
    shown = home(ENGLISH, HomeState())["blocks"]

    assert "`/lipsync" in shown_text(shown)
    assert [name for name, each in buttons(shown).items() if each.get("style")] == ["Create a lip-sync"]


_OF_ADMINS = {Action.SETTINGS, Action.LEDGER, Action.HOME_CONNECT, Action.PAUSE, Action.RESUME}


@pytest.mark.parametrize("state", [state for state in HOMES if not state.is_admins])
def test_what_only_admins_may_press_is_in_no_other_home(state: HomeState) -> None:
    shown = home(ENGLISH, state)["blocks"]

    assert {each["action_id"] for each in buttons(shown).values()}.isdisjoint(_OF_ADMINS)
