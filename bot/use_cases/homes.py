"""The use case of a Home: it is shown to whoever opens it, as it is now."""

from collections.abc import Callable
from typing import Final

from bot.asking.asks import Asker
from bot.teams.installations import Teams
from storage import homes
from storage.database import Database
from storage.states import Mark

_PEOPLE: Final = ("U", "W")
"""What the ids of people begin with (Slack: user types)."""


class Homes:
    """Makes people's Homes due; the worker shows them. `wake` tells it that something is."""

    def __init__(
        self, database: Database, teams: Teams, *, clock: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._teams = teams
        self._clock = clock
        self._wake = wake

    async def open(self, asker: Asker, page: Mark | None = None, *, as_member: bool | None = None) -> None:
        """Have the person's Home shown.

        Args:
            asker: whose.
            page: where it begins; None: with the newest.
            as_member: whether an admin sees it as somebody who is none; None: as they did before.

        Raises:
            NotInstalled: the app is not installed there.
        """
        await self._open(asker, page and page.written(), as_member=as_member)

    async def open_usage(self, asker: Asker) -> None:
        """Have the page shown that tells what was spent. Raises as above."""
        await self._open(asker, homes.USAGE)

    async def open_audit(self, asker: Asker) -> None:
        """Have the page shown that tells what was done, to who is no admin by then the first. As above."""
        await self._open(asker, homes.AUDIT)

    async def open_allowances(self, asker: Asker) -> None:
        """Have the page shown that tells what they always allow as an approver. Raises as above."""
        await self._open(asker, homes.ALLOWANCES)

    async def _open(self, asker: Asker, page: str | None, *, as_member: bool | None = None) -> None:
        if not asker.user_id.startswith(_PEOPLE):
            return  # nobody whom Slack would show a Home
        installation = await self._teams.need(asker.enterprise_id, asker.team_id)
        async with self._database.write() as conn:
            await homes.opened(
                conn, asker, installation.id, page=page, as_member=as_member, now=self._clock()
            )
        self._wake()
