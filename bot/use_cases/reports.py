"""The use case of the figures: people see what they spent, and admins what their team did."""

from collections.abc import Callable

from bot.asking.asks import Asker
from bot.roles import Roles
from storage import money, reports
from storage.database import Database
from storage.reports import Report


class Reports:
    """Adds up the ledger. `clock` gives seconds since the epoch."""

    def __init__(self, database: Database, roles: Roles, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._roles = roles
        self._clock = clock

    async def of(self, asker: Asker, *, own: bool = False) -> Report:
        """What a person may see: an admin everybody's figures, anybody else their own.

        With `own`, or where Slack does not tell who is an admin, an admin's are their own as well.

        Raises:
            NotInstalled: the app is not installed there.
            StorageError: the ledger cannot be read.
        """
        book = await self._roles.rulebook.of(asker)
        all_of_them = not own and await self._roles.people.may_administer(asker)
        whose = None if all_of_them else asker.user_id
        month = money.month_of(self._clock(), book.rules.zone)
        async with self._database.read() as conn:
            return await reports.report(conn, book.installation_id, month, user_id=whose)
