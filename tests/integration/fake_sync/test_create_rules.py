"""What sync.so refuses, this fake refuses: status, code and the shape of the answer."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.fake_sync import FREE, HOBBYIST, Org, Rates
from bot.sandbox.serving import served
from tests.integration.fake_sync.service import VOICE, Customer, Service, listening, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

Body = dict[str, Any]


def text(words: str = "Hello.", **more: Any) -> Body:
    return {"type": "text", "provider": {"name": "elevenlabs", "voiceId": VOICE, "script": words}, **more}


def segment(start: float, end: float, ref: str = "one", **audio: float) -> Body:
    return {"startTime": start, "endTime": end, "audioInput": {"refId": ref, **audio}}


def with_input(*more: Body) -> Callable[[Body], None]:
    return lambda body: body["input"].extend(more)


def with_segments(*segments: Body) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        body["input"][1]["refId"] = "one"
        body["segments"] = list(segments)

    return change


def setting(**values: Any) -> Callable[[Body], None]:
    return lambda body: body.update(values)


def without(place: int) -> Callable[[Body], None]:
    return lambda body: body["input"].pop(place)


def provider(**values: Any) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        body["input"][1] = text()
        body["input"][1]["provider"].update(values)

    return change


INVALID = "generation_input_validation_failed"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        pytest.param(setting(model="lipsync-9"), 400, "generation_unsupported_model", id="unknown model"),
        pytest.param(setting(modle="x"), 400, INVALID, id="misspelt field"),
        pytest.param(setting(options={"fps": 25}), 400, INVALID, id="retired option"),
        pytest.param(setting(options={"sync_mode": "stretch"}), 400, INVALID, id="unknown mode"),
        pytest.param(setting(options={"temperature": 1.1}), 400, INVALID, id="temperature over 1"),
        pytest.param(setting(input=[]), 400, INVALID, id="no input"),
        pytest.param(without(0), 400, INVALID, id="no visual"),
        pytest.param(without(1), 400, INVALID, id="no sound"),
        pytest.param(with_input(text()), 400, INVALID, id="audio and text"),
        pytest.param(
            with_input({"type": "video", "url": "https://x.test/a.mp4"}),
            422,
            "generation_input_too_many_visual",
            id="two visuals",
        ),
        pytest.param(with_input({"type": "audio"}), 400, INVALID, id="neither url nor asset"),
        pytest.param(with_input({"type": "smell", "url": "x"}), 400, INVALID, id="unknown kind"),
        pytest.param(provider(script=""), 400, INVALID, id="empty script"),
        pytest.param(provider(script="x" * 5001), 400, INVALID, id="script over 5,000"),
        pytest.param(provider(stability=2), 400, INVALID, id="stability over 1"),
        pytest.param(provider(name="other"), 400, INVALID, id="unknown provider"),
        pytest.param(provider(voiceId="nobody"), 404, "voice_not_found", id="unknown voice"),
        pytest.param(setting(webhookUrl="http://example.com/x"), 400, INVALID, id="webhook not https"),
        pytest.param(setting(outputFileName="x" * 256), 400, INVALID, id="name over 255"),
        pytest.param(
            setting(projectId="00000000-0000-4000-8000-000000000000"), 422, "project_not_found", id="project"
        ),
        pytest.param(
            setting(dubParams={"targetLang": "de"}),
            422,
            "generation_input_dub_audio_conflict",
            id="dub with audio",
        ),
        pytest.param(
            with_segments(segment(0, 2), segment(1, 3)),
            422,
            "generation_input_segments_invalid",
            id="overlap",
        ),
        pytest.param(
            with_segments(segment(2, 1)), 422, "generation_input_segments_invalid", id="end before start"
        ),
        pytest.param(
            with_segments(segment(0, 99)), 422, "generation_input_segments_invalid", id="after the end"
        ),
        pytest.param(
            with_segments(segment(0, 2, "two")), 422, "generation_input_segments_invalid", id="unknown refId"
        ),
        pytest.param(
            with_segments(segment(0, 2, startTime=1)), 422, "generation_input_trim_invalid", id="half a crop"
        ),
        pytest.param(setting(segments=[segment(0, 1)]), 400, INVALID, id="segments without refId"),
    ],
)
async def test_a_request_that_breaks_a_rule_is_refused(
    acme: Customer, change: Callable[[Body], None], status: int, code: str
) -> None:
    body = await acme.job()
    change(body)
    made_before = len((await acme.records())["generations"])
    reply = await acme.create(body)
    assert (reply.status_code, reply.json()["errorCode"]) == (status, code), reply.text
    assert reply.json()["statusCode"] == status
    assert reply.json()["message"]
    assert reply.json()["suggestion"]
    assert len((await acme.records())["generations"]) == made_before


async def test_a_broken_field_is_named(acme: Customer) -> None:
    reply = await acme.create(await acme.job(options={"temperature": 7}))
    assert reply.json()["field"] == "options.temperature"
    assert reply.json()["message"] == ["options.temperature: Input should be less than or equal to 1"]


async def test_an_image_is_for_sync_3_only(acme: Customer) -> None:
    body = await acme.job()
    body["input"][0] = {"type": "image", "url": "https://x.test/face.png"}
    assert (await acme.create(body)).json()["errorCode"] == "generation_unsupported_model"


async def test_an_asset_must_fit_its_slot_and_belong_to_the_caller(service: Service) -> None:
    acme, globex = service.customer("key-acme"), service.customer("key-globex")
    video, audio = await acme.video(), await acme.audio()

    swapped = {"model": "lipsync-2", "input": [{**video, "type": "audio"}, {**audio, "type": "video"}]}
    reply = await acme.create(swapped)
    assert (reply.status_code, reply.json()["errorCode"]) == (422, "generation_input_asset_type_mismatch")

    foreign = await globex.create({"model": "lipsync-2", "input": [video, audio]})
    assert (foreign.status_code, foreign.json()["errorCode"]) == (403, "asset_forbidden")

    same_org = await service.customer("key-acme-2").create({"model": "lipsync-2", "input": [video, audio]})
    assert same_org.status_code == 201


@pytest.mark.parametrize(
    ("asset_id", "status", "code"),
    [
        ("00000000-0000-4000-8000-000000000000", 404, "asset_not_found"),
        ("not-an-id", 400, "invalid_asset_id_format"),
    ],
)
async def test_an_asset_must_exist(acme: Customer, asset_id: str, status: int, code: str) -> None:
    body = await acme.job()
    body["input"][0] = {"type": "video", "assetId": asset_id}
    reply = await acme.create(body)
    assert (reply.status_code, reply.json()["errorCode"]) == (status, code)


async def pages(scope: Any, _receive: Any, send: Any) -> None:
    """A web server somewhere: a login page, a broken video, nothing."""
    answers = {
        "/login": (200, b"text/html", b"<!doctype html><title>Sign in</title>"),
        "/broken.mp4": (200, b"video/mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 500),
    }
    status, kind, body = answers.get(scope["path"], (404, b"text/plain", b"nothing"))
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/login", "generation_input_video_invalid"),
        ("/broken.mp4", "generation_input_video_invalid"),
        ("/missing.mp4", "generation_input_video_inaccessible"),
    ],
)
async def test_a_link_that_is_no_video_is_refused(acme: Customer, path: str, code: str) -> None:
    sock, base_url = listening()
    body = await acme.job()
    body["input"][0] = {"type": "video", "url": base_url + path}
    async with served_without_lifespan(sock):
        reply = await acme.create(body)
    assert (reply.status_code, reply.json()["errorCode"]) == (422, code)


def served_without_lifespan(sock: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await pages(scope, receive, send)

    return served(app, sock)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x.mp4", "ftp://x.test/x.mp4", "no link", "http://[::"])
async def test_a_link_that_leads_nowhere_is_refused(acme: Customer, url: str) -> None:
    body = await acme.job()
    body["input"][0] = {"type": "video", "url": url}
    reply = await acme.create(body)
    assert (reply.status_code, reply.json()["errorCode"]) == (422, "generation_input_video_inaccessible")


async def test_a_link_that_takes_too_long_is_read_on_for_the_next_try(
    acme: Customer, kept_folder: Path
) -> None:
    video = await acme.fake.studio.sample_video()
    acme.fake.faults.set("slow_bytes", route="file", bytes_per_s=150_000)
    asset = await acme.upload(video.read_bytes(), "face.mp4", "video/mp4", "VIDEO")
    async with running(kept_folder, input_wait_s=0.3) as hasty:
        customer = hasty.customer()
        body = {"model": "lipsync-2", "input": [{"type": "video", "url": asset["url"]}, text()]}
        first = await customer.create(body, key="k")
        assert (first.status_code, first.json()["errorCode"]) == (503, "generation_media_probe_timeout")
        for _ in range(20):
            again = await customer.create(body, key="k")
            if again.status_code == 201:
                break
        assert again.status_code == 201


async def test_a_missing_key_and_a_bad_key_are_told_apart_by_their_shape(service: Service) -> None:
    stranger = service.customer("")
    missing = await stranger.http.get("/v2/models", headers={"x-api-key": ""})
    assert missing.status_code == 401
    assert missing.json().keys() == {"message", "error", "statusCode"}

    bad = await service.customer("key-wrong").http.get("/v2/models")
    assert bad.status_code == 401
    assert bad.json().keys() == {"message", "statusCode"}


async def test_too_many_running_jobs_are_refused_with_numbers(kept_folder: Path) -> None:
    async with running(kept_folder, processing_s=5.0, orgs={"key-acme": Org("org", "Growing")}) as service:
        acme = service.customer()
        body = await acme.job()
        for _ in range(6):
            assert (await acme.create(body)).status_code == 201
        reply = await acme.create(body)
    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "5"
    problem = reply.json()
    assert problem["errorCode"] == "concurrency_limit_reached"
    assert (problem["activeGenerations"], problem["concurrencyLimit"]) == (6, 6)
    assert problem["retryAfterSeconds"] == 5
    assert problem["upgradeUrl"].startswith("https://")
    assert "error" not in problem


async def test_too_many_requests_are_refused_until_the_minute_has_passed(kept_folder: Path) -> None:
    now = [1_000_000.0]
    async with running(kept_folder, rates=Rates(create=2), clock=lambda: now[0]) as service:
        acme = service.customer()
        for _ in range(2):
            await acme.create({})
        reply = await acme.create({})
        assert reply.status_code == 429
        assert reply.json()["errorCode"] == "rate_limit_exceeded"
        assert reply.json()["error"] == "Too Many Requests"
        assert 0 < int(reply.headers["retry-after"]) <= 60
        assert (await service.customer("key-acme-2").create({})).status_code == 400  # counted by key
        now[0] += 60
        assert (await acme.create({})).status_code == 400


def on_plan(org: Org) -> dict[str, Any]:
    return {"orgs": {"key-acme": org}}


async def test_a_plan_bounds_length_number_and_features(kept_folder: Path) -> None:
    free = Org("org_free", "Free", plan=replace(FREE, concurrency=5))
    async with running(kept_folder, **on_plan(free)) as service:
        acme = service.customer()
        long = await acme.create({"model": "lipsync-2", "input": [await acme.video(), text("word " * 200)]})
        assert (long.status_code, long.json()["errorCode"]) == (402, "generation_plan_duration_exceeded")
        assert long.json()["upgradeUrl"]

        many = text("word " * 56)  # between 15 and 20 seconds, and the free plan allows sync-3 only 15
        best = await acme.create({"model": "sync-3", "input": [await acme.video(), many]})
        assert (best.status_code, best.json()["errorCode"]) == (402, "generation_plan_duration_exceeded")
        other = {"model": "lipsync-2", "input": [await acme.video(), many]}
        priced = await acme.http.post("/v2/analyze/cost", json=other)
        assert 15 * 25 < priced.json()[0]["estimatedFrameCount"] < 20 * 25

        react = await acme.create(await acme.job(model="react-1"))
        assert (react.status_code, react.json()["errorCode"]) == (403, "plan_feature_unavailable")

        for _ in range(3):
            assert (await acme.create(await acme.job())).status_code == 201
        fourth = await acme.create(await acme.job())
        assert (fourth.status_code, fourth.json()["errorCode"]) == (402, "free_tier_generations_exhausted")


async def test_choosing_the_speaker_needs_a_higher_plan(kept_folder: Path) -> None:
    async with running(kept_folder, **on_plan(Org("org_hobby", "Hobby", plan=HOBBYIST))) as service:
        acme = service.customer()
        options = {"active_speaker_detection": {"auto_detect": True}}
        reply = await acme.create(await acme.job(options=options))
        assert reply.json()["errorCode"] == "plan_feature_unavailable"


async def test_what_is_not_json_or_not_a_route_is_answered_like_the_service_does(acme: Customer) -> None:
    broken = await acme.http.post("/v2/generate", content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["error"]) == (400, "Bad Request")
    nowhere = await acme.http.get("/v2/nowhere")
    assert nowhere.json() == {"message": "Cannot GET /v2/nowhere", "error": "Not Found", "statusCode": 404}
