"""Where Slack's requests come in: their size, age and signature are checked before Bolt sees them."""

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from bot.errors import Malformed
from bot.slack.bolt import Bolt
from bot.slack.payloads import read_payload, to_request

_log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1024 * 1024
"""More than any payload of Slack's or sync.so's."""
_CLOSE = {"connection": "close"}
SIGNATURE_LIFE_S = 300
"""Older requests may be replayed ones (Slack: verifying requests)."""


class BodyTooLarge(Exception):
    """A request sends more than `MAX_BODY_BYTES`, or says that it will."""


class Left(Exception):
    """The client left, or was cut, before the body was whole."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """The raw body of an ASGI request; none of it is read where its length is too large.

    How long it may take is the connection's business.

    Raises:
        BodyTooLarge, Left: as they say.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and float(length) > MAX_BODY_BYTES:
        raise BodyTooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Left
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        if not message.get("more_body", False):
            return bytes(body)


class SlackEndpoint:
    """Events, commands and interactivity: checked over the raw bytes, then dispatched to Bolt.

    The signature is checked here, over the bytes as they came: Bolt's own check answers 500 to a timestamp
    that is no number and to text that is no UTF-8, and logs the whole body of a request it refuses.
    """

    def __init__(self, app: Bolt, *, signing_secret: str, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._signing = hmac.new(signing_secret.encode(), digestmod="sha256")
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST within Slack's three seconds; who does not claim to be Slack is not listened to."""
        headers = dict(scope["headers"])
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        if not (signature and self._is_fresh(timestamp)):
            await _refuse(send, 401, "no signature, or an old one")
            return
        try:
            body = await read_body(receive, headers)
        except BodyTooLarge:
            await _refuse(send, 413, "too large")
            return
        except Left:
            return
        if not self._signed(body, timestamp, signature):
            await _refuse(send, 401, "another signature")
            return
        await self._dispatch(body, send)

    async def _dispatch(self, body: bytes, send: Send) -> None:
        try:
            payload = read_payload(body)
            if payload.get("ssl_check") == "1":  # it only looks at our certificate (Slack: slash commands)
                await _send(send, 200, b"", {})
                return
            response = await self._app.async_dispatch(to_request(payload))
        except Malformed as error:
            await _refuse(send, 400, f"signed, but no payload of Slack's: {error}")
            return
        await _send(send, response.status, response.body.encode(), response.headers)

    def _is_fresh(self, timestamp: bytes) -> bool:
        return timestamp.isdigit() and abs(self._clock() - float(timestamp)) <= SIGNATURE_LIFE_S

    def _signed(self, body: bytes, timestamp: bytes, signature: bytes) -> bool:
        signing = self._signing.copy()
        signing.update(b"v0:%b:%b" % (timestamp, body))
        return hmac.compare_digest(b"v0=" + signing.hexdigest().encode(), signature)


async def _refuse(send: Send, status: int, why: str) -> None:
    """Answer without the body having been of any use; the connection ends, so the rest of it is not read."""
    _log.warning("refused a request", status=status, why=why)
    await _send(send, status, b"", {"connection": ["close"]})


async def _send(send: Send, status: int, body: bytes, headers: Mapping[str, Any]) -> None:
    # Without its length the server would send a body in chunks.
    sent = [(b"content-length", str(len(body)).encode())]
    sent += [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
