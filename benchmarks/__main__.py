"""`python -m benchmarks [NAME …] [--rounds N] [--quick]`: measure and print, with targets met or missed."""

import argparse
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from benchmarks import (
    asking,
    claiming,
    finishing,
    homes,
    polling,
    reviewing,
    slash_command,
    socket_mode,
    startup,
    transfer,
)
from benchmarks.figures import Figure, table

Benchmark = Callable[..., Sequence[Figure]]
"""Measures with `rounds` turns for each side; `quick` makes the work smaller."""

ALL: dict[str, Benchmark] = {
    "slash_command": slash_command.run,
    "socket_mode": socket_mode.run,
    "polling": polling.run,
    "claiming": claiming.run,
    "reviewing": reviewing.run,
    "startup": startup.run,
    "transfer": transfer.figures,
    "asking": asking.run,
    "finishing": finishing.run,
    "homes": homes.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side of a comparison")
    parser.add_argument("--quick", action="store_true", help="less work a round, for development")
    options = parser.parse_args()
    unknown = set(options.names) - set(ALL)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, Python {platform.python_version()}"
    )
    for name in options.names or ALL:
        print(f"\n{name}", flush=True)
        print(table(ALL[name](rounds=options.rounds, quick=options.quick)), flush=True)


if __name__ == "__main__":
    main()
