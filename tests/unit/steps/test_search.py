"""A search for a lost send: found, absent, or no answer; and never absent where something was not read."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.steps.search import CLOCKS_APART_S, MOST_SEARCHED, Absent, Found, Unknown, search
from bot.sync_api.errors import RateLimited, SyncApiError, Unavailable
from bot.sync_api.models import Generation

SENT = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
OURS = "0123456789abcdef"
OLD = SENT - timedelta(seconds=CLOCKS_APART_S + 1)


def made(at: Any, name: str | None = "somebody's", number: int = 0) -> Generation:
    fields = {"id": f"g{number}", "status": "PENDING", "createdAt": at, "outputFileName": name}
    return Generation.model_validate(fields)


async def listed(
    rows: Sequence[Generation | None], *, then: SyncApiError | None = None
) -> AsyncIterator[Generation | None]:
    for row in rows:
        yield row
    if then is not None:
        raise then


async def looked(
    rows: Sequence[Generation | None], *, then: SyncApiError | None = None
) -> Found | Absent | Unknown:
    return await search(listed(rows, then=then), OURS, sent_at=SENT.timestamp())


async def test_ours_is_found_by_its_output_name_alone() -> None:
    ours = made(SENT, f"talk-{OURS}")
    assert await looked([made(SENT), ours]) == Found(ours)


@pytest.mark.parametrize(
    "rows", [[], [made(SENT)], [made(SENT), made(OLD)]], ids=["nothing", "to the end", "to an older one"]
)
async def test_it_is_absent_where_all_was_read_that_could_be_it(rows: list[Generation]) -> None:
    assert await looked(rows) == Absent()


async def test_what_lies_behind_an_older_one_is_not_read() -> None:
    assert await looked([made(SENT), made(OLD)], then=Unavailable()) == Absent()


@pytest.mark.parametrize("at", [SENT, SENT - timedelta(seconds=CLOCKS_APART_S)])
async def test_a_clock_that_is_behind_does_not_end_the_search_too_soon(at: datetime) -> None:
    assert isinstance(await looked([made(at)], then=Unavailable()), Unknown)


@pytest.mark.parametrize(
    "rows",
    [
        [None],
        [made(None)],
        [made("soon")],
        [made("2026-08-01T00:00:00")],
        [made(SENT - timedelta(seconds=9)), made(SENT), made(OLD)],
        [None, made(OLD)],
        [made("soon"), made(OLD)],
    ],
    ids=["row", "no date", "no date at all", "no zone", "order", "row before older", "date before older"],
)
async def test_what_was_not_read_is_not_taken_for_not_there(rows: list[Generation | None]) -> None:
    assert isinstance(await looked(rows), Unknown)


async def test_ours_is_found_behind_what_cannot_be_read() -> None:
    ours = made(SENT, OURS)
    assert await looked([None, made("soon"), ours]) == Found(ours)


async def test_an_account_that_made_too_many_since_gives_no_answer() -> None:
    rows = [made(SENT, number=number) for number in range(MOST_SEARCHED)]
    assert isinstance(await looked([*rows, made(OLD)]), Unknown)
    assert await looked([*rows[1:], made(OLD)]) == Absent()


async def test_a_wait_that_sync_asks_for_is_passed_on() -> None:
    answer = await looked([], then=RateLimited(retry_after_s=17))
    assert isinstance(answer, Unknown)
    assert answer.retry_after_s == 17


dates = st.floats(-900, 900).map(lambda s: SENT + timedelta(seconds=s)) | st.sampled_from([None, "soon"])
rows = st.lists(st.none() | dates.map(made), max_size=8)


@given(before=rows, after=rows, fails=st.booleans())
async def test_wherever_ours_stands_it_is_never_called_absent(
    before: list[Generation | None], after: list[Generation | None], *, fails: bool
) -> None:
    """Lists in the order in which they were made, as sync.so promises them, with gaps; ours among them."""
    ours = made(SENT + timedelta(seconds=2), OURS)
    newer = [row for row in before if row is None or row.created_at is None or row.created_at >= SENT]
    answer = await looked([*newer, ours, *after], then=Unavailable() if fails else None)
    assert answer == Found(ours)


@given(rows)
async def test_absent_is_said_of_an_unbroken_list_only(some: list[Generation | None]) -> None:
    answer = await looked(some, then=Unavailable())
    if answer == Absent():
        moments = [row.created_at if row else None for row in some]
        end = next(at for at, moment in enumerate(moments) if moment is not None and moment <= OLD)
        read = [moment for moment in moments[: end + 1] if moment is not None]
        assert len(read) == end + 1
        assert read == sorted(read, reverse=True)
