"""The one place where a failed call becomes an error of the tree; pure, but for reading what httpx says."""

import math
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypedDict

import httpx
from pydantic import ValidationError

from bot.sync_api.errors import (
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
from bot.sync_api.models.replies import ErrorBody
from bot.sync_api.parsing import parse_json
from bot.web_addresses import without_secrets

_LONGEST_TEXT = 500
"""Characters of a text of sync.so's that we pass on."""
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|title|script|style|h1|center)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,100}")

_OUTCOME_UNKNOWN = "IDEMPOTENCY_OUTCOME_UNKNOWN"
_PAYMENT_CODES = frozenset(
    {
        "account_on_hold",
        "account_payment_required",
        "free_tier_generations_exhausted",
        "generation_plan_duration_exceeded",
    },
)
_NOT_TAKEN_CODES = frozenset(
    {
        "elevenlabs_service_unavailable",
        "generation_media_probe_timeout",
        "generation_media_probe_unavailable",
    },
)
"""5xx that come before anything is created; with a key, doubt has its own code (idempotency guide)."""
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""What httpx raises before a byte of the request has left."""


class _Common(TypedDict, total=False):
    """What every error takes; a key that is left out keeps the class's default."""

    message: str
    code: str
    suggestion: str | None
    status: int | None


def from_reply(reply: httpx.Response, *, paid: bool, now: float, secret: str) -> SyncApiError:
    """The error that a reply without success means.

    Args:
        reply: The reply, read.
        paid: Whether the call may cost money, so that an unclear outcome must be told apart.
        now: Seconds since the epoch, for a Retry-After that is a date.
        secret: The API key; it is blotted out of every text.
    """
    body = _body(reply)
    status, code = reply.status_code, _code(body)
    common = _common(reply, body, secret)
    wait_s = retry_after_s(reply.headers.get("Retry-After"), now=now)
    if wait_s is None and body is not None:
        wait_s = body.retry_after_seconds
    if code == _OUTCOME_UNKNOWN or (paid and _is_unclear(status, code)):
        named = body.generation_id if body else None
        return OutcomeUnknown(**common, generation_id=named, retry_after_s=wait_s)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT:
        return Unavailable(**common, retry_after_s=wait_s)
    if body is None and status in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
        # Not the API but what stands in front of it answers with a page.
        return Unavailable(**common, retry_after_s=wait_s)
    if status < httpx.codes.BAD_REQUEST:
        return Unreadable(message="sync.so answered with a redirection.", status=status)
    return _from_refusal(status, code, body or ErrorBody(), common, wait_s)


def _from_refusal(
    status: int, code: str | None, body: ErrorBody, common: _Common, wait_s: float | None
) -> SyncApiError:
    too_many = status == httpx.codes.TOO_MANY_REQUESTS
    if status == httpx.codes.UNAUTHORIZED:
        return NotAuthorised(**common)
    if status == httpx.codes.PAYMENT_REQUIRED or code in _PAYMENT_CODES:
        return PaymentNeeded(
            **common, billing_url=_link(body.billing_url), upgrade_url=_link(body.upgrade_url)
        )
    if code == ConcurrencyReached.code or (too_many and body.concurrency_limit is not None):
        return ConcurrencyReached(
            **common,
            retry_after_s=wait_s,
            active=body.active_generations,
            limit=body.concurrency_limit,
            upgrade_url=_link(body.upgrade_url),
        )
    if too_many:
        return RateLimited(**common, retry_after_s=wait_s)
    if status == httpx.codes.NOT_FOUND and code is None:
        common["code"] = "not_found"
    has_no_reason = code in {None, "not_found"} and status in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}
    kind = Unexplained if has_no_reason else Refused
    return kind(**common, field=body.field)


def from_transport(error: httpx.RequestError | TimeoutError, *, paid: bool) -> SyncApiError:
    """The error that a missing reply means; httpx's own text is left out, it may quote headers.

    A plain TimeoutError is the limit of the whole call, which says nothing of how far it came.
    """
    if paid and not isinstance(error, _NOT_SENT):
        return OutcomeUnknown(message=f"sync.so's answer was lost ({type(error).__name__}).")
    return Unreachable(message=f"sync.so cannot be reached at the moment ({type(error).__name__}).")


def retry_after_s(value: str | None, *, now: float) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or HTTP date); None where it says nothing usable."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_until(value, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - now, 0.0)


def _is_unclear(status: int, code: str | None) -> bool:
    """Whether a paid call that was answered like this may have been taken all the same.

    A conflict, and every `IDEMPOTENCY_` code, says that something is known under this key. A key of the wrong
    form, `INVALID_IDEMPOTENCY_KEY`, is a plain refusal.
    """
    if code is not None and code.startswith("IDEMPOTENCY_"):
        return True
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return code not in _NOT_TAKEN_CODES
    return status < httpx.codes.BAD_REQUEST or status in {httpx.codes.REQUEST_TIMEOUT, httpx.codes.CONFLICT}


def _body(reply: httpx.Response) -> ErrorBody | None:
    """The JSON object of an error; None for a page, a bare text or nothing."""
    try:
        return ErrorBody.model_validate(parse_json(reply.content))
    except (ValueError, ValidationError):
        return None


def _code(body: ErrorBody | None) -> str | None:
    code = body.error_code if body else None
    return code if code and _CODE.fullmatch(code) else None


def _common(reply: httpx.Response, body: ErrorBody | None, secret: str) -> _Common:
    common = _Common(status=reply.status_code)
    if body is None:
        return common
    message = body.message if isinstance(body.message, str) else "; ".join(body.message or ())
    if text := _plain(message, secret):
        common["message"] = text
    if code := _code(body):
        common["code"] = code
    common["suggestion"] = _plain(body.suggestion, secret)
    return common


def _plain(text: str | None, secret: str) -> str | None:
    """One clean line of sync.so's words; None where there are none, or where it is a page."""
    if not text or _MARKUP.search(text):
        return None
    line = " ".join(without_secrets(text.replace(secret, "[API key]")).split())
    if len(line) > _LONGEST_TEXT:
        line = line[: _LONGEST_TEXT - 1] + "…"
    return line or None


def _link(url: str | None) -> str | None:
    """A link that may be shown to a person."""
    return url if url and url.startswith("https://") else None
