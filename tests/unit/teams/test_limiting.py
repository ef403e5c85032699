"""What an admin wants of the budgets' limits: only what is another, and only what can hold."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.limiting import MOST_LIMITS, Limiting, NewLimit, changed_limits, problems_of, zone_named
from bot.teams.rules import Problem
from storage.limits import Limit

SCOPES = st.sampled_from(["team", "user:U1", "user:U2", "channel:C1", "model:sync-3"])
USD = st.decimals(min_value=0, max_value=9, places=2)
NOTHING = {kind: NewLimit((), None) for kind in ("user", "channel", "model")}


def wish(
    shown: Mapping[str, Decimal | None] | None = None,
    zone: str | None = "UTC",
    **new: tuple[tuple[str, ...], int | None],
) -> Limiting:
    amounts = {
        kind: NewLimit(names, None if usd is None else Decimal(usd)) for kind, (names, usd) in new.items()
    }
    return Limiting(shown or {}, NOTHING | amounts, zone)


@given(
    now=st.dictionaries(SCOPES, USD),
    shown=st.dictionaries(SCOPES, st.none() | USD),
    people=st.sets(st.sampled_from(["U1", "U2"])),
    usd=USD,
)
def test_what_was_wanted_is_what_holds_afterwards_and_nothing_else_is_touched(
    now: dict[str, Decimal], shown: dict[str, Decimal | None], people: set[str], usd: Decimal
) -> None:
    new = NOTHING | {"user": NewLimit(tuple(people), usd)}
    changes = changed_limits(Limiting(shown, new, "UTC"), [Limit(*each) for each in now.items()])

    wanted = {**now, **shown, **{f"user:{each}": usd for each in people}}
    assert _held({**now, **changes}) == _held(wanted)
    assert all(now.get(scope) != each for scope, each in changes.items())


def _held(by_scope: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    return {scope: usd for scope, usd in by_scope.items() if usd is not None}


@pytest.mark.parametrize(
    ("given_", "wrong"),
    [
        (wish(), {}),
        (wish(user=(("U1",), 5), channel=(("C1",), 0)), {}),
        (wish(user=(("U1",), None)), {"user_usd": Problem.NO_AMOUNT}),
        (wish(model=((), 5)), {"model": Problem.NOBODY_LIMITED}),
        (wish(zone=None), {}),
        (wish(zone="Nowhere"), {"zone": Problem.NO_SUCH_ZONE}),
        (wish(user=(tuple(f"U{at}" for at in range(MOST_LIMITS + 1)), 5)), {"user": Problem.TOO_MANY_LIMITS}),
        (wish(user=(tuple(f"U{at}" for at in range(MOST_LIMITS)), 5)), {}),
    ],
)
def test_what_cannot_hold_is_named_by_its_field(given_: Limiting, wrong: dict[str, Problem]) -> None:
    assert problems_of(given_, []) == wrong


def test_those_that_go_make_room_and_those_that_stay_take_it() -> None:
    now = [Limit(f"channel:C{at}", Decimal(1)) for at in range(MOST_LIMITS)]
    one_more = (("U1",), 5)
    assert problems_of(wish(user=one_more), now) == {"user": Problem.TOO_MANY_LIMITS}
    assert problems_of(wish({"channel:C0": None}, user=one_more), now) == {}
    assert problems_of(wish({"channel:C0": Decimal(2)}, channel=(("C1",), 3)), now) == {}


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" america/new  york ", "America/New_York"),
        ("utc", "UTC"),
        ("", "UTC"),
        ("../UTC", None),
        ("Berlin", None),
    ],
)
def test_a_zone_is_found_however_it_is_written(typed: str, zone: str | None) -> None:
    assert zone_named(typed) == zone
