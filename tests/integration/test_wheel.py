"""The wheel, as an image would install it: an editable install hides what was left out of it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder of their own."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel_of = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, *wheel_of, "-w", str(folder), str(_ROOT)]
    subprocess.run(command, check=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(unpacked), **settings}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_makes_a_database_from_nothing(unpacked: Path, tmp_path: Path) -> None:
    where = run(unpacked, "-c", "import bot; print(bot.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(unpacked))

    migrated = run(unpacked, "-m", "bot", "migrate", cwd=tmp_path, DATABASE_URL="sqlite:///kept/lipsync.db")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (tmp_path / "kept" / "lipsync.db").stat().st_size > 0


def test_the_wheel_carries_the_sandboxes_page_and_no_tests(unpacked: Path) -> None:
    assert (unpacked / "bot" / "sandbox" / "page" / "index.html").exists()
    assert {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")} == {
        "bot",
        "handlers",
        "storage",
    }
