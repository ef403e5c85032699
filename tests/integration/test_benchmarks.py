"""The benchmarks begin with rows of their own, which the tables have to take."""

from decimal import Decimal
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.history import finished_videos, team_id, user_id
from benchmarks.night import booked_night
from benchmarks.seeds import LONGEST_SCRIPT, processing_jobs
from benchmarks.slack_requests import ONE_LINE, commands
from benchmarks.usage_export import OTHERS, OURS, cost_usd, generation_id, page
from bot.asking.asks import Asker
from bot.asking.drafts import SCRIPT_LIMIT
from bot.slack.payloads import to_request
from storage import ledger, states
from storage.database import migrate, open_database
from storage.jobs import JobStatus
from storage.schema import jobs
from storage.states import NEWEST


async def test_the_tables_take_the_rows_to_begin_with(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path / 'lipsync.db'}") as database:
        await migrate(database)
        await processing_jobs(database, 3, id_prefix="gen", accounts=2, script=LONGEST_SCRIPT)
        async with database.read() as conn:
            assert (await conn.execute(select(func.count()).select_from(jobs))).scalar_one() == 3


async def test_the_books_take_a_night_and_agree(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path / 'lipsync.db'}") as database:
        await migrate(database)
        await booked_night(database, 101, told=True)
        async with database.read() as conn:
            booked = await ledger.overview(conn)

    assert (booked.sums_agree, booked.differences) == (True, 0)
    assert [booked.held_usd, booked.spent_usd] == [Decimal(0), sum(map(cost_usd, range(101)))]


def test_the_export_tells_each_video_once() -> None:
    told, cursor = [], ""
    while cursor is not None:
        answer = page(cursor)
        told += [item["generationId"] for item in answer["items"]]
        cursor = answer["nextCursor"]

    assert told == [generation_id(number) for number in range(OURS + OTHERS)]


def test_the_longest_script_is_as_long_as_one_may_be() -> None:
    assert len(LONGEST_SCRIPT) == SCRIPT_LIMIT


async def test_the_tables_take_a_history(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path / 'lipsync.db'}") as database:
        await migrate(database)
        await finished_videos(database, 6, teams=2)
        async with database.read() as conn:
            first = await states.mine(conn, Asker(None, team_id(1), user_id(1, 0)), before=NEWEST, limit=5)
    assert [len(first.live), len(first.over)] == [0, 1]
    assert first.over[0].status is JobStatus.DELIVERED


def test_the_commands_are_as_slack_sends_them() -> None:
    people = {to_request(command).context.user_id for command in islice(commands(ONE_LINE), 100)}
    assert len(people) == 100
