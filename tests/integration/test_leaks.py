"""The search for secrets finds them, wherever a test leaves one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.leaks import arguments_of, told_in, written_in

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.leaks import Leaks

def pytest_configure(config):
    config.addinivalue_line("markers", "prints_secrets: may")
    config.pluginmanager.register(Leaks(), "leaks")
"""
TESTS = """
import logging, subprocess, sys
import pytest

def test_innocent(tmp_path):
    (tmp_path / "own.key").write_text("k3y-0f-0ur-0wn" + "0" * 29 + "=")
    (tmp_path / "tls.key").write_text("no key of ours: token")
    (tmp_path / "written").write_text("task-12345678 a disk-whatever-it-is xox")

def test_prints(): print("the token: xo" "xb-1-w001-sandbox")
def test_logs(): logging.getLogger("any").warning("%s", "sk" "-sandbox-w001-0123456789")
def test_hands_over(): subprocess.run([sys.executable, "-c", "", "--secret=wh" "sec_w001"])

@pytest.mark.prints_secrets
def test_may_print(): print("xo" "xb-1-w001-sandbox")

def test_writes_a_token(tmp_path): (tmp_path / "spool.log").write_bytes(b"xa" b"pp-1-A0LIPSYNC1")
def test_writes_a_key(tmp_path): (tmp_path / "rows.db-wal").write_text("k3y-0f-0ur-0wn" + "0" * 29 + "=")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not where the search of this very run comes."""
    with TemporaryDirectory() as name:
        yield Path(name)


def run(folder: Path, *only: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_some.py").write_text(TESTS)
    here = (
        "-c",
        os.devnull,
        f"--rootdir={folder}",
        f"--basetemp={folder / 'base'}",
        "-p",
        "no:cacheprovider",
    )
    command = [sys.executable, "-m", "pytest", *here, "-rfE", *(f"test_some.py::{name}" for name in only)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_each_test_that_tells_a_secret_fails_and_so_does_a_run_that_wrote_one(folder: Path) -> None:
    told = run(folder)
    assert told.returncode == 1
    assert set(re.findall(r"^FAILED test_some.py::(\w+)", told.stdout, re.MULTILINE)) == {
        "test_prints",
        "test_logs",
        "test_hands_over",
    }
    leaked = [Path(path).name for path in re.findall(r"^LEAKED into (\S+):", told.stdout, re.MULTILINE)]
    assert sorted(leaked) == ["rows.db-wal", "spool.log"]


@pytest.mark.parametrize(
    ("only", "exit_code"), [("test_innocent", 0), ("test_may_print", 0), ("test_writes_a_token", 1)]
)
def test_a_run_fails_by_what_it_wrote_alone(folder: Path, only: str, exit_code: int) -> None:
    assert run(folder, only).returncode == exit_code


def test_what_the_search_looks_for(folder: Path) -> None:
    shapes = ["xoxb-1-acme-sandbox", "xoxe.xoxb-1-abcdefgh", "xapp-1-A0LIPSYNC1-1", "whsec_w001"]
    assert told_in(["; ".join(shapes)]) == set(shapes)
    assert told_in(["task-12345678", "disk-image-of-it", "a xox-b"]) == set()
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_bytes(b"\0" * 70_000 + b"sk-sandbox-w001-0123456789")
    assert written_in(folder) == {folder / "deep" / "file": {"sk-sandbox-w001-0123456789"}}


def test_arguments_are_read_of_a_process_and_its_children() -> None:
    script = "import sys; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "--canary"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert any("--canary" in arguments for arguments in arguments_of(os.getpid()))


@pytest.mark.parametrize(("before", "found"), [("gAAAAABqGNP_", 0), ("gAAAAABqGNP_ ", 1), ("AAAAABqGNP_", 1)])
def test_what_looks_like_a_key_within_what_was_sealed_is_chance(before: str, found: int) -> None:
    assert len(told_in([f"{before}sk-{'Zz0_' * 5}"])) == found
