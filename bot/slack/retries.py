"""When a call of Slack is made again while somebody waits for it: one policy, in two lengths."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from bot.slack.errors import SlackBusy, SlackRateLimited, SlackUnreachable

T = TypeVar("T")

LEAST_ASKED_S: Final = 1.0
"""A timer that fires a little early must not use up the tries, so a shorter wish is none."""
LONGEST_WAIT_S: Final = 60.0
START_WITHIN_S: Final = 60.0

_WORDS = stamina.AsyncRetryingCaller(
    attempts=4, timeout=None, wait_initial=1.0, wait_exp_base=3, wait_max=10.0, wait_jitter=0.0
)
_START = stamina.AsyncRetryingCaller(
    attempts=None, timeout=START_WITHIN_S, wait_initial=0.25, wait_max=5.0, wait_jitter=0.0
)


def passes(error: Exception) -> bool | float:
    """Whether the same call may be taken a little later; a number: after so many seconds."""
    match error:
        case SlackRateLimited(retry_after_s=float() as asked_s) if asked_s > LEAST_ASKED_S:
            return min(asked_s, LONGEST_WAIT_S)
        case SlackBusy() | SlackUnreachable():
            return True
    return False


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call that somebody waits for; where Slack is too busy for it, up to three times more.

    For words and forms only: where just the answer was lost, what it said is said twice.

    Raises:
        SlackRefused, SlackUnreachable: as the call does, in the end.
    """
    return await _WORDS(passes, call)


async def until_well(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call that the start of the app waits for, until Slack is well enough, or a minute is over.

    Raises:
        SlackRefused, SlackUnreachable: as the call does, in the end.
    """
    return await _START(passes, call)
