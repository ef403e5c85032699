"""sync.so's webhooks: only a signed one of the job's own account is heard, and it only makes the job due."""

import hashlib
import hmac
import json
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import settings

from bot.web.endpoint import MAX_BODY_BYTES
from storage.jobs import Job, JobStatus
from tests.integration.core.world import KEY, SOUTH_KEY, WEBHOOK_SECRET, World, generation
from tests.integration.fake_slack.harness import SOUTH
from tests.integration.handlers.front import Front
from tests.integration.handlers.mutations import mutated_headers, mutated_json

EACH = 2 * settings().max_examples
SECRET_ROUTE = "/v2/organizations/webhook/secret"


@pytest.fixture(autouse=True)
def secrets(there: World) -> None:
    """Each account has a secret of its own."""
    by_key = {KEY: WEBHOOK_SECRET, SOUTH_KEY: "whsec_of_the_south"}

    def tell(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"secret": by_key[request.headers["x-api-key"]]})

    there.sync.get(SECRET_ROUTE).mock(side_effect=tell)


async def processing(there: World, **columns: Any) -> Job:
    usual: dict[str, Any] = {"generation_id": "gen-1", "due_at": there.clock() + 30}
    return await there.job(JobStatus.PROCESSING, **usual | columns)


async def told(
    app: Front,
    job_id: str,
    payload: bytes | None = None,
    *,
    secret: str = WEBHOOK_SECRET,
    age_s: float = 0,
    **headers: str,
) -> int:
    body = payload if payload is not None else json.dumps(generation("gen-1", "COMPLETED")).encode()
    sent = {"Sync-Signature": signature(app, body, secret=secret, age_s=age_s)} | headers
    return (await app.http.post(f"/sync/webhook/{job_id}", content=body, headers=sent)).status_code


def signature(app: Front, body: bytes, *, secret: str = WEBHOOK_SECRET, age_s: float = 0) -> str:
    timestamp = str(int((app.there.clock() - age_s) * 1000))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


async def test_a_signed_webhook_makes_its_job_due_and_changes_nothing_else(app: Front) -> None:
    job = await processing(app.there)

    assert await told(app, job.id) == 200

    now = await app.there.now(job)
    assert (now.status, now.due_at) == (JobStatus.PROCESSING, app.there.clock())
    assert app.there.woken


async def test_twice_is_as_good_as_once(app: Front) -> None:
    job = await processing(app.there)

    assert [await told(app, job.id), await told(app, job.id)] == [200, 200]
    assert len(app.there.woken) == 1


@pytest.mark.parametrize("status", [JobStatus.SUBMITTING, JobStatus.UNRESOLVED])
async def test_one_that_comes_before_the_reply_to_the_create_call_is_heard(
    app: Front, status: JobStatus
) -> None:
    job = await app.there.job(status)

    assert await told(app, job.id) == 200
    assert (await app.there.now(job)).due_at == app.there.clock()


async def test_words_beyond_ascii_are_signed_over_their_bytes(app: Front) -> None:
    job = await processing(app.there)
    payload = json.dumps(generation("gen-1", "FAILED", error="Kein Gesicht – 顔なし"), ensure_ascii=False)

    assert await told(app, job.id, payload.encode()) == 200
    assert app.there.woken


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "whsec_guessed"},
        {"age_s": 3_600.0},
        {"age_s": -3_600.0},
        {"Sync-Signature": ""},
        {"Sync-Signature": "t=1,v1=é"},
        {"Sync-Signature": "nonsense"},
    ],
    ids=str,
)
async def test_what_is_not_signed_now_by_the_account_is_refused(app: Front, forged: dict[str, Any]) -> None:
    job = await processing(app.there)
    if not forged.get("Sync-Signature", "").isascii():
        forged = {"Sync-Signature": forged["Sync-Signature"].encode()}

    assert await told(app, job.id, **forged) == 401
    assert await app.there.now(job) == job
    assert app.there.woken == []


async def test_another_accounts_secret_opens_nothing(app: Front) -> None:
    south = await processing(app.there, team_id=SOUTH.id)

    assert await told(app, south.id) == 401
    assert await told(app, south.id, secret="whsec_of_the_south") == 200


async def test_a_webhook_of_another_generation_changes_nothing(app: Front) -> None:
    job = await processing(app.there)

    assert await told(app, job.id, json.dumps(generation("gen-2", "COMPLETED")).encode()) == 200
    assert await app.there.now(job) == job


async def test_an_unknown_job_is_refused_without_asking_anybody(app: Front) -> None:
    assert await told(app, "no-such-job") == 401
    assert app.there.sent(SECRET_ROUTE) == []


async def test_a_job_that_has_ended_stays_ended(app: Front) -> None:
    job = await app.there.job(JobStatus.DELIVERED, generation_id="gen-1")

    assert await told(app, job.id) == 200
    assert await app.there.now(job) == job


async def test_a_removed_workspace_hears_of_what_it_pays_for(app: Front) -> None:
    job = await processing(app.there, team_id=SOUTH.id)
    await app.there.uninstall(SOUTH.id)

    assert await told(app, job.id, secret="whsec_of_the_south") == 200


async def test_without_a_key_of_the_jobs_account_no_webhook_can_be_good(app: Front) -> None:
    job = await processing(app.there, account_key="org:forgotten")

    assert await told(app, job.id) == 401
    assert app.there.sent(SECRET_ROUTE) == []


async def test_without_its_secret_a_webhook_cannot_be_taken_and_the_poll_will_tell(app: Front) -> None:
    app.there.sync.get(SECRET_ROUTE).mock(return_value=httpx.Response(503), side_effect=None)
    job = await processing(app.there)

    assert await told(app, job.id) == 503
    assert (await app.there.now(job)).due_at == job.due_at


async def test_the_secret_is_asked_for_once_and_kept_a_while(app: Front) -> None:
    job = await processing(app.there)

    for _ in range(3):
        await told(app, job.id)

    assert len(app.there.sent(SECRET_ROUTE)) == 1


@pytest.mark.parametrize("payload", [b"", b"[]", b"<html>", b'{"status":"COMPLETED"}'])
async def test_a_signed_payload_that_is_no_generation_is_refused(app: Front, payload: bytes) -> None:
    job = await processing(app.there)

    assert await told(app, job.id, payload) == 401
    assert await app.there.now(job) == job


async def test_a_webhook_of_more_than_a_mebibyte_is_not_read_on(app: Front) -> None:
    job = await processing(app.there)

    assert await told(app, job.id, b"x" * (MAX_BODY_BYTES + 1)) == 413


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_signed_is_taken_or_refused_and_breaks_nothing(
    app: Front, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    chance = Random(seed)
    job = await processing(app.there)
    outputs = {"outputUrl": "https://x.test/o.mp4", "createdAt": "2026-01-01T00:00:00Z", "error": None}
    payload = generation("gen-1", "COMPLETED", outputDuration=1.5, **outputs)

    for number in range(EACH):
        body = mutated_json(chance, payload)
        headers = [(b"Sync-Signature", signature(app, body).encode())]
        if number % 2:
            headers = mutated_headers(chance, headers)
        answer = await app.http.post(f"/sync/webhook/{job.id}", content=body, headers=headers)
        assert answer.status_code in {200, 401, 413}, (seed, number, headers, body[:2_000])

    logged = capsys.readouterr().out
    assert "level='error'" not in logged
    assert "Traceback" not in logged
    assert (await app.there.now(job)).status is JobStatus.PROCESSING
