"""What people are called, for whoever reads figures elsewhere than in Slack. Nothing of it is kept."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from bot.slack import SlackRefused, SlackTeam, SlackUnreachable, patiently

_log = structlog.get_logger(__name__)

_AT_ONCE = 4
WITHIN_S = 20.0
"""How long a file waits for names."""


async def names_of(slack: SlackTeam, people: Iterable[str]) -> Mapping[str, str]:
    """Their names by their ids, the first ones first; who Slack does not name in time is left out."""
    known: dict[str, str] = {}
    left = iter(people)
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(_learn(slack, left, known))
    return {user_id: name for user_id, name in known.items() if name}


async def _learn(slack: SlackTeam, left: Iterator[str], known: dict[str, str]) -> None:
    for user_id in left:
        try:
            user = await patiently(partial(slack.user_info, user_id))
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("not told what somebody is called", cause=str(error))
            continue
        known[user_id] = called(user or {})


def called(user: Mapping[str, Any]) -> str:
    """The full name, else what others see of somebody (Slack: users.info); empty: neither is told."""
    profile = user.get("profile") or {}
    named = user.get("real_name") or profile.get("real_name") or profile.get("display_name")
    return str(named or user.get("name") or "")
