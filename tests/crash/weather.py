"""Bad weather on the wire: an ASGI layer before a fake that spoils a share of the calls it gets."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Trouble = Literal["429", "5xx", "reset", "lost", "slow", "truncated", "401", "402"]
TROUBLES: tuple[Trouble, ...] = ("429", "5xx", "reset", "lost", "slow", "truncated")
"""Refused by rate, failed before anything was done, cut before, cut after it was done, late, half a reply."""
_REVOCABLE = re.compile(r"POST /v2/generate\?.*|GET /v2/generations.*")
_FINAL = {"401": "unauthorized", "402": "account_payment_required"}
"""Refusals that end a job; who gets one for a create call is remembered."""
_SLOWEST_S = 1.0


@dataclass(frozen=True, slots=True)
class Spell:
    """A share of the calls whose `METHOD /path?query` matches meets one of some troubles."""

    calls: str
    share: float
    troubles: Sequence[Trouble] = TROUBLES


class Weather:
    """The layer. The first spell that matches a call decides; what none matches is left in peace."""

    def __init__(
        self, app: ASGIApp, spells: Sequence[Spell], chance: random.Random, *, too_many: Mapping[str, Any]
    ) -> None:
        self._app = app
        self._spells = [(re.compile(spell.calls), spell) for spell in spells]
        self._chance = chance
        self._too_many = too_many
        self.struck: Counter[Trouble] = Counter()
        self.revoked = False
        """Whether the keys are refused where jobs are paid for and read."""
        self.refused: set[str] = set()
        """The idempotency keys of creates that got a final refusal."""

    def clear_up(self) -> None:
        """From now on every call goes through."""
        self._spells, self.revoked = [], False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, or spoil it."""
        trouble = self._forecast(scope) if scope["type"] == "http" else None
        if trouble is not None:
            self.struck[trouble] += 1
        match trouble:
            case None:
                await self._app(scope, receive, send)
            case "429":
                await _answer(send, 429, json.dumps(self._too_many).encode(), {"retry-after": "1"})
            case "401" | "402":
                self.refused.add(dict(scope["headers"]).get(b"idempotency-key", b"").decode())
                refusal = {"message": "Refused", "statusCode": int(trouble), "errorCode": _FINAL[trouble]}
                await _answer(send, int(trouble), json.dumps(refusal).encode(), {})
            case "5xx":
                await _answer(send, self._chance.choice((500, 502, 503, 504)), b"upstream trouble", {})
            case "reset":
                await _hang_up(receive, send)
            case "lost":
                await self._app(scope, receive, _swallow)
                await _hang_up(receive, send)
            case "slow":
                await asyncio.sleep(self._chance.uniform(0.05, _SLOWEST_S))
                await self._app(scope, receive, send)
            case "truncated":
                reply = _Reply()
                await self._app(scope, receive, reply.take)
                await reply.send_half(receive, send)

    def _forecast(self, scope: Scope) -> Trouble | None:
        call = f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}"
        if self.revoked and _REVOCABLE.fullmatch(call):
            return "401"
        spell = next((spell for calls, spell in self._spells if calls.fullmatch(call)), None)
        if spell is None or self._chance.random() >= spell.share:
            return None
        return self._chance.choice(spell.troubles)


class _Reply:
    """A reply that is held back."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        self._body += message.get("body", b"")

    async def send_half(self, receive: Receive, send: Send) -> None:
        """Half of a JSON document as if it were whole; of anything else, half of what was promised."""
        half = self._body[: len(self._body) // 2]
        headers = {name.lower(): value for name, value in self._start.get("headers", [])}
        whole = headers.get(b"content-type", b"").startswith(b"application/json")
        if whole:
            headers[b"content-length"] = str(len(half)).encode()
        await send({**self._start, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": half, "more_body": not whole})
        if not whole:
            await _hang_up(receive, send)


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    kind = "application/json" if body.startswith(b"{") else "text/plain"
    sent = {"content-type": kind, "content-length": str(len(body)), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _swallow(_message: Message) -> None:
    """Nothing of the reply gets out."""


async def _hang_up(receive: Receive, send: Send) -> None:
    """Reset the connection; ASGI has no word for it, but uvicorn's `send` knows its socket."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass  # returning before the server has noticed would make it answer by itself
