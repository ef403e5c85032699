"""The sandbox as a whole: both fakes and the real app, on loopback, as one process tree."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import structlog
import yaml
from starlette.routing import Route

import bot
from bot.sandbox.addresses import Addresses, take_addresses
from bot.sandbox.app import CLOCK
from bot.sandbox.fake_slack import (
    FakeSlackConfig,
    OrganisationConfig,
    TeamConfig,
    Timings,
    create_fake_slack,
)
from bot.sandbox.fake_slack.config import Sample
from bot.sandbox.fake_sync import FakeSyncConfig, Org, create_fake_sync
from bot.sandbox.installs import install_other_teams
from bot.sandbox.machine import Clock, Machine
from bot.sandbox.memory import Memory
from bot.sandbox.process import App
from bot.sandbox.serving import served
from bot.sandbox.world import (
    APP_ID,
    APP_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    NEWCOMERS,
    SIGNING_SECRET,
    SYNC_ORGS,
    TEAM_KEYS,
    TEAMS,
    examples,
    samples,
)
from bot.terminal.manifest import for_distribution
from storage.private_files import make_folder

_log = structlog.get_logger(__name__)

_ROOT = Path(bot.__file__).parent.parent
_PAGE = Path(__file__).parent / "page"
_MACHINE = "/ui/machine"
_DATABASE = "lipsync.db"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0
"""Before another start where one has failed; it doubles with each that fails."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a sandbox is started. Tests fill it with more people and shorten the fakes' waits."""

    http: bool = False
    """Slack calls the app over signed HTTP instead of Socket Mode."""
    port: int = 0
    """Of the page; 0: a free one."""
    webhooks: bool = True
    """False: the app has no PUBLIC_URL and polls."""
    teams: tuple[TeamConfig, ...] = TEAMS
    """The first is installed by the settings, the others by rows."""
    organisations: tuple[OrganisationConfig, ...] = ()
    """Enterprise organisations of some of the teams."""
    keys: Mapping[str, str] = field(default_factory=lambda: TEAM_KEYS)
    """The sync.so API key of each team, by the team's id."""
    orgs: Mapping[str, Org] = field(default_factory=lambda: SYNC_ORGS)
    """sync.so's customers, by API key."""
    timings: Timings = field(default_factory=Timings)
    processing_s: float = 4.0
    """Seconds that a generation takes, at least."""
    log: Path | None = None
    """Where the app's lines go; None: to the terminal."""
    keeps: bool = False
    """Whether the folder is to bring the workspace back at the next start."""
    installs: bool = False
    """Whether workspaces and organisations can install the app in a browser."""


async def run(data: Path | None, *, http: bool, port: int) -> int:
    """Start everything, print the page's address, and stop it all on Ctrl-C. Returns the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _folder(data) as folder:
        teams = (*TEAMS, NEWCOMERS)
        setup = Setup(http=http, port=port, teams=teams, keeps=data is not None, installs=True)
        async with sandbox(folder, setup) as (addresses, app):
            click.echo(f"\n  The sandbox is ready: {addresses.slack_url}\n  Stop it with Ctrl-C.\n")
            if _has_a_screen():
                await asyncio.to_thread(webbrowser.open, addresses.slack_url)
            await _keep_running(app, stop)
    return 0


async def _keep_running(app: App, stop: asyncio.Event) -> None:
    """Start the app again whenever it ends before `stop`, as a supervisor would in production.

    A start can fail too: the app may be killed again in it, or find its database locked.
    """
    stopped = asyncio.create_task(stop.wait())
    pause_s = _FIRST_PAUSE_S
    while not stop.is_set():
        ended = asyncio.create_task(app.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if stop.is_set():
            return
        click.echo(f"The app ended (exit code {app.exit_code}); starting it again.")
        try:
            await app.start()
            pause_s = _FIRST_PAUSE_S
        except (click.ClickException, TimeoutError):
            await app.kill()
            click.echo(f"The app did not come up; another try in {pause_s:g} s.")
            await asyncio.wait({stopped}, timeout=pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


@asynccontextmanager
async def sandbox(folder: Path, setup: Setup) -> AsyncIterator[tuple[Addresses, App]]:
    """Both fakes in this process and the real app in a child, until the block ends."""
    async with AsyncExitStack() as stack:
        offered = await asyncio.to_thread(samples, folder / "samples")
        addresses = take_addresses(setup.port, folder / "ports.json" if setup.keeps else None)
        stack.callback(addresses.close)
        sync = create_fake_sync(_sync_config(folder, addresses, setup, offered))
        environment = _environment(folder, addresses, setup)
        app = App(environment, folder, addresses.app_url, setup.log)
        machine = _machine(app, environment)
        slack = create_fake_slack(
            _slack_config(folder, addresses, setup, offered),
            beside=[Route(_MACHINE, machine.faults, methods=["GET", "POST"])],
        )
        if setup.keeps:
            await _keep(stack, Memory(folder, {"slack": slack, "sync": sync}))
        await stack.enter_async_context(served(sync.asgi, addresses.sync))
        await install_other_teams(environment, setup.teams, setup.keys, setup.orgs)
        await stack.enter_async_context(served(slack.asgi, addresses.slack))
        stack.push_async_callback(slack.close)
        stack.push_async_callback(app.stop)
        stack.push_async_callback(machine.close)
        await app.start()
        yield addresses, app


def _sync_config(
    folder: Path, addresses: Addresses, setup: Setup, offered: tuple[Sample, ...]
) -> FakeSyncConfig:
    return FakeSyncConfig(
        base_url=addresses.sync_url,
        folder=folder / "sync",
        orgs=setup.orgs,
        processing_s=setup.processing_s,
        elsewhere=examples(offered),
    )


def _slack_config(
    folder: Path, addresses: Addresses, setup: Setup, offered: tuple[Sample, ...]
) -> FakeSlackConfig:
    return FakeSlackConfig(
        manifest=_manifest(folder, addresses, setup),
        base_url=addresses.slack_url,
        data=folder / "slack",
        teams=setup.teams,
        app_id=APP_ID,
        app_token=APP_TOKEN,
        signing_secret=SIGNING_SECRET,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        organisations=setup.organisations,
        delivery="http" if setup.http else "socket",
        request_url=f"{addresses.app_url}/slack/events",
        sync_control_url=f"{addresses.sync_url}/_control",
        machine_url=_MACHINE,
        install_url=f"{addresses.app_url}/slack/install" if setup.installs else "",
        page=_PAGE,
        samples=offered,
        timings=setup.timings,
    )


def _manifest(folder: Path, addresses: Addresses, setup: Setup) -> Path:
    """That of one team, or the one of an app that many install, which names the app's own address."""
    if not setup.installs:
        return _ROOT / "manifest.yml"
    path = folder / "manifest.yml"
    path.write_text(yaml.safe_dump(for_distribution(addresses.app_url)), encoding="utf-8")
    return path


async def _keep(stack: AsyncExitStack, memory: Memory) -> None:
    """Bring back what was kept, and keep what comes, to the last moment."""
    memory.load()
    keeping = asyncio.create_task(memory.keep(), name="keep the workspace")
    stack.callback(memory.save)
    stack.callback(keeping.cancel)


def _environment(folder: Path, addresses: Addresses, setup: Setup) -> dict[str, str]:
    """The app's settings: those of production, with other base URLs.

    Nothing of the caller's environment is passed on but what a process needs: a proxy variable would send
    loopback calls elsewhere, and a real token would meet a fake Slack.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    first = setup.teams[0]
    slack = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if setup.http else {"SLACK_APP_TOKEN": APP_TOKEN}
    public = {"PUBLIC_URL": addresses.app_url} if setup.webhooks else {}
    if setup.installs:
        public |= {"SLACK_CLIENT_ID": CLIENT_ID, "SLACK_CLIENT_SECRET": CLIENT_SECRET}
    return (
        kept
        | slack
        | public
        | {
            "SLACK_BOT_TOKEN": first.bot_token,
            "SLACK_API_URL": f"{addresses.slack_url}/api/",
            "SYNC_API_KEY": setup.keys[first.id],
            "SYNC_API_URL": addresses.sync_url,
            "HOST": "127.0.0.1",
            "PORT": str(addresses.app_port),
            "DATABASE_URL": f"sqlite:///{folder / _DATABASE}",
            CLOCK: str(folder / "clock"),
        }
    )


def _machine(app: App, environment: Mapping[str, str]) -> Machine:
    clock = Path(environment[CLOCK])
    clock.unlink(missing_ok=True)  # every switch begins switched off
    return Machine(lambda: app.pid, database=clock.with_name(_DATABASE), clock=Clock(clock))


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        kept = data.resolve()
        try:
            make_folder(kept)
        except OSError as error:
            raise click.ClickException(f"--data: {kept} cannot be made ({error.strerror}).") from None
        yield kept
        return
    temporary = Path(tempfile.mkdtemp(prefix="lipsync-sandbox-"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _has_a_screen() -> bool:
    """Whether a person sits here: on a server, opening a page would start a browser in the terminal."""
    desktop = sys.platform in {"darwin", "win32"} or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    return bool(desktop) and sys.stdout.isatty()
