"""The way to the newest schema: scripts, tables and the constant agree; many may start at once."""

import asyncio
import sys
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text

from storage.database import HEAD_REVISION, Database, migrate, open_database
from storage.errors import SchemaTooNew
from storage.schema import metadata

MIGRATE = """
import asyncio, sys
from storage.database import migrate, open_database

async def main():
    async with open_database(sys.argv[1]) as db:
        await migrate(db)

asyncio.run(main())
print(*({"alembic", "asyncpg", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm"} & set(sys.modules)))
"""
INDEXES = {
    "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''",
    "postgresql": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


async def run_process(url: str) -> set[str]:
    """Another process that migrates; answers which of the costly modules it needed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", MIGRATE, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return set(out.decode().split())


async def revisions(url: str) -> list[str]:
    async with open_database(url) as db, db.read() as conn:
        return list((await conn.execute(text("SELECT version_num FROM alembic_version"))).scalars())


async def tables(url: str) -> list[str]:
    async with open_database(url) as db, db.read() as conn:
        return await conn.run_sync(lambda sync: inspect(sync).get_table_names())


def described(conn: Connection) -> dict[str, Any]:
    """All that the database itself knows of the tables, but for the order in which it was told."""
    inspector = inspect(conn)
    indexes = conn.exec_driver_sql(INDEXES[conn.dialect.name])
    index_texts = sorted((table, " ".join(sql.split())) for table, sql in indexes)
    return {
        table: {
            "columns": [str(column) for column in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(
                (check["name"], " ".join(check["sqltext"].split()))
                for check in inspector.get_check_constraints(table)
            ),
            "indexes": [text for of_table, text in index_texts if of_table == table],
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


@pytest.fixture
def schema() -> MetaData:
    """The tables with what `storage.schema` leaves out, so as not to load PostgreSQL's dialect."""
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        for index in table.to_metadata(copied).indexes:
            index.dialect_kwargs["postgresql_where"] = index.dialect_kwargs.get("sqlite_where")
    return copied


async def test_the_scripts_make_the_tables_of_the_schema(url: str, new_url: str, schema: MetaData) -> None:
    async with open_database(new_url) as made, made.write() as conn:
        await conn.run_sync(schema.create_all)
        expected = await conn.run_sync(described)
    async with open_database(url) as migrated, migrated.read() as conn:
        assert await conn.run_sync(described) == expected
        differences = await conn.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), schema)
        )
    assert differences == []


def test_the_constant_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD_REVISION]
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True), "newer revisions must sort behind older ones"


async def test_three_processes_that_start_at_once_all_find_the_schema(new_url: str) -> None:
    await asyncio.gather(*(run_process(new_url) for _ in range(3)))
    assert await revisions(new_url) == [HEAD_REVISION]


async def test_many_that_migrate_in_step_do_not_meet(new_url: str) -> None:
    """Processes seldom look at the same moment; these do."""

    async def start() -> None:
        async with open_database(new_url) as db:
            await migrate(db)

    await asyncio.gather(*(start() for _ in range(5)))
    assert await revisions(new_url) == [HEAD_REVISION]


async def test_what_is_not_needed_is_not_imported(engine: str, url: str, new_url: str) -> None:
    for_postgres = {"asyncpg", "sqlalchemy.dialects.postgresql"}
    needed = for_postgres if engine == "postgresql" else set()
    assert await run_process(url) == needed
    assert await run_process(new_url) - for_postgres == {"alembic"}


async def test_migrating_again_changes_nothing(db: Database, url: str) -> None:
    await migrate(db)
    assert await revisions(url) == [HEAD_REVISION]


async def test_a_database_of_a_newer_app_is_left_alone(new_url: str) -> None:
    async with open_database(new_url) as db:
        await migrate(db)
        async with db.write() as conn:
            await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(SchemaTooNew, match="9999"):
            await migrate(db)
    assert await revisions(new_url) == ["9999"]


async def test_a_migration_that_breaks_leaves_an_empty_database(new_url: str) -> None:
    """It is one transaction: a process killed half-way leaves nothing for the next start to trip over."""
    async with open_database(new_url) as db:
        async with db.write() as conn:
            await conn.execute(text("CREATE TABLE shared_files (in_the TEXT)"))
        with pytest.raises(Exception, match="shared_files"):
            await migrate(db)
    assert await tables(new_url) == ["shared_files"]
