"""Who sent this webhook? Its signature over the raw bytes, and the payload behind it."""

import hashlib
import hmac
import re

from pydantic import TypeAdapter

from bot.sync_api.errors import BadSignature
from bot.sync_api.models.replies import WebhookPayload
from bot.sync_api.parsing import read

SIGNATURE_HEADER = "Sync-Signature"
TOLERANCE_S = 600.0
"""Generous: a refused webhook may never come again (sync.so docs name no age at all)."""

_TIMESTAMP = re.compile(r"[0-9]{1,16}")
_MILLISECONDS_FROM = 10**11
"""Larger timestamps are milliseconds: as seconds they would lie three thousand years ahead."""
_PAYLOAD = TypeAdapter(WebhookPayload)


def verify(
    raw: bytes, header: str | None, *, secret: str, now: float, tolerance_s: float = TOLERANCE_S
) -> WebhookPayload:
    """Check a webhook's signature and read it (sync.so docs, webhooks guide).

    The header is `t=<digits>,v1=<hex>`; `v1` is HMAC-SHA256 over the digits, a full stop and the raw body,
    with the whole secret (`whsec_…`) as the key. Several `v1` are accepted, as during a change of secrets.

    Args:
        raw: The body as it came; parsed and rendered anew it would not match.
        header: The value of `Sync-Signature`; None where it is missing.
        secret: The account's signing secret.
        now: Seconds since the epoch.
        tolerance_s: How old, or how far ahead, the timestamp may be, in seconds.

    Raises:
        BadSignature: the header is missing or malformed, nothing in it matches, or it is too old.
        Unreadable: the signature is good but the payload is not a generation.
        ValueError: the secret is empty, with which anybody could sign.
    """
    if not secret:
        msg = "the webhook secret is empty"
        raise ValueError(msg)
    timestamp, signatures = check_age(header, now=now, tolerance_s=tolerance_s)
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest().encode()
    matches = [hmac.compare_digest(expected, signature.encode()) for signature in signatures]
    if not any(matches):
        raise BadSignature(message="The webhook's signature does not match its body.")
    return read(_PAYLOAD, raw)


def check_age(header: str | None, *, now: float, tolerance_s: float = TOLERANCE_S) -> tuple[str, list[str]]:
    """The timestamp's digits and the signatures of a header that is of these days.

    Raises:
        BadSignature: it is missing or malformed, or too old.
    """
    timestamp, signatures = _parse(header or "")
    if abs(now - _seconds(timestamp)) > tolerance_s:
        raise BadSignature(message="The webhook's signature is too old, or from the future.")
    return timestamp, signatures


def _parse(header: str) -> tuple[str, list[str]]:
    """The timestamp's digits and the signatures of a header."""
    fields = [part.strip().partition("=") for part in header.split(",")]
    timestamps = [value for name, _, value in fields if name == "t"]
    signatures = [value for name, _, value in fields if name == "v1"]
    if len(timestamps) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]) or not signatures:
        raise BadSignature(message=f"The webhook has no {SIGNATURE_HEADER} header of the form t=…,v1=….")
    return timestamps[0], signatures


def _seconds(timestamp: str) -> float:
    # The unit is not documented: seconds and milliseconds are both in use among signers of this form.
    moment = int(timestamp)
    return moment / 1000 if moment >= _MILLISECONDS_FROM else float(moment)
