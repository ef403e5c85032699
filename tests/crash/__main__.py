"""`python -m tests.crash`: the big crash run, over both engines; the counts are its last line."""

import asyncio
import logging
import random
import sys
import tempfile
from pathlib import Path

import click
import uvloop

from tests.crash.run import Report, Storm, weather

_SHOWN = 8
"""Violations whose timelines are printed."""


@click.command()
@click.option("--jobs", default=1000, show_default=True, help="Asks in all.")
@click.option("--kills", default=210, show_default=True, help="Processes to kill in all.")
@click.option("--seed", type=int, help="Default: a new one, which is printed.")
@click.option("--engine", type=click.Choice(["sqlite"]), multiple=True)
@click.option("--lease", default=30.0, show_default=True, help="Seconds until a dead process's work is free.")
@click.option("--new-keys", is_flag=True, help="Break the product on purpose; the run must fail.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for the app's logs and files.")
def main(**options: object) -> None:
    """Many jobs, killed apps, bad networks: exits 1 if any promise was broken."""
    sys.exit(_main(**options))  # type: ignore[arg-type]


def _main(
    *,
    jobs: int,
    kills: int,
    seed: int | None,
    engine: tuple[str, ...],
    lease: float,
    new_keys: bool,
    keep: Path | None,
) -> int:
    # The fakes' server tells of each call that the weather cut short; that is what it is there for.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    seed = random.randrange(10**6) if seed is None else seed
    engines = engine or ("sqlite",)
    with tempfile.TemporaryDirectory(prefix="lipsync-crash-") as temporary:
        reports = []
        for name in engines:
            folder = (keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            storm = Storm(
                engine=name,
                database_url=f"sqlite:///{folder / 'lipsync.db'}",
                jobs=jobs // len(engines),
                kills=kills // len(engines),
                seed=seed,
                lease_s=lease,
                new_keys=new_keys,
            )
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                reports.append(runner.run(weather(storm, folder.resolve())))
            _tell(reports[-1])
    click.echo(" | ".join(report.line for report in reports))
    return int(any(report.verdict.violations for report in reports))


def _tell(report: Report) -> None:
    for violation in report.verdict.violations[:_SHOWN]:
        for line in report.timelines.of(violation):
            click.echo(line)
    for violation in report.verdict.violations[_SHOWN:]:
        click.echo(f"{violation.what} ({violation.job or violation.tag})")


if __name__ == "__main__":
    main()
