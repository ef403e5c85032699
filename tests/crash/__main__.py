"""`python -m tests.crash`: the big crash run, over both engines; the counts are its last line.

First a death at every commit and call of a few orders' lives, then a storm over many orders.
"""

import asyncio
import logging
import random
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import uvloop

from tests.crash.matrix import MATRIX_LEASE_S, matrix
from tests.crash.run import WAYS, Report, Storm, tell, weather
from tests.postgres import running_postgres

_KILLED = {"sqlite": 2, "postgresql": 3}
"""How the kills are shared out: three processes die side by side, one has to come up again first."""
_EACH_JOBS = 16

Play = Callable[[Storm, str, Path], Coroutine[Any, Any, Report]]


@click.command()
@click.option("--jobs", default=1000, show_default=True, help="Orders asked for in all.")
@click.option("--kills", default=300, show_default=True, help="Processes to kill in all.")
@click.option("--seed", type=int, help="Default: a new one, which is printed.")
@click.option("--engine", "engines", type=click.Choice(list(WAYS)), multiple=True, default=list(WAYS))
@click.option("--lease", default=30.0, show_default=True, help="Seconds until a dead process's work is free.")
@click.option("--new-keys", is_flag=True, help="Break the product on purpose; the run must fail.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the app's logs and files in this folder.")
def main(**options: Any) -> None:
    """Many orders, killed apps, bad networks: exits 1 if any promise was broken."""
    # The fakes' server tells of each call that the weather cut short; that is what it is there for.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    keep: Path | None = options.pop("keep")
    with tempfile.TemporaryDirectory(prefix="lipsync-crash-") as temporary:
        sys.exit(_main(folder=(keep or Path(temporary)).resolve(), **options))


def _main(
    *,
    jobs: int,
    kills: int,
    seed: int | None,
    engines: Sequence[str],
    lease: float,
    new_keys: bool,
    folder: Path,
) -> int:
    seed = random.randrange(10**6) if seed is None else seed
    reports = []
    for engine in engines:
        each = Storm(jobs=_EACH_JOBS, kills=0, seed=seed, lease_s=MATRIX_LEASE_S, **WAYS[engine])
        reports.append(_played(each, engine, folder / f"{engine}-each-point", _each_point))
        storm = Storm(
            jobs=-(-jobs // len(engines)),
            kills=-(-kills * _KILLED[engine] // sum(_KILLED[each] for each in engines)),
            seed=seed,
            lease_s=lease,
            new_keys=new_keys,
            **WAYS[engine],
        )
        reports.append(_played(storm, engine, folder / engine, weather))
    click.echo(" | ".join(report.line for report in reports))
    return int(any(report.verdict.violations for report in reports))


def _played(storm: Storm, engine: str, folder: Path, play: Play) -> Report:
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        url = f"sqlite:///{folder / 'lipsync.db'}"
        if engine == "postgresql":
            url = runner.run(stack.enter_context(running_postgres()).new_database())
        report = runner.run(play(storm, url, folder))
    tell(report.verdict, report.timelines)
    click.echo(report.line)
    return report


async def _each_point(storm: Storm, url: str, folder: Path) -> Report:
    return (await matrix(storm, url, folder)).report


if __name__ == "__main__":
    main()
