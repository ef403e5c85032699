"""What the service and a plan allow, and what is said of it before an order: only what the account tells."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from tests import films
from tests.integration.fake_sync.service import VOICE, Customer, Service, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINK = "https://example.com/a-clip.mp4"
SCRIPT = {"type": "text", "provider": {"name": "elevenlabs", "voiceId": VOICE, "script": "Hello."}}


async def refusal(customer: Customer, body: dict[str, Any]) -> tuple[int, str]:
    """How an order is refused whose price was told."""
    priced = await customer.http.post("/v2/analyze/cost", json=body)
    assert priced.status_code == 200
    reply = await customer.create(body)
    return reply.status_code, str(reply.json().get("errorCode"))


async def of_size(customer: Customer, width: int, height: int) -> dict[str, Any]:
    """An order for a clip of that size."""
    clip = films.film(frames=2, size=(width, height))
    asset = await customer.upload(clip, "clip.mp4", "video/mp4", "VIDEO")
    return {"model": "lipsync-2", "input": [{"type": "video", "assetId": asset["id"]}, SCRIPT]}


@pytest.mark.parametrize(("width", "height"), [(4_096, 2_160), (2_160, 4_096), (1_000, 4_000)])
async def test_a_picture_of_up_to_4096_by_2160_is_taken_either_way_up(
    acme: Customer, width: int, height: int
) -> None:
    assert await refusal(acme, await of_size(acme, width, height)) == (201, "None")


@pytest.mark.parametrize(("width", "height"), [(4_098, 2_160), (2_400, 2_400), (2_162, 4_096)])
async def test_a_larger_picture_is_priced_and_refused_but_where_the_switch_lets_it_in(
    acme: Customer, width: int, height: int
) -> None:
    large = await of_size(acme, width, height)
    assert await refusal(acme, large) == (422, "generation_input_resolution_unsupported")
    acme.fake.faults.set("any_picture_size")
    assert (await acme.create(large)).status_code == 201


async def test_an_image_is_no_larger_either(acme: Customer) -> None:
    data = io.BytesIO()
    Image.new("RGB", (5_000, 400)).save(data, "PNG")
    asset = await acme.upload(data.getvalue(), "face.png", "image/png", "IMAGE")
    body = {"model": "sync-3", "input": [{"type": "image", "assetId": asset["id"]}, SCRIPT]}
    assert await refusal(acme, body) == (422, "generation_input_resolution_unsupported")


async def test_a_shorter_plan_is_told_by_the_account_and_refused_when_ordered(acme: Customer) -> None:
    acme.fake.faults.set("only_short_videos", seconds=2.0)
    account = (await acme.http.get("/v2/account")).json()
    assert account["generationLimits"]["maxOutputDurationSeconds"] == 2.0
    assert await refusal(acme, await acme.job()) == (402, "generation_plan_duration_exceeded")


async def test_a_plan_for_small_files_refuses_them_wherever_they_come_from(kept_folder: Path) -> None:
    elsewhere: dict[str, Path] = {}
    async with running(kept_folder, elsewhere=elsewhere) as service:
        acme = service.customer()
        elsewhere[LINK] = await service.fake.studio.sample_video()
        job = await acme.job()
        service.fake.faults.set("only_small_files", megabytes=0.01)
        announced = {"fileName": "a.mp4", "contentType": "video/mp4", "size": 10_001}
        by_link = {"url": LINK, "type": "VIDEO"}
        for reply in (
            await acme.http.post("/v2/assets/upload", json=announced),
            await acme.http.post("/v2/assets", json=by_link),
            await acme.create(job),
        ):
            assert (reply.status_code, reply.json()["errorCode"]) == (422, "file_size_exceeds_plan_limit")
        small = await acme.http.post("/v2/assets/upload", json=announced | {"size": 10_000})
        assert small.status_code == 201


# --- links ----------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def swapped(kept_folder: Path, tmp_path: Path) -> AsyncIterator[tuple[Service, dict[str, Path]]]:
    """A service, and what stands at addresses that it reads; a test puts something else there."""
    elsewhere = {LINK: tmp_path / "before.mp4"}
    elsewhere[LINK].write_bytes(films.film(frames=50))
    async with running(kept_folder, elsewhere=elsewhere) as service:
        yield service, elsewhere


def swap(elsewhere: dict[str, Path]) -> None:
    longer = elsewhere[LINK].with_name("after.mp4")
    longer.write_bytes(films.film(frames=100))
    elsewhere[LINK] = longer


@pytest.mark.parametrize("is_asset", [True, False], ids=["as an asset", "as a link"])
@pytest.mark.parametrize(("reads_again", "frames"), [(False, 50), (True, 100)], ids=["copied", "read again"])
async def test_what_is_behind_a_link_is_copied_or_read_again_when_it_is_ordered(
    swapped: tuple[Service, dict[str, Path]], *, is_asset: bool, reads_again: bool, frames: int
) -> None:
    service, elsewhere = swapped
    acme = service.customer()
    if reads_again:
        service.fake.faults.set("links_read_again")
    asset = (await acme.http.post("/v2/assets", json={"url": LINK, "type": "VIDEO"})).json()
    video = {"type": "video"} | ({"assetId": asset["id"]} if is_asset else {"url": LINK})
    body = {"model": "lipsync-2", "input": [video, SCRIPT], "options": {"sync_mode": "silence"}}
    (priced,) = (await acme.http.post("/v2/analyze/cost", json=body)).json()
    assert priced["estimatedFrameCount"] == 50

    swap(elsewhere)
    generation = (await acme.create(body)).json()["id"]

    billed = {each["id"]: each["frames"] for each in (await acme.records())["generations"]}
    assert billed[generation] == frames


async def test_a_link_that_is_read_again_may_be_gone_by_then(
    swapped: tuple[Service, dict[str, Path]],
) -> None:
    service, elsewhere = swapped
    acme = service.customer()
    service.fake.faults.set("links_read_again")
    body = {"model": "lipsync-2", "input": [{"type": "video", "url": LINK}, SCRIPT]}
    assert (await acme.http.post("/v2/analyze/cost", json=body)).status_code == 200
    elsewhere[LINK].unlink()
    reply = await acme.create(body)
    assert (reply.status_code, reply.json()["errorCode"]) == (422, "generation_input_video_inaccessible")
