"""The wheel, as an image would install it: an editable install hides what was left out of it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

_ROOT = Path(__file__).parents[2]
_PARTS = ("bot", "handlers", "storage")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel is made of, with texts in one more language."""
    folder = tmp_path_factory.mktemp("source")
    for part in _PARTS:
        shutil.copytree(_ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitignore", "LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(_ROOT / name, folder)
    texts = Catalog("pl")
    texts.add("Cancel", "Anuluj")
    compiled = folder / "bot" / "messages" / "locale" / "pl" / "LC_MESSAGES" / "messages.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as file:
        write_mo(file, texts)
    return folder


@pytest.fixture(scope="module")
def unpacked(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder of their own."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel_of = ["-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, *wheel_of, "-w", str(folder), str(source)]
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
    assert {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")} == set(_PARTS)


def test_the_wheel_carries_the_compiled_texts_of_each_language(unpacked: Path, tmp_path: Path) -> None:
    asked = "from bot.messages.catalogue import words_of; print(words_of('pl')('Cancel'))"

    assert run(unpacked, "-c", asked, cwd=tmp_path).stdout == "Anuluj\n"
    assert [path.name for path in (unpacked / "bot" / "messages" / "locale").iterdir()] == ["pl"]
