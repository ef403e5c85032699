"""Room in an account: never over a limit, and always a moment at which it is looked for again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.standing import CREATES_A_MINUTE, PRICED_AT_ONCE, SENT_AT_ONCE, Standing

NOW = 1_000.0


def standing(**given_fields: Any) -> Standing:
    usual: dict[str, Any] = {
        "key": "A",
        "known": True,
        "unpriced_since": NOW - 5,
        "ready_since": NOW - 5,
        "ready": 0,
        "pricing": 0,
        "pricing_slowly": 0,
        "running": 0,
        "held": 0,
        "sending": 0,
        "sent": 0,
        "budget_from": None,
        "concurrency": 3,
        "rate_limited_until": None,
        "room": None,
        "room_until": None,
        "looked_at": NOW - 60,
    }
    return Standing(**usual | given_fields)


@pytest.mark.parametrize(
    ("fields", "room"),
    [
        ({}, 3),
        ({"running": 2}, 1),
        ({"running": 2, "held": 1, "sending": 1}, 0),
        ({"concurrency": None}, SENT_AT_ONCE),
        ({"concurrency": 100, "sending": SENT_AT_ONCE}, 0),
        ({"looked_at": None}, 1),
        ({"looked_at": None, "sending": 1}, 0),
        ({"concurrency": 0}, 1),
        ({"sent": CREATES_A_MINUTE - 1}, 1),
        ({"sent": CREATES_A_MINUTE - 1, "held": 1}, 0),
        ({"rate_limited_until": NOW + 1}, 0),
        ({"rate_limited_until": NOW}, 3),
        ({"room": 1, "room_until": NOW + 1}, 1),
        ({"room": 1, "room_until": NOW + 1, "running": 1}, 0),
        ({"room": 1, "room_until": NOW, "running": 1}, 2),
    ],
)
def test_the_room_is_what_the_narrowest_limit_leaves(fields: dict[str, Any], room: int) -> None:
    assert standing(**fields).room_at(NOW) == room


@pytest.mark.parametrize(
    ("fields", "opens_at"),
    [
        ({}, NOW - 5),
        ({"ready_since": NOW + 7}, NOW + 7),
        ({"ready_since": None}, None),
        ({"running": 3}, None),
        ({"rate_limited_until": NOW + 9}, NOW + 9),
        ({"sent": CREATES_A_MINUTE, "budget_from": NOW + 4}, NOW + 4),
        ({"room": 0, "room_until": NOW + 6}, NOW + 6),
        ({"room": 0, "room_until": NOW + 6, "running": 3}, None),
    ],
)
def test_it_opens_when_the_clock_lets_it_or_when_a_job_moves(
    fields: dict[str, Any], opens_at: float | None
) -> None:
    assert standing(**fields).opens_at(NOW) == opens_at


few = st.integers(0, 8)
moments = st.none() | st.floats(NOW - 100, NOW + 100)
standings = st.builds(
    standing,
    running=few,
    held=few,
    sending=few,
    sent=st.integers(0, CREATES_A_MINUTE),
    concurrency=st.none() | few,
    rate_limited_until=moments,
    room=st.none() | few,
    room_until=moments,
    looked_at=moments,
    ready_since=moments,
    unpriced_since=moments,
    ready=few,
    pricing=few,
)


@given(standings)
def test_no_room_goes_beyond_a_limit(any_one: Standing) -> None:
    room = max(0, any_one.room_at(NOW))
    assert any_one.sent + any_one.held + room <= max(CREATES_A_MINUTE, any_one.sent + any_one.held)
    if any_one.concurrency is not None and room:
        assert any_one.running + any_one.held + room <= max(1, any_one.concurrency)


@given(standings)
def test_where_there_is_room_it_is_open_and_where_there_is_none_it_is_not(any_one: Standing) -> None:
    opens_at = any_one.opens_at(NOW)
    open_now = opens_at is not None and opens_at <= NOW
    waits = any_one.ready_since is not None and any_one.ready_since <= NOW
    assert open_now == (any_one.room_at(NOW) > 0 and waits)


@given(standings)
def test_where_a_slot_waits_for_a_price_it_is_asked_for_and_elsewhere_it_is_not(any_one: Standing) -> None:
    opens_at = any_one.opens_to_price_at(NOW)
    open_now = opens_at is not None and opens_at <= NOW
    waits = any_one.unpriced_since is not None and any_one.unpriced_since <= NOW
    assert open_now == (any_one.room_to_price_at(NOW) > 0 and waits)


@pytest.mark.parametrize(
    ("fields", "room"),
    [
        ({}, 3),
        ({"ready": 2}, 1),
        ({"ready": 5}, -2),
        ({"pricing": 2}, 1),
        ({"pricing": 3}, 0),
        ({"pricing": 3, "pricing_slowly": 1}, 1),
        ({"running": 3}, 0),
        ({"concurrency": None, "pricing": PRICED_AT_ONCE, "pricing_slowly": PRICED_AT_ONCE}, 0),
        ({"rate_limited_until": NOW + 1}, 0),
        ({"looked_at": None, "pricing": 1}, 0),
    ],
)
def test_as_many_are_priced_as_there_are_slots_and_who_waits_long_lets_others_pass(
    fields: dict[str, Any], room: int
) -> None:
    assert standing(**fields).room_to_price_at(NOW) == room
