"""The core over real parts: a SQLite file, the sandbox's Slack on a socket, sync.so scripted on the wire."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import respx
from sqlalchemy import update

from bot.app import new_id
from bot.asking.addresses import stored
from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.generations import Asker
from bot.heartbeat import Heartbeat
from bot.media import Links, Looks, MediaRelay
from bot.probe.reader import Reader
from bot.sandbox.fake_slack import TeamConfig
from bot.slack import Slack
from bot.slack.paces import MESSAGE_EVERY_S
from bot.steps.tools import Tools
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from storage import job_cards, job_claims, job_store
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installation, Installations
from storage.jobs import Job, JobStatus, NewJob
from storage.leases import LEASE_S
from storage.schema import jobs
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS, Sandbox

SYNC = "https://sync.test"
KEY = "sk-default-0123456789"
SOUTH_KEY = "sk-south-0123456789"
CIPHER_KEY = new_key()
CIPHER = Cipher([CIPHER_KEY])
WEBHOOK_SECRET = "whsec_of_the_account"
VIDEO_LINK = Link(url="https://example.com/video.mp4")
AUDIO_LINK = Link(url="https://example.com/audio.mp3")
LINKS = Draft(video=VIDEO_LINK, speech=AUDIO_LINK)
SCRIPT = Draft(video=VIDEO_LINK, speech=Script(text="Hello everybody", voice_id="v-1", voice_name="Rachel"))
PREPARED = Prepared(
    video=PreparedInput(duration_s=6.0),
    audio=PreparedInput(duration_s=5.0),
)
_numbers = count(1)


class Clock:
    """Seconds since the epoch, which a test may let pass."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def installation(team: TeamConfig = NORTH, **changes: Any) -> Installation:
    usual: dict[str, Any] = {
        "id": team.id,
        "enterprise_id": None,
        "team_id": team.id,
        "team_name": team.name,
        "app_id": "A1",
        "bot_id": team.bot_id,
        "bot_user_id": team.bot_user_id,
        "bot_token": team.bot_token,
        "scopes": (),
        "sync_api_key": None,
        "installed_at": 1_780_000_000.0,
    }
    return Installation(**usual | changes)


def generation(generation_id: str = "gen-1", status: str = "PENDING", **more: Any) -> dict[str, Any]:
    """A generation as sync.so writes it."""
    return {"id": generation_id, "status": status, "model": "sync-3", **more}


def body_of(job: Job) -> str:
    """The create call's body that is stored with a job."""
    assert job.request_body is not None
    return CIPHER.open(job.request_body)


def error(status: int, code: str, **more: Any) -> httpx.Response:
    """A refusal as sync.so writes it."""
    headers = {"Retry-After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    body = {"statusCode": status, "errorCode": code, "message": f"{code} happened.", **more}
    return httpx.Response(status, json=body, headers=headers)


@dataclass
class World:
    """Everything a step works with, and eyes on what it did."""

    db: Database
    clock: Clock
    box: Sandbox
    sync: respx.MockRouter
    tools: Tools
    woken: list[float] = field(default_factory=list)

    @property
    def slack(self) -> Any:
        """The fake Slack itself: faults, records, workspaces."""
        return self.box.slack

    async def job(self, status: JobStatus, *, draft: Draft = LINKS, **columns: Any) -> Job:
        """A stored job of Ada's in `status`, however it came there, with nothing due."""
        number, user_id = next(_numbers), columns.pop("user_id", ADA)
        new = NewJob(
            id=f"{number:032x}",
            request_key=f"request-{number}",
            team_id=columns.pop("team_id", NORTH.id),
            user_id=user_id,
            channel_id=columns.pop("channel_id", VIDEOS),
            thread_ts=columns.pop("thread_ts", None),
            **stored(draft, CIPHER, given_by=user_id),
        )
        columns = {"status": status, "due_at": None, "prepared": PREPARED.model_dump_json(), **columns}
        async with self.db.write() as conn:
            await job_store.create(conn, new, now=self.clock())
            await conn.execute(update(jobs).where(jobs.c.id == new.id).values(**columns))
        return await self.now(new.id)

    async def queued(self, **columns: Any) -> Job:
        """A job that somebody said yes to, with its key and body stored and its price just looked at."""
        team_id = columns.get("team_id", NORTH.id)
        usual: dict[str, Any] = {
            "account_key": await self.tools.accounts.key_of_team(None, team_id),
            "idempotency_key": "lipsync-key-1",
            "request_body": CIPHER.seal('{"model":"sync-3"}'),
            "estimate_id": "e1",
            "confirmed_at": self.clock(),
            "priced_at": self.clock(),
            "due_at": self.clock(),
        }
        return await self.job(columns.pop("status", JobStatus.QUEUED), **usual | columns)

    async def now(self, job: Job | str) -> Job:
        """The job as it is stored now."""
        async with self.db.read() as conn:
            found = await job_store.find(conn, job if isinstance(job, str) else job.id)
        assert found is not None
        return found

    async def jobs_of(self, asker: Asker) -> list[Job]:
        """The jobs of one person, newest first."""
        async with self.db.read() as conn:
            return await job_store.recent(conn, asker.team_id, asker.user_id, limit=100)

    async def change(self, job: Job, **columns: Any) -> Job:
        """Change a row behind everybody's back."""
        async with self.db.write() as conn:
            await conn.execute(update(jobs).where(jobs.c.id == job.id).values(**columns))
        return await self.now(job)

    async def claim(self, *claimed: Job) -> list[Job]:
        """Hold these jobs under one fresh lease, as the worker does."""
        for job in claimed:
            await self.change(job, due_at=self.clock())
        async with self.db.write() as conn:
            held = await job_claims.claim_due(
                conn,
                now=self.clock(),
                lease_s=LEASE_S,
                token=new_id(),
                statuses={job.status for job in claimed},
                limit=1_000,
            )
        return [job for job in held if job.id in {wanted.id for wanted in claimed}]

    async def run(self, step: Any, *claimed: Job) -> Job:
        """Claim, run the step, and give the first job as it is then."""
        await step(await self.claim(*claimed))
        return await self.now(claimed[0])

    async def show(self, step: Any, job: Job) -> Job:
        """Have a job's card shown."""
        await self.change(job, card_due_at=self.clock())
        async with self.db.write() as conn:
            held = await job_cards.claim_cards(
                conn, now=self.clock(), lease_s=LEASE_S, token=new_id(), limit=100
            )
        await step([card for card in held if card.id == job.id])
        return await self.now(job)

    def wait_s(self, job: Job) -> float:
        """How long until the job's step runs again."""
        assert job.due_at is not None
        return job.due_at - self.clock()

    def sent(self, path: str) -> list[httpx.Request]:
        """The requests that sync.so got at `path`."""
        return [call.request for call in self.sync.calls if call.request.url.path == path]

    def sent_json(self, path: str) -> list[Any]:
        return [json.loads(request.content) for request in self.sent(path)]

    def messages(self, channel: str) -> list[Any]:
        return list(self.slack.workspace(NORTH.id).messages(channel))

    def calls(self, method: str) -> list[Any]:
        return list(self.slack.records().calls_of(method))

    async def video_in_channel(
        self, name: str = "clip.mp4", data: bytes = b"\0\0 ftypisom video"
    ) -> SlackFile:
        """A video of Ada's that stands in a channel with the app."""
        file = await self.box.upload(data, name)
        await self.box.as_ada("/ui/message", channel=VIDEOS, text="look", file_ids=[file["id"]])
        return SlackFile(file_id=file["id"], name=name, mimetype="video/mp4", size=len(data))


@asynccontextmanager
async def world(db: Database, box: Sandbox) -> AsyncIterator[World]:
    """Two installed teams; the second has a sync.so key of its own."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        router = respx.MockRouter(base_url=SYNC, assert_all_called=False)
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.MockTransport(router.async_handler))
        )
        router.get("/v2/account").respond(json={"generationLimits": {"concurrency": 3}})
        teams = Teams(Installations(db, CIPHER), clock=clock)
        await teams.save(installation())
        await teams.save(installation(SOUTH, sync_api_key=SOUTH_KEY))
        accounts = Accounts(teams, http, base_url=SYNC, default_key=KEY, clock=clock)
        slack = Slack(box.http, base_url=box.slack.api_url, clock=count(step=MESSAGE_EVERY_S).__next__)
        relay = await stack.enter_async_context(
            aclosing(MediaRelay(slack_token_hosts={"127.0.0.1"}, loopback=True, stall_s=5))
        )
        heartbeat = Heartbeat(db, "us", clock=clock, elapsed=clock)
        await heartbeat.beat()
        tools = Tools(
            db,
            CIPHER,
            teams,
            accounts,
            slack,
            relay,
            clock,
            new_id,
            heartbeat,
            Looks(Links(loopback=True, token_hosts=frozenset({"127.0.0.1"})), Reader()),
        )
        yield World(db, clock, box, router, tools)


Waker = Callable[[], None]


def copy_of(template: Path, folder: Path) -> Path:
    """A migrated file of one's own."""
    path = folder / "lipsync.db"
    path.write_bytes(template.read_bytes())
    return path
