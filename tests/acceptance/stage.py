"""A running sandbox, and what tests do behind its scenes: faults, records, the passing of time."""

import asyncio
import dataclasses
import hashlib
import hmac
import itertools
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.sandbox.fake_slack import Timings
from bot.sandbox.process import App
from bot.sandbox.server import Setup, sandbox
from bot.sandbox.world import SIGNING_SECRET
from tests.acceptance.blocks import Json
from tests.acceptance.books import unexplained
from tests.acceptance.person import PATIENCE_S, Person
from tests.acceptance.workspaces import HOMES, KEYS, NEW, ORGS, WORKSPACES
from tests.leaks import arguments_of, told_in

FORM = "application/x-www-form-urlencoded"


class Stage:
    """One sandbox, used by many tests one after the other."""

    def __init__(self, app: App, app_url: str, folder: Path, page: httpx.AsyncClient) -> None:
        self.page = page
        self.broken = False
        """Whether this test killed the app or broke its machine; Slack then has failures to tell of."""
        self._app = app
        self._app_url = app_url
        self._database = folder / "lipsync.db"
        self._log = folder / "app.log"
        self._homes = itertools.cycle(HOMES)
        self._home = next(self._homes)
        self._newcomers: dict[str, Iterator[Person]] = {}
        self._met: list[Person] = []
        self._heard = 0
        self._read = 0
        self._generations = 0
        self._creates = 0
        self._webhooks = 0
        self._uploads = 0

    async def newcomer(self, team: str | None = None) -> Person:
        """Somebody whom no test has met before, of this test's workspace unless another is named."""
        team = team or self._home
        if team not in self._newcomers:
            teams = (await self.page.get("/ui/bootstrap")).json()["teams"]
            self._newcomers[team] = self._people(next(each for each in teams if each["id"] == team))
        self._met.append(next(self._newcomers[team]))
        return self._met[-1]

    def _people(self, team: Mapping[str, Any]) -> Iterator[Person]:
        places = [channel for channel in team["channels"] if channel["kind"] == "channel"]
        inside = (channel["id"] for channel in places if channel["bot_is_member"])
        outside = (channel["id"] for channel in places if not channel["bot_is_member"])
        directs = {channel["user"]: channel["id"] for channel in team["channels"] if channel.get("user")}
        for user, channel, other in zip(team["users"], inside, outside, strict=True):
            yield Person(self.page, team["id"], user["id"], directs[user["id"]], channel, other)

    def sample_link(self, name: str) -> str:
        """A public link to a sample, as if it lay somewhere on the web."""
        return f"{self.page.base_url}/ui/sample/{name}".replace("//ui", "/ui")

    def file_link(self, file: Json) -> str:
        """A public link to an uploaded file, as if it lay somewhere on the web."""
        return f"{self.page.base_url}{file['ui_url']}".replace("//ui", "/ui")

    # --- faults ---------------------------------------------------------------------------------------

    async def sync_trouble(self, name: str, times: int | None = None, **settings: Any) -> None:
        """Turn a fault of sync.so's on, for so many times or until it is ended."""
        await self._turn({"name": name, "on": True, "times": times, "settings": settings})

    async def end_sync_trouble(self, name: str | None = None) -> None:
        await self._turn({"name": name})

    async def _turn(self, body: Json) -> None:
        (await self.page.post("/ui/sync/faults", json=body)).raise_for_status()

    async def slack_trouble(self, name: str, **params: Any) -> None:
        """Turn a fault of Slack's on."""
        body = {"name": name, "params": params}
        (await self.page.post("/ui/faults", json=body)).raise_for_status()

    async def mend(self) -> None:
        """End every fault."""
        await self.end_sync_trouble()
        (await self.page.post("/ui/faults", json={"reset": True})).raise_for_status()

    @property
    def app_runs(self) -> bool:
        return self._app.exit_code is None

    async def crash(self) -> None:
        """kill -9: what the app held is free as soon as the next one starts."""
        self.broken = True
        await self._app.kill()

    async def restart(self) -> None:
        """The app comes (back) up, and remembers no more than what it stored.

        What Slack has to tell meanwhile meets nobody, and comes again.
        """
        self.broken = True
        await self._app.stop()
        await self._app.start()

    # --- what the fakes themselves saw ----------------------------------------------------------------

    async def records(self) -> Json:
        """What sync.so's side has recorded since the test began."""
        records: Json = (await self.page.get("/ui/sync/records")).json()
        return {
            **records,
            "generations": records["generations"][self._generations :],
            "creates": records["creates"][self._creates :],
            "webhooks": records["webhooks"][self._webhooks :],
            "uploads": records["uploads"][self._uploads :],
        }

    async def generations(self) -> list[Json]:
        """What sync.so was paid to make since the test began."""
        made: list[Json] = (await self.records())["generations"]
        return made

    async def webhooks(self) -> list[Json]:
        """The webhooks that sync.so sent since the test began, with the app's answers."""
        sent: list[Json] = (await self.records())["webhooks"]
        return sent

    async def uploads(self) -> list[Json]:
        """The files that were sent to sync.so's storage since the test began, `whole` or not."""
        sent: list[Json] = (await self.records())["uploads"]
        return sent

    async def until_uploaded(self, number: int) -> None:
        """Until so many files are at sync.so, each sent once."""
        async with asyncio.timeout(PATIENCE_S):
            while [sent["whole"] for sent in await self.uploads()] != [True] * number:  # noqa: ASYNC110 - another process has no event for it
                await asyncio.sleep(0.1)

    async def the_generation(self) -> Json:
        """The one generation that this test led to."""
        made = await self.generations()
        assert len(made) == 1, f"{len(made)} generations"
        return made[0]

    async def begin(self) -> None:
        """A test begins: what was before is not its business."""
        if not self.app_runs:
            await self.restart()
        self.broken = False
        self._met.clear()
        self._home = next(self._homes)
        records = (await self.page.get("/ui/sync/records")).json()
        self._generations, self._creates = len(records["generations"]), len(records["creates"])
        self._webhooks, self._uploads = len(records["webhooks"]), len(records["uploads"])
        self._heard = max((entry["seq"] for entry in await self._wire()), default=0)
        self._read = self._log.stat().st_size

    async def _wire(self) -> list[Json]:
        entries: list[Json] = (await self.page.get("/ui/wire", params={"after": self._heard})).json()[
            "entries"
        ]
        return entries

    async def edits_of(self, message: Mapping[str, Any]) -> list[float]:
        """When the app has changed a message since the test began, in seconds, oldest first."""
        return [
            entry["at"]
            for entry in await self._wire()
            if "chat.update" in entry["title"] and entry["request"]["ts"] == message["ts"]
        ]

    async def unanswered(self) -> list[str]:
        """What Slack sent since the test began and got no good answer to: people saw Slack's own error.

        With the time that it took: what took much longer than Slack waits, was kept waiting by this process.
        An event that was taken when it came again was seen by nobody.
        """
        sent = [entry for entry in await self._wire() if entry["direction"] == "out"]
        taken = {_event_of(entry) for entry in sent if entry["status"] == "ok"} - {None}
        bad = [entry for entry in sent if entry["status"] != "ok" and _event_of(entry) not in taken]
        return [f"{entry['title']}: {entry['status']} after {entry['ms']:.0f} ms" for entry in bad]

    async def until_called(self, method: str) -> None:
        """Wait until the app has called this method of Slack's."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if any(method in entry["title"] for entry in await self._wire()):
                    return
                await asyncio.sleep(0.02)

    async def until_webhooks(self, number: int) -> None:
        """Wait until sync.so has sent so many webhooks and has their answers."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if len(await self.webhooks()) >= number:
                    return
                await asyncio.sleep(0.02)

    async def until_asked_to_create(self) -> None:
        """Wait until the app has asked sync.so to make something, whatever the answer."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if (await self.records())["creates"]:
                    return
                await asyncio.sleep(0.02)

    async def signed_post(self, payload: Json, *, wrong: str = "") -> int:
        """Send the app an interaction as Slack signs it; `wrong` spoils the signature. Returns the status."""
        return await self.signed(urlencode({"payload": json.dumps(payload)}).encode(), wrong=wrong)

    async def signed(self, body: bytes, content_type: str = FORM, *, wrong: str = "") -> int:
        """Send the app any body in the same way."""
        timestamp = str(int(time.time()) - (600 if wrong == "old" else 0))
        secret = "somebody else's" if wrong == "forged" else SIGNING_SECRET
        base = f"v0:{timestamp}:".encode() + body
        signature = f"v0={hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()}"
        signed = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        headers = {"Content-Type": content_type} | ({} if wrong == "unsigned" else signed)
        url = f"{self._app_url}/slack/events"
        return (await self.page.post(url, content=body, headers=headers)).status_code

    async def readiness(self) -> int:
        """What the app answers to whoever asks whether it can work."""
        return (await self.page.get(f"{self._app_url}/readyz")).status_code

    def new_log(self) -> str:
        """What the app wrote since the test began."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            return file.read().decode()

    async def until_logged(self, words: str) -> None:
        """Wait until the app has written these words."""
        async with asyncio.timeout(PATIENCE_S):
            while words not in self.new_log():  # noqa: ASYNC110 - a file tells nobody that it grew
                await asyncio.sleep(0.05)

    def told_of_trouble(self) -> str:
        """The lines since the test began in which the app warns, or says that it did not serve something."""
        lines = self.new_log().splitlines()
        return "\n".join(line for line in lines if "level='warning'" in line or "level='error'" in line)

    def files_with(self, words: str) -> list[str]:
        """Which of the app's files hold these words: its database, what SQLite keeps beside it, its log."""
        own = [*self._database.parent.glob(f"{self._database.name}*"), self._log]
        return [file.name for file in own if words.encode() in file.read_bytes()]

    async def secrets_told(self) -> set[str]:
        """Secrets in the app's log, in its arguments, or in anything that the people of this test can see."""
        seen = [json.dumps(await person.state()) for person in self._met]
        return told_in((self.new_log(), *arguments_of(os.getpid()), *seen))

    async def unexplained(self) -> list[str]:
        """What of the money of this test's people the app's books and sync.so's record do not tell alike."""
        made = await self.generations()
        with closing(self._connect()) as db:
            return unexplained(db, [person.user for person in self._met], made)

    # --- time -----------------------------------------------------------------------------------------

    def jobs_of(self, person: Person) -> list[dict[str, Any]]:
        """A person's orders, oldest first: each as its job stands, once it has one."""
        with closing(self._connect()) as db:
            orders = db.execute("SELECT * FROM orders WHERE user_id = ? ORDER BY created_at", [person.user])
            return [self._as_it_stands(db, dict(order)) for order in orders]

    def _as_it_stands(self, db: sqlite3.Connection, order: dict[str, Any]) -> dict[str, Any]:
        job = db.execute("SELECT * FROM jobs WHERE order_id = ?", [order["id"]]).fetchone()
        card = db.execute("SELECT due_at, ts FROM cards WHERE order_id = ?", [order["id"]]).fetchone()
        shown = {f"card_{name}": card[name] if card else None for name in ("due_at", "ts")}
        return {**order, **(dict(job) if job else {}), **shown}

    def let_time_pass(self, person: Person, **times: float) -> None:
        """Set times back or forth, as if the clock had gone on: nobody waits a day.

        They are of a person's jobs; ends of offers and orders are of orders, `card_` ones of their cards.
        """
        of_card = {name.removeprefix("card_"): by for name, by in times.items() if name.startswith("card_")}
        own = {name: by for name, by in times.items() if not name.startswith("card_")}
        self._pass(person, "cards", of_card)
        self._pass(person, "orders" if own.keys() & {"expires_at", "ended_at"} else "jobs", own)

    def _pass(self, person: Person, table: str, times: Mapping[str, float]) -> None:
        if times:
            changes = ", ".join(f"{name} = {name} + ?" for name in times)
            with closing(self._connect()) as db, db:
                db.execute(f"UPDATE {table} SET {changes} WHERE user_id = ?", [*times.values(), person.user])

    def let_time_pass_for_inputs(self, *, come_at: float) -> None:
        """As above, of what is at sync.so."""
        with closing(self._connect()) as db, db:
            db.execute("UPDATE inputs SET come_at = come_at + ?", [come_at])

    def let_tokens_be_tried(self) -> None:
        """As above, until the app looks whether its tokens work."""
        with closing(self._connect()) as db, db:
            db.execute("UPDATE installations SET due_at = 0 WHERE due_at IS NOT NULL")

    def inputs(self) -> list[dict[str, Any]]:
        """What sync.so has or gets, in the order in which it was named first."""
        with closing(self._connect()) as db:
            return [dict(row) for row in db.execute("SELECT * FROM inputs ORDER BY rowid")]

    async def until_nothing_is_brought(self) -> None:
        """Until nothing is on its way to sync.so."""
        async with asyncio.timeout(PATIENCE_S):
            while any(each["lease_token"] is not None for each in self.inputs()):  # noqa: ASYNC110 - another process has no event for it
                await asyncio.sleep(0.1)

    async def put_off(self, person: Person, *, by_s: float) -> None:
        """Let nothing but a webhook make a person's job due, once the poll that may be running has ended."""
        statement = "UPDATE jobs SET due_at = due_at + ? WHERE user_id = ? AND lease_token IS NULL"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with closing(self._connect()) as db, db:
                    if db.execute(statement, [by_s, person.user]).rowcount:
                        return
                await asyncio.sleep(0.05)

    def limit(self, person: Person, micro_usd: int) -> None:
        """Set a monthly limit to what the person's workspace spends."""
        with closing(self._connect()) as db, db:
            db.execute(
                "INSERT INTO limits (owner_id, scope, limit_micro_usd, set_by, set_at) "
                "VALUES (?, 'team', ?, ?, 0)",
                [person.team, micro_usd, person.user],
            )

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._database, timeout=10)
        db.row_factory = sqlite3.Row
        return db

    async def until(self, person: Person, status: str, *, shown: bool = False) -> Json:
        """Wait until a person's newest job has this status, and with `shown` until its card says so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                jobs = await asyncio.to_thread(self.jobs_of, person)
                last = jobs[-1] if jobs else None
                if last and last["status"] == status and not (shown and last["card_due_at"]):
                    return last
                await asyncio.sleep(0.05)

    async def until_removed(self, person: Person) -> None:
        """Wait until the app knows that it was removed from a person's workspace."""
        statement = "SELECT removed_at FROM installations WHERE id = ?"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with closing(self._connect()) as db:
                    if db.execute(statement, [person.team]).fetchone()["removed_at"] is not None:
                        return
                await asyncio.sleep(0.05)

    async def until_struck(self, name: str) -> None:
        """Wait until a trouble of sync.so's has come as often as it was to come."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                switches = (await self.page.get("/ui/sync/faults")).json()["switches"]
                if not any(switch["on"] for switch in switches if switch["name"] == name):
                    return
                await asyncio.sleep(0.02)

    async def until_tries(self, person: Person, status: str, failed: int) -> None:
        """Wait until the step of a person's newest job has failed so often in this status."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                last = (await asyncio.to_thread(self.jobs_of, person))[-1]
                if last["status"] == status and last["attempts"] >= failed:
                    return
                await asyncio.sleep(0.05)


def _event_of(entry: Json) -> str | None:
    """The id that an event keeps when it comes again; None: it is no event."""
    request = entry.get("request")
    return request.get("event_id") if isinstance(request, dict) else None


@asynccontextmanager
async def opened(folder: Path, setup: Setup) -> AsyncIterator[Stage]:
    """A sandbox full of people, whose fakes wait less than the real services, but longer for the app.

    Or what people see would hang on how busy the machine is.
    """
    crowded = dataclasses.replace(
        setup,
        teams=(WORKSPACES[0], *NEW) if setup.installs else WORKSPACES,
        keys=KEYS,
        orgs=ORGS,
        timings=Timings(ack_s=10.0, trigger_s=10.0, share_s=0.2, event_retries_s=(0.0, 1.0, 2.0)),
        processing_s=0.4,
        log=folder / "app.log",
    )
    async with (
        sandbox(folder, crowded) as (addresses, app),
        httpx.AsyncClient(base_url=addresses.slack_url, trust_env=False, timeout=60) as page,
    ):
        yield Stage(app, addresses.app_url, folder, page)
