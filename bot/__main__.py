"""The command line: `lipsync-bot serve`, `sandbox`, `doctor`, `connect`, `manifest` and others."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.errors import BadSettings
from bot.log import set_up_logging
from bot.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lipsync-slack")
def main() -> None:
    """Lip-sync for Slack: a video, new words, a price, a yes, and the video in the thread."""


@main.command()
def serve() -> None:
    """Serve Slack: over Socket Mode with SLACK_APP_TOKEN, else over HTTP with SLACK_SIGNING_SECRET."""
    settings = _settings()
    from bot.server import serve as run  # noqa: PLC0415 - a second of imports that other commands need not pay

    sys.exit(_run(run(settings)))


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema; `serve` does the same when it starts."""
    settings = _settings(serving=False)
    from bot.data_folder import prepare_data_folder  # noqa: PLC0415 - as above
    from storage.database import migrate as run  # noqa: PLC0415 - as above
    from storage.database import open_database  # noqa: PLC0415 - as above

    async def work() -> int:
        prepare_data_folder(settings)
        async with open_database(settings.database_url) as database:
            await run(database)
        return 0

    sys.exit(_run(work()))


@main.command()
def doctor() -> None:
    """Look at settings, database, Slack, sync.so, public URL and clock; say what is wrong. Costs nothing."""
    settings = _settings(serving=False)
    from bot.terminal.doctor import examine  # noqa: PLC0415 - as above

    async def work() -> int:
        findings = await examine(settings, clock=time.time)
        for finding in findings:
            click.echo(f"{'well ' if finding.well else 'WRONG'}  {finding.what}: {finding.words}")
        return 0 if all(finding.well for finding in findings) else 1

    sys.exit(_run(work()))


@main.command()
@click.option("--url", help="PUBLIC_URL of an app that other workspaces install, over HTTP.")
@click.option("--email", help="Where you help people: with it, what the Marketplace lists is there, too.")
def manifest(url: str | None, email: str | None) -> None:
    """Print the app's manifest, for api.slack.com: of one team over Socket Mode, or with --url for many."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - as above

    from bot.settings import ApiRoot  # noqa: PLC0415 - as above
    from bot.terminal.manifest import for_distribution, for_one_team  # noqa: PLC0415 - as above

    try:
        given = None if url is None else TypeAdapter(ApiRoot).validate_python(url)
    except ValidationError as error:
        raise click.BadParameter(str(error.errors()[0]["msg"]), param_hint="--url") from None
    if email is not None and given is None:
        raise click.UsageError("--email is for an app that others install: give --url, too.")
    made = for_one_team() if given is None else for_distribution(given, email=email)
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))


@main.command("new-key")
def new_key() -> None:
    """Print a fresh key for ENCRYPTION_KEYS."""
    from storage.encryption import new_key as make  # noqa: PLC0415 - as above

    click.echo(make())


@main.command()
@click.option(
    "--team", metavar="ID", help="The workspace's or organisation's id; needed where there are several."
)
@click.option("--remove", is_flag=True, help="Take its key away instead.")
@click.argument("typed", nargs=-1, metavar="")
def connect(team: str | None, *, remove: bool, typed: tuple[str, ...]) -> None:
    """Connect a workspace's sync.so account: asks for the API key, or reads it from standard input."""
    if typed:  # click's own words would repeat them
        raise click.UsageError(
            "A key is never an argument: others can read those. If you typed one, make a new one, and give "
            "that when you are asked for it, or on standard input."
        )
    settings = _settings(serving=False)
    from bot.terminal.connect import connect as run  # noqa: PLC0415 - as above
    from bot.terminal.connect import disconnect  # noqa: PLC0415 - as above

    async def work() -> int:
        words = disconnect(settings, team) if remove else run(settings, team, _api_key())
        click.echo(await words)
        return 0

    sys.exit(_run(work()))


@main.command()
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
def purge(*, dry_run: bool) -> None:
    """Delete now what is over by time, as the running app does by and by; docs/data.md says how long."""
    settings = _settings(serving=False)
    from bot.terminal.purge import purge as run  # noqa: PLC0415 - as above

    async def work() -> int:
        for line in await run(settings, time.time, dry_run=dry_run):
            click.echo(line)
        return 0

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
@click.option("--reason", metavar="TEXT", help="Shown to whoever waits, or presses Generate.")
def pause(team: str | None, reason: str | None) -> None:
    """Stop all new spending at sync.so, at once; what sync.so has already is finished and brought."""
    settings = _settings(serving=False)
    from bot.terminal.pause import pause as run  # noqa: PLC0415 - as above

    async def work() -> int:
        click.echo(await run(settings, team, reason, time.time))
        return 0

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
def resume(team: str | None) -> None:
    """Let new spending go on after a pause, and what waited for it."""
    settings = _settings(serving=False)
    from bot.terminal.pause import resume as run  # noqa: PLC0415 - as above

    async def work() -> int:
        click.echo(await run(settings, team, time.time))
        return 0

    sys.exit(_run(work()))


def _api_key() -> str:
    """Never an argument: those can be read by everybody on the machine, and stay in the shell's history."""
    if sys.stdin.isatty():
        typed: str = click.prompt("sync.so API key (it does not show)", hide_input=True)
        return typed.strip()
    return sys.stdin.readline().strip()


@main.command()
def reencrypt() -> None:
    """Bring all stored secrets under the newest of ENCRYPTION_KEYS, so that older keys can be dropped."""
    settings = _settings(serving=False)
    from bot.data_folder import close_data_folder  # noqa: PLC0415 - as above
    from bot.keys import encryption_keys  # noqa: PLC0415 - as above
    from storage.database import open_database  # noqa: PLC0415 - as above
    from storage.encryption import Cipher  # noqa: PLC0415 - as above
    from storage.reencryption import reencrypt as run  # noqa: PLC0415 - as above

    async def work() -> int:
        close_data_folder(settings)
        cipher = Cipher(encryption_keys(settings))
        async with open_database(settings.database_url) as database:
            number = await run(database, cipher)
        click.echo(f"Secrets that are under the newest key: {number}.")
        return 0

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
@click.option("--verify", is_flag=True, help="Tell instead whether nothing was changed, removed or cut off.")
def audit(team: str | None, *, verify: bool) -> None:
    """Print the audit log, one line of JSON for each row: who did what that counts, and when."""
    settings = _settings(serving=False)
    from bot.terminal.audit_log import check, lines  # noqa: PLC0415 - as above

    async def work() -> int:
        if not verify:
            return await _print(lines(settings, team), team)
        words, is_whole = await check(settings, team)
        click.echo("\n".join(words))
        return 0 if is_whole else 1

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
@click.option("--closed", is_flag=True, help="Those that are closed, too.")
@click.option("--close", "generation", metavar="GENERATION", help="Close what is open about this one.")
@click.option("--reason", metavar="TEXT", help="What came of it; needed with --close.")
def differences(team: str | None, *, closed: bool, generation: str | None, reason: str | None) -> None:
    """Print where the ledger and sync.so's record do not meet, one line of JSON for each; or close one.

    Without --team, --close closes what cannot be said to be any team's.
    """
    settings = _settings(serving=False)
    from bot.terminal.differences import close, lines  # noqa: PLC0415 - as above

    if generation is not None and not (reason or "").strip():
        raise click.UsageError("--close needs a --reason.")

    async def work() -> int:
        if generation is None:
            return await _print(lines(settings, team, with_closed=closed), team)
        number = await close(settings, team or "", generation, (reason or "").strip())
        click.echo(f"Differences closed: {number}.")
        return 0 if number else 1

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="What was booked then or later, in UTC; default: all.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    help="Default: one line of JSON each.",
)
def export(team: str | None, since: datetime | None, form: str) -> None:
    """Print the ledger, for a warehouse: each hold, charge, release, write-off and correction, exactly."""
    settings = _settings(serving=False)
    from bot.terminal.ledger_export import csv_lines, json_lines  # noqa: PLC0415 - as above

    booked_from = None if since is None else since.replace(tzinfo=UTC).timestamp()

    async def work() -> int:
        told = (json_lines if form == "json" else csv_lines)(settings, team, booked_from)
        return await _print(told, team, heads=int(form == "csv"))

    sys.exit(_run(work()))


@main.command()
@click.option("--team", metavar="ID", help="Of this workspace or organisation alone; default: of all.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv"]),
    default="json",
    help="Default: one line of JSON each.",
)
def consents(team: str | None, form: str) -> None:
    """Print who is shown in which order's videos, on what ground, and who said so."""
    settings = _settings(serving=False)
    from bot.terminal.consent_export import csv_lines, json_lines  # noqa: PLC0415 - as above

    async def work() -> int:
        told = (json_lines if form == "json" else csv_lines)(settings, team)
        return await _print(told, team, heads=int(form == "csv"))

    sys.exit(_run(work()))


@main.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Keep the workspace here, messages and all, and go on with it next time; default: nothing is kept.",
)
@click.option("--http", is_flag=True, help="Slack calls the app over signed HTTP instead of Socket Mode.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    envvar="PORT",
    default=0,
    help="Port of the page, or PORT; default: a free one.",
)
def sandbox(data: Path | None, *, http: bool, port: int) -> None:
    """A small Slack workspace in the browser, with a small sync.so behind it. Needs no account."""
    set_up_logging("INFO")
    try:
        from bot.sandbox.server import run  # noqa: PLC0415 - only the sandbox needs media libraries
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"The sandbox needs the `sandbox` extra ({error.name} is missing): run `make sandbox`.",
        ) from error
    sys.exit(_run(run(data, http=http, port=port)))


async def _print(lines: AsyncIterator[str], team: str | None, *, heads: int = 0) -> int:
    """Print them, and say beside them where there is none of a team: its id may be mistyped."""
    number = 0
    async for line in lines:
        click.echo(line)
        number += 1
    if team is not None and number <= heads:
        click.echo(f"Nothing of {team} is there to be told.", err=True)
    return 0


def _settings(*, serving: bool = True) -> Settings:
    try:
        settings = Settings.read()
        if serving:
            settings.require_serving()
    except BadSettings as error:
        raise click.ClickException(_lines(error)) from None
    set_up_logging(settings.log_level)
    return settings


def _lines(error: BadSettings) -> str:
    return "The settings do not allow a start:\n" + "\n".join(f"  • {line}" for line in error.problems)


def _run(work: Coroutine[Any, Any, int]) -> int:
    """Run on uvloop; what a person at the terminal can mend is one line and no traceback."""
    import uvloop  # noqa: PLC0415 - as above

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except Exception as error:
        words = _mendable(error)
        if words is None:
            raise
        raise click.ClickException(words) from None


def _mendable(error: Exception) -> str | None:
    """What to tell about an error that a person can mend; None for all others."""
    from bot.slack import SlackRefused, SlackUnreachable  # noqa: PLC0415 - as above
    from storage.errors import BadEncryptionKey, Misplaced, StorageError, Undecryptable  # noqa: PLC0415 - as above

    words: str | None = None
    match error:
        case BadEncryptionKey():
            words = f"ENCRYPTION_KEYS: {error} Make a new one with `lipsync-bot new-key`."
        case BadSettings():
            words = _lines(error)
        case SlackRefused():
            words = f"Slack has refused to answer for too long ({error})."
        case SlackUnreachable():
            words = f"Slack cannot be reached ({error})."
        case Misplaced():
            words = str(error)
        case Undecryptable():
            words = "ENCRYPTION_KEYS lacks the key under which secrets were stored; put it back, at the end."
        case StorageError():
            words = f"The database cannot be used: {error}"
    return words


if __name__ == "__main__":
    main()
