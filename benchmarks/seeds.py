"""Rows to begin with: installed workspaces, and jobs that sync.so works on."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert

from benchmarks.slack_requests import BOT_TOKEN
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installation
from storage.jobs import Conversation, JobStatus
from storage.schema import jobs


def installation(team_id: str, *, sync_api_key: str | None = None) -> Installation:
    """A workspace that has installed the app."""
    return Installation(
        id=team_id,
        enterprise_id=None,
        team_id=team_id,
        team_name="Example",
        app_id="A0000000001",
        bot_id="B0000000001",
        bot_user_id="U000000BOT1",
        bot_token=BOT_TOKEN,
        scopes=("commands", "chat:write", "files:read"),
        sync_api_key=sync_api_key,
        installed_at=time.time(),
    )


INSTALLATION = installation("T0000000001")


LONGEST_SCRIPT = "Words. " * 714 + "Ok"
"""As long as a script may be (sync.so, POST /v2/generate, `provider.script`)."""
_LINK = {"kind": "link", "host": "media.example.com", "name": "talk.mp4"}


async def processing_jobs(
    database: Database, count: int, *, id_prefix: str, accounts: int = 1, script: str | None = None
) -> None:
    """Store jobs that are all due to be read, submitted long ago, their accounts mixed as life mixes them.

    Args:
        database: where to.
        count: how many.
        id_prefix: what their generations' ids begin with.
        accounts: how many they are spread over.
        script: what each of them says; None: their audio is a link.
    """
    rows = list(_rows(count, id_prefix, accounts, script))
    random.Random(7).shuffle(rows)
    now = time.time()
    for number, row in enumerate(rows):
        row["due_at"] = now - 60 + number * (50 / count)
    async with database.write() as conn:
        await conn.execute(insert(jobs), rows)


def _rows(count: int, id_prefix: str, accounts: int, script: str | None) -> Iterator[dict[str, Any]]:
    begun = time.time() - 1000
    cipher = Cipher([new_key()])
    address = cipher.seal('{"video":"https://media.example.com/talk.mp4"}')
    speech = _LINK if script is None else {"kind": "script", "text": script, "voice_id": "voice-1"}
    draft = json.dumps({"video": _LINK, "speech": speech})
    body = cipher.seal(json.dumps({"model": "sync-3", "input": [{"type": "video"}, speech]}))
    for number in range(count):
        account = number % accounts + 1
        yield {
            "id": f"job-{number:08}",
            "request_key": f"command:{number}",
            "team_id": f"T{account:010}",
            "user_id": "U0000000001",
            "channel_id": "C0000000001",
            "conversation": Conversation.CHANNEL,
            "status": JobStatus.PROCESSING,
            "draft": draft,
            "addresses": address,
            "prepared": "{}",
            "request_body": body,
            "account_key": f"account-{account}",
            "generation_id": f"{id_prefix}-{number:08x}-6b1f-4f0e-9d2c-0123456789ab",
            "generation_status": "PROCESSING",
            "submitted_at": begun,
            "card_channel": "C0000000001",
            "card_ts": "1700000000.000100",
            "card_moved": False,
            "card_revision": 3,
            "card_shown": 3,
            "attempts": 0,
            "slow": False,
            "created_at": begun,
            "updated_at": begun,
        }
