"""Webhooks: when they come, what they say, how they are signed, and how they go wrong."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.serving import served
from tests.integration.fake_sync.service import VOICE, Customer, listening

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Receiver:
    """An app's endpoint that keeps what it was sent."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.got.append((headers, body))
        self.arrived.set()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def first(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for that many payloads."""
        async with asyncio.timeout(30):
            while len(self.got) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return [json.loads(body) for _, body in self.got]


async def recorded(acme: Customer, generation: str, *, count: int) -> list[dict[str, Any]]:
    """What the service wrote down of a generation's webhooks, once there are so many and no more come."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0.1)
            before, found = found, await _webhooks(acme, generation)
            if len(found) >= count and found == before:
                return found


async def _webhooks(acme: Customer, generation: str) -> list[dict[str, Any]]:
    return [each for each in (await acme.records())["webhooks"] if each["generation_id"] == generation]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    sock, base_url = listening()
    receiver = Receiver(f"{base_url}/hooks")
    async with served(receiver, sock):
        yield receiver


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def started(customer: Customer, receiver: Receiver, **changes: Any) -> str:
    body = await customer.job(webhookUrl=receiver.url, **changes)
    return str((await customer.create(body)).raise_for_status().json()["id"])


def signed(header: str, body: bytes, secret: str) -> tuple[int, bool]:
    """The timestamp, and whether the signature is right."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    digest = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return int(parts["t"]), digest == parts["v1"]


async def test_a_finished_generation_is_told_with_a_signature(acme: Customer, receiver: Receiver) -> None:
    generation = await started(acme, receiver)
    (payload,) = await receiver.first()
    headers, body = receiver.got[0]
    timestamp, right = signed(headers["sync-signature"], body, "whsec_acme")
    assert right
    assert abs(time.time() - timestamp) < 60
    assert (payload["id"], payload["status"]) == (generation, "COMPLETED")
    assert (await acme.download(payload["outputUrl"])).stat().st_size > 10_000


async def test_the_payload_has_a_shape_of_its_own(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("generation_fails", times=1, code="generation_pipeline_failed")
    generation = await started(acme, receiver)
    (payload,) = await receiver.first()
    read = (await acme.http.get(f"/v2/generate/{generation}")).json()
    assert payload["status"] == read["status"] == "FAILED"
    assert payload["error_code"] == read["errorCode"] == "generation_pipeline_failed"
    assert payload.keys().isdisjoint({"errorCode", "segments", "outputFileName", "synthesizedAudioUrl"})
    assert "error_code" not in read


async def test_other_scripts_than_ascii_are_sent_as_they_are(acme: Customer, receiver: Receiver) -> None:
    words = "Grüße aus Köln, 你好"
    provider = {"name": "elevenlabs", "voiceId": VOICE, "script": words}
    await started(acme, receiver, input=[await acme.video(), {"type": "text", "provider": provider}])
    await receiver.first()
    headers, body = receiver.got[0]
    assert words.encode() in body
    assert signed(headers["sync-signature"], body, "whsec_acme")[1]


async def test_a_rejected_generation_is_not_told(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("generation_rejected", times=1)
    generation = await started(acme, receiver)
    assert (await acme.finished(generation))["status"] == "REJECTED"
    await asyncio.sleep(0.3)
    assert receiver.got == []


async def test_a_webhook_can_stay_away(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("webhook_never", times=1)
    await acme.finished(await started(acme, receiver))
    await asyncio.sleep(0.3)
    assert receiver.got == []


async def test_a_webhook_can_come_twice_and_is_recorded(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("webhook_twice", times=1)
    generation = await started(acme, receiver)
    payloads = await receiver.first(2)
    assert payloads[0]["id"] == payloads[1]["id"] == generation
    assert [each["status"] for each in await recorded(acme, generation, count=2)] == [204, 204]


async def test_a_webhook_can_come_late(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("webhook_late", times=1, seconds=3.0)
    await acme.finished(await started(acme, receiver))
    await asyncio.sleep(0.3)
    assert receiver.got == []
    await receiver.first()


async def test_a_webhook_can_come_before_the_reply_to_create(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("webhook_early", times=1)
    generation = await started(acme, receiver)
    assert [json.loads(body)["id"] for _, body in receiver.got] == [generation]


async def test_a_webhook_can_be_forged_or_tell_of_foreign_jobs(acme: Customer, receiver: Receiver) -> None:
    acme.fake.faults.set("webhook_foreign", times=1)
    acme.fake.faults.set("webhook_forged", times=1)
    generation = await started(acme, receiver)
    foreign, own = await receiver.first(2)
    assert foreign["id"] != generation
    assert own["id"] == generation
    checks = [signed(headers["sync-signature"], body, "whsec_acme")[1] for headers, body in receiver.got]
    assert checks == [False, True]


@pytest.mark.parametrize(
    ("fault", "settings", "offset", "unit"),
    [("webhook_bad_clock", {"seconds": -7200.0}, -7200, 1), ("webhook_milliseconds", {}, 0, 1000)],
)
async def test_a_webhooks_clock_can_be_odd(
    acme: Customer, receiver: Receiver, fault: str, settings: dict[str, Any], *, offset: int, unit: int
) -> None:
    acme.fake.faults.set(fault, times=1, **settings)
    await started(acme, receiver)
    await receiver.first()
    headers, body = receiver.got[0]
    timestamp, right = signed(headers["sync-signature"], body, "whsec_acme")
    assert right
    assert abs(timestamp / unit - time.time() - offset) < 60


async def test_an_endpoint_that_is_away_is_not_asked_again(acme: Customer) -> None:
    body = await acme.job(webhookUrl="http://127.0.0.1:1/gone")
    generation = (await acme.create(body)).json()["id"]
    assert (await acme.finished(generation))["status"] == "COMPLETED"
    assert [each["error"] for each in await recorded(acme, generation, count=1)] == ["ConnectError"]
