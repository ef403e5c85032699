"""The way to the newest schema: scripts, tables and the constant agree; many may start at once."""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect

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
print("alembic" in sys.modules)
"""


async def run_process(path: Path) -> str:
    """Another process that migrates; answers whether it needed Alembic."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", MIGRATE, f"sqlite:///{path}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode().strip()


def described(conn: Connection) -> dict[str, Any]:
    """All that the database itself knows of the tables, but for the order in which it was told."""
    inspector = inspect(conn)
    indexes = conn.exec_driver_sql(
        "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
    )
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


def test_the_scripts_make_the_tables_of_the_schema(path: Path, tmp_path: Path) -> None:
    migrated, made = create_engine(f"sqlite:///{path}"), create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    with migrated.connect() as left, made.connect() as right:
        assert described(left) == described(right)
        assert compare_metadata(MigrationContext.configure(left), metadata) == []
    migrated.dispose()
    made.dispose()


def test_the_constant_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD_REVISION]
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True), "newer revisions must sort behind older ones"


async def test_three_processes_that_start_at_once_all_find_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "lipsync.db"
    await asyncio.gather(*(run_process(path) for _ in range(3)))
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD_REVISION,)]
    conn.close()


async def test_alembic_is_not_imported_where_the_schema_is_there(path: Path, tmp_path: Path) -> None:
    assert await run_process(path) == "False"
    assert await run_process(tmp_path / "new.db") == "True"


async def test_migrating_again_changes_nothing(db: Database, path: Path) -> None:
    await migrate(db)
    with sqlite3.connect(path) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD_REVISION,)]
    conn.close()


async def test_a_database_of_a_newer_app_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()
    async with open_database(f"sqlite:///{path}") as db:
        with pytest.raises(SchemaTooNew, match="9999"):
            await migrate(db)


async def test_a_migration_that_breaks_leaves_an_empty_database(tmp_path: Path) -> None:
    """It is one transaction: a process killed half-way leaves nothing for the next start to trip over."""
    path = tmp_path / "lipsync.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE shared_files (in_the TEXT)")
    conn.close()
    async with open_database(f"sqlite:///{path}") as db:
        with pytest.raises(Exception, match="shared_files"):
            await migrate(db)
    with sqlite3.connect(path) as conn:
        tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    conn.close()
    assert tables == [("shared_files",)]
