"""Each call: its route, its headers, its body, and what it makes of the answer."""

import json
import traceback
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import respx
from pydantic import ValidationError

from bot.sync_api.client import PAGE_LIMIT, SyncClient
from bot.sync_api.errors import OutcomeUnknown, Refused, Unavailable, Unreadable
from bot.sync_api.models import AssetType, Generation
from tests.unit.sync_api.builders import BASE, KEY, fault, generation, request


@pytest.fixture
async def sync() -> AsyncIterator[SyncClient]:
    # Nothing leaves the process; loading the system's certificates for each test would only cost time.
    async with httpx.AsyncClient(verify=False) as http:
        yield SyncClient(http, base_url=BASE + "/", api_key=KEY)


@pytest.fixture
def api() -> Any:
    with respx.mock(base_url=BASE) as router:
        yield router


def sent(api: respx.MockRouter) -> httpx.Request:
    """The last request."""
    last: httpx.Request = api.calls.last.request
    return last


def body_of(api: respx.MockRouter) -> Any:
    return json.loads(sent(api).content)


async def test_a_create_sends_the_stored_bytes_under_the_stored_key(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.post("/v2/generate").respond(201, json=generation(status="PENDING"))
    # Not what our own writer would render: the bytes may come from an older version of the app.
    body = b'{ "model":"lipsync-2",  "input":[] }'

    made = await sync.create(body, idempotency_key="job-1~a._Z")

    assert made.id == "gen-1"
    assert sent(api).content == body
    assert sent(api).headers["idempotency-key"] == "job-1~a._Z"
    assert sent(api).headers["content-type"] == "application/json"
    assert sent(api).headers["x-api-key"] == KEY


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "ü", "a\n", "a/b"])
async def test_a_malformed_idempotency_key_is_never_sent(
    sync: SyncClient, api: respx.MockRouter, key: str
) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        await sync.create(b"{}", idempotency_key=key)

    assert not api.calls


@pytest.mark.parametrize("answer", ["<html>Welcome to the hotel</html>", "{}", '{"status": "PENDING"}'])
async def test_a_create_that_was_taken_in_words_we_cannot_read_is_an_unknown_outcome(
    sync: SyncClient, api: respx.MockRouter, answer: str
) -> None:
    api.post("/v2/generate").respond(200, text=answer)

    with pytest.raises(OutcomeUnknown) as trouble:
        await sync.create(b"{}", idempotency_key="k")

    assert isinstance(trouble.value.__cause__, Unreadable)
    assert "hotel" not in str(trouble.value)


async def test_a_create_whose_answer_is_lost_is_an_unknown_outcome(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.post("/v2/generate").mock(side_effect=httpx.ReadTimeout)

    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        await sync.create(b"{}", idempotency_key="k")

    assert api.calls.call_count == 1


async def test_a_create_that_found_no_connection_was_not_taken(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.post("/v2/generate").mock(side_effect=httpx.ConnectError)

    with pytest.raises(Unavailable):
        await sync.create(b"{}", idempotency_key="k")


async def test_a_read_whose_answer_is_lost_may_be_repeated(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/generate/gen-1").mock(side_effect=httpx.ReadTimeout)

    with pytest.raises(Unavailable):
        await sync.get("gen-1")


async def test_a_redirection_is_not_followed_since_the_key_would_go_along() -> None:
    visited = []

    def elsewhere(asked: httpx.Request) -> httpx.Response:
        visited.append(asked.url.host)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(elsewhere), follow_redirects=True) as http:
        with pytest.raises(Unreadable, match="redirection"):
            await SyncClient(http, base_url=BASE, api_key=KEY).get("gen-1")

    assert visited == ["api.sync.so"]


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({}, {}),
        ({"include_progress": True}, {"include": "progress"}),
        ({"wait_s": 10}, {"wait": "true", "timeout": "10"}),
    ],
)
async def test_a_generation_is_read_as_asked(
    sync: SyncClient, api: respx.MockRouter, asked: dict[str, Any], query: dict[str, str]
) -> None:
    api.get("/v2/generate/gen-1").respond(json=generation())

    assert (await sync.get("gen-1", **asked)).status == "PROCESSING"
    assert dict(sent(api).url.params) == query


@pytest.mark.parametrize("asked", [{"wait_s": 0}, {"wait_s": 11}, {"wait_s": 5, "include_progress": True}])
async def test_a_wait_that_sync_refuses_is_not_asked_for(
    sync: SyncClient, api: respx.MockRouter, asked: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="1 to 10 seconds"):
        await sync.get("gen-1", **asked)

    assert not api.calls


async def test_an_id_cannot_name_another_route(sync: SyncClient, api: respx.MockRouter) -> None:
    api.route().respond(404, json=fault(404, "invalid_generation_id"))

    with pytest.raises(Refused):
        await sync.get("../account?x=1#y")

    assert sent(api).url.raw_path == b"/v2/generate/..%2Faccount%3Fx%3D1%23y"


@pytest.mark.parametrize("identifier", ["", ".", ".."])
async def test_an_id_of_dots_is_no_id(sync: SyncClient, api: respx.MockRouter, identifier: str) -> None:
    with pytest.raises(ValueError, match="never empty"):
        await sync.download_url(identifier)

    assert not api.calls


async def test_many_generations_are_read_at_once_by_a_comma_list(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.get("/v2/generations").respond(json=[generation(id="a"), generation(id="b")])

    found = await sync.list(ids=["a", "b"], status=["PENDING", "PROCESSING"])

    assert [item.id for item in found] == ["a", "b"]
    assert dict(sent(api).url.params) == {"ids": "a,b", "status": "PENDING,PROCESSING"}


async def test_no_ids_are_not_all_ids(sync: SyncClient, api: respx.MockRouter) -> None:
    assert await sync.list(ids=[]) == ()

    assert not api.calls


async def test_one_row_that_cannot_be_read_does_not_hide_the_others(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.get("/v2/generations").respond(json=[generation(id="a"), {"id": None}, 7, generation(id="b")])

    assert [item.id for item in await sync.list(ids=["a", "b"])] == ["a", "b"]


async def test_a_list_that_is_none_is_unreadable(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/generations").respond(json={"items": []})

    with pytest.raises(Unreadable):
        await sync.list()


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 101}, {"cursor": "a"}])
async def test_a_page_that_sync_refuses_is_not_asked_for(
    sync: SyncClient, api: respx.MockRouter, asked: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="needs a limit"):
        await sync.list(**asked)

    assert not api.calls


async def test_all_pages_are_read_one_after_the_other(sync: SyncClient, api: respx.MockRouter) -> None:
    everything = [generation(id=f"g{number}") for number in range(2 * PAGE_LIMIT + 30)]

    def page(asked: httpx.Request) -> httpx.Response:
        cursor = asked.url.params.get("cursor")
        start = 0 if cursor is None else int(cursor.removeprefix("g")) + 1
        return httpx.Response(200, json=everything[start : start + int(asked.url.params["limit"])])

    api.get("/v2/generations").mock(side_effect=page)

    found = [item.id if item else None async for item in sync.list_all(status=["COMPLETED"])]
    assert found == [g["id"] for g in everything]
    assert sent(api).url.params["status"] == "COMPLETED"


async def test_a_row_of_all_that_cannot_be_read_is_not_taken_for_nothing(
    sync: SyncClient, api: respx.MockRouter
) -> None:
    api.get("/v2/generations", params={"cursor": "a"}).respond(json=[])
    api.get("/v2/generations").respond(json=[{"id": "of no status"}, generation(id="a"), 7])

    assert [item.id if item else None async for item in sync.list_all()] == [None, "a", None]


@pytest.mark.parametrize("page", [[generation(id="a")], [{"id": "of no status"}]])
async def test_a_list_that_does_not_move_on_has_not_been_read_to_its_end(
    sync: SyncClient, api: respx.MockRouter, page: list[dict[str, Any]]
) -> None:
    api.get("/v2/generations").respond(json=page)

    with pytest.raises(Unreadable, match="to its end"):
        [item async for item in sync.list_all()]


@pytest.mark.parametrize(
    ("answer", "usd", "frames"),
    [
        ('{"estimatedGenerationCost": 0.667, "estimatedFrameCount": 125}', "0.667", 125),
        ('[{"estimatedGenerationCost": 0.1}, {"estimatedGenerationCost": 0.2}]', "0.3", None),
        ('[{"estimatedGenerationCost": 0.1}, {"estimatedGenerationCost": null}]', None, None),
        ("[]", None, None),
        ("{}", None, None),
    ],
)
async def test_a_price_comes_as_an_object_or_as_a_list(
    sync: SyncClient, api: respx.MockRouter, answer: str, usd: str | None, frames: float | None
) -> None:
    api.post("/v2/analyze/cost").respond(text=answer)

    cost = await sync.estimate_cost(request())

    assert (None if cost.usd is None else str(cost.usd)) == usd
    assert cost.frame_count == frames
    assert sent(api).content == request().to_wire()


async def test_a_length_can_be_priced_without_media(sync: SyncClient, api: respx.MockRouter) -> None:
    api.post("/v2/generations/estimate").respond(
        json={"estimatedGenerationCost": 1.5, "estimatedCredits": None}
    )

    cost = await sync.estimate_by_length("sync-3", duration_s=12.5, fps=25)

    assert cost.usd == pytest.approx(1.5)
    assert body_of(api) == {"model": "sync-3", "duration": 12.5, "fps": 25}


async def test_what_cannot_be_priced_is_refused_by_its_code(sync: SyncClient, api: respx.MockRouter) -> None:
    api.post("/v2/generations/estimate").respond(422, json=fault(422, "cost_estimate_unavailable"))

    with pytest.raises(Refused) as refusal:
        await sync.estimate_by_length("sync-9", duration_s=1, fps=25)

    assert refusal.value.code == "cost_estimate_unavailable"


async def test_an_upload_is_begun_and_registered(sync: SyncClient, api: respx.MockRouter) -> None:
    api.post("/v2/assets/upload").respond(
        201,
        json={"uploadUrl": "https://up.example/1?sig", "url": "https://up.example/1", "expiresIn": 604800},
    )
    upload = await sync.start_upload(file_name="talk.mp4", content_type="video/mp4", size=40_000_000)
    assert body_of(api) == {"fileName": "talk.mp4", "contentType": "video/mp4", "size": 40_000_000}
    assert (upload.upload_url, upload.expires_in_s) == ("https://up.example/1?sig", 604800)

    api.post("/v2/assets").respond(201, json={"id": "asset-1", "durationSeconds": 4.96, "type": "VIDEO"})
    asset = await sync.register_asset(url=upload.url, type=AssetType.VIDEO, name="talk.mp4")
    assert body_of(api) == {"url": "https://up.example/1", "type": "VIDEO", "name": "talk.mp4"}
    assert asset.id == "asset-1"
    assert asset.duration_seconds == pytest.approx(4.96)

    api.get("/v2/assets/asset-1").respond(json={"id": "asset-1"})
    assert (await sync.asset("asset-1")).id == "asset-1"


async def test_voices_models_and_the_account_are_read(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/voices").respond(json=[{"id": "v", "name": "Ann", "restriction": None}, {"name": "no id"}])
    api.get("/v2/models").respond(json=[{"id": "m", "name": "sync-3", "type": "novel"}])
    api.get("/v2/account").respond(json={"account": None, "generationLimits": {"concurrency": 3}})

    assert [voice.name for voice in await sync.voices()] == ["Ann"]
    assert [model.name for model in await sync.models()] == ["sync-3"]
    assert (await sync.account()).concurrency == 3


async def test_a_script_is_spoken(sync: SyncClient, api: respx.MockRouter) -> None:
    api.post("/v2/tts").respond(json={"id": "t", "url": "https://cdn.example/t.mp3", "duration": 1.2})

    speech = await sync.speak(script="Hello", voice_id="v", similarity_boost=0.5)

    assert speech.url == "https://cdn.example/t.mp3"
    assert body_of(api) == {
        "script": "Hello",
        "voiceId": "v",
        "provider": "elevenlabs",
        "similarityBoost": 0.5,
    }


async def test_speech_that_sync_refuses_is_not_asked_for(sync: SyncClient, api: respx.MockRouter) -> None:
    with pytest.raises(ValidationError):
        await sync.speak(script="x" * 5001, voice_id="v")

    assert not api.calls


async def test_speech_costs_money_too(sync: SyncClient, api: respx.MockRouter) -> None:
    api.post("/v2/tts").respond(500)

    with pytest.raises(OutcomeUnknown):
        await sync.speak(script="Hello", voice_id="v")


async def test_a_download_link_is_bare_text(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/generations/gen-1/download").respond(text="https://cdn.example/out.mp4?sig=1\n")

    assert await sync.download_url("gen-1") == "https://cdn.example/out.mp4?sig=1"


@pytest.mark.parametrize(
    "answer", ["", "<html>https://cdn.example</html>", "file:///etc/passwd", "https://a b"]
)
async def test_what_is_no_link_is_not_given_on(sync: SyncClient, api: respx.MockRouter, answer: str) -> None:
    api.get("/v2/generations/gen-1/download").respond(text=answer)

    with pytest.raises(Unreadable):
        await sync.download_url("gen-1")


@pytest.mark.parametrize("output", ["https://cdn.example/of-the-generation.mp4", None])
async def test_where_the_route_knows_no_link_the_generation_tells_it(
    sync: SyncClient, api: respx.MockRouter, output: str | None
) -> None:
    api.get("/v2/generations/gen-1/download").respond(404, json={"message": "Not found"})
    api.get("/v2/generate/gen-1").respond(json=generation(status="COMPLETED", outputUrl=output))

    assert await sync.output_link("gen-1") == output


async def test_trouble_with_the_route_of_the_link_is_trouble(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/generations/gen-1/download").respond(503)

    with pytest.raises(Unavailable):
        await sync.output_link("gen-1")


async def test_a_deleted_generation_is_returned(sync: SyncClient, api: respx.MockRouter) -> None:
    api.delete("/v2/generations/gen-1").respond(json=generation(status="COMPLETED"))

    assert isinstance(await sync.delete("gen-1"), Generation)


async def test_the_catalog_of_errors_is_public(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/errors").respond(json=[{"code": "voice_not_found", "message": "m", "suggestion": "s"}])

    entries = await sync.error_catalog()

    assert [(entry.code, entry.suggestion) for entry in entries] == [("voice_not_found", "s")]
    assert "x-api-key" not in sent(api).headers


async def test_the_webhook_secret_is_read(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/organizations/webhook/secret").respond(json={"secret": "whsec_1"})

    assert await sync.webhook_secret() == "whsec_1"


@pytest.mark.parametrize("answer", [{}, {"secret": ""}, {"secret": None}])
async def test_an_empty_webhook_secret_is_none(
    sync: SyncClient, api: respx.MockRouter, answer: dict[str, Any]
) -> None:
    api.get("/v2/organizations/webhook/secret").respond(json=answer)

    with pytest.raises(Unreadable):
        await sync.webhook_secret()


async def test_every_request_has_time_limits_of_its_own(api: respx.MockRouter) -> None:
    api.route().respond(json=generation())

    async with httpx.AsyncClient(timeout=None, verify=False) as http:
        sync = SyncClient(http, base_url=BASE, api_key=KEY)
        await sync.get("gen-1", wait_s=10)
        await sync.create(b"{}", idempotency_key="k")

    for call in api.calls:
        limits = call.request.extensions["timeout"]
        assert all(limits[phase] for phase in ("connect", "read", "write", "pool"))
        assert limits["read"] > 10


async def test_the_key_shows_nowhere(sync: SyncClient, api: respx.MockRouter) -> None:
    api.get("/v2/account").respond(401, json={"message": f"Key {KEY} is not valid", "statusCode": 401})

    with pytest.raises(Exception, match="is not valid") as trouble:
        await sync.account()

    shown = repr(sync) + repr(trouble.value) + "".join(traceback.format_exception(trouble.value))
    assert KEY not in shown


@pytest.mark.parametrize("key", ["", "sk-1\n", "sk 1", "schlüssel"])
async def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match="visible ASCII") as refusal:
            SyncClient(http, base_url=BASE, api_key=key)

    assert not key or key not in str(refusal.value)
