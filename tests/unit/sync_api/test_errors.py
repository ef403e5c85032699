"""Every failure ends in one tree, says enough to act upon, and gives nothing away."""

import itertools
import pickle
import traceback
from email.utils import formatdate
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import sync_api
from bot.sync_api import errors
from bot.sync_api.errors import (
    BadSignature,
    ConcurrencyReached,
    NotAuthorised,
    OutcomeUnknown,
    PaymentNeeded,
    RateLimited,
    Refused,
    SyncApiError,
    Unavailable,
    Unexplained,
    Unreachable,
    Unreadable,
)
from bot.sync_api.faults import from_reply, from_transport, retry_after_s
from tests.unit.sync_api.builders import KEY, fault

NOW = 1_790_000_000.0
PAGE = "<!DOCTYPE html><html><body>Attention required! Ray ID 12345</body></html>"


def error_of(reply: httpx.Response, *, paid: bool = False) -> SyncApiError:
    return from_reply(reply, paid=paid, now=NOW, secret=KEY)


def answer(status: int, code: str | None = None, **more: Any) -> httpx.Response:
    return httpx.Response(status, json=fault(status, code, **more))


def exceptions_of(module: ModuleType) -> list[type[BaseException]]:
    return [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, BaseException) and item.__module__ == module.__name__
    ]


def every_class() -> list[type[SyncApiError]]:
    return [item for item in exceptions_of(errors) if issubclass(item, SyncApiError)]


def test_every_error_of_the_package_is_in_the_tree_and_drawn_in_it() -> None:
    modules = [import_module(item.name) for item in walk_packages(sync_api.__path__, f"{sync_api.__name__}.")]
    assert errors in modules

    for item in itertools.chain.from_iterable(map(exceptions_of, modules)):
        assert issubclass(item, SyncApiError)
        assert item.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", every_class())
def test_every_error_speaks_for_itself_and_survives_a_pickle(kind: type[SyncApiError]) -> None:
    error = kind(suggestion="Do this.", status=418)

    copy = pickle.loads(pickle.dumps(error))

    assert str(error) == error.message != ""
    assert error.code != ""
    assert (type(copy), vars(copy)) == (kind, vars(error))


def test_the_classes_have_codes_of_their_own() -> None:
    """But those that only tell more of their base, whose words are the same."""
    codes = [kind().code for kind in every_class() if kind not in {Unexplained, Unreachable}]

    assert len(set(codes)) == len(codes)


READS: list[tuple[int, str | None, type[SyncApiError]]] = [
    (400, None, Refused),
    (400, "INVALID_IDEMPOTENCY_KEY", Refused),
    (401, None, NotAuthorised),
    (402, "free_tier_generations_exhausted", PaymentNeeded),
    (402, None, PaymentNeeded),
    (403, "account_on_hold", PaymentNeeded),
    (403, "plan_feature_unavailable", Refused),
    (404, "generation_not_found", Refused),
    (408, None, Unavailable),
    (409, "generation_not_deletable_while_processing", Refused),
    (413, None, Refused),
    (422, "generation_input_video_inaccessible", Refused),
    (429, "rate_limit_exceeded", RateLimited),
    (429, "voice_clone_busy", RateLimited),
    (429, None, RateLimited),
    (429, "concurrency_limit_reached", ConcurrencyReached),
    (500, "internal_error", Unavailable),
    (502, None, Unavailable),
    (503, "IDEMPOTENCY_OUTCOME_UNKNOWN", OutcomeUnknown),
    (302, None, Unreadable),
]


@pytest.mark.parametrize(("status", "code", "kind"), READS)
def test_a_read_that_failed_says_how(status: int, code: str | None, kind: type[SyncApiError]) -> None:
    error = error_of(answer(status, code))

    assert type(error) is kind
    assert error.status == status
    assert code is None or error.code == code


PAID: list[tuple[int, str | None, type[SyncApiError]]] = [
    (302, None, OutcomeUnknown),
    (400, "generation_input_validation_failed", Refused),
    (400, "INVALID_IDEMPOTENCY_KEY", Refused),
    (401, None, NotAuthorised),
    (402, None, PaymentNeeded),
    (408, None, OutcomeUnknown),
    (409, None, OutcomeUnknown),
    (409, "generation_conflict", OutcomeUnknown),
    (409, "IDEMPOTENCY_KEY_REUSED", OutcomeUnknown),
    (422, "IDEMPOTENCY_KEY_REUSED", OutcomeUnknown),
    (422, "generation_input_video_inaccessible", Refused),
    (429, "rate_limit_exceeded", RateLimited),
    (429, "concurrency_limit_reached", ConcurrencyReached),
    (500, None, OutcomeUnknown),
    (503, "IDEMPOTENCY_OUTCOME_UNKNOWN", OutcomeUnknown),
    (503, "controller_unavailable", OutcomeUnknown),
    (503, "generation_media_probe_timeout", Unavailable),
    (503, "generation_media_probe_unavailable", Unavailable),
    (503, "elevenlabs_service_unavailable", Unavailable),
]


@pytest.mark.parametrize(("status", "code", "kind"), PAID)
def test_a_paid_call_that_failed_tells_not_taken_from_not_known(
    status: int, code: str | None, kind: type[SyncApiError]
) -> None:
    assert type(error_of(answer(status, code), paid=True)) is kind


@given(st.integers(300, 599), st.none() | st.text(max_size=30), st.booleans())
def test_any_status_and_code_end_in_the_tree(status: int, code: str | None, paid: bool) -> None:  # noqa: FBT001
    assert isinstance(error_of(answer(status, code), paid=paid), SyncApiError)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 502, 503])
@pytest.mark.parametrize("content", [PAGE, "upstream connect error", "", "null", "[1]"])
def test_the_body_of_a_page_is_never_quoted(status: int, content: str) -> None:
    error = error_of(httpx.Response(status, text=content))

    assert error.message == type(error).message
    assert error.suggestion is None


def test_a_page_inside_json_is_not_quoted_either() -> None:
    error = error_of(answer(422, message=PAGE, suggestion="  Try <script>alert(1)</script>"))

    assert (error.message, error.suggestion) == (Refused.message, None)


def test_the_edge_that_blocks_us_is_trouble_on_the_way_and_not_a_refusal() -> None:
    blocked = httpx.Response(403, html=PAGE)

    assert type(error_of(blocked)) is Unavailable
    assert type(error_of(blocked, paid=True)) is Unavailable


def test_a_page_that_says_not_found_is_no_answer_of_the_api() -> None:
    """What stands in front of it answers so, and the call may have come through before."""
    page = httpx.Response(404, html=PAGE)

    assert type(error_of(page)) is Unavailable
    assert type(error_of(page, paid=True)) is Unavailable
    assert type(error_of(answer(404))) is Unexplained
    assert type(error_of(answer(404, "asset_not_found"))) is Refused


def test_a_refusal_carries_all_that_helps() -> None:
    reply = answer(
        422, "voice_not_found", suggestion="Choose another voice.", field="input.1.provider.voiceId"
    )

    error = error_of(reply)

    assert isinstance(error, Refused)
    assert error.message == "Something about it"
    assert error.suggestion == "Choose another voice."
    assert error.field == "input.1.provider.voiceId"


def test_several_messages_become_one_line() -> None:
    error = error_of(answer(400, message=["model must be a string", " input\nshould not be empty"]))

    assert error.message == "model must be a string; input should not be empty"


def test_a_long_message_is_cut() -> None:
    assert len(error_of(answer(400, message="x" * 5000)).message) == 500


def test_a_strange_code_is_no_code() -> None:
    assert error_of(answer(400, "<b>bad</b>")).code == Refused.code


def test_what_is_not_there_says_so() -> None:
    assert error_of(answer(404)).code == "not_found"


def test_a_bill_comes_with_where_to_pay_it() -> None:
    error = error_of(
        answer(402, billingUrl="https://sync.so/billing", upgradeUrl="javascript:alert(1)"),
    )

    assert isinstance(error, PaymentNeeded)
    assert error.billing_url == "https://sync.so/billing"
    assert error.upgrade_url is None


def test_a_full_account_says_how_full() -> None:
    reply = answer(
        429,
        "concurrency_limit_reached",
        activeGenerations=3,
        concurrencyLimit=3,
        retryAfterSeconds=15,
        upgradeUrl="https://sync.so/plans",
    )

    error = error_of(reply)

    assert isinstance(error, ConcurrencyReached)
    assert (error.active, error.limit, error.retry_after_s) == (3, 3, 15)
    assert error.upgrade_url == "https://sync.so/plans"


def test_an_unknown_outcome_names_the_generation_to_read() -> None:
    error = error_of(answer(503, "IDEMPOTENCY_OUTCOME_UNKNOWN", generationId="gen-7"), paid=True)

    assert isinstance(error, OutcomeUnknown)
    assert error.generation_id == "gen-7"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2),
        (" 1.5 ", 1.5),
        ("-3", 0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
        (formatdate(NOW + 90, usegmt=True), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        (formatdate(NOW + 90, usegmt=False).replace("-0000", ""), 90),
        ("Fri, 99 Foo 2026 10:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, now=NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_makes_us_crash_or_wait_below_zero(value: str) -> None:
    seconds = retry_after_s(value, now=NOW)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("status", [429, 503])
def test_the_header_says_how_long_to_wait(status: int) -> None:
    reply = httpx.Response(status, headers={"Retry-After": "7"}, json=fault(status))

    error = error_of(reply)

    assert isinstance(error, RateLimited | Unavailable)
    assert error.retry_after_s == 7


def test_the_key_is_blotted_out_of_what_sync_says() -> None:
    error = error_of(answer(401, message=f"Invalid key {KEY}", suggestion=f"Renew {KEY} now"))

    assert error.message == "Invalid key [API key]"
    assert error.suggestion == "Renew [API key] now"


NOT_SENT = [
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
]
MAYBE_SENT = [
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
]


@pytest.mark.parametrize("kind", NOT_SENT)
def test_what_never_left_was_not_taken(kind: type[httpx.RequestError]) -> None:
    assert type(from_transport(kind("no"), paid=True)) is Unreachable


@pytest.mark.parametrize("kind", MAYBE_SENT)
def test_what_left_without_an_answer_may_have_been_taken(kind: type[httpx.RequestError]) -> None:
    assert type(from_transport(kind("no"), paid=True)) is OutcomeUnknown
    assert type(from_transport(kind("no"), paid=False)) is Unreachable


def test_every_failure_that_httpx_knows_was_sorted() -> None:
    leaves = {
        item
        for item in vars(httpx).values()
        if isinstance(item, type) and issubclass(item, httpx.RequestError) and not item.__subclasses__()
    }

    assert leaves == {*NOT_SENT, *MAYBE_SENT}


def test_httpx_text_with_a_header_in_it_is_not_repeated() -> None:
    error = from_transport(httpx.LocalProtocolError(f"Illegal header value b'{KEY}'"), paid=False)

    assert KEY not in "".join(traceback.format_exception(error))


def test_a_bad_signature_can_be_caught_with_the_rest() -> None:
    assert isinstance(BadSignature(), SyncApiError)
