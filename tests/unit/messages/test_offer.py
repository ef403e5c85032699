"""What an offer says of price and length, and when Generate asks once more."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.catalogue import ENGLISH
from bot.messages.offer import doubt, headline, price, question, result_length
from storage.orders import Guessed, Order, OrderStatus
from tests.unit.messages.builders import an_order

TEN = Decimal(10)


def an_offer(usd: str | None, guessed: Guessed | None = None, **columns: Any) -> Order:
    amount = None if usd is None else Decimal(usd)
    return an_order(OrderStatus.OFFERED, estimate_usd=amount, guessed=guessed, **columns)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (an_offer("1.284"), "about $1.28"),
        (an_offer("0.0004"), "less than $0.01"),
        (an_offer(None), None),
        (an_offer("3.915", Guessed.PRICE), "about $3.92 at 25 frames per second, about $9.40 at 60"),
        (an_offer("1.284", Guessed.LENGTH), "about $1.28"),
    ],
)
def test_a_price_that_rests_on_a_frame_rate_names_it(job: Order, words: str | None) -> None:
    assert price(ENGLISH, job) == words


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (an_offer("1", length_s=23.5), "about 0:24"),
        (an_offer("1", Guessed.PRICE, length_s=23.5), "about 0:24"),
        (an_offer("1", length_s=None), None),
        (an_offer("1", Guessed.LENGTH, length_s=56.4), None),
    ],
)
def test_a_length_is_told_where_it_was_measured_and_guessed_from_no_frames(
    job: Order, words: str | None
) -> None:
    assert result_length(ENGLISH, job) == words


def test_only_a_price_of_the_real_request_stands_in_the_headline() -> None:
    assert headline(ENGLISH, an_offer("1.284")) == "Ready to make it: about $1.28 (estimate)"
    assert headline(ENGLISH, an_offer("1.284", Guessed.LENGTH)) == "Ready to make it: about $1.28 (estimate)"
    assert "not certain" in headline(ENGLISH, an_offer("1.284", Guessed.PRICE))
    assert "could not say" in headline(ENGLISH, an_offer(None))


def test_doubt_is_told_with_its_reason() -> None:
    told = doubt(ENGLISH, an_offer("1", Guessed.PRICE))
    assert told == (
        "Estimate: about $1.00 at 25 frames per second, about $2.40 at 60. sync.so charges for each frame "
        "of the finished video, and I do not know how many a second yours has."
    )
    assert doubt(ENGLISH, an_offer("1")) is None
    assert doubt(ENGLISH, an_offer(None)) is None


@pytest.mark.parametrize(
    ("job", "title", "sum_in_it"),
    [
        (an_offer(None), "No price is known", ""),
        (an_offer("0.5", Guessed.PRICE), "The price is not certain", "about $1.20 at 60"),
        (an_offer("14"), "Make it for about $14.00?", "about $14.00"),
        (an_offer("10"), "Make it for about $10.00?", "about $10.00"),
    ],
)
def test_what_is_asked_once_more(job: Order, title: str, sum_in_it: str) -> None:
    asked = question(ENGLISH, job, TEN)
    assert asked is not None
    assert asked["title"]["text"] == title
    assert sum_in_it in asked["text"]["text"]


def test_a_small_certain_price_is_asked_once() -> None:
    assert question(ENGLISH, an_offer("9.999999"), TEN) is None
    assert question(ENGLISH, an_offer("0.57", Guessed.LENGTH), TEN) is None


def test_an_operator_may_have_everything_asked_twice() -> None:
    assert question(ENGLISH, an_offer("0"), Decimal(0)) is not None


@given(
    usd=st.one_of(st.none(), st.decimals(0, 10**12, places=6)),
    guessed=st.sampled_from([None, *Guessed]),
)
def test_no_sum_makes_a_question_that_slack_would_cut(usd: Decimal | None, guessed: Guessed | None) -> None:
    """Slack: confirmation dialog object; `blocks.plain` cuts what is longer, and with it the sum."""
    asked = question(ENGLISH, an_order(OrderStatus.OFFERED, estimate_usd=usd, guessed=guessed), Decimal(0))
    assert asked is not None
    for part in ("title", "text", "confirm", "deny"):
        assert not asked[part]["text"].endswith("…")
