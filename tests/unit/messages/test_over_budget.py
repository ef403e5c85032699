"""What is said to somebody whose yes a budget does not cover, and of an offer without a price."""

from decimal import Decimal

import pytest

from bot.messages.catalogue import ENGLISH
from bot.messages.ids import Action
from bot.messages.over_budget import most_of_unknown, over_budget
from storage.limits import Shortfall
from storage.orders import OrderStatus
from tests.unit.messages.builders import a_card, a_state, an_order, buttons


def short(scope: str) -> Shortfall:
    return Shortfall(scope, Decimal(50), Decimal("2.10"), Decimal("4.20"), Decimal("2.10"))


OFFERED = an_order(OrderStatus.OFFERED, offer_id="e1", expires_at=1_794_000_000.0)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("team", "The team's budget"),
        ("user:U1", "Your own budget"),
        ("channel:C1", "The budget of <#C1>"),
        ("model:sync-3", "The budget for Best quality (sync-3)"),
    ],
)
def test_it_says_which_budget_has_what_left_of_how_much(scope: str, name: str) -> None:
    told = over_budget(ENGLISH, OFFERED, [short(scope)], "2026-11", ("U8", "U9"))
    assert f"• {name} has $2.10 left of $50.00 this month; this needs $4.20." in told.text
    assert "so nothing was charged. The price stays good until <!date^1794000000^" in told.text
    assert told.text.endswith("The budgets begin anew on December 1. <@U8>, <@U9> can raise them.")


def test_each_budget_that_lacks_something_is_named_and_the_year_goes_on_after_december() -> None:
    told = over_budget(ENGLISH, OFFERED, [short("team"), short("user:U1")], "2026-12", ())
    assert told.text.count("•") == 2
    assert told.text.endswith("on January 1. An admin of your workspace can raise them.")


def test_more_can_be_asked_for_by_a_button_that_names_the_offer() -> None:
    told = over_budget(ENGLISH, OFFERED, [short("team")], "2026-11", ())
    button = buttons(told.blocks)["Ask for more"]
    assert (button["action_id"], button["value"]) == (Action.ASK_FOR_MORE, f"{OFFERED.id}:e1")


def test_an_offer_without_a_price_says_what_a_budget_would_set_aside() -> None:
    unknown = a_state(OrderStatus.OFFERED, estimate_usd=None, guessed=None, most_usd=Decimal("19.224"))
    most = "If a budget covers it, about $19.22 is set aside: the most it can cost by sync.so's list, without"
    assert most in a_card(unknown).text
    assert (
        "the most that it can cost"
        in over_budget(ENGLISH, unknown.order, [short("team")], "2026-11", ()).text
    )
    unpriced = an_order(
        OrderStatus.OFFERED, offer_id="e1", expires_at=1_794_000_000.0, estimate_usd=None, guessed=None
    )
    assert (
        "Your offer stays good until" in over_budget(ENGLISH, unpriced, [short("team")], "2026-11", ()).text
    )
    assert most_of_unknown(ENGLISH, OFFERED) is None
    assert "the most" not in over_budget(ENGLISH, OFFERED, [short("team")], "2026-11", ()).text
