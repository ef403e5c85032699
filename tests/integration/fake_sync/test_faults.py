"""Every switch of the panel does what it says."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.integration.fake_sync.service import VOICE, Customer

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def turn(customer: Customer, name: str, **more: Any) -> dict[str, Any]:
    """Use the switchboard over HTTP, as the panel does."""
    reply = await customer.http.post("/_control/faults", json={"name": name, "on": True, **more})
    body: dict[str, Any] = reply.raise_for_status().json()
    return body


async def models(customer: Customer) -> httpx.Response:
    return await customer.http.get("/v2/models")


async def test_a_switch_is_shown_turned_and_used_up(acme: Customer) -> None:
    board = await turn(acme, "fail", times=2, settings={"route": "models", "status": 502, "html": True})
    (shown,) = [switch for switch in board["switches"] if switch["on"]]
    assert (shown["name"], shown["times"], shown["settings"]["status"]) == ("fail", 2, 502)
    assert "models" in board["routes"]

    assert (await acme.http.get("/v2/voices")).status_code == 200
    first, second, third = [await models(acme) for _ in range(3)]
    assert first.status_code == second.status_code == 502
    assert first.headers["content-type"].startswith("text/html")
    assert third.status_code == 200

    board = (await acme.http.get("/_control/faults")).json()
    assert not any(switch["on"] for switch in board["switches"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "nothing", "on": True},
        {"name": "fail", "on": True, "settings": {"colour": "red"}},
        {"name": "fail", "on": True, "settings": {"status": "bad"}},
        {"name": "fail", "on": True, "settings": {"handled": 1}},
        {"name": "fail", "on": True, "times": 0},
        {"name": "fail", "on": True, "share": 0},
    ],
)
async def test_a_switch_that_is_not_there_is_refused(acme: Customer, wrong: dict[str, Any]) -> None:
    assert (await acme.http.post("/_control/faults", json=wrong)).status_code == 400


async def test_all_switches_are_cleared_at_once(acme: Customer) -> None:
    await turn(acme, "rate_limited")
    await acme.http.post("/_control/faults", json={})
    assert (await models(acme)).status_code == 200


async def test_a_failing_call_can_have_done_its_work(acme: Customer) -> None:
    await turn(acme, "fail", times=1, settings={"route": "create", "status": 504, "handled": True})
    body = await acme.job()
    assert (await acme.create(body, key="fail-handled")).status_code == 504
    await acme.create(body, key="fail-handled")
    creates = (await acme.records())["creates"]
    outcomes = [each["outcome"] for each in creates if each["idempotency_key"] == "fail-handled"]
    assert outcomes == ["created", "replayed"]


async def test_rate_limit_edge_block_and_revoked_key_answer_in_their_shapes(acme: Customer) -> None:
    await turn(acme, "rate_limited", times=1, settings={"retry_after": 9})
    limited = await models(acme)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "9")
    assert limited.json()["errorCode"] == "rate_limit_exceeded"

    await turn(acme, "edge_blocked", times=1)
    blocked = await models(acme)
    assert (blocked.status_code, blocked.headers["content-type"]) == (403, "text/html; charset=utf-8")

    await turn(acme, "key_revoked", settings={"org": "org_acme"})
    assert (await models(acme)).status_code == 401


@pytest.mark.parametrize("fault", ["connection_reset", "reply_lost"])
async def test_a_connection_can_be_dropped(acme: Customer, fault: str) -> None:
    await turn(acme, fault, times=1, settings={"route": "models"})
    with pytest.raises(httpx.TransportError):
        await models(acme)
    assert (await models(acme)).status_code == 200
    wire = (await acme.http.get("/_control/wire")).json()["entries"]
    assert [entry["dropped"] for entry in wire if entry["path"] == "/v2/models"][-2:] == [True, False]


async def test_a_call_can_hang_or_come_late(acme: Customer) -> None:
    await turn(acme, "no_answer", times=1, settings={"seconds": 0.3})
    with pytest.raises(httpx.TransportError):
        await models(acme)
    await turn(acme, "slow_answer", times=1, settings={"seconds": 0.3})
    started = time.monotonic()
    assert (await models(acme)).status_code == 200
    assert time.monotonic() - started > 0.3


async def test_json_can_be_cut_in_half(acme: Customer) -> None:
    await turn(acme, "truncated_json", times=1)
    reply = await models(acme)
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        reply.json()


async def test_a_download_can_be_cut_or_trickle(acme: Customer) -> None:
    done = await acme.finished((await acme.create(await acme.job())).json()["id"])
    await turn(acme, "cut_reply", times=1)
    got: list[bytes] = []

    async def read(reply: httpx.Response) -> None:
        async for chunk in reply.aiter_bytes():
            got.append(chunk)  # noqa: PERF401 (what came before the cut must be kept)

    async with httpx.AsyncClient(trust_env=False) as bare, bare.stream("GET", done["outputUrl"]) as reply:
        length = int(reply.headers["content-length"])
        with pytest.raises(httpx.TransportError):
            await read(reply)
    assert 0 < sum(map(len, got)) < length

    await turn(acme, "slow_bytes", times=1, settings={"bytes_per_s": length})
    started = time.monotonic()
    whole = await acme.download(done["outputUrl"])
    assert whole.stat().st_size == length
    assert time.monotonic() - started > 0.8


async def test_an_upload_can_be_cut_or_refused(acme: Customer) -> None:
    data = b"x" * 3_000_000
    await turn(acme, "cut_upload", times=1)
    with pytest.raises(httpx.TransportError):
        await acme.upload(data, "a.wav", "audio/wav", "AUDIO")
    await turn(acme, "upload_refused", times=1)
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        await acme.upload(data, "a.wav", "audio/wav", "AUDIO")
    await turn(acme, "no_asset_length", times=1)
    video = (await acme.fake.studio.sample_video()).read_bytes()
    asset = await acme.upload(video, "a.mp4", "video/mp4", "VIDEO")
    assert asset["durationSeconds"] is None


@pytest.mark.parametrize(
    ("fault", "settings", "status", "code"),
    [
        ("key_conflict", {}, 409, "IDEMPOTENCY_KEY_CONFLICT"),
        ("concurrency_reached", {}, 429, "concurrency_limit_reached"),
        ("concurrency_lowered", {"limit": 0}, 429, "concurrency_limit_reached"),
        ("payment_required", {}, 402, "account_payment_required"),
        ("payment_required", {"code": "account_on_hold"}, 402, "account_on_hold"),
    ],
)
async def test_a_create_can_be_refused(
    acme: Customer, fault: str, settings: dict[str, Any], *, status: int, code: str
) -> None:
    await turn(acme, fault, times=1, settings=settings)
    reply = await acme.create(await acme.job(), key=f"{fault}-{code}")
    assert (reply.status_code, reply.json()["errorCode"]) == (status, code)


async def test_raised_prices_hold_for_what_is_asked_for_and_for_what_is_made(acme: Customer) -> None:
    body = await acme.job()
    before = (await acme.http.post("/v2/analyze/cost", json=body)).json()[0]["estimatedGenerationCost"]
    await turn(acme, "price_raised", settings={"factor": 10})
    after = (await acme.http.post("/v2/analyze/cost", json=body)).json()[0]["estimatedGenerationCost"]
    by_length = {"model": "lipsync-2", "duration": 1, "fps": 25}
    assert (await acme.http.post("/v2/generations/estimate", json=by_length)).json()[
        "estimatedGenerationCost"
    ] == pytest.approx(0.5)
    made = (await acme.create(body)).json()["id"]
    await turn(acme, "price_raised", on=False)
    await acme.finished(made)
    records = await acme.records()
    charged = next(float(each["charged_usd"]) for each in records["generations"] if each["id"] == made)
    assert after == pytest.approx(10 * before)
    assert charged == pytest.approx(after)


async def test_a_price_and_speech_can_be_unavailable(acme: Customer) -> None:
    await turn(acme, "estimate_unavailable", times=1)
    reply = await acme.http.post("/v2/analyze/cost", json=await acme.job())
    assert (reply.status_code, reply.json()["errorCode"]) == (422, "cost_estimate_unavailable")
    await turn(acme, "estimate_unavailable", settings={"by_length_too": False})
    reply = await acme.http.post("/v2/analyze/cost", json=await acme.job())
    assert reply.status_code == 422
    length = {"model": "sync-3", "duration": 2, "fps": 60}
    priced = await acme.http.post("/v2/generations/estimate", json=length)
    assert priced.json()["estimatedFrameCount"] == 120
    await turn(acme, "estimate_unavailable", settings={"by_length_too": True})
    assert (await acme.http.post("/v2/generations/estimate", json=length)).status_code == 422
    await turn(acme, "speech_unavailable", times=1)
    body = {"script": "Hello", "voiceId": VOICE, "provider": "elevenlabs"}
    spoken = await acme.http.post("/v2/tts", json=body)
    assert (spoken.status_code, spoken.json()["errorCode"]) == (503, "elevenlabs_service_unavailable")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("generation_fails", "FAILED", "generation_infra_storage_error"),
        ("generation_rejected", "REJECTED", "generation_input_face_selection_invalid"),
    ],
)
async def test_a_generation_can_end_badly_and_costs_nothing(
    acme: Customer, fault: str, status: str, code: str
) -> None:
    await turn(acme, fault, times=1, settings={"code": code})
    generation = (await acme.create(await acme.job())).json()["id"]
    done = await acme.finished(generation)
    assert (done["status"], done["errorCode"], done["outputUrl"]) == (status, code, None)
    assert done["error"]
    generations = {each["id"]: each for each in (await acme.records())["generations"]}
    assert generations[generation]["charged_usd"] == "0"


async def test_a_status_can_be_one_that_nobody_documented(acme: Customer) -> None:
    await turn(acme, "unknown_status", times=1, settings={"status": "DREAMING", "seconds": 1.0})
    generation = (await acme.create(await acme.job())).json()["id"]
    seen = set()
    while "COMPLETED" not in seen:
        seen.add((await acme.http.get(f"/v2/generate/{generation}")).json()["status"])
        await asyncio.sleep(0.02)
    assert "DREAMING" in seen


async def test_a_generation_can_be_stuck_or_slow_until_the_switch_is_off(acme: Customer) -> None:
    for fault, status in (("stuck_pending", "PENDING"), ("slow_generation", "PROCESSING")):
        await turn(acme, fault)
        generation = (await acme.create(await acme.job())).json()["id"]
        await asyncio.sleep(0.6)
        assert (await acme.http.get(f"/v2/generate/{generation}")).json()["status"] == status
        await acme.http.post("/_control/faults", json={"name": fault, "on": False})
        assert (await acme.finished(generation))["status"] == "COMPLETED"


async def test_a_completed_generation_can_lack_its_url_for_a_while(acme: Customer) -> None:
    await turn(acme, "no_output_url", times=1, settings={"seconds": 1.0})
    generation = (await acme.create(await acme.job())).json()["id"]
    done = await acme.finished(generation)
    assert (done["status"], done["outputUrl"]) == ("COMPLETED", None)
    assert (await acme.http.get(f"/v2/generations/{generation}/download")).status_code == 409
    await asyncio.sleep(1.1)
    assert (await acme.http.get(f"/v2/generate/{generation}")).json()["outputUrl"]


@pytest.mark.parametrize("fresh_too", [False, True])
async def test_output_links_can_have_expired(acme: Customer, *, fresh_too: bool) -> None:
    await turn(acme, "output_expired", settings={"fresh_too": fresh_too})
    done = await acme.finished((await acme.create(await acme.job())).json()["id"])
    with pytest.raises(httpx.HTTPStatusError, match="403"):
        await acme.download(done["outputUrl"])
    fresh = (await acme.http.get(f"/v2/generations/{done['id']}/download")).text
    if fresh_too:
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            await acme.download(fresh)
    else:
        await acme.download(fresh)


async def test_the_wire_shows_what_was_said_but_no_key(acme: Customer) -> None:
    start = (await acme.http.get("/_control/wire")).json()["entries"][-1]["seq"]
    await acme.create({"model": "lipsync-2"})
    (entry,) = (await acme.http.get("/_control/wire", params={"after": start})).json()["entries"]
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v2/generate", 400)
    assert entry["request"]["body"] == '{"model":"lipsync-2"}'
    assert "generation_input_validation_failed" in entry["reply"]["body"]
    assert entry["request"]["headers"]["x-api-key"] == "…acme"
    assert "key-acme" not in str(entry)
