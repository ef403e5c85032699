"""Files on their way to sync.so: what the card says of what takes a while."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.drafts import Draft, Prepared, PreparedInput
from storage.inputs import Input, InputKind, InputStatus
from storage.orders import Conversation, OrderStatus
from tests.unit.messages.builders import AUDIO, SCRIPT, VIDEO, a_card, a_state

BEGUN = 1_000.0
KB, MB = 1_000, 1_000_000


def moving(sent: int = 12 * MB, size: int = 40 * MB, took_s: float = 6.0, **given: Any) -> Input:
    usual: dict[str, Any] = {
        "id": "i",
        "enterprise_id": None,
        "team_id": "T1",
        "account_key": "a",
        "source": "slack:F1",
        "kind": InputKind.VIDEO,
        "status": InputStatus.WANTED,
        "address": None,
        "asset_id": None,
        "found": "{}",
        "size": size,
        "sent_bytes": sent,
        "begun_at": BEGUN,
        "told_at": BEGUN + took_s,
        "come_at": None,
        "failure_code": None,
        "failure_detail": None,
        "due_at": None,
        "lease_token": None,
        "attempts": 0,
        "delete_at": 0.0,
    }
    return Input(**usual | given)


def card_of(*inputs: Input, status: OrderStatus = OrderStatus.PREPARING, **columns: Any) -> str:
    return a_card(replace(a_state(status, **columns), inputs=inputs)).text


@pytest.mark.parametrize("status", [OrderStatus.PREPARING, OrderStatus.CONFIRMED, OrderStatus.DRAFT])
def test_the_card_shows_how_far_it_is_and_how_long_it_takes(status: OrderStatus) -> None:
    line = "Sending your file to sync.so: 12 MB of 40 MB, about 15 seconds left."
    assert line in card_of(moving(), status=status)


def test_several_files_are_one_line_and_the_slowest_tells_the_time() -> None:
    slow = moving(sent=10 * MB, size=110 * MB, took_s=60.0)
    assert "Sending 2 of your files to sync.so: 22 MB of 150 MB, about 10 minutes left." in card_of(
        moving(), slow
    )


def test_what_is_there_or_waits_is_not_counted() -> None:
    there = moving(begun_at=None, status=InputStatus.THERE)
    assert "Sending your file to sync.so: 12 MB" in card_of(moving(), there, moving(sent=0))
    assert "Sending" not in card_of(there, moving(sent=0), moving(size=None))  # type: ignore[arg-type]


def test_at_the_end_there_is_no_time_left_to_tell() -> None:
    assert "40 MB of 40 MB, nearly there." in card_of(moving(sent=40 * MB))


def test_what_moves_is_not_called_slow() -> None:
    assert "longer than usual" in card_of(slow=True)
    assert "longer than usual" not in card_of(moving(), slow=True)


@given(st.integers(1, 2**40), st.integers(1, 2**40), st.floats(-5, 1e6))
def test_whatever_is_told_it_is_a_line(sent: int, size: int, took_s: float) -> None:
    assert "Sending your file to sync.so: " in card_of(moving(sent, size, took_s))


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (
            Draft(video=VIDEO),
            "to sync.so. If nothing is made of it, I have it deleted there a day later.",
        ),
        (Draft(speech=AUDIO), "I send it to sync.so"),
        (
            Draft(video=VIDEO, more_videos=(VIDEO,)),
            "I send them to sync.so. If nothing",
        ),
    ],
)
def test_the_answer_to_a_drop_says_that_it_is_on_its_way(draft: Draft, said: str) -> None:
    columns: dict[str, Any] = {"draft": draft, "conversation": Conversation.DIRECT_MESSAGE}
    assert said in card_of(status=OrderStatus.DRAFT, **columns)
    assert "I send" not in card_of(
        status=OrderStatus.DRAFT, **columns | {"conversation": Conversation.CHANNEL}
    )


def test_words_are_sent_to_nobody_ahead() -> None:
    columns: dict[str, Any] = {"draft": Draft(speech=SCRIPT), "conversation": Conversation.DIRECT_MESSAGE}
    assert "I send" not in card_of(status=OrderStatus.DRAFT, **columns)


COMING = Prepared(video=PreparedInput(is_coming=True), audio=PreparedInput(asset_id="a"))


def test_an_offer_ahead_of_its_file_says_that_nobody_need_wait() -> None:
    told = card_of(moving(), status=OrderStatus.OFFERED, prepared=COMING.model_dump_json())
    assert "Sending your file to sync.so: 12 MB of 40 MB" in told
    assert "You need not wait: press Generate" in told
    assert "Sending" not in card_of(moving(), status=OrderStatus.OFFERED)


@pytest.mark.parametrize(("high", "price"), [("0.20", "About $0.20"), ("0.45", "About $0.20 to $0.45")])
def test_while_no_price_is_exact_it_is_told_about(high: str, price: str) -> None:
    known = Prepared(about_usd=(Decimal("0.20"), Decimal(high)))
    told = card_of(moving(), prepared=known.model_dump_json())
    assert (
        f"{price} so far; sync.so's own estimate comes when the upload is done. Nothing is charged yet."
        in told
    )
    assert "The price comes next" not in told


def test_a_price_that_rose_with_the_upload_names_the_one_before() -> None:
    raised = Prepared(offered_usd=Decimal("0.32")).model_dump_json()
    told = card_of(status=OrderStatus.OFFERED, prepared=raised)
    assert "it costs more than the $0.32 that stood here. Nothing was charged." in told


def test_an_offer_whose_file_moves_is_shown_at_the_pace_of_what_goes_on() -> None:
    offered = a_state(OrderStatus.OFFERED)
    assert replace(offered, inputs=(moving(),)).goes_on_by_itself
    assert not offered.goes_on_by_itself
