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
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import Route

from bot.app import Running, new_id, running
from bot.settings import Settings
from bot.sync_api.models import Account as Told
from bot.teams.keys import Keys
from bot.web.routes import SLACK_PATH
from storage import connect_links, install_states, people_store
from storage.connect_links import Invitation
from storage.jobs import Job, JobStatus
from storage.people import Membership, Profile
from storage.schema import metadata
from storage.sync_keys import APP
from tests.integration.core.world import CIPHER, CIPHER_KEY, KEY, WEBHOOK_SECRET, generation, installation
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.handlers.front import SIGNING_SECRET
from tests.integration.isolation import doors
from tests.integration.isolation.doors import Door
from tests.integration.isolation.victims import CANARY, WISH
from tests.integration.storage.builders import job_in

BEGUN_UNTIL = round(time.time()) + 86_400.25  # a whole suite may run before it is tried
"""Marks the install that a browser has begun: its row names nobody."""
ADMIN = f"U0{CANARY}"
NOBODY = "http://127.0.0.1:1"
"""Where nothing answers."""


NORTH_LINK, NORTH_BROWSER = (f"{name:-<43}" for name in ("the-link-of-north", "the-browser-of-north"))
SOUTH_BROWSER = f"{'the-browser-of-south':-<43}"
"""Secrets that only one admin of each team knows."""


@dataclass
class Served:
    """The whole app, as one that many teams install, with a job of one team's, its key and its links."""

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
        marks = NORTH.id, self.job.order_id, str(BEGUN_UNTIL)
        return {row for row in found if any(mark in row for mark in marks)}


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
        keys = Keys(app.database, CIPHER, new_id=new_id, clock=time.time)
        await keys.put(APP, KEY, Told(organization_id="org_app"), by=None, now=time.time())
        for team in (NORTH, SOUTH):
            await app.services.teams.save(installation(team))
        account = await app.services.accounts.key_of_team(None, NORTH.id)
        for team in (NORTH, SOUTH):
            await keys.put(team.id, f"sk-0123456789-{team.id}", Told(), by=ADMIN, now=time.time())
        async with app.database.write() as conn:
            given = {"team_id": NORTH.id, "draft": WISH.model_dump_json(), "generation_id": f"gen-{CANARY}"}
            job = await job_in(conn, JobStatus.PROCESSING, account_key=account, **given)
            await begin_what_browsers_go_on_with(conn, job)
        transport = httpx.ASGITransport(app.web)
        async with httpx.AsyncClient(transport=transport, base_url="https://app.test") as http:
            yield Served(app, http, job)


async def begin_what_browsers_go_on_with(conn: AsyncConnection, job: Job) -> None:
    """An install, a link to connect an account, and a browser of each team's that has opened one."""
    now = time.time()
    state, life_s = secret_named(job.id), BEGUN_UNTIL - now
    await install_states.begin(conn, state=state, browser=NORTH_BROWSER, now=now, life_s=life_s)
    for team, browser in ((NORTH, NORTH_BROWSER), (SOUTH, SOUTH_BROWSER)):
        told = Profile(team.id, ADMIN, Membership.ADMIN, told_at=now)
        await people_store.keep(conn, told)
        who = {"user_id": ADMIN, "user_name": CANARY if team is NORTH else "Cleo"}
        invitation = Invitation(owner_id=team.id, enterprise_id=None, team_id=team.id, **who)
        await connect_links.begin(conn, f"{browser}-link", invitation, until=now + 600)
        await connect_links.spend(conn, f"{browser}-link", browser, now=now, until=now + 600)
        if team is NORTH:
            await connect_links.begin(conn, NORTH_LINK, invitation, until=now + 600)


def secret_named(job_id: str) -> str:
    """Of the length and letters of the app's own secrets, or it would not be looked up."""
    return f"{job_id:-<43}"


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


def _cookie(name: str, value: str) -> dict[str, str]:
    return {"Cookie": f"__Host-lipsync-{name}={value}"}


def _come_back(job_id: str) -> list[Ask]:
    """What another browser began: its state stands in an address, which may be seen."""
    state = secret_named(job_id)
    denied = {"error": "access_denied", "state": state}
    guessed = _cookie("install", secret_named("guessed"))
    return [
        ("GET", "/slack/oauth_redirect", {}),
        ("GET", "/slack/oauth_redirect", {"params": {"state": state, "code": NORTH.bot_token}}),
        ("GET", "/slack/oauth_redirect", {"params": denied}),
        ("GET", "/slack/oauth_redirect", {"params": denied, "headers": guessed}),
    ]


def _invited(job_id: str) -> list[Ask]:
    """Links that nobody was given: for who holds none, all are the same."""
    path = f"/connect/{secret_named(job_id)}"
    return [("GET", path, {}), ("POST", path, {})]


def _connect(job_id: str) -> list[Ask]:
    """Without a browser's cookie, with one that was guessed, and with that of the other team."""
    given = {"data": {"do": "connect", "api_key": "sk-guessed-0123456789", "team": NORTH.id}}
    removed = {"data": {"do": "remove", "team": NORTH.id, "team_id": NORTH.id, "owner_id": NORTH.id}}
    cookies = [{}, _cookie("connect", secret_named(job_id)), _cookie("connect", SOUTH_BROWSER)]
    return [
        (method, "/connect", {**form, "headers": cookie})
        for cookie in cookies
        for method, form in (("GET", {}), ("POST", given), ("POST", removed))
    ]


WEB: Mapping[Door, object] = {
    Door("web", "/connect/{token}"): _invited,
    Door("web", "/connect"): _connect,
    Door("web", SLACK_PATH): _slack,
    Door("web", "/sync/webhook/{job_id}"): _hook,
    Door("web", "/privacy"): lambda _job_id: [("GET", "/privacy", {})],
    Door("web", "/support"): lambda _job_id: [("GET", "/support", {})],
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


async def test_the_same_pages_open_for_who_holds_the_secrets(served: Served) -> None:
    """As above."""
    before, headers = await served.rows(), _cookie("connect", NORTH_BROWSER)
    state = {"state": secret_named(served.job.id), "error": "access_denied"}

    invited = await served.http.get(f"/connect/{NORTH_LINK}")
    shown = await served.http.get("/connect", headers=headers)
    assert [(page.status_code, NORTH.name in page.text) for page in (invited, shown)] == [(200, True)] * 2
    assert await served.rows() == before

    gone = await served.http.post("/connect", data={"do": "remove"}, headers=headers)
    assert gone.status_code == 200
    assert {row.partition(":")[0] for row in before - await served.rows()} == {"sync_keys", "audit_heads"}
    denied = await served.http.get(
        "/slack/oauth_redirect", params=state, headers=_cookie("install", NORTH_BROWSER)
    )
    assert (denied.status_code, "You did not allow it" in denied.text) == (400, True)
