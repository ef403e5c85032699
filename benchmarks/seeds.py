"""Rows to begin with: installed workspaces, and jobs that sync.so works on."""

import json
import random
import time
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from benchmarks.slack_requests import BOT_TOKEN
from storage.cards import CardKind
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installation
from storage.jobs import JobStatus, Phase, body_at, job_id
from storage.orders import Conversation, OrderStatus, Part
from storage.schema import bodies, cards, jobs, orders


def installation(team_id: str) -> Installation:
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
        installed_at=time.time(),
    )


INSTALLATION = installation("T0000000001")


LONGEST_SCRIPT = "Words. " * 714 + "Ok"
"""As long as a script may be (sync.so, POST /v2/generate, `provider.script`)."""
LINK = {"kind": "link", "host": "media.example.com", "name": "talk.mp4"}


async def processing_jobs(
    database: Database, count: int, *, id_prefix: str, accounts: int = 1, script: str | None = None
) -> None:
    """Store jobs that are all due to be read, submitted long ago, their accounts mixed as life mixes them.

    Each is the one video of its order.

    Args:
        database: where to.
        count: how many.
        id_prefix: what their generations' ids begin with.
        accounts: how many they are spread over.
        script: what each of them says; None: their audio is a link.
    """
    numbers = list(range(count))
    random.Random(7).shuffle(numbers)
    begun, now = time.time() - 1000, time.time()
    speech = LINK if script is None else {"kind": "script", "text": script, "voice_id": "voice-1"}
    request = json.dumps({"model": "sync-3", "input": [{"type": "video"}, speech]})
    body = Cipher([new_key()]).seal(request, body_at("any of them"))
    draft = json.dumps({"video": LINK, "speech": speech})
    asked = [_order(number, accounts, begun, draft) for number in numbers]
    born = [_job(number, id_prefix, accounts, begun) for number in numbers]
    for place, row in enumerate(born):
        row["due_at"] = now - 60 + place * (50 / count)
    async with database.write() as conn:
        await conn.execute(insert(orders), asked)
        await conn.execute(insert(jobs), born)
        await conn.execute(insert(bodies), [{"job_id": row["id"], "request_body": body} for row in born])
        await conn.execute(insert(cards), [_card(number, accounts, begun) for number in numbers])


def team_id(number: int) -> str:
    """The workspace of that number, from 1."""
    return f"T{number:010}"


def _team(number: int, accounts: int) -> str:
    return team_id(number % accounts + 1)


def _order(number: int, accounts: int, begun: float, draft: str) -> dict[str, Any]:
    return {
        "id": f"order{number:08}",
        "request_key": f"command:{number}",
        "team_id": _team(number, accounts),
        "user_id": "U0000000001",
        "channel_id": "C0000000001",
        "conversation": Conversation.CHANNEL,
        "status": OrderStatus.RUNNING,
        "draft": draft,
        "prepared": "{}",
        "parts": (Part(usd=Decimal("0.42"), length_s=4.0),),
        "offer_id": "e1",
        "confirmed_by": "U0000000001",
        "confirmed_at": begun,
        "attempts": 0,
        "slow": False,
        "created_at": begun,
        "updated_at": begun,
    }


def _job(number: int, id_prefix: str, accounts: int, begun: float) -> dict[str, Any]:
    return {
        "id": job_id(f"order{number:08}", 0),
        "order_id": f"order{number:08}",
        "position": 0,
        "label": "",
        "team_id": _team(number, accounts),
        "user_id": "U0000000001",
        "account_key": f"org:{number % accounts + 1}",
        "status": JobStatus.PROCESSING,
        "idempotency_key": f"lipsync-{number}",
        "generation_id": f"{id_prefix}-{number:08x}-6b1f-4f0e-9d2c-0123456789ab",
        "generation_status": "PROCESSING",
        "submitted_at": begun,
        "phase": Phase.UPLOADING,
        "attempts": 0,
        "slow": False,
        "created_at": begun,
        "updated_at": begun,
    }


def _card(number: int, accounts: int, begun: float) -> dict[str, Any]:
    return {
        "id": f"order{number:08}",
        "team_id": _team(number, accounts),
        "kind": CardKind.ORDER,
        "order_id": f"order{number:08}",
        "user_id": "U0000000001",
        "channel": "C0000000001",
        "ts": "1700000000.000100",
        "moved": False,
        "revision": 3,
        "shown": 3,
        "updated_at": begun,
    }
