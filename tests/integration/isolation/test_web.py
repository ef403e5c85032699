"""What anybody may ask for over HTTP tells nothing of a team's rows, and changes none."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.routing import Route

from bot.app import Running, new_id, running
from bot.settings import Settings
from bot.sync_api.models import Account as Told
from bot.teams.keys import Keys
from bot.web.routes import SLACK_PATH
from storage.jobs import Job, JobStatus
from storage.schema import metadata
from storage.sync_keys import APP
from tests.integration.core.world import CIPHER, CIPHER_KEY, KEY, WEBHOOK_SECRET, generation, installation
from tests.integration.fake_slack.harness import NORTH
from tests.integration.handlers.front import SIGNING_SECRET
from tests.integration.isolation import doors
from tests.integration.isolation.doors import Door
from tests.integration.isolation.victims import CANARY, WISH
from tests.integration.storage.builders import job_in

NOBODY = "http://127.0.0.1:1"
"""Where nothing answers."""


@dataclass
class Served:
    """The whole app, as one that many teams install, and one team's job in it."""

    app: Running
    http: httpx.AsyncClient
    job: Job

    async def rows(self) -> set[str]:
        async with self.app.database.read() as conn:
            found = {
                f"{table.name}: {row}"
                for table in metadata.sorted_tables
                if table.name != "installations"  # whose tokens the app tries by itself
                for row in (await conn.execute(select(table))).all()
            }
        return {row for row in found if NORTH.id in row or self.job.order_id in row}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/data/lipsync.db",
        slack_signing_secret=SecretStr(SIGNING_SECRET),
        slack_client_id="1.2",
        slack_client_secret=SecretStr("client-secret"),
        encryption_keys=[SecretStr(CIPHER_KEY)],
        sync_api_key=SecretStr(KEY),
        sync_key_for_all_teams=True,
        sync_webhook_secret=SecretStr(WEBHOOK_SECRET),
        public_url="https://app.test",
        slack_api_url=f"{NOBODY}/api/",
        sync_api_url=NOBODY,
    )
    async with running(settings) as app:
        await app.services.teams.save(installation(NORTH))
        keys = Keys(app.database, CIPHER, new_id=new_id, clock=time.time)
        await keys.put(APP, KEY, Told(organization_id="org_app"), by=None, now=time.time())
        account = await app.services.accounts.key_of_team(None, NORTH.id)
        async with app.database.write() as conn:
            given = {"team_id": NORTH.id, "draft": WISH.model_dump_json(), "generation_id": f"gen-{CANARY}"}
            job = await job_in(conn, JobStatus.PROCESSING, account_key=account, **given)
        transport = httpx.ASGITransport(app.web)
        async with httpx.AsyncClient(transport=transport, base_url="https://app.test") as http:
            yield Served(app, http, job)


Ask = tuple[str, str, dict[str, object]]
"""Method, path, and what else is sent."""


def _hook(job_id: str) -> list[Ask]:
    path, told = f"/sync/webhook/{job_id}", json.dumps(generation("gen-1", "COMPLETED")).encode()
    return [
        ("GET", path, {}),
        ("POST", path, {"content": told}),
        ("POST", path, {"content": told, "headers": _signature(told, "whsec_guessed")}),
        ("POST", path, {"content": b"x", "headers": {"Sync-Signature": "nonsense"}}),
    ]


def _signature(body: bytes, secret: str) -> dict[str, str]:
    now = str(int(time.time() * 1000))
    digest = hmac.new(secret.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Sync-Signature": f"t={now},v1={digest}"}


def _slack(job_id: str) -> list[Ask]:
    press = {"type": "block_actions", "actions": [{"action_id": "generate", "value": job_id}]}
    return [("GET", SLACK_PATH, {"params": {"ssl_check": "1"}}), ("POST", SLACK_PATH, {"json": press})]


def _install(_job_id: str) -> list[Ask]:
    return [
        ("GET", "/slack/install", {}),
        ("GET", "/slack/install", {"params": {"page": "1"}}),
        ("GET", "/slack/install", {"params": {"team": NORTH.id}}),
    ]


def _come_back(_job_id: str) -> list[Ask]:
    return [
        ("GET", "/slack/oauth_redirect", {}),
        ("GET", "/slack/oauth_redirect", {"params": {"state": "guessed", "code": NORTH.bot_token}}),
        ("GET", "/slack/oauth_redirect", {"params": {"error": "access_denied", "state": "guessed"}}),
    ]


def _invited(job_id: str) -> list[Ask]:
    """Links that nobody was given: for who holds none, all are the same."""
    token = job_id.replace("-", "x")
    return [("GET", f"/connect/{token}", {}), ("POST", f"/connect/{token}", {})]


def _connect(_job_id: str) -> list[Ask]:
    return [
        ("GET", "/connect", {}),
        ("POST", "/connect", {"data": {"api_key": "sk-guessed", "team": NORTH.id}}),
    ]


WEB: Mapping[Door, object] = {
    Door("web", "/connect/{token}"): _invited,
    Door("web", "/connect"): _connect,
    Door("web", SLACK_PATH): _slack,
    Door("web", "/sync/webhook/{job_id}"): _hook,
    Door("web", "/healthz"): lambda _job_id: [("GET", "/healthz", {})],
    Door("web", "/readyz"): lambda _job_id: [("GET", "/readyz", {})],
    Door("web", "/slack/install"): _install,
    Door("web", "/slack/oauth_redirect"): _come_back,
}
_ONCE = re.compile(r"state=[\w-]+|lipsync-install=[\w-]+|expires=[^;]+")
"""What is another one for each browser."""


def routes(app: Running) -> Sequence[Route]:
    """All that the app serves, as it is put together."""
    found: Sequence[Route] = app.web._rest.routes  # type: ignore[attr-defined]
    return found


async def test_every_address_is_tried_and_a_new_one_that_is_not_is_found(served: Served) -> None:
    assert doors.of_web(routes(served.app)) ^ WEB.keys() == set()
    assert doors.of_web([*routes(served.app), Route("/brand/new", lambda _: None)]) - WEB.keys() == {
        Door("web", "/brand/new")
    }


async def told(served: Served, ask: Ask, job_id: str) -> str:
    method, path, more = ask
    answer = await served.http.request(method, path, **more)  # type: ignore[arg-type]
    return _ONCE.sub("", f"{answer.status_code} {answer.headers} {answer.text}".replace(job_id, "<job>"))


@pytest.mark.parametrize("door", WEB, ids=lambda door: door.name)
async def test_a_job_and_one_that_does_not_exist_are_the_same_to_whoever_asks(
    served: Served, door: Door
) -> None:
    before, attempts = await served.rows(), WEB[door]
    assert callable(attempts)
    missing = f"{0xDEAD:032x}-00"
    for real, unreal in zip(attempts(served.job.id), attempts(missing), strict=True):
        learnt = await told(served, real, served.job.id)
        assert learnt == await told(served, unreal, missing)
        assert CANARY not in learnt
        assert NORTH.name not in learnt
    assert await served.rows() == before


async def test_the_same_webhook_is_heard_when_sync_so_has_signed_it(served: Served) -> None:
    """Or the ones above would try nothing."""
    told = json.dumps(generation(f"gen-{CANARY}", "COMPLETED")).encode()
    before = await served.rows()

    path, headers = f"/sync/webhook/{served.job.id}", _signature(told, WEBHOOK_SECRET)
    answer = await served.http.post(path, content=told, headers=headers)

    assert answer.status_code == 200
    assert await served.rows() != before
