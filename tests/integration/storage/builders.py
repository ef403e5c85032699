"""Rows for storage tests: an ask, a job in any status, an installation, a shared file."""

from dataclasses import fields
from itertools import count
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import job_store
from storage.database import Database
from storage.installations import Installation
from storage.jobs import Job, JobStatus, NewJob
from storage.schema import jobs
from storage.shared_files import SharedFile

NOW = 1_000.5
_numbers = count(1)


def ask(**given: Any) -> NewJob:
    """One person's ask; each is another one unless `request_key` is given."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "id": f"job-{number}",
        "request_key": f"request-{number}",
        "team_id": "T1",
        "user_id": "U1",
        "channel_id": "C1",
        "draft": "{}",
        "addresses": None,
    }
    return NewJob(**usual | given)


def job(**given: Any) -> Job:
    """A record that no database has seen."""
    blank = dict.fromkeys((field.name for field in fields(Job)), None)
    return Job(**{**blank, "card_moved": False, **given})


async def job_in(conn: AsyncConnection, status: JobStatus, **columns: Any) -> Job:
    """A stored job that stands in `status`, however it came there."""
    made, _ = await job_store.create(conn, ask(), now=NOW)
    await conn.execute(update(jobs).where(jobs.c.id == made.id).values(status=status, **columns))
    found = await job_store.find(conn, made.id)
    assert found is not None
    return found


async def add_job(db: Database, **given: Any) -> Job:
    """One more job, in a transaction of its own."""
    async with db.write() as conn:
        made, _ = await job_store.create(conn, ask(**given), now=NOW)
    return made


async def jobs_in(db: Database) -> int:
    """How many jobs are stored."""
    async with db.read() as conn:
        return (await conn.execute(select(func.count()).select_from(jobs))).scalar_one()


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
        "sync_api_key": "sk-secret-key",
        "installed_at": NOW,
    }
    return Installation(**usual | given)


def shared_file(**given: Any) -> SharedFile:
    """A video shown to the app."""
    usual: dict[str, Any] = {
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
