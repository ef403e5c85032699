"""Homes in the table of cards: one for an installation and person, due while somebody may look at it."""

from typing import Any

import pytest

from storage import card_store, homes, states
from storage.cards import Card, CardKind
from storage.database import Database
from storage.homes import LOOKED_AT_S
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from storage.states import NEWEST, Mark
from tests.integration.core.rows import change
from tests.integration.storage.builders import NOW, Somebody, job_in, order_in

ME = Somebody()


async def opened(db: Database, person: Somebody = ME, *, now: float = NOW, of: str = "T1") -> Card:
    async with db.write() as conn:
        await homes.opened(conn, person, of, page=None, now=now)
        found = await card_store.find(conn, f"home:{of}:{person.user_id}")
    assert found is not None
    return found


async def changed(db: Database, person: Somebody = ME, *, now: float = NOW) -> None:
    async with db.write() as conn:
        await homes.changed(conn, person, now=now)


async def revision(db: Database, of: str = "T1", user_id: str = "U1") -> int:
    async with db.read() as conn:
        found = await card_store.find(conn, f"home:{of}:{user_id}")
    assert found is not None
    return found.revision


async def test_it_is_of_one_installation_and_person_however_often_it_is_opened(db: Database) -> None:
    first = await opened(db)
    again = await opened(db, now=NOW + 60)

    assert (first.kind, first.order_id, first.opened_at, first.due_at) == (CardKind.HOME, None, NOW, NOW)
    assert (again.id, again.revision, again.opened_at, again.due_at) == (first.id, 2, NOW + 60, NOW + 60)


async def test_who_holds_it_goes_on_and_finds_the_newer_revision(db: Database) -> None:
    await opened(db)
    async with db.write() as conn:
        (held,) = await card_store.claim_cards(conn, now=NOW, lease_s=20, token="held", limit=10)
    await opened(db)

    async with db.write() as conn:
        after = await card_store.card_shown(conn, held, now=NOW, channel=None, ts="V1", moved=False)
    assert after is not None
    assert (after.shown, after.revision, after.due_at, after.lease_token) == (1, 2, NOW, None)


@pytest.mark.parametrize(
    ("other", "tells"),
    [
        ({}, True),
        ({"user_id": "U2"}, False),
        ({"team_id": "T2"}, False),
        ({"team_id": "T2", "enterprise_id": "E1"}, False),
    ],
    ids=str,
)
async def test_what_changes_of_others_is_nobodys_business(
    db: Database, other: dict[str, Any], *, tells: bool
) -> None:
    await opened(db)

    await changed(db, Somebody(**other))

    assert await revision(db) == 1 + tells


async def test_of_an_organisation_any_workspace_may_be_named(db: Database) -> None:
    await opened(db, Somebody("T1", "U1", "E1"), of="E1")

    await changed(db, Somebody("T2", "U1", "E1"))

    assert await revision(db, "E1") == 2


async def test_one_that_was_left_long_ago_is_left_alone(db: Database) -> None:
    await opened(db)

    await changed(db, now=NOW + LOOKED_AT_S)

    assert await revision(db) == 1


async def test_what_is_live_and_what_is_over_are_told_apart_and_paged(db: Database) -> None:
    async with db.write() as conn:
        live = [(await order_in(conn, OrderStatus.OFFERED, card_revision=1)).id]
        live.append((await job_in(conn, JobStatus.QUEUED)).order_id)
        await order_in(conn, OrderStatus.DRAFT)  # a form that was only opened
        await order_in(conn, OrderStatus.CANCELLED, card_revision=1, ended_at=NOW)
        over = []
        for number in range(3):
            done = (await job_in(conn, JobStatus.DELIVERED, ended_at=NOW)).order_id
            await change(
                conn, done, {"status": OrderStatus.ENDED, "ended_at": NOW, "created_at": NOW + number}
            )
            over.append(done)

    async with db.read() as conn:
        first = await states.mine(conn, ME, before=NEWEST, limit=2)
        rest = await states.mine(conn, ME, before=Mark.after(first.over[-1]), limit=2)
    assert {state.order.id for state in first.live} == {state.order.id for state in rest.live} == set(live)
    assert [state.order.id for state in (*first.over, *rest.over)] == over[::-1]


def test_a_place_comes_back_as_it_was_written() -> None:
    mark = Mark(1_790_000_000.123456, "J1")

    assert Mark.read(mark.written()) == mark
    assert [Mark.read(broken) for broken in ("", "J1", "inf:J1", "nan:J1")] == [None] * 4
