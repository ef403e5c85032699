"""What people read when a price is no longer the one that they said yes to."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.messages.repriced import LINK_CHANGED, PRICE_CHANGED
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import a_state, buttons, drafts

SIX, SIXTY_FOUR = Decimal("0.064"), Decimal("0.64")
MESSAGE: dict[str, Any] = {"bot_user_id": "UBOT", "ask_again_from_usd": Decimal(10)}


def stopped(repriced_usd: Decimal | None) -> OrderState:
    return a_state(
        JobStatus.CANCELLED, failure_code=PRICE_CHANGED, estimate_usd=SIX, repriced_usd=repriced_usd
    )


def offered(estimate_usd: Decimal | None) -> OrderState:
    return a_state(OrderStatus.OFFERED, estimate_usd=estimate_usd, accepted_usd=SIX)


@pytest.mark.parametrize("job", [stopped(SIXTY_FOUR), offered(SIXTY_FOUR)], ids=["old", "new"])
def test_both_cards_say_both_prices_and_that_nothing_was_charged(job: OrderState) -> None:
    text = card(ENGLISH, job, **MESSAGE).text
    assert "It now costs about $0.64; you said yes to about $0.06. Nothing was charged." in text


@pytest.mark.parametrize("job", [stopped(None), offered(None)], ids=["old", "new"])
def test_without_a_new_price_both_cards_say_the_old_one_and_why(job: OrderState) -> None:
    text = card(ENGLISH, job, **MESSAGE).text
    assert "ou said yes to about $0.06" in text
    assert "Nothing was charged." in text
    assert "It now costs" not in text


@pytest.mark.parametrize("usd", [SIX, SIX / 2])
def test_where_the_file_behind_a_link_has_changed_both_cards_say_that(usd: Decimal) -> None:
    of_link: dict[str, Any] = {"failure_code": PRICE_CHANGED, "failure_detail": LINK_CHANGED}
    old = card(
        ENGLISH, a_state(JobStatus.CANCELLED, estimate_usd=SIX, repriced_usd=usd, **of_link), **MESSAGE
    ).text
    for text in (old, card(ENGLISH, offered(usd), **MESSAGE).text):
        assert "A link leads to another file now than when you said yes to about $0.06." in text
        assert "It now costs" not in text
    assert old.startswith("Not made: the file behind a link has changed")


def test_the_old_card_points_on_and_has_nothing_to_press() -> None:
    shown = card(ENGLISH, stopped(SIXTY_FOUR), **MESSAGE)
    assert "The new offer is in this thread" in shown.text
    assert not buttons(shown.blocks)


def test_the_new_card_is_an_offer_like_any_other() -> None:
    shown = card(ENGLISH, offered(SIXTY_FOUR), **MESSAGE)
    assert {"Generate", "Change", "Cancel"} <= set(buttons(shown.blocks))


def test_an_order_that_its_asker_cancelled_says_nothing_of_prices() -> None:
    text = card(ENGLISH, a_state(JobStatus.CANCELLED, repriced_usd=SIXTY_FOUR), **MESSAGE).text
    assert text.startswith("Cancelled")
    assert "costs" not in text


@given(
    draft=drafts, now=st.none() | st.decimals(0, 100_000, places=6), then=st.decimals(0, 100_000, places=6)
)
def test_no_such_card_is_refused_by_slack(draft: Any, now: Decimal | None, then: Decimal) -> None:
    old = a_state(JobStatus.CANCELLED, draft, failure_code=PRICE_CHANGED, estimate_usd=then, repriced_usd=now)
    new = a_state(OrderStatus.OFFERED, draft, estimate_usd=now, accepted_usd=then)
    for job in (old, new):
        shown = card(ENGLISH, job, **MESSAGE)
        assert message_problems(shown.text, shown.blocks) == []
