"""Telling the customer that a generation ended: one signed POST, never repeated by itself."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.state import Generation, Records
from bot.sandbox.fake_sync.views import Views

_PATIENCE_S = 10.0
_TOLD = frozenset({"COMPLETED", "FAILED"})  # whether REJECTED is sent is not known: the app must poll


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """The value of `Sync-Signature`: HMAC-SHA256 over `t`, a full stop, the body (sync.so docs, webhooks)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Webhooks:
    """Sends notifications and keeps a record of each."""

    def __init__(
        self,
        views: Views,
        faults: Faults,
        records: Records,
        http: httpx.AsyncClient,
        clock: Callable[[], float],
    ) -> None:
        self._views, self._faults, self._records = views, faults, records
        self._http, self._clock = http, clock

    async def tell(self, generation: Generation, org: Org) -> None:
        """Send what the faults let through."""
        url = generation.body.get("webhookUrl")
        if not url or generation.status not in _TOLD or self._faults.strikes("webhook_never"):
            return
        if late := self._faults.take("webhook_late"):
            await asyncio.sleep(late["seconds"])
        payload = self._views.webhook(generation)
        if self._faults.strikes("webhook_foreign"):
            await self._send(url, payload | {"id": str(uuid4())}, org)
        await self._send(url, payload, org)
        if self._faults.strikes("webhook_twice"):
            await self._send(url, payload, org)

    async def _send(self, url: str, payload: dict[str, Any], org: Org) -> None:
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        now = self._clock()
        if skew := self._faults.take("webhook_bad_clock"):
            now += skew["seconds"]
        timestamp = int(now * 1000) if self._faults.strikes("webhook_milliseconds") else int(now)
        secret = "whsec_forged" if self._faults.strikes("webhook_forged") else org.webhook_secret
        headers = {"Content-Type": "application/json", "Sync-Signature": signature(body, secret, timestamp)}
        record: dict[str, Any] = {
            "at": self._clock(),
            "generation_id": payload["id"],
            "org": org.id,
            "url": url,
        }
        try:
            reply = await self._http.post(url, content=body, headers=headers, timeout=_PATIENCE_S)
            record["status"] = reply.status_code
        except httpx.HTTPError as trouble:
            record["error"] = type(trouble).__name__
        self._records.webhooks.append(record)
        self._records.log(
            record["at"],
            direction="out",
            method="POST",
            path=url,
            status=record.get("status"),
            dropped="error" in record,
            request={"headers": headers, "body": body.decode(), "bytes": len(body)},
        )
