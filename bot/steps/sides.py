"""Sides: work for several teams in one claim, so that the trouble of one holds up none of the others."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

import structlog

from storage.cards import Card
from storage.errors import StorageError, Undecryptable

T = TypeVar("T")


async def side_by_side(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of it to its end; only then is raised what the first of those raised that broke."""
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def by_team(rows: Iterable[T], team_of: Callable[[T], str]) -> Sequence[Sequence[T]]:
    """The rows of each team, in their order."""
    teams: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        teams[team_of(row)].append(row)
    return list(teams.values())


async def card_by_card(
    cards: Iterable[Card],
    show: Callable[[Card], Awaitable[None]],
    later: Callable[[Card, Exception], Awaitable[None]],
    *,
    step: str,
) -> None:
    """Show cards, those of one team one after the other.

    Args:
        cards: as they were claimed.
        show: shows one.
        later: gives one back whose showing broke; it stops none of the others.
        step: names it in the log.

    Raises:
        StorageError: the worker repeats the step when the database works again.
    """

    async def show_some(some: Sequence[Card]) -> None:
        for card in some:
            order = {} if card.order_id is None else {"order": card.order_id}
            with structlog.contextvars.bound_contextvars(**order, card=card.id, team=card.team_id, step=step):
                await _guarded(card, show, later)

    await side_by_side(map(show_some, by_team(cards, lambda card: card.team_id)))


async def _guarded(
    card: Card,
    show: Callable[[Card], Awaitable[None]],
    later: Callable[[Card, Exception], Awaitable[None]],
) -> None:
    try:
        await show(card)
    except Exception as error:
        if isinstance(error, StorageError) and not isinstance(error, Undecryptable):
            raise
        await later(card, error)
