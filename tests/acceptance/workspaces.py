"""Many workspaces for the acceptance tests, each with a sync.so account of its own.

In one alone, tests that follow each other would run into the paces that Slack and sync.so set for each.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.sandbox.fake_slack import ChannelConfig, TeamConfig, UserConfig
from bot.sandbox.fake_slack.config import Role
from bot.sandbox.fake_sync.config import GROWTH, Org
from bot.sandbox.world import TEAMS

_HOMES = 160
"""One for each test: what a test makes sync.so say of an account, the app rightly heeds for an hour."""
_NEW = 6
_PEOPLE = 4
_STRANGERS = 40
"""More than the tests need: each takes people and channels that no other test knows."""


def _workspace(number: int) -> TeamConfig:
    name = f"W{number:03}"
    people = [f"{name}{person:02}" for person in range(_PEOPLE if number < _HOMES else _STRANGERS)]
    inside = tuple(ChannelConfig(f"C0IN{person}", f"inside-{person.lower()}") for person in people)
    outside = tuple(
        ChannelConfig(f"C0OUT{person}", f"outside-{person.lower()}", bot_is_member=False) for person in people
    )
    return replace(
        TEAMS[0],
        id=f"T0{name}",
        name=f"Workspace {number}",
        domain=name.lower(),
        bot_token=f"xoxb-{number}-{name.lower()}-sandbox",
        bot_id=f"B0{name}",
        bot_user_id=f"U0{name}BOT",
        users=tuple(
            UserConfig(f"U0{person}", person.lower(), f"Person {person}", "#7c3aed") for person in people
        ),
        channels=inside + outside,
    )


def _new_workspace(number: int) -> TeamConfig:
    """An owner, a member and a guest, and none of them has installed the app."""
    made = _workspace(number)
    roles: tuple[Role, ...] = ("owner", "member", "guest")
    people = tuple(replace(user, role=role) for user, role in zip(made.users, roles, strict=False))
    names = tuple(user.name for user in people)
    channels = tuple(channel for channel in made.channels if channel.name.endswith(names))
    return replace(made, bot_token="", users=people, channels=channels)


WORKSPACES = tuple(map(_workspace, range(_HOMES + 1)))
HOMES = tuple(team.id for team in WORKSPACES[:-1])
"""Where the tests live, in turn."""
ELSEWHERE = WORKSPACES[-1].id
"""Another company."""
NEW = tuple(map(_new_workspace, range(_HOMES + 1, _HOMES + 1 + _NEW)))
"""Workspaces that install the app themselves, where the sandbox lets them."""
KEYS: Mapping[str, str] = MappingProxyType(
    {team.id: f"sk-sandbox-{team.domain}-0123456789" for team in (*WORKSPACES, *NEW)}
)
ORGS: Mapping[str, Org] = MappingProxyType(
    {
        KEYS[team.id]: Org(f"org_{team.domain}", team.name, GROWTH, f"whsec_{team.domain}")
        for team in (*WORKSPACES, *NEW)
    }
)
