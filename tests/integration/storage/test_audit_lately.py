"""The last of a log, for people to read: of the logs that are asked for alone, the newest first."""

from sqlalchemy import update

from storage import audit, audit_lately
from storage.audit import Action, Entry
from storage.database import Database
from storage.schema import audit as rows


async def done(db: Database, team_id: str, at: float, subject: str = "order") -> None:
    async with db.write() as conn:
        entry = Entry(
            team_id=team_id, action=Action.CONFIRMED, subject=subject, actor="U1", details={"at": int(at)}
        )
        await audit.append(conn, entry, now=at)


async def latest(db: Database, *log_ids: str, at_most: int = 10) -> list[audit_lately.Done]:
    async with db.read() as conn:
        return await audit_lately.latest(conn, log_ids, at_most=at_most)


async def test_the_newest_come_first_and_what_is_anothers_stays_away(db: Database) -> None:
    for team_id, at in (("T1", 1.0), ("E1", 2.0), ("T2", 3.0), ("T1", 4.0), ("T1", 5.0)):
        await done(db, team_id, at)

    assert [each.at for each in await latest(db, "T1", "E1", at_most=3)] == [5.0, 4.0, 2.0]
    (theirs,) = await latest(db, "T2")
    assert (theirs.actor, theirs.action, theirs.details) == ("U1", Action.CONFIRMED, {"at": 3})
    assert not theirs.is_removed


async def test_what_was_removed_or_broken_tells_nothing_of_anybody(db: Database) -> None:
    await done(db, "T1", 1.0)
    async with db.write() as conn:
        await conn.execute(update(rows).values(personal=None, salt=None, details="[broken"))

    (left,) = await latest(db, "T1")
    assert (left.actor, left.details, left.is_removed) == (None, {}, True)
