"""A yes covers the price that was shown, and what rounded figures may differ by."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.steps.prices import is_dearer

usd = st.decimals(0, 1_000, places=6)


@pytest.mark.parametrize(
    ("asked", "accepted", "dearer"),
    [
        ("0.64", "0.064", True),
        ("1.92", "0.064", True),
        ("0.074", "0.064", False),
        ("0.074001", "0.064", True),
        ("0.50", "0.50", False),
        ("0.51", "0.50", False),
        ("0.510001", "0.50", True),
        ("10.20", "10.00", False),
        ("10.200001", "10.00", True),
        ("0.01", "0", False),
        ("0.02", "0", True),
        ("0.03", "0.64", False),
    ],
)
def test_it_is_dearer_by_more_than_the_larger_of_a_cent_and_two_percent(
    asked: str,
    accepted: str,
    dearer: bool,  # noqa: FBT001 - pytest names it
) -> None:
    assert is_dearer(Decimal(asked), Decimal(accepted)) is dearer


@given(asked=usd, accepted=usd)
def test_nobody_pays_more_than_a_cent_or_two_percent_above_what_was_shown(
    asked: Decimal, accepted: Decimal
) -> None:
    if not is_dearer(asked, accepted):
        assert asked <= accepted + Decimal("0.01") or asked <= accepted * Decimal("1.02")


@given(accepted=usd, more=usd)
def test_what_is_cheaper_or_the_same_goes_on(accepted: Decimal, more: Decimal) -> None:
    assert not is_dearer(accepted, accepted + more)


@given(one=usd, other=usd, accepted=usd)
def test_of_two_prices_the_higher_is_dearer_if_the_lower_is(
    one: Decimal, other: Decimal, accepted: Decimal
) -> None:
    if is_dearer(min(one, other), accepted):
        assert is_dearer(max(one, other), accepted)
