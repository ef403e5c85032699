"""Where the sandbox's three servers stand on loopback; a kept folder gets the ports back that it had."""

import errno
import json
import socket
from dataclasses import dataclass
from pathlib import Path

import click

from bot.sandbox.ports import free_ports


@dataclass(frozen=True, slots=True)
class Addresses:
    """Two bound sockets, and a port for the app, which binds it itself."""

    slack: socket.socket
    sync: socket.socket
    app_port: int

    @property
    def slack_url(self) -> str:
        """The fake Slack, and the page."""
        return _url(self.slack)

    @property
    def sync_url(self) -> str:
        """The fake sync.so."""
        return _url(self.sync)

    @property
    def app_url(self) -> str:
        """The real app."""
        return f"http://127.0.0.1:{self.app_port}"

    def close(self) -> None:
        """Let go of both sockets."""
        self.slack.close()
        self.sync.close()

    def ports(self) -> tuple[int, int, int]:
        """The page's, sync.so's and the app's."""
        return self.slack.getsockname()[1], self.sync.getsockname()[1], self.app_port


def take_addresses(port: int, kept: Path | None) -> Addresses:
    """Take three addresses.

    Args:
        port: Of the page; 0: any.
        kept: The file that names the ports of the last start; None: they are of no importance. What was said
            and made then links to them, so they are taken again where nobody else has taken them.

    Raises:
        click.ClickException: `port` is not to be had.
    """
    page, sync, app = _last(kept)
    addresses = Addresses(
        slack=_listen(port) if port else _listen_again(page),
        sync=_listen_again(sync),
        app_port=app if app and _is_free(app) else free_ports(1)[0],
    )
    if kept is not None:
        kept.write_text(json.dumps(addresses.ports()))
        if page and addresses.ports() != (page, sync, app):
            click.echo("Another program has taken an address of last time: some old links lead nowhere now.")
    return addresses


def _last(kept: Path | None) -> tuple[int, int, int]:
    if kept is None or not kept.exists():
        return 0, 0, 0
    page, sync, app = json.loads(kept.read_text())
    return page, sync, app


def _listen_again(port: int) -> socket.socket:
    return _listen(port if port and _is_free(port) else 0)


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _listen(port: int) -> socket.socket:
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise click.ClickException(_why_not(port, error)) from None
    listening.set_inheritable(False)
    return listening


def _why_not(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program, perhaps by another sandbox. Name another one."
    return f"Port {port} cannot be used ({error.strerror}). Name another one, above 1024."


def _url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"
