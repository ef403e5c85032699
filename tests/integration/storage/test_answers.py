"""Answers in words: begun once, taken over once by those that live, and forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from storage import answers
from storage.answers import Answer
from storage.database import Database
from tests.integration.storage.builders import NOW

SOON, LATE = NOW + 30, NOW + 60


@pytest.fixture
async def replicas(open_again: Callable[[], Database]) -> AsyncIterator[list[Database]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_again()) for _ in range(3)]


def answer(**given: Any) -> Answer:
    usual: dict[str, Any] = {
        "team_id": "T1",
        "key": "D1:1.0:a",
        "enterprise_id": None,
        "channel_id": "D1",
        "user_id": "U1",
        "thread_ts": None,
        "private": False,
        "text": "Hello",
        "blocks": [{"type": "divider"}],
        "asked_at": NOW,
    }
    return Answer(**usual | given)


async def begin(db: Database, **given: Any) -> bool:
    async with db.write() as conn:
        return await answers.begin(conn, answer(**given), due_at=SOON)


async def take_over(db: Database, now: float) -> list[Answer]:
    async with db.write() as conn:
        return await answers.take_over(conn, now=now, again_at=now + 30, limit=10)


async def test_of_many_deliveries_in_several_replicas_one_begins_it(replicas: list[Database]) -> None:
    begun = await asyncio.gather(*(begin(replicas[number % 3]) for number in range(9)))

    assert sorted(begun) == [False] * 8 + [True]
    assert await begin(replicas[0], team_id="T2")
    assert await begin(replicas[0], key="D1:2.0:a")


async def test_what_nobody_said_in_time_is_taken_over_whole_and_by_one(replicas: list[Database]) -> None:
    await begin(replicas[0])
    assert await take_over(replicas[0], SOON - 1) == []

    taken = await asyncio.gather(*(take_over(db, SOON) for db in replicas))

    assert [each for some in taken for each in some] == [answer()]
    assert await take_over(replicas[1], LATE - 1) == []
    assert await take_over(replicas[1], LATE) == [answer()]


async def test_what_could_not_be_said_is_put_off_unless_somebody_has_said_it(db: Database) -> None:
    await begin(db)
    async with db.write() as conn:
        await answers.later(conn, answer(), due_at=LATE)
        assert await answers.next_due(conn) == LATE
        await answers.said(conn, answer())
        await answers.later(conn, answer(), due_at=LATE)
        assert await answers.next_due(conn) is None


async def test_what_is_still_to_be_said_is_not_forgotten(db: Database) -> None:
    await begin(db)
    async with db.write() as conn:
        await answers.forget(conn, before=LATE)
    assert await take_over(db, SOON) == [answer()]


async def test_what_was_said_is_due_no_more_and_what_is_old_is_forgotten(db: Database) -> None:
    await begin(db)
    async with db.write() as conn:
        assert await answers.next_due(conn) == SOON
        await answers.said(conn, answer())
        assert await answers.next_due(conn) is None
    assert await take_over(db, LATE) == []
    assert not await begin(db)

    async with db.write() as conn:
        await answers.forget(conn, before=NOW - 1)
    assert not await begin(db)
    async with db.write() as conn:
        await answers.forget(conn, before=NOW)
    assert await begin(db)
