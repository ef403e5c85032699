"""Trouble of the outside world, told apart from mistakes of ours: how much of an error the log needs."""

from typing import Any

import structlog

from bot.errors import KeyWorks, NotConnected, NotInstalled
from bot.media import MediaError
from bot.slack import CallBroken, SlackError
from bot.sync_api.errors import SyncApiError
from storage.errors import StorageError

_OUTSIDE = (
    SyncApiError,
    SlackError,
    MediaError,
    StorageError,
    NotConnected,
    NotInstalled,
    KeyWorks,
    TimeoutError,
)


def is_ours(error: Exception) -> bool:
    """Whether somebody has to look into our code."""
    return isinstance(error, CallBroken) or not isinstance(error, _OUTSIDE)


def log_trouble(event: str, error: Exception, **more: Any) -> None:
    """One line for trouble from outside; an error with its traceback for a mistake of ours."""
    log = structlog.get_logger(__name__)
    if is_ours(error):
        log.error(event, cause=repr(error), exc_info=error, **more)
    else:
        log.warning(event, cause=cause_of(error), **more)


def cause_of(error: object) -> str:
    """What happened, in a few words: an error says of itself what it is only where its text does not."""
    text = str(error)
    return text if isinstance(error, str | SlackError | StorageError) and text else repr(error)
