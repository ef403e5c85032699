"""Sides: work for several teams in one claim, so that the trouble of one holds up none of the others."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

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
