"""How Slack comes in: the tokens are tried at the start, then events come over Socket Mode or HTTP."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.errors import BadSettings
from bot.settings import Settings, plain
from bot.slack import Slack, SlackBusy, SlackRefused, until_well
from bot.slack.bolt import Bolt
from bot.web.endpoint import SlackEndpoint

if TYPE_CHECKING:
    from bot.slack.socket_mode import SocketMode

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_CONNECT_WITHIN_S = 8.0


async def check_tokens(settings: Settings, slack: Slack) -> tuple[dict[str, Any] | None, str | None]:
    """Who the bot token says that the app is, and a Socket Mode address; None for what no token is set for.

    Raises:
        BadSettings: Slack does not accept one of them.
        SlackRefused, SlackUnreachable: Slack has been unwell for too long.
    """
    app_token, bot_token = plain(settings.slack_app_token), plain(settings.slack_bot_token)
    me, address = None, None
    if bot_token is not None:
        try:
            me = await _accepted(slack.holder_of(bot_token).who_am_i, "SLACK_BOT_TOKEN")
        except BadSettings as error:
            if not settings.installs:
                raise
            # One team's end is no reason to leave all the others without the app.
            _log.warning("one workspace is left out", cause=str(error))
    if app_token is not None:
        address = await _accepted(lambda: slack.open_connection(app_token), "SLACK_APP_TOKEN")
    return me, address


async def _accepted(ask: Callable[[], Awaitable[T]], variable: str) -> T:
    """What Slack answers to a question at the start, which it is asked until it is well enough."""
    try:
        return await until_well(ask)
    except SlackBusy:
        raise
    except SlackRefused as error:
        raise BadSettings((f"{variable}: Slack does not accept it ({error}).",)) from None


async def connect_socket(
    stack: AsyncExitStack,
    settings: Settings,
    bolt: Bolt,
    slack: Slack,
    address: str | None,
    *,
    stop_within_s: float,
) -> "SocketMode | None":
    """The connection of Socket Mode, as long as the stack is open; None: Slack calls over HTTP.

    Args:
        stack: closes it.
        settings: the app's token.
        bolt: takes what comes.
        slack: gives addresses.
        address: the first one, from `check_tokens`.
        stop_within_s: for what was begun, when it is closed.
    """
    token = plain(settings.slack_app_token)
    if token is None:
        return None
    from bot.slack.socket_mode import SocketMode  # noqa: PLC0415 - memory that an app behind HTTP need not hold

    socket = SocketMode(bolt, app_token=token, web_client=slack.web_client(None))
    stack.push_async_callback(socket.stop, within_s=stop_within_s)
    await socket.connect(address, within_s=_CONNECT_WITHIN_S)
    _log.info("connected to Slack over Socket Mode")
    return socket


def endpoint(settings: Settings, bolt: Bolt, clock: Callable[[], float]) -> SlackEndpoint | None:
    """Where Slack calls over HTTP; None: it does not, or nothing could tell its calls from others'."""
    secret = plain(settings.slack_signing_secret)
    if settings.socket_mode or secret is None:
        return None
    return SlackEndpoint(bolt, signing_secret=secret, clock=clock)
