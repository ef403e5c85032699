"""The three steps of an upload, as strict as storage is, and the asset library."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.fake_sync.service import Customer, Service, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOUND = {"fileName": "tone.wav", "contentType": "audio/wav", "size": 4}


async def announced(customer: Customer) -> dict[str, str]:
    """Step 1."""
    reply = await customer.http.post("/v2/assets/upload", json=SOUND)
    assert reply.status_code == 201
    body: dict[str, str] = reply.json()
    return body


async def put(url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as bare:
        return await bare.put(url, content=b"data", headers={"Content-Type": "audio/wav", **headers})


async def registered(customer: Customer, url: str, **more: str) -> httpx.Response:
    """Step 3."""
    return await customer.http.post("/v2/assets", json={"url": url, "type": "AUDIO", **more})


async def test_an_uploaded_video_becomes_an_asset_that_knows_its_length_and_size(acme: Customer) -> None:
    data = (await acme.fake.studio.sample_video()).read_bytes()
    asset = await acme.upload(data, "face.mp4", "video/mp4", "VIDEO")
    assert asset["durationSeconds"] == 5.0
    assert (asset["width"], asset["height"], asset["size"]) == (640, 360, len(data))
    assert (asset["format"], asset["type"], asset["inputType"]) == ("mp4", "VIDEO", "UPLOAD")
    assert asset["visibility"] == "USER"
    assert (await acme.download(asset["url"])).read_bytes() == data
    assert (await acme.http.get(f"/v2/assets/{asset['id']}")).json()["name"] == "face.mp4"


async def test_an_asset_is_not_registered_before_its_bytes_are_there(acme: Customer) -> None:
    step = await announced(acme)
    early = await registered(acme, step["url"])
    assert (early.status_code, early.json()["errorCode"]) == (422, "uploaded_file_not_found")
    assert (await put(step["uploadUrl"])).status_code == 200
    assert (await registered(acme, step["url"])).status_code == 201


async def test_another_organizations_upload_cannot_be_registered(service: Service) -> None:
    step = await announced(service.customer("key-acme"))
    await put(step["uploadUrl"])
    foreign = await registered(service.customer("key-globex"), step["url"])
    assert (foreign.status_code, foreign.json()["errorCode"]) == (422, "file_not_in_org_storage")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "audio/mpeg"}, 403, "SignatureDoesNotMatch"),
        ({"x-api-key": "key-acme"}, 400, "InvalidArgument"),
        ({"Authorization": "Bearer xoxb-1"}, 400, "InvalidArgument"),
    ],
)
async def test_storage_takes_the_announced_type_and_no_second_key(
    acme: Customer, headers: dict[str, str], status: int, code: str
) -> None:
    reply = await put((await announced(acme))["uploadUrl"], **headers)
    assert reply.status_code == status
    assert f"<Code>{code}</Code>" in reply.text


async def test_storage_needs_a_length_and_an_unaltered_link(acme: Customer) -> None:
    step = await announced(acme)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"data"

    async with httpx.AsyncClient(trust_env=False) as bare:
        chunked = await bare.put(step["uploadUrl"], content=chunks(), headers={"Content-Type": "audio/wav"})
        assert chunked.status_code == 411
    assert (await put(step["uploadUrl"] + "0")).status_code == 403
    assert (await put(step["url"])).status_code == 403


async def test_a_file_that_is_no_media_is_an_asset_but_no_input(acme: Customer) -> None:
    asset = await acme.upload(b"<html>Sign in</html>", "page.mp4", "video/mp4", "VIDEO")
    assert asset["durationSeconds"] is None
    body = await acme.job()
    body["input"][0] = {"type": "video", "assetId": asset["id"]}
    assert (await acme.create(body)).json()["errorCode"] == "generation_input_video_invalid"


async def test_the_url_of_step_1_works_as_input_without_registering(service: Service) -> None:
    acme, globex = service.customer("key-acme"), service.customer("key-globex")
    data = (await acme.fake.studio.sample_video()).read_bytes()
    step = (
        await acme.http.post(
            "/v2/assets/upload", json={"fileName": "a.mp4", "contentType": "audio/wav", "size": len(data)}
        )
    ).json()
    async with httpx.AsyncClient(trust_env=False) as bare:
        await bare.put(step["uploadUrl"], content=data, headers={"Content-Type": "audio/wav"})
    video = {"type": "video", "url": step["url"]}
    assert (await acme.create(await acme.job(input=[video, await acme.audio()]))).status_code == 201
    foreign = await globex.create(await globex.job(input=[video, await globex.audio()]))
    assert foreign.json()["errorCode"] == "generation_input_video_inaccessible"


async def test_the_library_is_searched_sorted_and_paged(service: Service) -> None:
    globex = service.customer("key-globex")
    for name in ("bee.wav", "ant.wav", "cat.mp4"):
        await globex.upload(name.encode(), name, "audio/wav", "VIDEO" if name == "cat.mp4" else "AUDIO")
    query: dict[str, str] = {"sortBy": "nameAsc", "types": "AUDIO", "searchQuery": ".wav", "limit": "1"}
    first = (await globex.http.get("/v2/assets", params=query)).json()
    assert [item["name"] for item in first["items"]] == ["ant.wav"]
    assert first["totalCount"] == 2
    second = (await globex.http.get("/v2/assets", params=query | {"cursor": first["nextCursor"]})).json()
    assert [item["name"] for item in second["items"]] == ["bee.wav"]
    assert second["nextCursor"] is None


@pytest.mark.parametrize(
    "announcement", [SOUND | {"size": 0}, SOUND | {"contentType": "video"}, {"fileName": "x"}]
)
async def test_a_wrong_announcement_is_refused(acme: Customer, announcement: dict[str, object]) -> None:
    assert (await acme.http.post("/v2/assets/upload", json=announcement)).status_code == 400


async def test_a_file_over_the_plan_is_refused_when_announced(acme: Customer) -> None:
    reply = await acme.http.post("/v2/assets/upload", json=SOUND | {"size": 6 * 1024**3})
    assert (reply.status_code, reply.json()["errorCode"]) == (422, "file_size_exceeds_plan_limit")


async def refused(customer: Customer, body: dict[str, Any]) -> tuple[int, str]:
    """How a create that must not pass is refused."""
    reply = await customer.create(body)
    return reply.status_code, reply.json()["errorCode"]


async def test_a_deleted_asset_is_gone_under_each_of_its_addresses(acme: Customer) -> None:
    step = await announced(acme)
    await put(step["uploadUrl"])
    asset = (await registered(acme, step["url"])).json()
    body = await acme.job()
    as_link = {"type": "audio", "url": step["url"]}
    as_asset = {"type": "audio", "assetId": asset["id"]}

    deleted = await acme.http.delete(f"/v2/assets/{asset['id']}")

    assert (deleted.status_code, deleted.json()) == (200, {"id": asset["id"]})
    for again in (acme.http.get, acme.http.delete):
        reply = await again(f"/v2/assets/{asset['id']}")
        assert (reply.status_code, reply.json()["errorCode"]) == (404, "asset_not_found")
    assert await refused(acme, body | {"input": [body["input"][0], as_asset]}) == (404, "asset_not_found")
    assert await refused(acme, body | {"input": [body["input"][0], as_link]}) == (
        422,
        "generation_input_audio_inaccessible",
    )
    assert (await registered(acme, step["url"])).status_code == 422
    async with httpx.AsyncClient(trust_env=False) as bare:
        assert (await bare.get(asset["url"])).status_code == 403
    listed = (await acme.http.get("/v2/assets")).json()["items"]
    assert asset["id"] not in {item["id"] for item in listed}


async def test_only_what_is_the_keys_owners_alone_can_be_deleted(service: Service) -> None:
    owner = service.customer("key-acme")
    step = await announced(owner)
    await put(step["uploadUrl"])
    own = (await registered(owner, step["url"])).json()["id"]
    shared = (await registered(owner, step["url"], visibility="ORGANIZATION")).json()["id"]
    for customer, asset in (
        (service.customer("key-acme-2"), own),
        (service.customer("key-globex"), own),
        (owner, shared),
    ):
        reply = await customer.http.delete(f"/v2/assets/{asset}")
        assert (reply.status_code, reply.json()["errorCode"]) == (403, "asset_forbidden")
    assert (await owner.http.get(f"/v2/assets/{own}")).status_code == 200


async def test_deleting_can_be_refused_by_the_switchboard(acme: Customer) -> None:
    asset = (await acme.video())["assetId"]
    acme.fake.faults.set("fail", route="delete_asset", status=403, code="asset_forbidden")
    assert (await acme.http.delete(f"/v2/assets/{asset}")).status_code == 403
    acme.fake.faults.clear()
    assert (await acme.http.delete(f"/v2/assets/{asset}")).status_code == 200


async def test_the_service_may_forget_what_it_got_long_ago(kept_folder: Path) -> None:
    now = [1_790_000_000.0]
    async with running(kept_folder, clock=lambda: now[0]) as service:
        acme, globex = service.customer(), service.customer("key-globex")
        old, foreign = await acme.job(), await globex.job()
        now[0] += 60
        new = await acme.job()
        service.fake.faults.set("assets_forgotten", after_s=30.0)

        assert await refused(acme, old) == (404, "asset_not_found")
        assert (await acme.create(new)).status_code == 201
        service.fake.faults.clear()
        assert await refused(acme, old) == (404, "asset_not_found")
        assert (await globex.create(foreign)).status_code == 201


async def test_a_video_that_was_being_made_fails_at_the_next_start_if_its_file_is_gone(
    kept_folder: Path,
) -> None:
    async with running(kept_folder, processing_s=60) as service:
        acme = service.customer()
        body = await acme.job()
        generation = (await acme.create(body)).json()["id"]
        await acme.http.delete(f"/v2/assets/{body['input'][0]['assetId']}")
        kept = service.fake.kept()
    async with running(kept_folder, kept=kept) as service:
        ended = await service.customer().finished(generation)
    assert (ended["status"], ended["errorCode"]) == ("FAILED", "asset_not_found")


async def test_forgetting_once_leaves_what_comes_afterwards(kept_folder: Path) -> None:
    async with running(kept_folder) as service:
        acme = service.customer()
        old = await acme.job()
        service.fake.faults.set("assets_forgotten", times=1)
        priced = await acme.http.post("/v2/analyze/cost", json=old)
        assert (priced.status_code, priced.json()["errorCode"]) == (404, "asset_not_found")
        assert (await acme.create(await acme.job())).status_code == 201
