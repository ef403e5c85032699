"""Installed workspaces, kept in memory for a short while so that no request waits for a read."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import NotInstalled
from storage.errors import StorageError
from storage.installations import Installation, Installations

_FRESH_S = 30.0
"""Replicas learn of an install or uninstall elsewhere within this time."""


@dataclass(frozen=True, slots=True)
class _Cached:
    installation: Installation | None
    until: float


class Teams:
    """Finds the installation that serves a workspace."""

    def __init__(self, installations: Installations, *, clock: Callable[[], float]) -> None:
        self._installations = installations
        self._clock = clock
        self._cache: dict[tuple[str | None, str | None], _Cached] = {}

    async def find(self, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        """The workspace's installation; None where there is none."""
        key = (enterprise_id, team_id)
        cached = self._cache.get(key)
        now = self._clock()
        if cached is None or cached.until < now:
            cache = self._cache
            try:
                found = await self._installations.find(enterprise_id=enterprise_id, team_id=team_id)
            except StorageError:
                if cached is None:
                    raise
                # The database is away: who was known a moment ago can still be told so.
                return cached.installation
            # Into the cache it began with: an install that came meanwhile has put another in its place.
            cache[key] = cached = _Cached(found, now + _FRESH_S)
        return cached.installation

    async def need(self, enterprise_id: str | None, team_id: str | None) -> Installation:
        """The workspace's installation.

        Raises:
            NotInstalled: there is none (any more).
        """
        installation = await self.find(enterprise_id, team_id)
        if installation is None:
            raise NotInstalled(team_id)
        return installation

    async def save(self, installation: Installation) -> None:
        """Store an install, and forget what was known before it."""
        await self._installations.save(installation)
        self._cache = {}

    async def remove(self, installation_id: str) -> None:
        """Forget an install that ended; repeating it changes nothing."""
        await self._installations.remove(installation_id)
        self._cache = {}
