"""The export of what all generations of an organization cost: a range, pages, and nothing that it is not."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.sync_api.client import SyncClient
from bot.sync_api.errors import Refused
from tests.integration.fake_sync.service import Customer, Service, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp()
RANGE = {"startTime": "2026-11-27T00:00:00Z", "endTime": "2026-11-28T00:00:00Z"}


@pytest_asyncio.fixture(loop_scope="session")
async def at_noon(kept_folder: Path) -> AsyncIterator[Service]:
    async with running(kept_folder, clock=lambda: NOON) as service:
        yield service


async def asked(customer: Customer, **params: Any) -> httpx.Response:
    return await customer.http.get("/v2/usage/generations", params=RANGE | params)


async def items(customer: Customer, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asked(customer, **params)).raise_for_status().json()["items"]
    return found


async def test_all_that_finished_in_the_range_is_listed_whoever_made_it(at_noon: Service) -> None:
    state = at_noon.fake.state
    in_studio = state.made_elsewhere("org_acme", Decimal("1.25"), None, NOON - 60)
    by_key = state.made_elsewhere("org_acme", Decimal("0.5"), "key-acme-2", NOON - 30)
    state.made_elsewhere("org_globex", Decimal(9), None, NOON - 20)

    found = await items(at_noon.customer())

    assert [each["generationId"] for each in found] == [in_studio.id, by_key.id]
    name = f"key_{hashlib.sha256(b'key-acme-2').hexdigest()[:12]}"
    assert [each["apiKey"] for each in found] == [None, name]
    assert found[0]["finishedAt"] == "2026-11-27T11:59:00.000Z"
    assert (found[0]["availability"], found[0]["totalCostUsd"]) == ("complete", "1.25")


async def test_the_start_is_in_the_range_and_the_end_is_not(at_noon: Service) -> None:
    state = at_noon.fake.state
    first = state.made_elsewhere("org_acme", Decimal(1), None, NOON - 3600)
    state.made_elsewhere("org_acme", Decimal(1), None, NOON)

    found = await items(
        at_noon.customer(), startTime="2026-11-27T11:00:00Z", endTime="2026-11-27T12:00:00+00:00"
    )

    assert [each["generationId"] for each in found] == [first.id]


async def test_pages_follow_each_other_until_there_is_no_cursor(at_noon: Service) -> None:
    state = at_noon.fake.state
    made = [state.made_elsewhere("org_acme", Decimal(1), None, NOON - 60 + n // 2) for n in range(5)]
    customer, found, cursor = at_noon.customer(), [], None
    while True:
        page = (await asked(customer, limit=2, **({"cursor": cursor} if cursor else {}))).json()
        found += [each["generationId"] for each in page["items"]]
        assert len(page["items"]) <= 2
        if (cursor := page["nextCursor"]) is None:
            break
    assert sorted(found) == sorted(each.id for each in made)


@pytest.mark.parametrize(
    "wrong",
    [
        {"startTime": ""},
        {"endTime": "2026-11-28"},
        {"endTime": "2026-11-28T00:00:00"},
        {"endTime": "2026-11-28T01:00:00+01:00"},
        {"endTime": RANGE["startTime"]},
        {"limit": "501"},
        {"limit": "0"},
        {"cursor": "none of ours"},
    ],
)
async def test_what_the_guide_does_not_allow_is_refused(at_noon: Service, wrong: dict[str, str]) -> None:
    reply = await asked(at_noon.customer(), **wrong)
    assert reply.status_code == 400


async def test_a_cursor_belongs_to_its_range(at_noon: Service) -> None:
    for _ in range(2):
        at_noon.fake.state.made_elsewhere("org_acme", Decimal(1), None, NOON - 60)
    customer = at_noon.customer()
    cursor = (await asked(customer, limit=1)).json()["nextCursor"]
    assert (await asked(customer, limit=1, cursor=cursor)).status_code == 200
    other = await asked(customer, limit=1, cursor=cursor, startTime="2026-11-26T00:00:00Z")
    assert other.status_code == 400


async def test_a_record_may_be_late_or_partial_for_each_by_itself(at_noon: Service) -> None:
    state = at_noon.fake.state
    words = ("pending", "partial", "unavailable")
    for word in words:
        state.made_elsewhere("org_acme", Decimal(1), None, NOON - 60).recorded = word
    found = await items(at_noon.customer())
    told = {each["availability"]: (each["totalCostUsd"], each["knownSubtotalUsd"]) for each in found}
    assert told == {"pending": (None, "0"), "partial": (None, "0.50"), "unavailable": (None, "0")}


async def test_what_has_just_finished_may_be_listed_late(at_noon: Service) -> None:
    at_noon.fake.state.made_elsewhere("org_acme", Decimal(1), None, NOON - 60)
    at_noon.fake.faults.set("usage_lags", seconds=90.0)
    assert await items(at_noon.customer()) == []


async def test_the_client_reads_it_page_by_page(at_noon: Service) -> None:
    state = at_noon.fake.state
    made = [state.made_elsewhere("org_acme", Decimal("0.1"), "key-acme", NOON - 60 + n) for n in range(3)]
    async with httpx.AsyncClient(trust_env=False) as http:
        client = SyncClient(http, base_url=at_noon.base_url, api_key="key-acme")
        first = await client.usage(NOON - 60, NOON, limit=2)
        rest = await client.usage(NOON - 60, NOON, limit=2, cursor=first.next_cursor)
        with pytest.raises(Refused):
            await client.usage(NOON - 90, NOON, limit=2, cursor=first.next_cursor)

    found = [each for each in (*first.items, *rest.items) if each is not None]
    assert [each.generation_id for each in found] == [each.id for each in made]
    assert [each.finished_at for each in found] == [NOON - 60, NOON - 59, NOON - 58]
    assert {each.complete_usd for each in found} == {Decimal("0.1")}
    assert len({each.made_by for each in found}) == 1
    assert found[0].billed_frames == 250
    assert rest.next_cursor is None
