"""What an admin wants of the budgets' limits: only what is another, and only what can hold."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.teams.limiting import MOST_LIMITS, Limiting, changed_limits, problems_of, zone_named
from bot.teams.rules import Problem
from storage.limits import Limit

SCOPES = st.sampled_from(["team", "user:U1", "user:U2", "channel:C1", "model:sync-3"])
USD = st.decimals(min_value=0, max_value=9, places=2)
NOTHING: Mapping[str, tuple[str, ...]] = {"user": (), "channel": (), "model": ()}


def wish(
    shown: Mapping[str, Decimal | None] | None = None,
    zone: str | None = "UTC",
    usd: int | None = None,
    **new: tuple[str, ...],
) -> Limiting:
    return Limiting(shown or {}, {**NOTHING, **new}, None if usd is None else Decimal(usd), zone)


@given(
    now=st.dictionaries(SCOPES, USD),
    shown=st.dictionaries(SCOPES, st.none() | USD),
    people=st.sets(st.sampled_from(["U1", "U2"])),
    usd=USD,
)
def test_what_was_wanted_is_what_holds_afterwards_and_nothing_else_is_touched(
    now: dict[str, Decimal], shown: dict[str, Decimal | None], people: set[str], usd: Decimal
) -> None:
    new = {**NOTHING, "user": tuple(people)}
    changes = changed_limits(Limiting(shown, new, usd, "UTC"), [Limit(*each) for each in now.items()])

    wanted = {**now, **shown, **{f"user:{each}": usd for each in people}}
    assert _held({**now, **changes}) == _held(wanted)
    assert all(now.get(scope) != each for scope, each in changes.items())


def _held(by_scope: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    return {scope: usd for scope, usd in by_scope.items() if usd is not None}


@pytest.mark.parametrize(
    ("given_", "wrong"),
    [
        (wish(), {}),
        (wish(user=("U1",), channel=("C1",), usd=0), {}),
        (wish(user=("U1",)), {"usd": Problem.NO_AMOUNT}),
        (wish(model=("sync-3",)), {"usd": Problem.NO_AMOUNT}),
        (wish(usd=5), {"user": Problem.NOBODY_LIMITED}),
        (wish(zone=None), {}),
        (wish(zone="Nowhere"), {"zone": Problem.NO_SUCH_ZONE}),
        (
            wish(user=tuple(f"U{at}" for at in range(MOST_LIMITS + 1)), usd=5),
            {"user": Problem.TOO_MANY_LIMITS},
        ),
        (wish(user=tuple(f"U{at}" for at in range(MOST_LIMITS)), usd=5), {}),
    ],
)
def test_what_cannot_hold_is_named_by_its_field(given_: Limiting, wrong: dict[str, Problem]) -> None:
    assert problems_of(given_, []) == wrong


def test_those_that_go_make_room_and_those_that_stay_take_it() -> None:
    now = [Limit(f"channel:C{at}", Decimal(1)) for at in range(MOST_LIMITS)]
    assert problems_of(wish(user=("U1",), usd=5), now) == {"user": Problem.TOO_MANY_LIMITS}
    assert problems_of(wish({"channel:C0": None}, user=("U1",), usd=5), now) == {}
    assert problems_of(wish({"channel:C0": Decimal(2)}, channel=("C1",), usd=3), now) == {}


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
