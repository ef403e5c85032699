"""The sandbox as a supervisor: the app may be killed as often as somebody likes."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from bot.sandbox import server
from bot.sandbox.installs import install_other_teams
from bot.sandbox.process import App
from bot.sandbox.world import SYNC_ORGS, TEAM_KEYS, TEAMS
from storage.database import open_database
from storage.encryption import Cipher, new_key
from storage.installations import Installations


class Shaky(App):
    """An app that has ended, and whose next starts go as told; once one went well it runs on."""

    def __init__(self, folder: Path, starts: Sequence[Exception | None]) -> None:
        super().__init__({}, folder, "http://127.0.0.1:9", None)
        self.starts = list(starts)
        self.up = asyncio.Event()
        self.kills, self.killed = 0, asyncio.Event()

    async def start(self) -> None:
        trouble = self.starts.pop(0)
        if trouble is not None:
            raise trouble
        self.up.set()

    async def wait(self) -> None:
        if self.up.is_set():
            await asyncio.Event().wait()

    async def kill(self) -> None:
        self.kills += 1
        self.killed.set()


async def looked_after_until(app: App, moment: asyncio.Event) -> None:
    """Let the sandbox keep the app running, and stop it at that moment."""
    stop = asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(server._keep_running(app, stop))
        await moment.wait()
        stop.set()


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_FIRST_PAUSE_S", 0.01)


def test_a_folder_that_is_made_for_the_workspace_is_closed_to_others(tmp_path: Path) -> None:
    with server._folder(tmp_path / "kept") as kept:
        assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("_hurried")
async def test_a_start_that_fails_is_made_again_a_little_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Shaky(tmp_path, [click.ClickException("killed in its start"), TimeoutError(), None])
    await looked_after_until(app, app.up)
    assert app.starts == []
    assert app.kills == 2, "one that hangs in its start must not stay beside the next"
    said = capsys.readouterr().out
    assert "another try in 0.01 s" in said
    assert "another try in 0.02 s" in said


async def test_ctrl_c_cuts_the_pause_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_FIRST_PAUSE_S", 60.0)
    app = Shaky(tmp_path, [TimeoutError()])
    await looked_after_until(app, app.killed)


async def test_who_removed_the_app_does_not_have_it_again_by_a_restart(tmp_path: Path) -> None:
    key, url = new_key(), f"sqlite:///{tmp_path / 'lipsync.db'}"
    settings = {
        "SLACK_BOT_TOKEN": TEAMS[0].bot_token,
        "SLACK_SIGNING_SECRET": "0" * 32,
        "SYNC_API_KEY": TEAM_KEYS[TEAMS[0].id],
        "DATABASE_URL": url,
        "ENCRYPTION_KEYS": key,
    }
    birch = TEAMS[1].id
    await install_other_teams(settings, TEAMS, TEAM_KEYS, SYNC_ORGS)
    async with open_database(url) as database:
        later = time.time() + 1
        assert await Installations(database, Cipher([key])).remove(birch, at=later, now=later)

    await install_other_teams(settings, TEAMS, TEAM_KEYS, SYNC_ORGS)

    async with open_database(url) as database:
        assert await Installations(database, Cipher([key])).all() == []
