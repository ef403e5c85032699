"""The card of several videos: a line for each, however many, the sum, and one menu."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages.ids import Action, read_button, read_option
from storage.cards import OrderState
from storage.jobs import MOST_PARTS, JobStatus
from storage.orders import Guessed, OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import (
    HOSTILE,
    WITH_JOBS,
    a_card,
    a_job,
    buttons,
    markup,
    several,
    shown_text,
    wild_text,
)

MOST_BLOCKS = 15
TEN = [f"clip{number}.mp4" for number in range(1, 11)]
BEFORE = sorted(set(OrderStatus) - WITH_JOBS)
MADE_THERE: dict[str, Any] = {"generation_id": "g"}
MIXED = {
    0: a_job(JobStatus.DELIVERED, cost_usd=Decimal("0.43")),
    1: a_job(JobStatus.DELIVERED),
    3: a_job(JobStatus.FAILED, failure_code="generation_pipeline_failed", **MADE_THERE),
    4: a_job(JobStatus.PROCESSING),
    5: a_job(
        JobStatus.FAILED, failure_code="slack_storage_full", generation_status="COMPLETED", **MADE_THERE
    ),
    6: a_job(JobStatus.UNRESOLVED),
    7: a_job(JobStatus.CANCELLED),
    8: a_job(JobStatus.QUEUED),
    9: a_job(JobStatus.QUEUED),
}
EMPTY = {2: "slack_file_empty"}


def lines(state: OrderState) -> list[str]:
    """The text of a card, cut into its lines."""
    return a_card(state).text.splitlines()


def line_of(state: OrderState, label: str) -> str:
    (line,) = (line for line in lines(state) if line.startswith(f"{label}:"))
    return line


def choices(state: OrderState) -> dict[str, str]:
    """What the card's menu offers, by its words; what each choice sends."""
    found = [
        element
        for block in a_card(state).blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "static_select"
    ]
    options = [option for menu in found for group in menu["option_groups"] for option in group["options"]]
    return {option["text"]["text"]: option["value"] for option in options}


def test_the_sum_stands_first_and_the_button_says_how_many_for_how_much() -> None:
    state = several(TEN, problems=EMPTY)
    assert lines(state)[0] == "Ready to make 9 of 10 videos: about $3.78 (estimate)"
    assert next(iter(buttons(a_card(state).blocks))) == "Generate 9 of 10, $3.78"
    assert next(iter(buttons(a_card(several(TEN)).blocks))) == "Generate all 10, $4.20"


def test_each_has_a_line_with_its_price_and_one_that_cannot_be_made_its_reason_outside_the_sum() -> None:
    state = several(TEN, problems=EMPTY)
    assert line_of(state, "clip1.mp4").startswith("clip1.mp4: about $0.42 for about 0:10")
    assert line_of(state, "clip3.mp4").startswith("clip3.mp4: not in the sum. This file is empty")
    assert [line.partition(":")[0] for line in lines(state) if ".mp4: " in line] == TEN


def test_what_is_lost_in_all_alike_is_said_once() -> None:
    told = [line for line in lines(several(TEN)) if "the video ends with the speech" in line]
    assert len(told) == 1
    assert "press Change" not in a_card(several(TEN)).text, "there is no such button"


def test_without_every_price_the_card_says_what_is_known_and_generate_asks_once_more() -> None:
    state = several(TEN, usd=None)
    assert lines(state)[0] == "Ready to make 10 videos, but sync.so could not say what all of them will cost"
    asked = buttons(a_card(state).blocks)["Generate all 10"]["confirm"]
    assert asked["title"]["text"] == "Not every price is known"


def test_without_every_price_it_says_what_a_budget_sets_aside_for_all_of_those() -> None:
    state = several(["a.mp4", "b.mp4"], usd=None)
    parts = tuple(replace(part, most_usd=Decimal("19.22")) for part in state.order.parts)
    told = a_card(replace(state, order=replace(state.order, parts=parts))).text
    assert "If a budget covers it, about $38.44 is set aside" in told


def test_from_the_operators_sum_on_the_sum_is_asked_once_more() -> None:
    asking = a_card(several(TEN), ask_again_from_usd=Decimal(4))
    question = buttons(asking.blocks)["Generate all 10, $4.20"]["confirm"]
    assert question["title"]["text"] == "Make them for about $4.20?"
    assert "for these videos" in question["text"]["text"]


def test_while_they_are_made_each_line_says_how_it_stands_and_what_it_cost() -> None:
    state = several(TEN, jobs=MIXED, problems=EMPTY)
    assert lines(state)[:2] == [
        "Making your videos: 2 of 9 are here, 2 failed, 1 cancelled, 1 unclear",
        "Cost so far: $0.43 (estimated about $3.78).",
    ]
    assert line_of(state, "clip1.mp4") == "clip1.mp4: here, cost $0.43 (estimated about $0.42)"
    assert line_of(state, "clip2.mp4") == "clip2.mp4: here, about $0.42"
    assert line_of(state, "clip3.mp4").startswith("clip3.mp4: left out, nothing was charged. This file")
    assert line_of(state, "clip4.mp4").startswith("clip4.mp4: failed, not charged. sync.so")
    assert line_of(state, "clip5.mp4") == "clip5.mp4: being made, about $0.42"
    assert line_of(state, "clip6.mp4").startswith("clip6.mp4: failed, made and charged, but not brought here")
    assert line_of(state, "clip7.mp4").startswith("clip7.mp4: unclear, about $0.42. sync.so may")
    assert line_of(state, "clip8.mp4") == "clip8.mp4: cancelled, nothing was charged"
    assert line_of(state, "clip9.mp4") == "clip9.mp4: in the queue, about $0.42"


def test_a_record_that_says_what_a_failed_one_cost_is_told() -> None:
    failed = {"failure_code": "generation_pipeline_failed", **MADE_THERE}
    state = several(
        TEN[:2],
        jobs={
            0: a_job(JobStatus.FAILED, cost_usd=Decimal(0), **failed),
            1: a_job(JobStatus.FAILED, cost_usd=Decimal("0.10"), **failed),
        },
    )
    assert "clip1.mp4: failed, nothing was charged." in a_card(state).text
    assert "clip2.mp4: failed, sync.so charged $0.10." in a_card(state).text
    assert "Cost: $0.10 (estimated about $0.84)." in lines(state)


def test_the_receipt_has_the_cost_of_each_and_the_sum_once_the_record_tells_of_all() -> None:
    done = a_job(JobStatus.DELIVERED, cost_usd=Decimal("0.41"))
    state = several(TEN[:3], jobs={0: done, 1: done, 2: a_job(JobStatus.CANCELLED)})
    assert lines(state)[:2] == [
        "2 of 3 videos are here, 1 cancelled",
        "Cost: $0.82 (estimated about $1.26).",
    ]
    assert lines(several(TEN[:2], jobs={0: done, 1: done}))[0] == "Done: all 2 videos are here"


@pytest.mark.parametrize(
    ("statuses", "label", "words"),
    [
        ({JobStatus.QUEUED}, "Cancel", "You can cancel until it is sent to sync.so."),
        (
            {JobStatus.QUEUED, JobStatus.PROCESSING},
            "Cancel the rest",
            "You can cancel those that were not sent to sync.so yet.",
        ),
        ({JobStatus.PROCESSING, JobStatus.SUBMITTING}, None, None),
    ],
)
def test_cancel_says_how_far_it_reaches(
    statuses: set[JobStatus], label: str | None, words: str | None
) -> None:
    state = several(TEN[:4], jobs=dict(enumerate(map(a_job, [*sorted(statuses)] * 2))))
    message = a_card(state)
    assert list(buttons(message.blocks)) == ([label] if label else [])
    assert words is None or words in message.text
    assert words is not None or "cancel" not in message.text


def test_one_that_stopped_for_its_price_is_offered_anew_and_nothing_else() -> None:
    dearer = a_job(JobStatus.CANCELLED, failure_code="price_changed")
    state = several(TEN[:2], jobs={0: dearer, 1: a_job(JobStatus.DELIVERED)})
    assert "its price did not hold; nothing was charged, the new offer is in this thread" in line_of(
        state, "clip1.mp4"
    )
    assert list(choices(state)) == ["Make another version: clip2.mp4"]


def test_the_menu_offers_for_each_what_fits_it_and_sends_what_a_button_would() -> None:
    state = several(TEN, jobs=MIXED, problems=EMPTY)
    offered = choices(state)
    assert list(offered) == [
        "Make another version: clip1.mp4",
        "Make another version: clip2.mp4",
        "Change: clip3.mp4",
        "Try again: clip4.mp4",
        "Change: clip4.mp4",
        "Get a download link: clip6.mp4",
        "Make another version: clip6.mp4",
        "Look again: clip7.mp4",
        "Give up: clip7.mp4",
        "Try again: clip8.mp4",
        "Change: clip8.mp4",
    ]
    action, value = read_option(offered["Give up: clip7.mp4"])
    assert (action, read_button(value)) == (Action.GIVE_UP, ("J7f3a9", "J7f3a9-06"))


def test_what_ended_before_its_yes_takes_little_room() -> None:
    for status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        message = a_card(several(TEN, status, problems=EMPTY))
        assert [block["type"] for block in message.blocks] == ["section", "context", "actions"]
        assert list(buttons(message.blocks)) == ["Ask again"]


def fifty(label: str) -> list[str]:
    return [f"{label} {number}" for number in range(MOST_PARTS)]


@pytest.mark.parametrize("label", ["&" * 40, "😀" * 40, HOSTILE, "字" * 40, "a" * 900, "*_~`" * 10, "clip"])
@pytest.mark.parametrize("status", [None, *BEFORE])
def test_fifty_take_fifteen_blocks_at_most_and_none_is_refused(
    label: str, status: OrderStatus | None
) -> None:
    jobs = dict.fromkeys(
        range(MOST_PARTS), a_job(JobStatus.FAILED, failure_code="&" * 90, failure_detail=label)
    )
    state = several(
        fifty(label),
        status or OrderStatus.OFFERED,
        jobs=None if status else jobs,
        problems=dict.fromkeys(range(1, MOST_PARTS), "generation_input_video_invalid") if status else None,
        card_moved=True,
    )
    message = a_card(state)
    assert message_problems(message.text, message.blocks) == []
    assert len(message.blocks) <= MOST_BLOCKS
    assert sum(len(shown_text([block])) for block in message.blocks) < 12_000
    safe = a_card(several(fifty("a"), status or OrderStatus.OFFERED, card_moved=True))
    assert markup(message.text) <= markup(safe.text)
    assert markup(shown_text(message.blocks)) <= markup(shown_text(safe.blocks))


def test_of_fifty_ordinary_ones_each_has_its_line_in_the_text_as_well() -> None:
    labels = [f"A clip with a long name, take {number}.mp4" for number in range(1, MOST_PARTS + 1)]
    state = several(labels, jobs=dict.fromkeys(range(MOST_PARTS), a_job(JobStatus.PROCESSING)))
    message = a_card(state)
    assert message.text.count(": being made") == MOST_PARTS
    assert shown_text(message.blocks).count(": being made") == MOST_PARTS
    assert all(label in shown_text(message.blocks) for label in labels)


def test_where_there_is_no_room_for_all_lines_the_text_tells_how_many_more_there_are() -> None:
    labels = fifty("&" * 40)
    text = a_card(several(labels, jobs=dict.fromkeys(range(MOST_PARTS), a_job(JobStatus.PROCESSING)))).text
    assert text.count(": being made") < MOST_PARTS
    assert f"… and {MOST_PARTS - text.count(': being made')} more" in text.splitlines()


@settings(max_examples=settings().max_examples * 6 // 10)
@given(
    labels=st.lists(wild_text, min_size=2, max_size=8),
    statuses=st.lists(st.sampled_from([None, *JobStatus]), min_size=8, max_size=8),
    code=st.one_of(st.none(), wild_text),
    usd=st.one_of(st.none(), st.decimals(0, 100_000, places=6)),
    cost=st.one_of(st.none(), st.decimals(0, 100_000, places=6)),
)
def test_no_card_of_several_is_refused_by_slack(
    labels: list[str],
    statuses: list[JobStatus | None],
    code: str | None,
    usd: Decimal | None,
    cost: Decimal | None,
) -> None:
    jobs = {
        at: a_job(status, failure_code=code, failure_detail=code, cost_usd=cost)
        for at, status in enumerate(statuses[: len(labels)])
        if status is not None
    }
    message = a_card(several(labels, jobs=jobs or None, usd=usd))
    assert message_problems(message.text, message.blocks) == []
    assert len(message.blocks) <= MOST_BLOCKS


def test_a_guessed_price_of_one_is_told_on_its_line_and_in_the_sum() -> None:
    state = several(TEN[:2])
    first, second = state.order.parts
    parts = (replace(first, guessed=Guessed.PRICE), second)
    state = replace(state, order=replace(state.order, parts=parts))
    assert lines(state)[0] == "Ready to make 2 videos: about $0.84 to $1.43 (not certain)"
    assert line_of(state, "clip1.mp4").startswith("clip1.mp4: about $0.42 to $1.01 for about 0:10")
