"""Weekly figures on both engines: of several who would tell of a week one does."""

import asyncio
from dataclasses import replace

from storage import digests
from storage.database import Database
from storage.digests import Digest


async def want(db: Database, week: str = "2026-11-16", now: float = 1_000.0) -> None:
    async with db.write() as conn:
        await digests.wanted(conn, "T1", week=week, now=now)


async def due(db: Database, now: float = 1_000.0) -> list[Digest]:
    async with db.read() as conn:
        return await digests.due(conn, now=now, limit=10)


async def move(db: Database, *, seen: str = "2026-11-16", week: str, due_at: float = 2_000.0) -> bool:
    async with db.write() as conn:
        return await digests.move(conn, "T1", seen=seen, week=week, due_at=due_at)


async def test_one_of_many_tells_of_a_week(db: Database) -> None:
    await want(db)

    assert sorted(await asyncio.gather(*(move(db, week="2026-11-23") for _ in range(8)))) == [False] * 7 + [
        True
    ]
    assert await due(db, 1_999.0) == []
    assert await due(db, 2_000.0) == [Digest("T1", "2026-11-23", 2_000.0, None)]


async def test_what_was_told_of_stays_so_whatever_is_wanted_anew(db: Database) -> None:
    await want(db)
    await move(db, week="2026-11-23")
    async with db.write() as conn:
        assert await digests.refused(conn, "T1", now=5.0)
        assert not await digests.refused(conn, "T1", now=6.0)

    await want(db, "2026-11-16", 1_500.0)

    assert await due(db, 1_500.0) == [Digest("T1", "2026-11-23", 1_500.0, None)]


async def test_who_comes_back_late_from_a_post_ends_none_but_their_own(db: Database) -> None:
    """Their week was settled as one that may stand there, and the next one is being posted."""
    await want(db)
    (seen,) = await due(db)
    async with db.write() as conn:
        assert await digests.begin(conn, seen, "2026-11-23", now=1.0, until=2.0)
        assert not await digests.begin(conn, seen, "2026-11-23", now=1.5, until=2.0)
    late = replace(seen, week="2026-11-23", posting_at=1.0)
    async with db.write() as conn:
        assert await digests.end(conn, late, week="2026-11-23", due_at=3.0)
        assert await digests.begin(conn, late, "2026-11-30", now=4.0, until=5.0)

        assert not await digests.end(conn, late, week="2026-11-23", due_at=9.0)

    assert await due(db) == [Digest("T1", "2026-11-30", 5.0, None, posting_at=4.0)]


async def test_what_is_not_wanted_is_not_told(db: Database) -> None:
    await want(db)
    async with db.write() as conn:
        await digests.unwanted(conn, "T1")

    assert await due(db) == []
    assert not await move(db, week="2026-11-23")
