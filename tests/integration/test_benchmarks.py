"""The benchmarks begin with rows of their own, which the tables have to take."""

from pathlib import Path

from sqlalchemy import func, select

from benchmarks.seeds import LONGEST_SCRIPT, processing_jobs
from bot.asking.drafts import SCRIPT_LIMIT
from storage.database import migrate, open_database
from storage.schema import jobs


async def test_the_tables_take_the_rows_to_begin_with(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path / 'lipsync.db'}") as database:
        await migrate(database)
        await processing_jobs(database, 3, id_prefix="gen", accounts=2, script=LONGEST_SCRIPT)
        async with database.read() as conn:
            assert (await conn.execute(select(func.count()).select_from(jobs))).scalar_one() == 3


def test_the_longest_script_is_as_long_as_one_may_be() -> None:
    assert len(LONGEST_SCRIPT) == SCRIPT_LIMIT
