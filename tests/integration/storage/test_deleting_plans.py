"""What is deleted, by time or for a person, is found by indexes: as both engines say themselves."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import deletions, departures, input_store, lives, pseudonyms
from storage.database import Database
from storage.departures import Departure
from storage.orders import Forgotten
from tests.integration.storage.builders import NOW
from tests.integration.storage.test_home_plans import plans_of, read_whole

Work = Callable[[AsyncConnection], Awaitable[object]]
_NO_TABLES = {"CONSTANT"}
_FEW = {"differences"}
"""A row where sync.so's record and the books did not meet, which is hardly ever."""
LEFT = Departure("E1", "T1", "U1", "gone-1", NOW, NOW)
KINDS = lives.over({90: ["T1", "E1"]}, now=NOW)

WORK: dict[str, Work] = {
    **{
        f"{number}, {kind.what}": partial(lives.some, kind=kind, limit=200)
        for number, kind in enumerate(KINDS)
    },
    "inputs": partial(input_store.forget_old, now=NOW, limit=200),
    "words": partial(deletions.forget_words, order_ids=["order"], why=Forgotten.DELETED, now=NOW),
    "a file that is needed": partial(deletions.is_file_needed, team_id="T1", file_id="F1"),
    "who is due": partial(departures.due, now=NOW, limit=1),
    "open orders": partial(departures.open_orders, left=LEFT, limit=50),
    "ended orders": partial(departures.ended_orders, left=LEFT, limit=50),
    "whether anything is kept": partial(departures.is_known, person=LEFT),
    "traces": partial(departures.forget_traces, left=LEFT),
    "the log": partial(departures.logged, left=LEFT),
    "the books": partial(
        pseudonyms.rename,
        owner_id="T1",
        user_id="U1",
        pseudonym="gone-1",
        before_month="2026-11",
        limit=500,
    ),
    "whether the books name them": partial(
        pseudonyms.is_named, owner_id="T1", user_id="U1", until_month="2026-11"
    ),
}


@pytest.mark.parametrize("what", WORK)
async def test_no_table_is_read_whole(db: Database, what: str) -> None:
    async with db.write() as conn:
        plans = await plans_of(conn, WORK[what])

    assert plans
    assert [plan for plan in plans if read_whole(plan) - _NO_TABLES - _FEW] == []
