"""Where the app is installed, and the secrets it holds there. Tokens are sealed.

A removed installation stays for a while, without its tokens: what was sent to sync.so is still settled with
its key (see `storage.removals`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from sqlalchemy import RowMapping, bindparam, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import audit, removals
from storage import team_access as team_access_store
from storage.audit import OPERATOR, Action, Entry
from storage.database import Database
from storage.encryption import Cipher, Sealed, SealedFor, Where
from storage.schema import installations, team_access
from storage.upserts import upsert

TRIED_EVERY_S = 6 * 3600.0
"""How often it is looked whether a token still works."""
RENEWED_AHEAD_S = 2 * 3600.0
"""A token that expires is renewed so long before that; it lives for twelve hours (Slack: token rotation)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace, or in all workspaces of an Enterprise organisation.

    Times are seconds since the epoch.
    """

    id: str
    """The team's id, or the organisation's where the app was installed for all of it."""
    enterprise_id: str | None
    team_id: str | None
    """None: installed for a whole organisation."""
    team_name: str
    app_id: str
    bot_id: str
    bot_user_id: str
    bot_token: str = field(repr=False)
    """Empty: Slack has taken it back."""
    scopes: tuple[str, ...]
    installed_at: float
    installed_by: str | None = None
    """Who allowed it in a browser; None: its token stands in the settings."""
    refresh_token: str | None = field(default=None, repr=False)
    """Gives the next token, once; None: the token does not expire."""
    expires_at: float | None = None
    """When the token ends; None: never."""
    removed_at: float | None = None
    """None: it is installed."""

    def is_ageing(self, now: float) -> bool:
        """Whether its token is to be renewed."""
        return self.expires_at is not None and self.expires_at - RENEWED_AHEAD_S <= now

    def looked_at_next(self, now: float) -> float:
        """When its token is to be tried again, or renewed."""
        tried_at = now + TRIED_EVERY_S
        return tried_at if self.expires_at is None else min(tried_at, self.expires_at - RENEWED_AHEAD_S)


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves a workspace now."""

    installation: Installation | None
    """Its own, else that of its organisation; None: the app is not there."""
    owners: tuple[str, ...]
    """The ids of all that do, the workspace's own first: who has removed the app pays for nothing more."""


COLUMNS = tuple(installations.c[part.name] for part in fields(Installation))
_SECRETS = ("bot_token", "refresh_token")
_IS_SHUT_OUT = exists().where(
    team_access.c.team_id == bindparam("team"),
    team_access.c.enterprise_id == installations.c.id,
    team_access.c.granted.is_(False),
)
_SERVING = select(*COLUMNS).where(
    installations.c.id.in_(bindparam("owners", expanding=True)),
    installations.c.removed_at.is_(None),
    or_(installations.c.team_id.is_not(None), ~_IS_SHUT_OUT),
)
_ALL = (
    select(*COLUMNS)
    .where(installations.c.removed_at.is_(None))
    .order_by(installations.c.installed_at, installations.c.id)
)
_REMOVE = (
    update(installations)
    .where(
        installations.c.id == bindparam("owner"),
        installations.c.installed_at <= bindparam("at"),
        or_(installations.c.removed_at.is_(None), installations.c.bot_token.is_not(None)),
    )
    .values(
        removed_at=case(
            (installations.c.removed_at.is_(None), bindparam("now", type_=installations.c.removed_at.type)),
            else_=installations.c.removed_at,
        ),
        bot_token=None,
        refresh_token=None,
        expires_at=None,
        due_at=None,
        lease_token=None,
    )
)
_IDS = select(installations.c.id).order_by(installations.c.id)
_KEPT_BEFORE = select(installations.c.removed_at).where(installations.c.id == bindparam("owner"))


async def ids(conn: AsyncConnection) -> Sequence[str]:
    """Of all installations, those that have ended among them."""
    return (await conn.execute(_IDS)).scalars().all()


class Installations:
    """The installations table, through a cipher."""

    def __init__(self, db: Database, cipher: Cipher) -> None:
        self._db = db
        self._cipher = cipher

    async def save(self, installation: Installation) -> bool:
        """As `put`, in a transaction of its own."""
        async with self._db.write() as conn:
            return await self.put(conn, installation)

    async def put(self, conn: AsyncConnection, installation: Installation) -> bool:
        """Store an installation in place of an earlier one of the same team or organisation.

        Args:
            conn: a writing transaction.
            installation: as Slack has just told it.

        Returns:
            Whether the app was not there before, or not any more.
        """
        before = (await conn.execute(_KEPT_BEFORE, {"owner": installation.id})).one_or_none()
        row = {part.name: getattr(installation, part.name) for part in fields(installation)}
        row |= {name: self.sealed(installation, name) for name in _SECRETS}
        row |= {"scopes": ",".join(installation.scopes), "lease_token": None}
        row["due_at"] = installation.looked_at_next(installation.installed_at)
        await upsert(conn, installations, row)
        if installation.team_id is None:
            await team_access_store.forget(conn, installation.id)
        if before is not None and before.removed_at is not None:
            await removals.came_back(conn, [installation.id], now=installation.installed_at)
        is_new = before is None or before.removed_at is not None
        if is_new or installation.installed_by is not None:
            await audit.append(conn, _entry(Action.INSTALLED, installation), now=installation.installed_at)
        return is_new

    async def serving(self, *, enterprise_id: str | None, team_id: str | None) -> Serving:
        """What serves a workspace: its own installation, and that of its organisation.

        Not what was removed, nor the organisation's where it has taken the app out of this workspace.

        Raises:
            Undecryptable: its secrets were stored with a key that is no longer given.
        """
        owners = [owner for owner in (team_id, enterprise_id) if owner is not None]
        async with self._db.read() as conn:
            found = await conn.execute(_SERVING, {"owners": owners, "team": team_id})
            by_owner = {row["id"]: row for row in found.mappings()}
        live = tuple(owner for owner in owners if owner in by_owner)
        return Serving(self.opened(by_owner[live[0]]) if live else None, live)

    async def all(self) -> list[Installation]:
        """Everything that is installed, oldest first.

        Raises:
            Undecryptable: secrets were stored with a key that is no longer given.
        """
        async with self._db.read() as conn:
            rows = (await conn.execute(_ALL)).mappings().all()
        return [self.opened(row) for row in rows]

    async def remove(self, installation_id: str, *, at: float, now: float) -> bool:
        """Forget the tokens of an installation that has ended; its row stays (see `storage.removals`).

        Args:
            installation_id: which.
            at: when Slack says that it ended: a newer install is not touched.
            now: from when it counts as removed.

        Returns:
            False: there was none, or it was removed before.
        """
        values = {"owner": installation_id, "at": at, "now": now}
        async with self._db.write() as conn:
            removed = (await conn.execute(_REMOVE, values)).rowcount > 0
            if removed:
                gone = Entry(
                    team_id=installation_id, action=Action.UNINSTALLED, subject=installation_id, actor=None
                )
                await audit.append(conn, gone, now=now)
        return removed

    async def tell_access(
        self, enterprise_id: str, team_ids: Sequence[str], *, granted: bool, told_at: float, now: float
    ) -> None:
        """Store which workspaces of an organisation have the app from now on, or not any more.

        Args:
            enterprise_id: the organisation.
            team_ids: workspaces of it.
            granted: whether the app is in them.
            told_at: when that happened, by Slack's clock: what happened later stays.
            now: what waits there for the app goes on then.
        """
        async with self._db.write() as conn:
            await team_access_store.tell(conn, enterprise_id, team_ids, granted=granted, told_at=told_at)
            if granted:
                await removals.came_back(conn, team_ids, now=now)

    def opened(self, row: RowMapping) -> Installation:
        """The record of a row of `COLUMNS`. Raises Undecryptable."""
        opened = {name: self._opened(row, name) for name in _SECRETS}
        opened["bot_token"] = opened["bot_token"] or ""
        scopes = tuple(scope for scope in row["scopes"].split(",") if scope)
        return Installation(**{**row, **opened, "scopes": scopes})

    def sealed(self, installation: Installation, column: str) -> SealedFor | None:
        """One of its secrets, as it may be stored in that column; None: it has none."""
        secret: str | None = getattr(installation, column)
        return self._cipher.seal(secret, _at(column, installation.id)) if secret else None

    def _opened(self, row: RowMapping, column: str) -> str | None:
        sealed: Sealed | None = row[column]
        return None if sealed is None else self._cipher.open(sealed, _at(column, row["id"]))


def _entry(action: Action, installation: Installation) -> Entry:
    return Entry(
        team_id=installation.id,
        action=action,
        subject=installation.id,
        actor=installation.installed_by or OPERATOR,
        details={"scopes": installation.scopes, "for_all": installation.team_id is None},
    )


def _at(column: str, installation_id: str) -> Where:
    return Where("installations", column, installation_id)
