"""What each move books, and what the entries add up to."""

from collections import Counter
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import money
from storage.jobs import CLOSES, MONEY, Job, JobStatus, Money
from storage.money import PRICE_UNKNOWN, Entry, Sum, month_of
from storage.orders import Order, OrderStatus, Part
from storage.schema import ledger
from tests.unit.messages.builders import a_job, an_order
from tests.unit.storage.test_jobs import WAYS

AT = 1_794_000_000.0
USD = st.none() | st.decimals(min_value=0, max_value=10_000, places=8)


def order_of(*prices: Decimal | None) -> Order:
    parts = tuple(Part(usd=usd, length_s=None) for usd in prices)
    return replace(
        an_order(OrderStatus.OFFERED), id="order", team_id="T1", user_id="U1", channel_id="C1", parts=parts
    )


def job_of(usd: Decimal | None, cost: Decimal | None = None, why: str | None = None) -> Job:
    return replace(a_job(JobStatus.QUEUED), estimate_usd=usd, cost_usd=cost, failure_code=why)


def amounts(*entries: Entry) -> list[tuple[Money, int, int]]:
    return [(entry.kind, entry.held_delta, entry.spent_delta) for entry in entries]


def test_the_record_is_the_table() -> None:
    assert [column.key for column in ledger.c] == [field.name for field in fields(Entry)]


def test_a_yes_sets_the_price_of_a_part_aside() -> None:
    held = money.hold(order_of(Decimal(1), Decimal("0.43")), 1, "sync-3", at=AT)
    assert held == Entry(
        order_id="order",
        position=1,
        kind=Money.HOLD,
        ref="",
        at=AT,
        month="2026-11",
        team_id="T1",
        user_id="U1",
        channel_id="C1",
        model="sync-3",
        held_delta=430_000,
        spent_delta=0,
        why=None,
    )


def test_a_price_that_nobody_knows_sets_nothing_aside_and_says_so() -> None:
    held = money.hold(order_of(None), 0, "sync-3", at=AT)
    assert (held.held_delta, held.why) == (0, PRICE_UNKNOWN)


@pytest.mark.parametrize(
    ("kind", "spent"), [(Money.CHARGE, 430_000), (Money.RELEASE, 0), (Money.WRITE_OFF, 430_000)]
)
def test_what_closes_a_hold_frees_all_of_it(kind: Money, spent: int) -> None:
    held = replace(money.hold(order_of(Decimal("0.43")), 0, "sync-3", at=AT), held_delta=9_000_000)
    (closing,) = money.closing(held, kind, job_of(Decimal("0.43"), why="why"), at=AT + 9)
    assert amounts(closing) == [(kind, -9_000_000, spent)]
    assert (closing.at, closing.month, closing.why) == (AT + 9, held.month, "why")


def test_a_record_that_came_first_corrects_the_closing_at_once() -> None:
    held = money.hold(order_of(Decimal("0.43")), 0, "sync-3", at=AT)
    closing, corrected = money.closing(held, Money.CHARGE, job_of(Decimal("0.43"), Decimal("0.40")), at=AT)
    assert amounts(closing, corrected) == [
        (Money.CHARGE, -430_000, 430_000),
        (Money.CORRECTION, 0, -30_000),
    ]
    assert corrected.ref == "400000"


def test_a_record_that_agrees_corrects_nothing() -> None:
    held = money.hold(order_of(Decimal("0.43")), 0, "sync-3", at=AT)
    assert list(money.correction(held, total_usd=Decimal("0.43"), booked=430_000, at=AT)) == []


def test_the_month_begins_at_midnight() -> None:
    december = 1_796_083_200.0
    assert [month_of(december - 0.001), month_of(december)] == ["2026-11", "2026-12"]


@pytest.mark.parametrize("way", WAYS, ids=" > ".join)
@given(usd=USD, cost=USD)
def test_whatever_way_a_job_goes_nothing_stays_held_and_what_is_spent_is_the_record(
    way: tuple[JobStatus, ...], usd: Decimal | None, cost: Decimal | None
) -> None:
    entries = [money.hold(order_of(usd), 0, "sync-3", at=AT)]
    for move in pairwise(way):
        if (kind := MONEY[move]) is not None:
            entries += money.closing(entries[0], kind, job_of(usd, cost), at=AT)
    assert sum(entry.held_delta for entry in entries) == 0
    assert sum(entry.kind in CLOSES for entry in entries) == 1
    if cost is not None:
        spent = sum(entry.spent_delta for entry in entries)
        assert abs(spent - cost * 10**6) <= Decimal("0.5")


@given(prices=st.lists(st.tuples(USD, st.sampled_from(["sync-3", "lipsync-2"])), max_size=50))
def test_each_scope_gets_the_sum_of_its_entries(prices: list[tuple[Decimal | None, str]]) -> None:
    order = order_of(*(usd for usd, _ in prices))
    entries = [money.hold(order, number, model, at=AT) for number, (_, model) in enumerate(prices)]
    by_model: Counter[str] = Counter()
    for entry in entries:
        by_model[f"model:{entry.model}"] += entry.held_delta
    total = sum(by_model.values())
    expected = {**by_model, "team": total, "user:U1": total, "channel:C1": total}
    told = money.sums(entries)
    assert {each.scope: each.held for each in told} == {name: held for name, held in expected.items() if held}
    assert told == sorted(told)
    assert all(isinstance(each, Sum) and each.spent == 0 for each in told)
