"""The vocabulary of orders: statuses, the table of moves, their parts, and where their messages go."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import ORDER_MOVES, OVER, Conversation, OrderStatus, Part, sum_of
from storage.rows import ORDERS
from tests.unit.messages.builders import a_job, a_state


def reachable_from(start: OrderStatus) -> set[OrderStatus]:
    seen, ahead = {start}, [start]
    while ahead:
        fresh = ORDER_MOVES[ahead.pop()] - seen
        seen |= fresh
        ahead += fresh
    return seen


def test_the_table_names_every_status() -> None:
    assert set(ORDER_MOVES) == set(OrderStatus)


def test_every_status_can_be_reached_from_a_draft() -> None:
    assert reachable_from(OrderStatus.DRAFT) == set(OrderStatus)


@pytest.mark.parametrize("status", OrderStatus)
def test_no_status_is_a_dead_end_but_the_ended_ones(status: OrderStatus) -> None:
    assert reachable_from(status) & OVER


def test_what_is_over_stays_over() -> None:
    over = {OrderStatus.ENDED, OrderStatus.FAILED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}
    assert over == OVER


def test_a_yes_is_the_one_seam() -> None:
    """Only what was offered, or waits for an approval or an upload after a yes, comes to have jobs."""
    before = {OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL, OrderStatus.CONFIRMED}
    assert ORDERS.sources_of(OrderStatus.RUNNING) == before
    assert ORDER_MOVES[OrderStatus.RUNNING] == {OrderStatus.ENDED}


@pytest.mark.parametrize(
    ("prices", "total"),
    [
        ([], Decimal(0)),
        (["0.10"], Decimal("0.10")),
        (["0.10", "0.20"], Decimal("0.30")),
        (["0.10", None], None),
        ([None], None),
    ],
)
def test_a_sum_is_known_where_every_price_is(prices: list[str | None], total: Decimal | None) -> None:
    parts = tuple(Part(usd=None if usd is None else Decimal(usd), length_s=None) for usd in prices)
    assert sum_of(parts) == total


def test_what_cannot_be_made_costs_nothing_and_hides_no_price() -> None:
    broken = Part(label="b", usd=None, length_s=None, problem="slack_file_picture")
    parts = (Part(label="a", usd=Decimal("0.10"), length_s=None), broken)
    order = replace(a_state(OrderStatus.OFFERED).order, parts=parts)
    assert sum_of(parts) == Decimal("0.10")
    assert order.makes == parts[:1]


def test_replies_go_into_the_thread_it_was_asked_in() -> None:
    state = a_state(OrderStatus.DRAFT, thread_ts="1.0", card_channel="C1", card_ts="2.0")
    assert state.thread == ("C1", "1.0")


def test_replies_go_under_the_card_where_there_was_no_thread() -> None:
    assert a_state(OrderStatus.DRAFT, card_channel="C1", card_ts="2.0").thread == ("C1", "2.0")


def test_replies_follow_a_card_that_moved_to_the_direct_message() -> None:
    place: dict[str, Any] = {"thread_ts": "1.0", "card_channel": "D1", "card_ts": "2.0", "card_moved": True}
    moved = a_state(OrderStatus.DRAFT, **place)
    assert moved.thread == ("D1", "2.0")
    assert moved.conversation_of_thread is Conversation.DIRECT_MESSAGE


def test_a_card_that_did_not_move_is_in_the_kind_of_place_it_was_asked_in() -> None:
    asked = a_state(OrderStatus.DRAFT, channel_id="G1", conversation=Conversation.GROUP_MESSAGE)
    assert asked.conversation_of_thread is Conversation.GROUP_MESSAGE


def test_one_job_stands_for_its_order_and_several_for_themselves() -> None:
    one = a_state(JobStatus.PROCESSING)
    several = OrderState(one.order, one.card, (*one.jobs, a_job(JobStatus.DELIVERED, position=1)))
    assert one.status is JobStatus.PROCESSING
    assert several.status is OrderStatus.RUNNING
    assert not several.has_only_ended_jobs
