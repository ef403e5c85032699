"""The use case of the ledger: admins see where it and sync.so's record do not meet, and close that."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.messages.differences import SHOWN, LedgerState, part_of
from bot.rights import Forbidden, Role
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.teams.people import People
from storage import audit, differences, ledger, listings
from storage.database import Database
from storage.differences import Difference
from storage.ledger import Part
from storage.money import DifferenceKind, Entry

_NIGHTS = 7


class Bookkeeping:
    """Each call asks anew whether it is an admin who calls; what is another team's does not exist."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        accounts: Accounts,
        people: People,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._teams = teams
        self._accounts = accounts
        self._people = people
        self._clock = clock

    async def see(self, asker: Asker) -> LedgerState:
        """What is open. Raises Forbidden and NotInstalled."""
        owner_id = await self._owner(asker)
        account = await self._accounts.account_of_one(owner_id)
        async with self._database.read() as conn:
            found = await differences.open_of(conn, owner_id, at_most=SHOWN)
            return LedgerState(
                found,
                await differences.count_open(conn, owner_id),
                await _booked(conn, found),
                # An account with which others pay as well tells nobody what these do there.
                () if account is None else await listings.nights(conn, [account], at_most=_NIGHTS),
            )

    async def find(
        self, asker: Asker, kind: DifferenceKind, generation_id: str
    ) -> tuple[Difference, Entry | None] | None:
        """One that is open, and what is booked of its video, if it is ours; None: there is none.

        Raises Forbidden and NotInstalled.
        """
        owner_id = await self._owner(asker)
        async with self._database.read() as conn:
            found = await differences.find(conn, owner_id, generation_id, kind)
            if found is None or found.closed_at is not None:
                return None
            return found, (await _booked(conn, [found])).get(part_of(found))

    async def close(self, asker: Asker, kind: DifferenceKind, generation_id: str, reason: str) -> bool:
        """Close one, with a reason in words; False: there is none that is open.

        Raises:
            Forbidden: only admins, and those they named, may.
            NotInstalled: the app is not installed there.
        """
        owner_id = await self._owner(asker)
        return await close(
            self._database,
            owner_id,
            kind,
            generation_id,
            by=asker.user_id,
            reason=reason,
            now=self._clock(),
        )

    async def _owner(self, asker: Asker) -> str:
        installation = await self._teams.need(asker.enterprise_id, asker.team_id)
        if not await self._people.may_administer(asker):
            raise Forbidden(Role.COLLEAGUE, asker.user_id)
        return installation.id


async def _booked(conn: AsyncConnection, found: Sequence[Difference]) -> Mapping[Part, Entry]:
    """One entry of each video that is ours: all of them name the same person, place and model."""
    parts = {part_of(each) for each in found if each.order_id is not None}
    return {part: entries[0] for part, entries in (await ledger.of_parts(conn, parts)).items()}


async def close(
    database: Database,
    owner_id: str,
    kind: DifferenceKind,
    generation_id: str,
    *,
    by: str,
    reason: str,
    now: float,
) -> bool:
    """Close a difference and write it into the audit log; False: the owner has none that is open."""
    async with database.write() as conn:
        closed = await differences.close(conn, owner_id, generation_id, kind, by=by, reason=reason, now=now)
        if closed is None:
            return False
        await audit.append(conn, audited.difference_closed(closed), now=now)
        return True
