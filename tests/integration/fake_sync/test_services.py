"""Prices, voices, speech, account and the rest."""

import httpx
import pytest

from tests.integration.fake_sync.service import VOICE, Customer, Service, facts, loudness

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("sync-3", 0.6675),
        ("lipsync-2-pro", 0.41625),
        ("lipsync-2", 0.25),
        ("lipsync-1.9.0-beta", 0.125),
        ("react-1", 0.83375),
    ],
)
@pytest.mark.parametrize("path", ["/v2/generations/estimate", "/v2/generate/estimate-cost"])
async def test_a_length_is_priced_by_frames(acme: Customer, path: str, model: str, usd: float) -> None:
    reply = await acme.http.post(path, json={"model": model, "duration": 5, "fps": 25})
    assert reply.json() == {
        "estimatedFrameCount": 125,
        "estimatedGenerationCost": usd,
        "estimatedCredits": None,
    }


async def test_an_estimate_counts_30_frames_a_second_unless_told(acme: Customer) -> None:
    reply = await acme.http.post("/v2/generations/estimate", json={"model": "lipsync-2", "duration": 10})
    assert reply.json()["estimatedFrameCount"] == 300


@pytest.mark.parametrize("duration", [0, -1, "long", None])
async def test_a_length_that_is_none_is_refused(acme: Customer, duration: object) -> None:
    body = {"model": "lipsync-2", "duration": duration}
    assert (await acme.http.post("/v2/generations/estimate", json=body)).status_code == 400


async def test_a_request_is_priced_by_its_real_length_and_costs_what_was_estimated(acme: Customer) -> None:
    body = await acme.job(options={"sync_mode": "silence"})
    estimate = (await acme.http.post("/v2/analyze/cost", json=body)).json()
    assert estimate == [{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.25}]

    generation = (await acme.create(body)).json()["id"]
    await acme.finished(generation)
    records = await acme.records()
    charged = [each["charged_usd"] for each in records["generations"] if each["id"] == generation]
    assert charged == ["0.250"]


async def test_a_longer_script_costs_more(acme: Customer) -> None:
    def speech(words: str) -> dict[str, object]:
        return {"type": "text", "provider": {"name": "elevenlabs", "voiceId": VOICE, "script": words}}

    video = await acme.video()
    costs = []
    for words in ("Hello.", "Hello, and then a good many words more."):
        body = {"model": "sync-3", "input": [video, speech(words)]}
        reply = await acme.http.post("/v2/analyze/cost", json=body)
        costs.append(reply.json()[0]["estimatedGenerationCost"])
    assert 0 < costs[0] < costs[1]


async def test_an_estimate_refuses_what_a_create_would_refuse(acme: Customer) -> None:
    reply = await acme.http.post("/v2/analyze/cost", json={"model": "lipsync-2", "input": []})
    assert reply.status_code == 400


async def test_every_voice_that_is_not_restricted_can_speak(acme: Customer) -> None:
    voices = (await acme.http.get("/v2/voices")).json()
    assert len(voices) > 5
    for voice in voices:
        body = {"script": "Good morning!", "voiceId": voice["id"], "provider": "elevenlabs"}
        reply = await acme.http.post("/v2/tts", json=body)
        if "restriction" in voice:
            assert reply.status_code == 403
            continue
        speech = reply.raise_for_status().json()
        file = await acme.download(speech["url"])
        assert facts(file).duration_s == speech["duration"] > 0.4
        assert max(loudness(file)) > 0.03


async def test_a_voice_introduces_itself_without_a_key(acme: Customer) -> None:
    voice = (await acme.http.get(f"/v2/voices/{VOICE}")).json()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as bare:
        preview = await bare.get(voice["previewUrl"])
    assert preview.headers["content-type"] == "audio/mpeg"
    assert (await acme.http.get("/v2/voices/nobody")).json()["errorCode"] == "voice_not_found"


async def test_the_account_tells_its_limits(service: Service) -> None:
    account = (await service.customer().http.get("/v2/account")).json()
    assert account["organization"] == {"id": "org_acme", "name": "Acme"}
    assert account["generationLimits"] == {"maxOutputDurationSeconds": 600, "concurrency": 100}
    assert account["credentialType"] == "api_key"
    service.fake.faults.set("concurrency_lowered", limit=2)
    account = (await service.customer().http.get("/v2/account")).json()
    assert account["generationLimits"]["concurrency"] == 2


async def test_the_error_catalog_is_public(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.base_url, trust_env=False) as bare:
        catalog = (await bare.get("/v2/errors")).json()
    assert len(catalog) == 62
    assert all(entry["code"] and entry["message"] and entry["suggestion"] for entry in catalog)


async def test_each_organization_has_its_own_webhook_secret(service: Service) -> None:
    secrets = [
        (await service.customer(key).http.get("/v2/organizations/webhook/secret")).json()["secret"]
        for key in ("key-acme", "key-globex")
    ]
    assert secrets == ["whsec_acme", "whsec_globex"]
