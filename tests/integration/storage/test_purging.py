"""What is deleted after an installation's end, or a workspace's: a row of every table there is."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, Enum, Table, TypeDecorator, select

from bot.asking.asks import Asker
from storage import homes, pause_store, purging, sync_keys
from storage.audit import OPERATOR
from storage.cards import CardKind
from storage.columns import Parts, Secret, Usd
from storage.database import Database
from storage.encryption import Cipher, SealedFor, Where, new_key
from storage.installations import Installations
from storage.jobs import JobStatus, Phase
from storage.orders import OrderStatus
from storage.pauses import Pause
from storage.schema import ledger, metadata
from tests.integration.storage.builders import NOW, installation, job_in, order_in, sync_key

CIPHER = Cipher([new_key()])
BOOKS = {table.name for table in purging.BOOKS}


@pytest.fixture
def store(db: Database) -> Installations:
    return Installations(db, CIPHER)


async def ended(store: Installations, **given: Any) -> None:
    """An installation that was there, and is not any more."""
    there = installation(**given)
    await store.save(there)
    await store.remove(there.id, at=NOW, now=NOW)


async def purged_some(db: Database, owner: str) -> bool:
    async with db.write() as conn:
        return await purging.purge(conn, owner, now=NOW, limit=2)


async def purged(db: Database, owner: str) -> None:
    while await purged_some(db, owner):
        pass


async def rows_of(db: Database, team_id: str) -> set[str]:
    """The tables in which something is a workspace's."""
    async with db.read() as conn:
        return {
            table.name
            for table in metadata.sorted_tables
            if "team_id" in table.c
            and table.name != "team_access"
            and (await conn.execute(select(table.c.team_id).where(table.c.team_id == team_id))).first()
        }


async def test_of_a_workspace_whose_people_have_just_looked_at_their_home_nothing_is_kept(
    db: Database, store: Installations
) -> None:
    await ended(store)
    async with db.write() as conn:
        await homes.opened(conn, Asker(None, "T1", "U1"), "T1", page=None, now=NOW)

    await purged(db, "T1")

    assert await rows_of(db, "T1") <= BOOKS


def a_row(table: Table, **given: Any) -> dict[str, Any]:
    """A row of any table, which says of everything whose it is."""
    values: dict[type, Any] = {str: "x", int: 1, float: NOW, bool: False}
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if column.nullable:
            continue
        if isinstance(kind, Enum):
            row[column.key] = (kind.enum_class or str)(next(iter(kind.enum_class or kind.enums)))
        elif isinstance(kind, Parts):
            row[column.key] = ()
        elif isinstance(kind, Usd):
            row[column.key] = Decimal(1)
        elif isinstance(kind, JSON):
            row[column.key] = []
        elif isinstance(kind, Secret):
            row[column.key] = SealedFor("sealed", Where(table.name, column.name, "x"))
        else:
            plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
            row[column.key] = values[plain.python_type]
    usual = {"month": "2026-11"}
    return row | {name: value for name, value in (usual | given).items() if name in table.c}


A_ROW_IS: dict[str, dict[str, Any]] = {
    "cards": {"kind": CardKind.HOME, "opened_at": NOW},
    "consents": {"user_id": "U1"},
    "shared_files": {"media": "video"},
    "jobs": {"phase": Phase.UPLOADED, "slack_file_id": "F1"},
}


OF_NOBODY = {"accounts", "elsewhere", "holders", "install_states", "reviews"}
OWN = {"installations", "team_access"}
WRITTEN_BY_INSTALLS = OWN | {"audit", "audit_heads"}
OF_THE_INSTALLATION = {
    "budget_warnings",
    "digests",
    "export_keys",
    "limits",
    "pauses",
    "people",
    "rules",
    "sync_keys",
}


async def in_every_table(db: Database, **whose: Any) -> None:
    """Store one row of everything, under one id."""
    async with db.write() as conn:
        for table in metadata.sorted_tables:
            if table.name not in WRITTEN_BY_INSTALLS:
                await conn.execute(table.insert(), a_row(table, **whose | A_ROW_IS.get(table.name, {})))


async def in_any_table(db: Database) -> set[str]:
    async with db.read() as conn:
        return {
            table.name
            for table in metadata.sorted_tables
            if (await conn.execute(select(table).limit(1))).first() is not None
        }


@pytest.mark.parametrize(("ends", "enterprise_id"), [("T1", None), ("T1", "E1"), ("E1", "E1")])
async def test_of_no_table_anything_is_kept_but_the_books(
    db: Database, store: Installations, ends: str, enterprise_id: str | None
) -> None:
    team_id = None if ends == enterprise_id else ends
    await ended(store, id=ends, team_id=team_id, enterprise_id=enterprise_id)
    await in_every_table(
        db, team_id="T1", enterprise_id=enterprise_id, owner_id=ends, installation_id=ends, scope_id=ends
    )

    await purged(db, ends)

    assert await in_any_table(db) == BOOKS | OF_NOBODY


async def test_a_name_that_cannot_be_taken_from_the_books_holds_up_nothing_else(
    db: Database, store: Installations
) -> None:
    await ended(store)
    await in_every_table(
        db,
        team_id="T1",
        enterprise_id=None,
        owner_id="T1",
        installation_id="T1",
        scope_id="T1",
        month="9999-99",
    )

    async with asyncio.timeout(60):
        await purged(db, "T1")

    assert await in_any_table(db) == BOOKS | OF_NOBODY


async def test_of_a_workspace_that_was_taken_out_its_own_goes_and_the_organisations_stays(
    db: Database, store: Installations
) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    await store.tell_access("E1", ["T1"], granted=False, told_at=NOW, now=NOW)
    await in_every_table(
        db, team_id="T1", enterprise_id="E1", owner_id="E1", installation_id="E1", scope_id="E1"
    )
    async with db.read() as conn:
        assert [each.id for each in await purging.removed(conn)] == ["T1"]

    await purged(db, "T1")

    assert await in_any_table(db) == BOOKS | OF_NOBODY | OWN | OF_THE_INSTALLATION
    assert (await store.serving(enterprise_id="E1", team_id="T1")).owners == ()


async def test_a_workspace_that_is_let_in_again_is_not_deleted(db: Database, store: Installations) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    await store.tell_access("E1", ["T1", "T2"], granted=False, told_at=NOW, now=NOW)
    await store.save(installation(id="T2", team_id="T2", enterprise_id="E1"))
    for team_id in ("T1", "T2"):
        async with db.write() as conn:
            await order_in(conn, OrderStatus.OFFERED, team_id=team_id, enterprise_id="E1")
    await store.tell_access("E1", ["T1"], granted=True, told_at=NOW + 1, now=NOW + 1)

    async with db.read() as conn:
        assert await purging.removed(conn) == []
    for team_id in ("T1", "T2"):
        assert not await purged_some(db, team_id)
        assert "orders" in await rows_of(db, team_id)


@pytest.mark.parametrize(("account_key", "needs"), [("account-1", True), ("account-2", False)])
async def test_an_ended_organisations_key_stays_for_what_a_served_workspace_sent_with_it(
    db: Database, store: Installations, account_key: str, *, needs: bool
) -> None:
    await ended(store, id="E1", team_id=None, enterprise_id="E1")
    await store.save(installation(enterprise_id="E1"))
    async with db.write() as conn:
        await sync_keys.put(conn, sync_key(CIPHER, owner_id="E1", account_key="account-1"), now=NOW)
        await job_in(conn, JobStatus.PROCESSING, enterprise_id="E1", account_key=account_key)

    async with db.read() as conn:
        assert await purging.is_needed(conn, "E1") is needs
        assert await purging.is_needed_elsewhere(conn, "E1") is needs


async def projects(db: Database) -> dict[str, str | None]:
    """What the ledger calls each order's project."""
    async with db.read() as conn:
        found = await conn.execute(select(ledger.c.order_id, ledger.c.project))
        return {row.order_id: row.project for row in found}


@pytest.mark.parametrize(("ends", "team_id"), [("T1", "T1"), ("E1", None)])
async def test_books_that_stay_do_not_say_for_what_project(
    db: Database, store: Installations, ends: str, team_id: str | None
) -> None:
    """Neither where an organisation's app ends, nor a workspace's own."""
    await ended(store, id=ends, team_id=team_id, enterprise_id="E1")
    rows = {f"order{at}": ends for at in range(5)} | {"another's": "T9"}
    async with db.write() as conn:
        for order_id, owner_id in rows.items():
            whose = {"owner_id": owner_id, "team_id": "T1" if owner_id == ends else "T9"}
            await conn.execute(
                ledger.insert(), a_row(ledger, order_id=order_id, **whose) | {"project": "Mars"}
            )

    await purged(db, ends)

    assert await projects(db) == dict.fromkeys(rows) | {"another's": "Mars"}


async def test_of_a_workspace_that_was_taken_out_no_project_stays_in_its_organisations_books(
    db: Database, store: Installations
) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    await store.tell_access("E1", ["T1"], granted=False, told_at=NOW, now=NOW)
    async with db.write() as conn:
        await order_in(conn, OrderStatus.EXPIRED, team_id="T1", enterprise_id="E1")
        for team_id in ("T1", "T2"):
            row = a_row(ledger, order_id=team_id, owner_id="E1", team_id=team_id)
            await conn.execute(ledger.insert(), row | {"project": "Mars"})

    await purged(db, "T1")

    assert await projects(db) == {"T1": None, "T2": "Mars"}


async def test_what_an_operator_stopped_outlives_the_installation(db: Database, store: Installations) -> None:
    await ended(store)
    by_operator = Pause("T1", OPERATOR, NOW, None)
    async with db.write() as conn:
        await pause_store.stop(conn, by_operator)

    await purged(db, "T1")

    async with db.read() as conn:
        assert await pause_store.every(conn) == [by_operator]
