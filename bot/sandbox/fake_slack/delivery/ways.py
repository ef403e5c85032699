"""How payloads reach the app: what every way of delivery answers, and signed HTTP."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlencode

import httpx

from bot.sandbox.fake_slack.records import Json

Kind = Literal["events_api", "interactive", "slash_commands"]

# Slack's words for what went wrong, as people see them after a slash command.
Outcome = Literal["ok", "operation_timeout", "dispatch_failed", "http_client_error", "http_service_error"]

_RETRY_REASONS: dict[Outcome, str] = {
    "operation_timeout": "http_timeout",
    "dispatch_failed": "connection_failed",
    "http_client_error": "http_error",
    "http_service_error": "http_error",
}
_SERVER_ERROR = 500
_OK = 200


@dataclass(frozen=True, slots=True)
class Retry:
    """Which attempt this is (1 to 3) and why there is another one."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app said to a payload; `body` is the ack's JSON, if it had any."""

    outcome: Outcome
    body: Json | None = None
    no_retry: bool = False

    @property
    def retry_reason(self) -> str:
        """`x-slack-retry-reason` for the next attempt (Slack: Events API)."""
        return _RETRY_REASONS.get(self.outcome, "unknown_error")


class Delivery(Protocol):
    """A way to the app."""

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        """Deliver one payload and wait for the ack, three seconds at most."""

    async def close(self) -> None:
        """Give back connections."""


class HttpDelivery:
    """POSTs to the app's request URL, signed as Slack signs (Slack: verifying requests)."""

    def __init__(
        self, request_url: str, signing_secret: str, *, ack_s: float, now: Callable[[], float]
    ) -> None:
        self._request_url = request_url
        self._secret = signing_secret.encode()
        self._now = now
        # Slack never goes through the sandbox's proxy variables, and no click of many waits for a connection.
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._http = httpx.AsyncClient(trust_env=False, timeout=ack_s, limits=unlimited)

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        """Deliver one payload and wait for the ack."""
        body, content_type = _encoded(kind, payload)
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **self._signature(body)}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        try:
            response = await self._http.post(self._request_url, content=body, headers=headers)
        except httpx.TimeoutException:
            return Answer("operation_timeout")
        except httpx.TransportError:
            return Answer("dispatch_failed")
        return _read(response)

    def _signature(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now()))
        digest = hmac.new(self._secret, f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    async def close(self) -> None:
        """Close the connection pool."""
        await self._http.aclose()


def _encoded(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """Events are JSON; commands are form fields; interactions are one form field with JSON in it."""
    if kind == "events_api":
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def _read(response: httpx.Response) -> Answer:
    no_retry = response.headers.get("x-slack-no-retry") == "1"
    if response.status_code != _OK:
        failed: Outcome = (
            "http_service_error" if response.status_code >= _SERVER_ERROR else "http_client_error"
        )
        return Answer(failed, no_retry=no_retry)
    if not response.content:
        return Answer("ok")
    if response.headers.get("content-type", "").startswith("application/json"):
        body = response.json()
        return Answer("ok", body if isinstance(body, dict) else None)
    return Answer("ok", {"text": response.text})
