"""What each move books, and what the entries add up to."""

from collections import Counter
from dataclasses import fields, replace
from decimal import Decimal
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import money
from storage.jobs import CLOSES, MONEY, Job, JobStatus, Money
from storage.money import PRICE_GUESSED, PRICE_UNKNOWN, TEAM, Entry, Sum, month_of
from storage.orders import Guessed, Order, OrderStatus, Part
from storage.schema import ledger
from tests.unit.messages.builders import a_job, an_order
from tests.unit.storage.test_jobs import WAYS

AT = 1_794_000_000.0
TOTALS = st.lists(st.integers(-50, 50), max_size=4)
USD = st.none() | st.decimals(min_value=0, max_value=10_000, places=8)


def order_of(*prices: Decimal | None) -> Order:
    parts = tuple(Part(usd=usd, length_s=None) for usd in prices)
    return replace(
        an_order(OrderStatus.OFFERED), id="order", team_id="T1", user_id="U1", channel_id="C1", parts=parts
    )


def job_of(usd: Decimal | None, cost: Decimal | None = None, why: str | None = None) -> Job:
    return replace(a_job(JobStatus.QUEUED), estimate_usd=usd, cost_usd=cost, failure_code=why)


def hold(order: Order, position: int, model: str = "sync-3", *, at_most: bool = False) -> Entry:
    return money.hold(order, position, model, owner_id="E1", month="2026-11", at=AT, at_most=at_most)


def amounts(*entries: Entry) -> list[tuple[Money, int, int]]:
    return [(entry.kind, entry.held_delta, entry.spent_delta) for entry in entries]


def test_the_record_is_the_table() -> None:
    assert [column.key for column in ledger.c] == [field.name for field in fields(Entry)]


def test_a_yes_sets_the_price_of_a_part_aside() -> None:
    held = hold(order_of(Decimal(1), Decimal("0.43")), 1)
    assert held == Entry(
        order_id="order",
        position=1,
        kind=Money.HOLD,
        ref="",
        at=AT,
        month="2026-11",
        owner_id="E1",
        team_id="T1",
        user_id="U1",
        channel_id="C1",
        model="sync-3",
        held_delta=430_000,
        spent_delta=0,
        why=None,
    )


@pytest.mark.parametrize(("at_most", "held_delta"), [(False, 0), (True, 9_612_000)])
def test_a_price_that_nobody_knows_sets_nothing_aside_or_the_most_that_it_can_be(
    *, at_most: bool, held_delta: int
) -> None:
    order = order_of(None)
    order = replace(order, parts=(replace(order.parts[0], most_usd=Decimal("9.612")),))
    held = hold(order, 0, at_most=at_most)
    assert (held.held_delta, held.why) == (held_delta, PRICE_UNKNOWN)


def test_nothing_is_let_past_a_limit_of_which_nobody_knows_the_most() -> None:
    with pytest.raises(ValueError, match="part 0 of order can cost at most"):
        hold(order_of(None), 0, at_most=True)


def test_a_known_price_is_what_is_set_aside_whatever_it_might_have_been() -> None:
    order = order_of(Decimal("0.43"))
    order = replace(order, parts=(replace(order.parts[0], most_usd=Decimal(9)),))
    assert hold(order, 0, at_most=True).held_delta == 430_000


@pytest.mark.parametrize(
    ("guessed", "at_most", "expected"),
    [
        (Guessed.PRICE, True, (2_400_000, PRICE_GUESSED)),
        (Guessed.PRICE, False, (1_000_000, None)),
        (Guessed.LENGTH, True, (1_000_000, None)),
    ],
)
def test_of_a_guessed_price_a_limit_sets_aside_what_it_may_come_to(
    guessed: Guessed, expected: tuple[int, str | None], *, at_most: bool
) -> None:
    order = order_of(Decimal(1))
    order = replace(order, parts=(replace(order.parts[0], guessed=guessed),))
    held = hold(order, 0, at_most=at_most)
    assert (held.held_delta, held.why) == expected


def test_a_guessed_price_counts_as_what_was_set_aside_until_the_record_tells() -> None:
    held = replace(hold(order_of(Decimal(1)), 0), held_delta=2_400_000, why=PRICE_GUESSED)
    (closing,) = money.closing(held, Money.CHARGE, job_of(Decimal(1)), at=AT)
    assert amounts(closing) == [(Money.CHARGE, -2_400_000, 2_400_000)]
    _, corrected = money.closing(held, Money.CHARGE, job_of(Decimal(1), Decimal("1.10")), at=AT)
    assert corrected.spent_delta == 1_100_000 - 2_400_000


@pytest.mark.parametrize(
    ("kind", "spent"), [(Money.CHARGE, 430_000), (Money.RELEASE, 0), (Money.WRITE_OFF, 430_000)]
)
def test_what_closes_a_hold_frees_all_of_it(kind: Money, spent: int) -> None:
    held = replace(hold(order_of(Decimal("0.43")), 0), held_delta=9_000_000)
    (closing,) = money.closing(held, kind, job_of(Decimal("0.43"), why="why"), at=AT + 9)
    assert amounts(closing) == [(kind, -9_000_000, spent)]
    assert (closing.at, closing.month, closing.why) == (AT + 9, held.month, "why")


@pytest.mark.parametrize(("kind", "spent"), [(Money.CHARGE, 9_000_000), (Money.RELEASE, 0)])
def test_what_had_no_price_counts_as_the_most_until_the_record_tells(kind: Money, spent: int) -> None:
    held = replace(hold(order_of(None), 0), held_delta=9_000_000)
    (closing,) = money.closing(held, kind, job_of(None), at=AT)
    assert amounts(closing) == [(kind, -9_000_000, spent)]
    _, corrected = money.closing(held, Money.CHARGE, job_of(None, Decimal("0.40")), at=AT)
    assert corrected.spent_delta == 400_000 - 9_000_000


def test_a_record_that_came_first_corrects_the_closing_at_once() -> None:
    held = hold(order_of(Decimal("0.43")), 0)
    closing, corrected = money.closing(held, Money.CHARGE, job_of(Decimal("0.43"), Decimal("0.40")), at=AT)
    assert amounts(closing, corrected) == [
        (Money.CHARGE, -430_000, 430_000),
        (Money.CORRECTION, 0, -30_000),
    ]
    assert corrected.ref == "1:400000"


def test_a_record_that_agrees_corrects_nothing() -> None:
    held = hold(order_of(Decimal("0.43")), 0)
    assert list(money.correction(held, total_usd=Decimal("0.43"), booked=430_000, at=AT)) == []


def test_the_month_begins_at_midnight() -> None:
    december = 1_796_083_200.0
    assert [month_of(december - 0.001), month_of(december)] == ["2026-11", "2026-12"]


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        ("Pacific/Auckland", "2026-12"),
        ("America/New_York", "2026-11"),
        ("Mars/Olympus", "2026-12"),
        ("../etc/passwd", "2026-12"),
        ("", "2026-12"),
    ],
)
def test_it_is_the_month_in_the_zone_and_utc_where_the_zone_is_not_known(zone: str, month: str) -> None:
    assert month_of(1_796_083_200.0, zone) == month


@pytest.mark.parametrize("way", WAYS, ids=" > ".join)
@given(usd=USD, cost=USD)
def test_whatever_way_a_job_goes_nothing_stays_held_and_what_is_spent_is_the_record(
    way: tuple[JobStatus, ...], usd: Decimal | None, cost: Decimal | None
) -> None:
    entries = [hold(order_of(usd), 0)]
    for move in pairwise(way):
        if (kind := MONEY[move]) is not None:
            entries += money.closing(entries[0], kind, job_of(usd, cost), at=AT)
    assert sum(entry.held_delta for entry in entries) == 0
    assert sum(entry.kind in CLOSES for entry in entries) == 1
    if cost is not None:
        spent = sum(entry.spent_delta for entry in entries)
        assert abs(spent - cost * 10**6) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("raised", "used", "stands"),
    [
        (60, 100, 60),
        (60, 130, 60),
        (60, 90, 50),
        (60, 40, 0),
        (60, 0, 0),
        (130, 100, 130),
        (130, 99, 99),
        (130, 0, 0),
    ],
)
def test_of_a_raise_stands_what_its_order_uses_beyond_what_was_left(
    raised: int, used: int, stands: int
) -> None:
    assert money.kept(raised, held=100, used=used) == stands


@given(raised=st.integers(0, 300), charged=st.tuples(st.booleans(), st.booleans()), totals=TOTALS)
def test_however_an_order_of_two_ends_of_its_raise_stands_what_is_kept_of_it(
    raised: int, charged: tuple[bool, bool], totals: list[int]
) -> None:
    order = order_of(Decimal("0.0001"), Decimal("0.0001"))
    holds = [hold(order, 0), hold(order, 1)]
    ends = [
        replace(held, kind=Money.CHARGE, held_delta=-100, spent_delta=100)
        if is_charged
        else replace(held, kind=Money.RELEASE, held_delta=-100)
        for held, is_charged in zip(holds, charged, strict=True)
    ]
    corrections = [
        replace(holds[0], kind=Money.CORRECTION, held_delta=0, spent_delta=delta) for delta in totals
    ]
    booked, stands = [*holds], raised
    for new in (*ends, *corrections):
        changes = money.taken_back({"order": {"team": raised}}, booked, [new])
        booked.append(new)
        stands += changes["E1", "2026-11", "team"]
        assert {budget[-1] for budget, by in changes.items() if by} <= {"team"}
        used = sum(entry.held_delta + entry.spent_delta for entry in booked)
        assert stands == money.kept(raised, held=200, used=used)


@given(prices=st.lists(st.tuples(USD, st.sampled_from(["sync-3", "lipsync-2"])), max_size=50))
def test_each_scope_gets_the_sum_of_its_entries(prices: list[tuple[Decimal | None, str]]) -> None:
    order = order_of(*(usd for usd, _ in prices))
    entries = [hold(order, number, model) for number, (_, model) in enumerate(prices)]
    by_model: Counter[str] = Counter()
    for entry in entries:
        by_model[f"model:{entry.model}"] += entry.held_delta
    total = sum(by_model.values())
    expected = {"team": total, **by_model, "user:U1": total, "channel:C1": total}
    told = money.sums(entries)
    assert {each.scope: each.held for each in told} == {name: held for name, held in expected.items() if held}
    assert all(isinstance(each, Sum) and each.spent == 0 for each in told)


MOVES = st.builds(
    lambda owner, month, user, model, held: replace(
        hold(order_of(Decimal(1)), 0, model), owner_id=owner, month=month, user_id=user, held_delta=held
    ),
    st.sampled_from(["E1", "T1"]),
    st.sampled_from(["2026-11", "2026-12"]),
    st.sampled_from(["U1", "U2"]),
    st.sampled_from(["sync-3", "a-model"]),
    st.integers(-2, 2),
)


@given(moves=st.lists(MOVES, max_size=9))
def test_of_each_month_the_team_is_locked_first_even_where_nothing_is_left_to_add_to_it(
    moves: list[Entry],
) -> None:
    months = [list(of) for _, of in groupby(money.sums(moves), key=lambda each: (each.owner_id, each.month))]
    firsts = [of[0] for of in months]
    assert [each.scope for each in firsts] == [TEAM] * len(months)
    assert [(each.owner_id, each.month) for each in firsts] == sorted({each[:2] for each in firsts})
    for _, *others in months:
        assert [each.scope for each in others] == sorted({each.scope for each in others})
