"""Rows for storage tests: an ask, an order or a job in any status, an installation, a shared file."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.roles import Roles
from bot.teams.rulebook import Book
from bot.teams.rules import Rules
from storage import job_store, order_store
from storage.database import Database
from storage.encryption import Cipher, SealedFor
from storage.installations import Installation
from storage.jobs import Job, JobStatus, NewJob, body_at
from storage.orders import NewOrder, Order, OrderStatus
from storage.schema import orders
from storage.shared_files import SharedFile
from storage.sync_keys import NewKey, key_at
from tests.integration.core.rows import stored_job, stored_order

NOW = 1_000.5
BODY = SealedFor("a body, sealed", body_at("some job"))
_numbers = count(1)


class _Open:
    """Lets everybody through: no rule stands against anything."""

    async def at_press(self, *_: Any) -> None:
        pass

    async def latest(self, _owner: Any) -> Book:
        return Book("T1", Rules(), 0, None, ())


_open: Any = _Open()
OPEN = Roles(people=_open, rulebook=_open, groups=_open, gate=_open)


def ask(**given: Any) -> NewOrder:
    """One person's ask; each is another one unless `request_key` is given."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "id": f"order{number:05}",
        "request_key": f"request-{number}",
        "team_id": "T1",
        "user_id": "U1",
        "channel_id": "C1",
        "draft": "{}",
        "addresses": None,
    }
    return NewOrder(**usual | given)


_ASKED = ("id", "team_id", "user_id", "channel_id", "thread_ts", "draft", "enterprise_id", "request_key")


def _ask(columns: dict[str, Any]) -> NewOrder:
    return ask(**{name: columns.pop(name) for name in _ASKED if name in columns})


async def order_in(conn: AsyncConnection, status: OrderStatus, **columns: Any) -> Order:
    """A stored order that stands in `status`, however it came there."""
    new = _ask(columns)
    await stored_order(conn, new, status, now=NOW, **columns)
    found = await order_store.find(conn, new.id)
    assert found is not None
    return found


async def job_in(conn: AsyncConnection, status: JobStatus, **columns: Any) -> Job:
    """A stored job that stands in `status`, however it came there, of a running order with a card."""
    body = columns.pop("request_body", BODY)
    made = await stored_job(conn, _ask(columns), status, body, now=NOW, **columns)
    found = await job_store.find(conn, made)
    assert found is not None
    return found


def born(**given: Any) -> NewJob:
    """A job as a yes makes it, of the first part of an order unless another is named."""
    usual: dict[str, Any] = {
        "order_id": "order",
        "position": 0,
        "label": "",
        "enterprise_id": None,
        "team_id": "T1",
        "user_id": "U1",
        "account_key": "account-1",
        "estimate_usd": Decimal("0.42"),
        "idempotency_key": f"key-{next(_numbers)}",
        "request_body": BODY,
    }
    return NewJob(**usual | given)


async def add_order(db: Database, **given: Any) -> Order:
    """One more order, in a transaction of its own."""
    async with db.write() as conn:
        made, _ = await order_store.create(conn, ask(**given), now=NOW)
    return made


async def orders_in(db: Database) -> int:
    """How many orders are stored."""
    async with db.read() as conn:
        return (await conn.execute(select(func.count()).select_from(orders))).scalar_one()


def installation(**given: Any) -> Installation:
    """The app in a workspace."""
    usual: dict[str, Any] = {
        "id": "T1",
        "enterprise_id": None,
        "team_id": "T1",
        "team_name": "Acme",
        "app_id": "A1",
        "bot_id": "B1",
        "bot_user_id": "UB1",
        "bot_token": "xoxb-secret-token",
        "scopes": ("chat:write", "files:read"),
        "installed_at": NOW,
    }
    return Installation(**usual | given)


def sync_key(cipher: Cipher, api_key: str = "sk-secret-key", **given: Any) -> NewKey:
    """A key that an admin has connected."""
    key_id = f"key-{next(_numbers)}"
    usual: dict[str, Any] = {
        "id": key_id,
        "owner_id": "T1",
        "account_key": "org:1",
        "account_name": "Acme Studio",
        "api_key": cipher.seal(api_key, key_at(key_id)),
        "last_four": api_key[-4:],
    }
    return NewKey(**usual | given)


def shared_file(**given: Any) -> SharedFile:
    """A video shown to the app."""
    usual: dict[str, Any] = {
        "enterprise_id": None,
        "team_id": "T1",
        "user_id": "U1",
        "file_id": "F1",
        "media": "video",
        "name": "talk.mp4",
        "mimetype": "video/mp4",
        "size": 3_000_000_000,
        "shared_at": NOW,
    }
    return SharedFile(**usual | given)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person, as the stores ask for one."""

    team_id: str = "T1"
    user_id: str = "U1"
    enterprise_id: str | None = None
