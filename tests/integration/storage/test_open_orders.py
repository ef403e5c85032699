"""What one person may have open is counted right, however many replicas add to it at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import chain

import pytest

from storage import order_store
from storage.database import Database
from storage.open_orders import count_open
from storage.orders import Order, OrderStatus
from tests.integration.storage.builders import NOW, Somebody, add_order, ask

MOST, ASKS = 20, 50


class Full(Exception):
    """There is no room for one more."""


@pytest.fixture
async def replicas(open_again: Callable[[], Database]) -> AsyncIterator[list[Database]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_again()) for _ in range(3)]


async def ask_in(db: Database, user: str = "U1") -> None:
    """One more order of a person's, undone where it is one too many."""
    async with db.write() as conn:
        await order_store.insert(conn, ask(user_id=user, status=OrderStatus.PREPARING), now=NOW)
        if await count_open(conn, Somebody(user_id=user), at_most=MOST + 1) > MOST:
            raise Full


async def send_form_in(db: Database, form: Order) -> None:
    """As above, for a form that was open and did not count."""
    async with db.write() as conn:
        await order_store.get(conn, form.id, team_id="T1", lock=True)
        await order_store.move(conn, form, OrderStatus.PREPARING, now=NOW)
        if await count_open(conn, Somebody(), at_most=MOST + 1) > MOST:
            raise Full


async def test_of_many_asks_in_several_replicas_no_more_are_taken_than_there_is_room_for(
    replicas: list[Database],
) -> None:
    forms = [await add_order(replicas[0]) for _ in range(ASKS // 2)]
    asks = [ask_in(replicas[number % 3]) for number in range(ASKS // 2)]
    sent = [send_form_in(replicas[number % 3], form) for number, form in enumerate(forms)]

    both = chain.from_iterable(zip(asks, sent, strict=True))
    ends = await asyncio.gather(*both, return_exceptions=True)

    assert [end for end in ends if not isinstance(end, Full | None)] == []
    assert sum(isinstance(end, Full) for end in ends) == ASKS - MOST
    async with replicas[0].read() as conn:
        assert await count_open(conn, Somebody(), at_most=ASKS) == MOST


async def test_the_workspaces_of_an_organisation_have_one_limit_together(
    replicas: list[Database],
) -> None:
    teams = ("T1", "T2")

    async def ask_as(db: Database, team: str) -> None:
        async with db.write() as conn:
            new = ask(team_id=team, enterprise_id="E1", status=OrderStatus.PREPARING)
            await order_store.insert(conn, new, now=NOW)
            who = Somebody(team, enterprise_id="E1")
            if await count_open(conn, who, at_most=MOST + 1) > MOST:
                raise Full

    asks = [ask_as(replicas[number % 3], teams[number % 2]) for number in range(ASKS)]
    ends = await asyncio.gather(*asks, return_exceptions=True)

    assert [end for end in ends if not isinstance(end, Full | None)] == []
    assert sum(isinstance(end, Full) for end in ends) == ASKS - MOST
    async with replicas[0].read() as conn:
        assert await count_open(conn, Somebody("T1"), at_most=ASKS) < MOST
