"""Who people are and what holds for them, put together over one database and over Slack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.patience import Patience
from bot.slack import Slack, SlackTeam
from bot.teams.gate import Gate
from bot.teams.groups import Groups
from bot.teams.installations import Teams
from bot.teams.people import People
from bot.teams.rulebook import Rulebook
from storage.database import Database
from storage.installations import Installation


@dataclass(frozen=True, slots=True)
class Roles:
    """Who people are, what holds for them, and whether it lets them in."""

    people: People
    rulebook: Rulebook
    groups: Groups
    gate: Gate


def roles_of(
    database: Database,
    teams: Teams,
    slack: Slack,
    *,
    clock: Callable[[], float],
    elapsed: Callable[[], float],
    patience: Patience,
) -> Roles:
    """All of it over one database. `elapsed` is a clock that nobody sets, `clock` seconds since the epoch."""

    async def live(installation: Installation) -> SlackTeam:
        """Slack with a token that has not expired."""
        return slack.team(await teams.need_token(installation.enterprise_id, installation.team_id))

    async def who(installation: Installation, user_id: str) -> Mapping[str, Any] | None:
        return await (await live(installation)).user_info(user_id)

    async def members(installation: Installation, group_id: str, team_id: str) -> frozenset[str]:
        return await (await live(installation)).members_of_group(group_id, team_id)

    rulebook = Rulebook(database, teams, clock=clock, elapsed=elapsed)
    people = People(database, teams, rulebook, who, clock=clock)
    groups = Groups(members, elapsed=elapsed)
    return Roles(people, rulebook, groups, Gate(teams, people, rulebook, groups, patience))
