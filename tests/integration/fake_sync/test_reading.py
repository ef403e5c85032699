"""Reading generations: waiting, listing, counting, downloading, deleting."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bot.sandbox.fake_sync import Org
from tests.integration.fake_sync.service import Customer, Service, running

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(kept_folder: Path) -> AsyncIterator[Service]:
    """A service that has no generations yet."""
    async with running(kept_folder) as service:
        yield service


async def one(customer: Customer, **changes: Any) -> str:
    return str((await customer.create(await customer.job(**changes))).json()["id"])


async def listed(customer: Customer, **query: Any) -> list[str]:
    reply = await customer.http.get("/v2/generations", params=query)
    return [each["id"] for each in reply.raise_for_status().json()]


async def test_a_wait_ends_with_the_generation(acme: Customer) -> None:
    generation = await one(acme)
    reply = await acme.http.get(f"/v2/generate/{generation}", params={"wait": "true"})
    assert reply.json()["status"] == "COMPLETED"
    assert reply.headers["x-sync-wait-timeout-seconds"] == "5"
    assert "retry-after" not in reply.headers


async def test_a_wait_that_is_too_short_says_when_to_ask_again(kept_folder: Path) -> None:
    async with running(kept_folder, processing_s=30.0) as slow:
        customer = slow.customer()
        generation = await one(customer)
        reply = await customer.http.get(f"/v2/generate/{generation}", params={"wait": "true", "timeout": "1"})
        assert reply.status_code == 200
        assert reply.json()["status"] == "PENDING"
        assert reply.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "query",
    [
        {"wait": "true", "timeout": "0"},
        {"wait": "true", "timeout": "11"},
        {"wait": "true", "timeout": "soon"},
        {"timeout": "55"},
        {"wait": "true", "include": "progress"},
    ],
)
async def test_a_wait_out_of_range_is_refused(acme: Customer, query: dict[str, str]) -> None:
    reply = await acme.http.get(f"/v2/generate/{await one(acme)}", params=query)
    assert reply.status_code == 400


async def test_a_generation_is_seen_by_its_organization_only(service: Service) -> None:
    generation = await one(service.customer("key-acme"))
    for path in (f"/v2/generate/{generation}", f"/v2/generations/{generation}"):
        assert (await service.customer("key-acme-2").http.get(path)).json()["id"] == generation
        foreign = await service.customer("key-globex").http.get(path)
        assert (foreign.status_code, foreign.json()["errorCode"]) == (404, "generation_not_found")
    assert generation not in await listed(service.customer("key-globex"))


async def test_an_id_must_be_a_uuid(acme: Customer) -> None:
    reply = await acme.http.get("/v2/generate/nonsense")
    assert (reply.status_code, reply.json()["errorCode"]) == (400, "invalid_generation_id")


async def test_a_list_that_lags_misses_the_newest_which_its_own_id_still_finds(fresh: Service) -> None:
    acme = fresh.customer()
    made = (await acme.create(await acme.job())).json()["id"]
    fresh.fake.faults.set("list_lags", seconds=3600.0)
    assert await listed(acme) == await listed(acme, ids=made) == []
    assert (await acme.http.get(f"/v2/generate/{made}")).json()["id"] == made
    fresh.fake.faults.clear("list_lags")
    assert await listed(acme) == [made]


async def test_lists_are_paged_newest_first_with_a_limit(fresh: Service) -> None:
    acme = fresh.customer()
    made = [await one(acme) for _ in range(5)]
    newest_first = made[::-1]
    assert await listed(acme, limit=2) == newest_first[:2]
    assert await listed(acme, limit=2, cursor=newest_first[1]) == newest_first[2:4]
    assert await listed(acme, limit=2, cursor=newest_first[3]) == newest_first[4:]
    assert sorted(await listed(acme)) == sorted(made)


@pytest.mark.parametrize("many", [{"ids": "{0},{1}"}, {"ids": ["{0}", "{1}"]}])
async def test_ids_come_with_commas_or_repeated(fresh: Service, many: dict[str, Any]) -> None:
    acme = fresh.customer()
    made = [await one(acme) for _ in range(3)]
    wanted = many["ids"]
    ids = [each.format(*made) for each in wanted] if isinstance(wanted, list) else wanted.format(*made)
    assert sorted(await listed(acme, ids=ids)) == sorted(made[:2])


async def test_lists_and_counts_filter_by_status(fresh: Service) -> None:
    acme = fresh.customer()
    done = await one(acme)
    await acme.finished(done)
    fresh.fake.faults.set("stuck_pending")
    waiting = await one(acme)
    assert await listed(acme, status="COMPLETED") == [done]
    assert await listed(acme, status="PENDING,PROCESSING") == [waiting]
    count = await acme.http.get("/v2/generations/count", params={"status": ["PENDING", "COMPLETED"]})
    assert count.json() == {"count": 2}


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"limit": 5, "cursor": "x"}, {"status": "DONE"}]
)
async def test_a_wrong_query_is_refused(acme: Customer, query: dict[str, Any]) -> None:
    assert (await acme.http.get("/v2/generations", params=query)).status_code == 400


async def test_the_download_link_is_bare_text_and_needs_no_key(acme: Customer) -> None:
    generation = await one(acme)
    await acme.finished(generation)
    reply = await acme.http.get(f"/v2/generations/{generation}/download")
    assert reply.headers["content-type"].startswith("text/plain")
    async with httpx.AsyncClient(trust_env=False) as bare:
        whole = await bare.get(reply.text)
        part = await bare.get(reply.text, headers={"Range": "bytes=100-199"})
        altered = await bare.get(reply.text.replace("expires=1", "expires=2"))
        leaking = await bare.get(reply.text, headers={"x-api-key": "key-acme"})
    assert whole.headers["content-type"] == "video/mp4"
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert altered.status_code == 403
    assert leaking.status_code == 400


async def test_a_link_expires_after_a_week(kept_folder: Path) -> None:
    now = [1_800_000_000.0]
    async with running(kept_folder, clock=lambda: now[0]) as service:
        acme = service.customer()
        done = await acme.finished(await one(acme))
        now[0] += 7 * 86_400 - 1
        await acme.download(done["outputUrl"])
        now[0] += 2
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            await acme.download(done["outputUrl"])


async def test_only_an_ended_generation_can_be_deleted(service: Service) -> None:
    acme = service.customer()
    service.fake.faults.set("stuck_pending")
    waiting = await one(acme)
    early = await acme.http.delete(f"/v2/generations/{waiting}")
    assert (early.status_code, early.json()["errorCode"]) == (
        409,
        "generation_not_deletable_while_processing",
    )
    service.fake.faults.clear()
    await acme.finished(waiting)
    assert (await acme.http.delete(f"/v2/generations/{waiting}")).json()["id"] == waiting
    assert (await acme.http.get(f"/v2/generate/{waiting}")).status_code == 404
    assert waiting not in await listed(acme)


async def test_an_ended_generation_gives_its_slot_back(kept_folder: Path) -> None:
    async with running(kept_folder, orgs={"key-acme": Org("org", "Growing")}) as service:
        acme = service.customer()
        body = await acme.job()
        service.fake.faults.set("stuck_pending")
        made = [(await acme.create(body)).json()["id"] for _ in range(6)]
        assert (await acme.create(body)).status_code == 429
        service.fake.faults.clear()
        await acme.finished(made[0])
        assert (await acme.create(body)).status_code == 201
