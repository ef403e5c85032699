"""A webhook is believed only with a signature over its very bytes, and only while it is fresh."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sync_api.errors import BadSignature, Unreadable
from bot.sync_api.webhook import TOLERANCE_S, verify
from tests.unit.sync_api.builders import generation

SECRET = "whsec_MfKQ9r8GKYqrTwjU"
NOW = 1_790_000_000.0
RAW = json.dumps(generation(status="COMPLETED", error="Zürich, 東京"), ensure_ascii=False).encode()


def signed(raw: bytes = RAW, *, at: str = "1790000000", secret: str = SECRET) -> str:
    """The header as the documentation's own samples compute it."""
    signature = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={signature}"


def test_a_signed_webhook_is_read() -> None:
    payload = verify(RAW, signed(), secret=SECRET, now=NOW)

    assert (payload.id, payload.status, payload.error) == ("gen-1", "COMPLETED", "Zürich, 東京")


def test_the_signature_is_the_one_that_other_tools_compute() -> None:
    # printf '1790000000.{"id":"g","status":"FAILED"}' | openssl dgst -sha256 -hmac whsec_test
    header = "t=1790000000,v1=a2cae293b292c548938d8035c451daf8172f4d1ebf2b138cb565fe340da4dbca"

    assert verify(b'{"id":"g","status":"FAILED"}', header, secret="whsec_test", now=NOW).status == "FAILED"


@pytest.mark.parametrize("at", ["1790000000", "1790000000000", "1790000599", "1789999401999"])
def test_seconds_and_milliseconds_are_both_time(at: str) -> None:
    assert verify(RAW, signed(at=at), secret=SECRET, now=NOW).id == "gen-1"


@pytest.mark.parametrize("shift_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_an_old_or_future_webhook_is_refused(shift_s: float) -> None:
    with pytest.raises(BadSignature, match="too old, or from the future"):
        verify(RAW, signed(), secret=SECRET, now=NOW + shift_s)


def test_the_tolerance_is_the_callers_choice() -> None:
    assert verify(RAW, signed(), secret=SECRET, now=NOW + 5000, tolerance_s=5000).id == "gen-1"


def test_one_good_signature_among_several_is_enough() -> None:
    header = signed(secret="whsec_old") + "," + signed().partition(",")[2]

    assert verify(RAW, header, secret=SECRET, now=NOW).id == "gen-1"


def test_spaces_and_unknown_parts_of_the_header_do_no_harm() -> None:
    assert verify(RAW, signed().replace(",", " , v0=old, "), secret=SECRET, now=NOW).id == "gen-1"


@given(position=st.integers(0, len(RAW) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_is_noticed(position: int, flip: int) -> None:
    raw = bytearray(RAW)
    raw[position] ^= flip

    with pytest.raises(BadSignature):
        verify(bytes(raw), signed(), secret=SECRET, now=NOW)


def test_a_body_that_was_parsed_and_rendered_anew_does_not_match() -> None:
    with pytest.raises(BadSignature):
        verify(json.dumps(json.loads(RAW)).encode(), signed(), secret=SECRET, now=NOW)


def test_the_time_cannot_be_changed_without_the_secret() -> None:
    with pytest.raises(BadSignature, match="does not match"):
        verify(RAW, signed().replace("t=1790000000", "t=1790000300"), secret=SECRET, now=NOW + 300)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=1790000000",
        "v1=abc",
        "t=,v1=abc",
        "t=soon,v1=abc",
        "t=-1,v1=abc",
        "t=1790000000.5,v1=abc",
        "t=١٧٩,v1=abc",
        "t=" + "9" * 5000 + ",v1=abc",
        signed() + ",t=1790000000",
        "t=1790000000,v1=",
        "t=1790000000,v1=é",
    ],
)
def test_a_header_of_another_form_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        verify(RAW, header, secret=SECRET, now=NOW)


@given(st.text(max_size=80))
def test_no_header_makes_the_check_crash(header: str) -> None:
    with pytest.raises(BadSignature):
        verify(RAW, header, secret=SECRET, now=NOW)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        verify(RAW, signed(secret=""), secret="", now=NOW)


def test_a_signed_body_that_is_no_generation_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        verify(b"[]", signed(b"[]"), secret=SECRET, now=NOW)
