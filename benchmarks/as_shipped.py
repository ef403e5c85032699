"""A process as it is where no more than `requirements.lock` is installed.

`python -m benchmarks.as_shipped NAMES MODULE …` runs a module without the packages of these names.

A developer has more, and libraries load what they find: httpx and structlog a printer of colours, uvicorn a
watcher of files.
"""

import re
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

LOCK = Path(__file__).parent.parent / "requirements.lock"
OURS = {"lipsync-slack"}


def command(module: str, *arguments: str) -> list[str]:
    """What starts a module so."""
    return [sys.executable, "-m", "benchmarks.as_shipped", ",".join(_not_shipped()), module, *arguments]


def _not_shipped() -> list[str]:
    """The packages that are installed here and not there."""
    shipped = OURS.union(re.findall(r"^([\w.-]+)==", LOCK.read_text(), re.MULTILINE))
    return sorted(
        name
        for name, of in packages_distributions().items()
        if shipped.isdisjoint(re.sub(r"[-_.]+", "-", each).lower() for each in of)
    )


class _Without:
    """Finds what is installed, but for some packages."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python's own finder."""
        return None if fullname in self._names else PathFinder.find_spec(fullname, path, target)


def main() -> None:
    names, module, *arguments = sys.argv[1:]
    sys.meta_path[sys.meta_path.index(PathFinder)] = _Without(names.split(","))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
