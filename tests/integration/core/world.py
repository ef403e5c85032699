"""The core over real parts: a database, the sandbox's Slack on a socket, sync.so scripted on the wire."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any, TypeVar

import httpx
import respx

from bot.app import new_id
from bot.asking.addresses import stored
from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.errors import NotConnected, NotInstalled
from bot.heartbeat import Heartbeat
from bot.media import Links, Looks, MediaRelay
from bot.messages.catalogue import ENGLISH
from bot.patience import Patience
from bot.probe.reader import Reader
from bot.roles import roles_of
from bot.sandbox.fake_slack import TeamConfig
from bot.slack import Slack
from bot.slack.paces import MESSAGE_EVERY_S
from bot.steps.tools import Tools
from bot.sync_api.models import Account as Told
from bot.teams.accounts import Accounts, OwnKey
from bot.teams.installations import Teams
from bot.teams.keys import Keys
from storage import card_store, claims, job_store, order_store, states
from storage.cards import Card, OrderState
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installation, Installations
from storage.jobs import Job, JobStatus, NewJob, body_at, job_id
from storage.leases import LEASE_S
from storage.orders import Conversation, NewOrder, Order, OrderStatus
from storage.sync_keys import APP
from tests.integration.core.rows import change, held_for, id_of, order_id_of, stored_job, stored_order
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS, Sandbox

SYNC = "https://sync.test"
UNHURRIED = Patience(**dict.fromkeys((each.name for each in fields(Patience)), 60.0))
"""What an answer says does not hang on how busy a machine is; who tests a limit hands in one of their own."""
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
Held = TypeVar("Held", Order, Job)
Row = TypeVar("Row", Order, Job, OrderState)


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
        "installed_at": 1_780_000_000.0,
    }
    return Installation(**usual | changes)


def generation(generation_id: str = "gen-1", status: str = "PENDING", **more: Any) -> dict[str, Any]:
    """A generation as sync.so writes it."""
    return {"id": generation_id, "status": status, "model": "sync-3", **more}


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
    keys: Keys
    woken: list[float] = field(default_factory=list)

    @property
    def slack(self) -> Any:
        """The fake Slack itself: faults, records, workspaces."""
        return self.box.slack

    async def connect(self, api_key: str, organisation: str, owner: str = NORTH.id) -> None:
        """Have a workspace's key put, or replaced, as an admin does it."""
        told = Told(organization_id=organisation)
        await self.keys.put(owner, api_key, told, by=ADA, now=self.clock())

    async def order(self, status: OrderStatus, *, draft: Draft = LINKS, **columns: Any) -> Order:
        """A stored order of Ada's in `status`, however it came there, with nothing due."""
        new = self._ask(draft, columns)
        prepared = Prepared.model_validate_json(columns.pop("prepared", PREPARED.model_dump_json()))
        if prepared != Prepared() and prepared.account_key is None:
            prepared = prepared.at(await self._account_key(new))
        columns = {"due_at": None, "prepared": prepared.model_dump_json(), **columns}
        async with self.db.write() as conn:
            await stored_order(conn, new, status, now=self.clock(), **columns)
        return await self.now_order(new.id)

    async def job(self, status: JobStatus, *, draft: Draft = LINKS, **columns: Any) -> Job:
        """A stored job of Ada's in `status`, its order running, with nothing due."""
        new = self._ask(draft, columns)
        at = body_at(job_id(new.id, columns.get("position", 0)))
        body = CIPHER.seal(columns.pop("request_body", '{"model":"sync-3"}'), at)
        account_key = columns.pop("account_key", None) or await self._account_key(new)
        prepared = PREPARED.at(account_key).model_dump_json()
        usual: dict[str, Any] = {"prepared": prepared, "addresses": new.addresses, "account_key": account_key}
        async with self.db.write() as conn:
            made = await stored_job(conn, new, status, body, now=self.clock(), **usual | columns)
        return await self.now_job(made)

    async def _account_key(self, of: NewOrder) -> str:
        """Of the account that pays there; of one that nobody has where none does."""
        with suppress(NotConnected, NotInstalled):
            return await self.tools.accounts.key_of_team(None, of.team_id)
        return "account-1"

    async def done_order(self, status: JobStatus, **columns: Any) -> Order:
        """The order of a job that stands in `status`."""
        return await self.order_of(await self.job(status, **columns))

    async def sister(self, job: Job, status: JobStatus) -> Job:
        """One more job of the same order, in the next position: the same video says something else."""
        order, position = await self.order_of(job), job.position + 1
        draft = Draft.model_validate_json(order.draft)
        line = Script(text=f"Line {position}", voice_id="v-1", voice_name="Rachel")
        wish = draft.model_copy(update={"more_scripts": (*draft.more_scripts, line)})
        born = NewJob(
            order_id=order.id,
            position=position,
            label=f"Part {position + 1}",
            enterprise_id=job.enterprise_id,
            team_id=job.team_id,
            user_id=job.user_id,
            account_key=job.account_key,
            estimate_usd=job.estimate_usd,
            idempotency_key=f"{job.idempotency_key}-{position}",
            request_body=CIPHER.seal("{}", body_at(job_id(order.id, position))),
        )
        async with self.db.write() as conn:
            await job_store.bear(conn, [born], now=self.clock())
            await change(
                conn, order.id, {"parts": (*order.parts, order.parts[0]), "draft": wish.model_dump_json()}
            )
            await change(conn, born.id, {"status": status, "due_at": None})
            await held_for(conn, born, now=self.clock())
        return await self.now_job(born.id)

    def _ask(self, draft: Draft, columns: dict[str, Any]) -> NewOrder:
        number, user_id = next(_numbers), columns.pop("user_id", ADA)
        order_id = f"{number:032x}"
        return NewOrder(
            id=order_id,
            request_key=columns.pop("request_key", f"request-{number}"),
            team_id=columns.pop("team_id", NORTH.id),
            enterprise_id=columns.pop("enterprise_id", None),
            user_id=user_id,
            channel_id=columns.pop("channel_id", VIDEOS),
            thread_ts=columns.pop("thread_ts", None),
            conversation=columns.pop("conversation", Conversation.CHANNEL),
            **stored(draft, CIPHER, order_id, given_by=user_id),
        )

    async def queued(self, **columns: Any) -> Job:
        """A job that somebody has just said yes to, and its price just looked at."""
        usual: dict[str, Any] = {
            "idempotency_key": "lipsync-key-1",
            "created_at": self.clock(),
            "priced_at": self.clock(),
            "due_at": self.clock(),
        }
        return await self.job(columns.pop("status", JobStatus.QUEUED), **usual | columns)

    async def now(self, row: Row) -> Row:
        """The order or job, or all that belongs to an order, as it is stored now."""
        if isinstance(row, OrderState):
            return await self.state(row)
        if isinstance(row, Order):
            return await self.now_order(row.id)
        return await self.now_job(row.id)

    async def now_order(self, order_id: str) -> Order:
        """An order as it is stored now."""
        async with self.db.read() as conn:
            found = await order_store.find(conn, order_id)
        assert found is not None
        return found

    async def now_job(self, job_id: str) -> Job:
        """A job as it is stored now."""
        async with self.db.read() as conn:
            found = await job_store.find(conn, job_id)
        assert found is not None
        return found

    async def state(self, row: Order | Job | OrderState) -> OrderState:
        """An order with all that belongs to it, as it is stored now."""
        async with self.db.read() as conn:
            found = await states.find(conn, order_id_of(row))
        assert found is not None
        return found

    async def card(self, row: Order | Job | OrderState) -> Card:
        """The card of an order as it is stored now; of one that has none, one that shows nothing."""
        state = await self.state(row)
        blank: dict[str, Any] = dict.fromkeys((each.name for each in fields(Card)), None)
        return state.card or Card(**{**blank, "revision": 0, "shown": 0})

    async def order_of(self, job: Job) -> Order:
        """The order of a job as it is stored now."""
        return await self.now_order(job.order_id)

    async def body_of(self, job: Job) -> str | None:
        """The create call's body that is stored with a job; None: it is forgotten."""
        async with self.db.read() as conn:
            body = await job_store.body_of(conn, job.id)
        return None if body is None else CIPHER.open(body, body_at(job.id))

    async def orders_of(self, asker: Asker) -> list[Order]:
        """The orders of one person, newest first."""
        async with self.db.read() as conn:
            found = await states.recent(conn, asker, limit=100)
        return [state.order for state in found]

    async def change(self, row: Row, **columns: Any) -> Row:
        """Change rows behind everybody's back: that one, and its order's card by `card_…`."""
        async with self.db.write() as conn:
            await change(conn, id_of(row), columns)
        return await self.now(row)

    async def claim(self, *claimed: Held) -> list[Held]:
        """Hold these orders or jobs under one fresh lease, as the worker does."""
        for row in claimed:
            await self.change(row, due_at=self.clock())
        lease: dict[str, Any] = {"now": self.clock(), "lease_s": LEASE_S, "token": new_id(), "limit": 1_000}
        lease["statuses"] = {row.status for row in claimed}
        claim: Any = claims.claim_orders if isinstance(claimed[0], Order) else claims.claim_jobs
        async with self.db.write() as conn:
            held: list[Held] = await claim(conn, **lease)
        return [row for row in held if row.id in {wanted.id for wanted in claimed}]

    async def run(self, step: Any, *claimed: Held) -> Held:
        """Claim, run the step, and give the first row as it is then."""
        await step(await self.claim(*claimed))
        return await self.now(claimed[0])

    async def show(self, step: Any, row: Row) -> Row:
        """Have an order's card shown, and give the row as it is then."""
        async with self.db.write() as conn:
            await change(conn, id_of(row), {"card_due_at": self.clock()})
            held = await card_store.claim_cards(
                conn, now=self.clock(), lease_s=LEASE_S, token=new_id(), limit=100
            )
        await step([card for card in held if card.order_id == order_id_of(row)])
        return await self.now(row)

    async def uninstall(self, installation_id: str) -> None:
        """The app was removed there, as Slack tells."""
        now = self.clock()
        await self.tools.teams.remove(installation_id, at=now, now=now)

    def wait_s(self, row: Order | Job) -> float:
        """How long until its step runs again."""
        assert row.due_at is not None
        return row.due_at - self.clock()

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
async def world(db: Database, box: Sandbox, patience: Patience = UNHURRIED) -> AsyncIterator[World]:
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
        await teams.save(installation(SOUTH))
        keys = Keys(db, CIPHER, new_id=new_id, clock=clock)
        await keys.put(APP, KEY, Told(organization_id="org_app"), by=None, now=clock())
        await keys.put(SOUTH.id, SOUTH_KEY, Told(organization_id="org_south"), by=None, now=clock())
        own = OwnKey(KEY, NORTH.id, for_all=True)
        accounts = Accounts(teams, keys, http, base_url=SYNC, own=own, clock=clock, elapsed=clock)
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
            ENGLISH,
            roles_of(db, teams, slack, clock=clock, elapsed=clock, patience=patience),
            patience,
        )
        yield World(db, clock, box, router, tools, keys)


Waker = Callable[[], None]
