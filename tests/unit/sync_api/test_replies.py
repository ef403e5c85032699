"""Tolerant on reading: nothing that sync.so adds, drops or renames may break a job under way."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.sync_api.errors import Unreadable
from bot.sync_api.models import Account, Asset, CostEstimate, ErrorBody, Generation, Speech, Upload, Voice
from bot.sync_api.parsing import parse_json, read
from tests.unit.sync_api.builders import generation

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["FAILED", "2026-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(
    [name for field in Generation.model_fields.values() if (name := field.alias) not in {"id", "status"}]
    + ["error_code", "output_url", "brandNew"]
)


def as_generation(body: Any) -> Generation:
    return read(TypeAdapter(Generation), json.dumps(body).encode())


def test_a_generation_reads_with_all_its_fields() -> None:
    read_back = as_generation(
        generation(
            status="COMPLETED",
            outputUrl="https://cdn.example/out.mp4?sig=1",
            outputDuration=4.96,
            outputFileName="take_1",
            synthesizedAudioUrl="https://cdn.example/a.mp3",
            progress_percent=100,
        )
    )

    assert read_back.terminal
    assert read_back.created_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert read_back.output_url == "https://cdn.example/out.mp4?sig=1"
    assert read_back.output_duration == pytest.approx(4.96)
    assert read_back.output_file_name == "take_1"
    assert read_back.synthesized_audio_url == "https://cdn.example/a.mp3"
    assert read_back.progress_percent == 100


@given(st.text(min_size=1), st.text(min_size=1), st.dictionaries(fields, anything))
def test_a_generation_reads_whatever_else_it_carries(
    generation_id: str, status: str, rest: dict[str, Any]
) -> None:
    body = {"id": generation_id, "status": status} | rest

    read_back = as_generation(body)

    assert (read_back.id, read_back.status) == (generation_id, status)
    assert read_back.terminal == (status in {"COMPLETED", "FAILED", "REJECTED"})


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "REJECTED"])
def test_an_end_is_an_end(status: str) -> None:
    assert as_generation(generation(status=status)).terminal


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "CANCELED", "TIMED_OUT", "completed", ""])
def test_an_unknown_status_is_kept_and_no_end(status: str) -> None:
    read_back = as_generation(generation(status=status))

    assert read_back.status == status
    assert not read_back.terminal


def test_a_field_of_tomorrow_is_kept() -> None:
    assert as_generation(generation(mood="sunny")).model_extra == {"mood": "sunny"}


@pytest.mark.parametrize(
    "spelling",
    [
        {"errorCode": "c"},
        {"error_code": "c"},
        {"errorCode": None, "error_code": "c"},
        {"errorCode": "c", "error_code": None},
    ],
)
def test_the_error_code_is_found_under_either_name(spelling: dict[str, Any]) -> None:
    body = generation() | spelling
    if "errorCode" not in spelling:
        del body["errorCode"]

    assert as_generation(body).error_code == "c"


def test_signed_links_stay_out_of_what_is_logged() -> None:
    done = as_generation(generation(outputUrl="https://cdn.example/out.mp4?sig=s3cret"))
    upload = Upload.model_validate({"uploadUrl": "https://up.example?sig=s3cret", "url": "https://x?s3cret"})

    assert "s3cret" not in repr(done) + str(done) + repr(upload) + str(upload)


@given(st.decimals(min_value=0, max_value=10**9, places=8))
def test_a_price_keeps_every_digit(price: Decimal) -> None:
    body = b'{"estimatedGenerationCost": %s}' % f"{price:f}".encode()

    assert read(TypeAdapter(CostEstimate), body).usd == price


@pytest.mark.parametrize("price", ["null", "NaN", "Infinity", "-1", '"free"', "[]", "1e400000000"])
def test_a_price_that_is_none_is_unknown(price: str) -> None:
    body = f'{{"estimatedGenerationCost": {price}, "estimatedFrameCount": 12.0}}'.encode()

    estimate = read(TypeAdapter(CostEstimate), body)

    assert estimate.usd is None or estimate.usd > 0
    assert estimate.frame_count == 12


@pytest.mark.parametrize("above", [(), ("organization",), ("account",)])
def test_an_accounts_limits_are_found_wherever_they_stand(above: tuple[str, ...]) -> None:
    body: Any = {
        "plan": {"name": "growth"},
        "generationLimits": {"concurrency": 6, "maxOutputDurationSeconds": 600},
    }
    for name in reversed(above):
        body = {name: body}

    account = Account.model_validate(body)

    assert (account.plan, account.concurrency, account.max_output_s) == ("growth", 6, 600)


@given(st.dictionaries(st.sampled_from(["plan", "organization", "account", "generationLimits"]), anything))
def test_an_account_reads_in_any_shape(body: dict[str, Any]) -> None:
    assert Account.model_validate(body).billing_url is None


def test_a_voice_without_a_name_goes_by_its_id() -> None:
    assert Voice.model_validate({"id": "v-1", "name": None}).name == "v-1"


def test_a_restricted_voice_cannot_be_used() -> None:
    assert not Voice.model_validate({"id": "v", "name": "Ann", "restriction": {"reason": "plan"}}).usable
    assert Voice.model_validate({"id": "v", "name": "Ann", "restriction": None}).usable


def test_an_asset_may_not_know_its_length_yet() -> None:
    asset = Asset.model_validate({"id": "a", "durationSeconds": None, "size": "huge"})

    assert asset.duration_seconds is None
    assert asset.size is None


def test_half_an_emoji_does_not_break_what_we_store() -> None:
    body = parse_json(b'{"message": "cut \\ud83d", "suggestion": "whole \\ud83d\\ude00", "n": [1.5]}')

    assert body["message"].encode().startswith(b"cut ")
    assert body["suggestion"] == "whole 😀"
    assert body["n"] == [Decimal("1.5")]


@given(st.dictionaries(st.sampled_from(["message", "errorCode", "field", "retryAfterSeconds"]), anything))
def test_an_error_reads_in_any_shape(body: dict[str, Any]) -> None:
    ErrorBody.model_validate(body)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>login</html>",
        b"[" * 200_000,
        b'{"url": 1e99999999999999999999999}',
        b"\xff\xfe\xfd",
        b'{"url": null, "token": "s3cret"}',
        b'"s3cret"',
    ],
)
def test_what_cannot_be_read_is_said_without_quoting_it(content: bytes) -> None:
    with pytest.raises(Unreadable) as trouble:
        read(TypeAdapter(Speech), content, status=200)

    assert trouble.value.status == 200
    assert "s3cret" not in repr(trouble.value) + str(trouble.value.__cause__)
    assert trouble.value.__suppress_context__ or trouble.value.__context__ is None


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_crash(content: bytes) -> None:
    try:
        read(TypeAdapter(Generation), content)
    except Unreadable:
        return
