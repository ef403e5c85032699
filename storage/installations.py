"""Where the app is installed, and the secrets it holds there. Bot tokens and sync.so keys are sealed."""

from dataclasses import dataclass, field, fields

from sqlalchemy import RowMapping, bindparam, delete, select

from storage.database import Database
from storage.encryption import Cipher, Sealed, SealedFor, Where
from storage.schema import installations
from storage.upserts import upsert


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one workspace, or in all workspaces of an Enterprise organisation."""

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
    scopes: tuple[str, ...]
    sync_api_key: str | None = field(repr=False)
    """None: the team uses the app's own sync.so key."""
    installed_at: float
    """Seconds since the epoch."""


_COLUMNS = tuple(installations.c[part.name] for part in fields(Installation))
_ALL = select(*_COLUMNS).order_by(installations.c.installed_at, installations.c.id)
_FIND = select(*_COLUMNS).where(installations.c.id.in_(bindparam("owners", expanding=True)))
_REMOVE = delete(installations).where(installations.c.id == bindparam("owner"))


class Installations:
    """The installations table, through a cipher."""

    def __init__(self, db: Database, cipher: Cipher) -> None:
        self._db = db
        self._cipher = cipher

    async def save(self, installation: Installation) -> None:
        """Store an installation in place of an earlier one of the same team or organisation.

        A sync.so key that was stored before stays if this one brings none: an install through Slack has none.
        """
        row = {part.name: getattr(installation, part.name) for part in fields(installation)}
        row["scopes"] = ",".join(installation.scopes)
        row["bot_token"] = self._sealed(installation, "bot_token")
        row["sync_api_key"] = self._sealed(installation, "sync_api_key")
        async with self._db.write() as conn:
            await upsert(conn, installations, row, keep_if_none={"sync_api_key"})

    async def find(self, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        """The team's own installation, else that of its organisation.

        Raises:
            Undecryptable: its secrets were stored with a key that is no longer given.
        """
        owners = [owner for owner in (team_id, enterprise_id) if owner is not None]
        async with self._db.read() as conn:
            rows = (await conn.execute(_FIND, {"owners": owners})).mappings().all()
        by_owner = {row["id"]: row for row in rows}
        found = next((by_owner[owner] for owner in owners if owner in by_owner), None)
        return None if found is None else self._opened(found)

    async def all(self) -> list[Installation]:
        """Every installation, oldest first.

        Raises:
            Undecryptable: secrets were stored with a key that is no longer given.
        """
        async with self._db.read() as conn:
            rows = (await conn.execute(_ALL)).mappings().all()
        return [self._opened(row) for row in rows]

    async def remove(self, installation_id: str) -> bool:
        """Forget an installation and its secrets; False: there was none."""
        async with self._db.write() as conn:
            return (await conn.execute(_REMOVE, {"owner": installation_id})).rowcount > 0

    def _sealed(self, installation: Installation, column: str) -> SealedFor | None:
        secret: str | None = getattr(installation, column)
        return None if secret is None else self._cipher.seal(secret, _at(column, installation.id))

    def _opened(self, row: RowMapping) -> Installation:
        opened = {
            "bot_token": self._opened_of(row, "bot_token"),
            "scopes": tuple(scope for scope in row["scopes"].split(",") if scope),
            "sync_api_key": self._opened_of(row, "sync_api_key"),
        }
        return Installation(**{**row, **opened})

    def _opened_of(self, row: RowMapping, column: str) -> str | None:
        sealed: Sealed | None = row[column]
        return None if sealed is None else self._cipher.open(sealed, _at(column, row["id"]))


def _at(column: str, installation_id: str) -> Where:
    return Where("installations", column, installation_id)
