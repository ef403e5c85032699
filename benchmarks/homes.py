"""Homes opened beside a long history: a million finished videos of a thousand teams, on both engines.

The peers are the same app over an empty database, and over one with little more than what the person made.
Sides take turns, one Home each, since what else the machine does swings more than they differ.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.history import PEOPLE, finished_videos
from benchmarks.processes import process
from storage.database import migrate, open_database
from tests.postgres import NoPostgres, running_postgres

_OWN = 50
"""Videos of each person."""
_TEAMS = {"an empty database": 0, "some history": 20, "a long history": 1_000}
_QUICK_TEAMS = _TEAMS | {"a long history": 100}
_TURNS, _WARM = 50, 20
_AT_MOST = 1.3

Side = Mapping[str, list[float]]
"""By what was measured, the seconds of each Home."""


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Open Homes over each database by turns, each of somebody who has not opened theirs before.

    Args:
        rounds: Fifty Homes a side for each.
        quick: A tenth of the history, one round.
    """
    teams, turns = (_QUICK_TEAMS, _TURNS) if quick else (_TEAMS, rounds * _TURNS)
    with tempfile.TemporaryDirectory() as folder:
        urls = {name: f"sqlite:///{Path(folder, str(at))}.db" for at, name in enumerate(teams)}
        figures = _figures("SQLite", _measured(urls, teams, turns))
    try:
        with running_postgres() as server:
            urls = {name: asyncio.run(server.new_database()) for name in teams}
            return [*figures, *_figures("PostgreSQL", _measured(urls, teams, turns))]
    except NoPostgres as error:
        print(error)
        return figures


def _measured(urls: Mapping[str, str], teams: Mapping[str, int], turns: int) -> Mapping[str, Side]:
    for name, url in urls.items():
        asyncio.run(_fill(url, teams[name]))
    with ExitStack() as stack:
        stub = stack.enter_context(process("benchmarks.stub")).address
        openers = {
            name: stack.enter_context(process("benchmarks.home_opener", url, stub))
            for name, url in urls.items()
        }
        for opener in openers.values():
            opener.ask({"count": _WARM})
        answers = [{name: opener.ask({"count": 1}) for name, opener in openers.items()} for _ in range(turns)]
    return {name: _together([turn[name] for turn in answers]) for name in urls}


async def _fill(url: str, teams: int) -> None:
    async with open_database(url) as database:
        await migrate(database)
        if teams:
            await finished_videos(database, teams * PEOPLE * _OWN, teams=teams)


def _together(answers: list[dict[str, Any]]) -> Side:
    return {what: [one for answer in answers for one in answer[what]] for what in ("took_s", "cpu_s")}


def _figures(engine: str, measured: Mapping[str, Side]) -> list[Figure]:
    clock, cpu = (
        {name: median(side[what]) for name, side in measured.items()} for what in ("took_s", "cpu_s")
    )
    *peers, full = measured
    return [
        *(Figure(f"{engine}, {name}: a Home opened", took * 1000, "ms") for name, took in clock.items()),
        *(
            Figure(f"{engine}, {full}, of {peer}", clock[full] / clock[peer], "ratio", at_most=_AT_MOST)
            for peer in peers
        ),
        *(
            Figure(f"{engine}, {full}, of {peer}: processor time", cpu[full] / cpu[peer], "ratio")
            for peer in peers
        ),
    ]
