"""One generation for one Idempotency-Key, whatever happens on the way."""

import asyncio

import httpx
import pytest

from tests.integration.fake_sync.service import VOICE, Customer, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def created_with(customer: Customer, key: str) -> list[str]:
    """Outcome of each create that carried the key, as the service recorded it."""
    records = await customer.records()
    return [each["outcome"] for each in records["creates"] if each.get("idempotency_key") == key]


async def test_the_same_key_and_inputs_give_the_same_generation(acme: Customer) -> None:
    body = await acme.job()
    first, second = await acme.create(body, key="twice"), await acme.create(body, key="twice")
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert await created_with(acme, "twice") == ["created", "replayed"]


async def test_copies_sent_at_once_make_one_generation(acme: Customer) -> None:
    body = await acme.job()
    replies = await asyncio.gather(*(acme.create(body, key="at-once") for _ in range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert sorted(await created_with(acme, "at-once")) == ["created"] + ["replayed"] * 7


async def test_the_order_of_fields_does_not_matter_but_their_values_do(acme: Customer) -> None:
    body = await acme.job()
    first = await acme.create(body, key="inputs")
    turned = dict(reversed(body.items()))
    assert (await acme.create(turned, key="inputs")).json()["id"] == first.json()["id"]

    conflict = await acme.create(body | {"outputFileName": "other"}, key="inputs")
    assert conflict.status_code == 409
    assert conflict.json()["errorCode"].startswith("IDEMPOTENCY_")


async def test_a_key_belongs_to_the_organization_and_not_to_the_api_key(service: Service) -> None:
    acme, colleague = service.customer("key-acme"), service.customer("key-acme-2")
    globex = service.customer("key-globex")
    body = await acme.job()
    first = await acme.create(body, key="org-wide")
    assert (await colleague.create(body, key="org-wide")).json()["id"] == first.json()["id"]
    other = await globex.create(await globex.job(), key="org-wide")
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


async def test_a_refused_create_does_not_use_up_its_key(acme: Customer) -> None:
    assert (await acme.create({"model": "lipsync-2"}, key="refused")).status_code == 400
    assert (await acme.create(await acme.job(), key="refused")).status_code == 201


@pytest.mark.parametrize("key", ["", "with space", "ümlaut", "x" * 129, "a/b"])
async def test_a_malformed_key_is_refused(acme: Customer, key: str) -> None:
    headers = [("Idempotency-Key", key.encode())]
    reply = await acme.http.post("/v2/generate", json=await acme.job(), headers=headers)  # type: ignore[arg-type]
    assert (reply.status_code, reply.json()["errorCode"]) == (400, "INVALID_IDEMPOTENCY_KEY")


async def test_two_keys_are_refused(acme: Customer) -> None:
    headers = httpx.Headers([("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    reply = await acme.http.post("/v2/generate", json=await acme.job(), headers=headers)
    assert reply.json()["errorCode"] == "INVALID_IDEMPOTENCY_KEY"


async def test_without_a_key_every_create_counts(acme: Customer) -> None:
    body = await acme.job()
    assert (await acme.create(body)).json()["id"] != (await acme.create(body)).json()["id"]


@pytest.mark.parametrize(("with_id", "accepted"), [(True, True), (False, True), (False, False)])
async def test_an_unknown_outcome_can_be_cleared_up_by_the_same_key(
    acme: Customer, *, with_id: bool, accepted: bool
) -> None:
    acme.fake.faults.set("outcome_unknown", times=1, with_id=with_id, accepted=accepted)
    body, key = await acme.job(), f"unknown-{with_id}-{accepted}"
    reply = await acme.create(body, key=key)
    assert (reply.status_code, reply.json()["errorCode"]) == (503, "IDEMPOTENCY_OUTCOME_UNKNOWN")
    assert ("generationId" in reply.json()) is with_id

    again = await acme.create(body, key=key)
    assert again.status_code == 201
    assert await created_with(acme, key) == ["refused", "replayed" if accepted else "created"]
    if with_id:
        assert again.json()["id"] == reply.json()["generationId"]


async def test_a_lost_reply_leaves_a_generation_that_the_key_finds(acme: Customer) -> None:
    acme.fake.faults.set("reply_lost", times=1, route="create")
    body = await acme.job(outputFileName="lost-reply")
    with pytest.raises(httpx.TransportError):
        await acme.create(body, key="lost")
    again = await acme.create(body, key="lost")
    assert again.status_code == 201
    assert await created_with(acme, "lost") == ["created", "replayed"]
    listed = (await acme.http.get("/v2/generations", params={"limit": 100})).json()
    assert [each["id"] for each in listed if each["outputFileName"] == "lost-reply"] == [again.json()["id"]]


async def test_a_speech_outage_is_an_unknown_outcome_only_under_a_key(acme: Customer) -> None:
    speech = {"type": "text", "provider": {"name": "elevenlabs", "voiceId": VOICE, "script": "Hello."}}
    body = await acme.job()
    body["input"][1] = speech
    acme.fake.faults.set("speech_unavailable", times=2)
    assert (await acme.create(body)).json()["errorCode"] == "elevenlabs_service_unavailable"
    assert (await acme.create(body, key="speech")).json()["errorCode"] == "IDEMPOTENCY_OUTCOME_UNKNOWN"
    assert (await acme.create(body, key="speech")).status_code == 201


async def test_forgotten_keys_make_a_new_generation(acme: Customer) -> None:
    body = await acme.job()
    first = (await acme.create(body, key="forgotten")).json()["id"]
    acme.fake.faults.set("keys_forgotten", times=1)
    again = [(await acme.create(body, key="forgotten")).json()["id"] for _ in range(2)]
    assert again[0] != first
    assert again[1] == again[0]
