"""The kill switch under load: 50 creates a second over 50 accounts, by three replicas.

One is cut off from the database, and one stands still between the transaction and the send.
"""

import asyncio
import json
import random
import secrets
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from bot.sandbox.ports import free_ports
from bot.sandbox.serving import served
from bot.sync_api.models import Account
from bot.teams.keys import Keys, account_key_of
from bot.use_cases import switching
from storage.audit import OPERATOR
from storage.database import Database, migrate, open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import JobStatus, body_at, job_id
from storage.pauses import ALL, Pause
from tests.crash.doomed import Plan
from tests.crash.line import line_to
from tests.crash.replicas import Replicas
from tests.crash.run import during
from tests.integration.storage.builders import installation, job_in
from tests.postgres import PostgresServer

ACCOUNTS, OF_EACH, A_SECOND = 50, 8, 50
LEFT_AFTER_S = 2.0
"""From the return of `pause` until nothing arrives any more."""
STOPPED_S = 5.0
STOPS = "after commit: Submit._use_slot < Submit._make_ready"
KEY = new_key()


class Sync:
    """Takes every create, and counts those whose last byte has come."""

    def __init__(self) -> None:
        self.creates = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer: Any = []
        if scope["path"] == "/v2/account":
            answer = {"generationLimits": {"concurrency": 100}}
        elif scope["method"] == "POST":
            message: Message = await receive()
            while message.get("more_body"):
                message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.creates += 1
            answer = {"id": f"gen-{self.creates}", "status": "PENDING", "model": "sync-3"}
        head = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json")],
        }
        await send(head)
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def until(self, creates: int) -> None:
        while self.creates < creates:  # noqa: ASYNC110 - the count is all there is
            await asyncio.sleep(0.02)

    async def all_that_has_come(self) -> int:
        """With what lies in this machine's sockets, whatever this process had to do meanwhile."""
        for _ in range(50):
            await asyncio.sleep(0)
        return self.creates


async def confirmed(db: Database) -> None:
    """Jobs that had their yes, 50 falling due in each second, each account's in its own line."""
    await migrate(db)
    cipher, now = Cipher([KEY]), time.time()
    store = Installations(db, cipher)
    keys = Keys(db, cipher, new_id=lambda: secrets.token_hex(8), clock=time.monotonic)
    told = {
        f"T0PAUSE{number:03}": Account(organization_id=f"org_pause_{number}") for number in range(ACCOUNTS)
    }
    for team_id, account in told.items():
        await store.save(installation(id=team_id, team_id=team_id))
        await keys.put(team_id, f"sk-pause-{team_id}", account, by=None, now=now)
    async with db.write() as conn:
        for number in range(ACCOUNTS * OF_EACH):
            team_id, order_id = f"T0PAUSE{number % ACCOUNTS:03}", f"{number:032x}"
            at = {"due_at": now + 2.0 + number / A_SECOND, "created_at": now, "id": order_id}
            body = cipher.seal('{"model":"sync-3"}', body_at(job_id(order_id, 0)))
            key = account_key_of(told[team_id], "")
            whose = {"team_id": team_id, "account_key": key, "idempotency_key": f"lipsync-{number}"}
            await job_in(conn, JobStatus.QUEUED, request_body=body, **whose, **at)


def settings(url: str, sync_url: str, port: int) -> Mapping[str, str]:
    """Of an app that many install, so that it starts without Slack, which is not there."""
    nowhere = "http://127.0.0.1:9"
    slack = {"SLACK_CLIENT_ID": "1.1", "SLACK_CLIENT_SECRET": "s" * 32, "SLACK_SIGNING_SECRET": "s" * 32}
    urls = {"DATABASE_URL": url, "SYNC_API_URL": sync_url, "SLACK_API_URL": f"{nowhere}/api/"}
    served_at = {"PUBLIC_URL": nowhere, "HOST": "127.0.0.1", "PORT": str(port)}
    return slack | urls | served_at | {"ENCRYPTION_KEYS": KEY}


async def test_no_create_arrives_later_than_two_seconds_after_pause_returned(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url, sync, stops = await postgres.new_database(), Sync(), tmp_path / "stops"
    listening = socket.create_server(("127.0.0.1", 0))
    sync_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    stops.touch()
    plan = Plan(lease_s=30.0, stops=str(stops), stop_at=(STOPS,), stop_s=STOPPED_S)
    async with asyncio.timeout(150), open_database(url) as db, served(sync, listening):
        await confirmed(db)
        with tempfile.TemporaryDirectory(prefix="line-", dir="/tmp") as folder:
            async with line_to(url, Path(folder)) as (line, far_url):
                each = [
                    settings(at, sync_url, port)
                    for at, port in zip((far_url, url, url), free_ports(3), strict=True)
                ]
                replicas = Replicas(each, plan=plan, kills=0, chance=random.Random(1), folder=tmp_path)
                async with during(replicas.keep_running()):
                    await sync.until(A_SECOND)
                    line.cut()
                    await switching.pause(db, Pause(ALL, OPERATOR, time.time(), None))
                    await asyncio.sleep(LEFT_AFTER_S)
                    left = await sync.all_that_has_come()

                    line.mend()
                    await asyncio.sleep(STOPPED_S - LEFT_AFTER_S + 1.0)
                    assert await sync.all_that_has_come() == left
                    assert stops.read_text().splitlines() == [STOPS]
                    assert left < ACCOUNTS * OF_EACH, "everything was gone before it was paused"

                    await switching.resume(db, ALL, by=OPERATOR, now=time.time())
                    await sync.until(left + A_SECOND)
