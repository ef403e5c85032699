"""Who is in a user group, as Slack tells it; kept in memory and asked anew when it is old."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.teams.flights import Flights
from bot.teams.recent import Recent
from storage.installations import Installation

_log = structlog.get_logger(__name__)

_FRESH_S, _AT_WORST_S = 5 * 60.0, 3600.0
"""How old it may be; where Slack does not answer."""
_KEPT = 1_000

LookUp = Callable[[Installation, str, str], Awaitable[frozenset[str]]]
"""Asks Slack for the members of a group, by its id and a workspace's (Slack: usergroups.users.list)."""


@dataclass(frozen=True, slots=True)
class _Group:
    members: frozenset[str]
    told_at: float


class Groups:
    """Finds out who is in user groups. `elapsed` is a clock that nobody sets."""

    def __init__(self, look_up: LookUp, *, elapsed: Callable[[], float]) -> None:
        self._look_up = look_up
        self._elapsed = elapsed
        self._known: Recent[tuple[str, str], _Group] = Recent(_KEPT)
        self._flights: Flights[_Group] = Flights()

    def remembered(self, installation: Installation, group_id: str) -> frozenset[str] | None:
        """Its members as far as anybody asked lately; None: nobody did."""
        known = self._not_older(self._known.get((installation.id, group_id)), _AT_WORST_S)
        return None if known is None else known.members

    async def members(self, installation: Installation, group_id: str, team_id: str) -> frozenset[str]:
        """Its members, of a workspace or of one of the organisation that has the app.

        Raises:
            SlackRefused, SlackUnreachable: Slack does not say, and what it said is too old.
        """
        key = installation.id, group_id
        known = self._not_older(self._known.get(key), _FRESH_S)
        if known is None:
            try:
                known = await self._flights.join(key, lambda: self._learn(installation, group_id, team_id))
            except Exception as error:
                known = self._not_older(self._known.get(key), _AT_WORST_S)
                if known is None:
                    raise
                _log.info("user group not read, so it is as before", cause=str(error))
        return known.members

    async def _learn(self, installation: Installation, group_id: str, team_id: str) -> _Group:
        group = _Group(await self._look_up(installation, group_id, team_id), self._elapsed())
        self._known[installation.id, group_id] = group
        return group

    def _not_older(self, group: _Group | None, within_s: float) -> _Group | None:
        return group if group is not None and self._elapsed() - group.told_at <= within_s else None
