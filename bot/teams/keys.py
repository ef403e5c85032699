"""The stored sync.so keys, kept in memory for a short while so that no request waits for a read."""

import hashlib
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sync_api.models import Account as Told
from bot.teams.last_read import LastRead
from storage import audit, sync_keys, waiting
from storage.audit import Action, Entry
from storage.database import Database
from storage.encryption import Cipher
from storage.sync_keys import APP, KeyFacts, NewKey, SyncKey, key_at

_FRESH_S = 30.0
"""Replicas learn of a key that was connected elsewhere within this time."""
_SHOWN, _OF_AT_LEAST = 4, 16
"""Characters of a key that people see, and how many it must have for that."""

Owners = tuple[str, ...]
"""Whose key may serve, the first one's before the next one's."""


class Keys:
    """Reads and changes the keys of installations."""

    def __init__(
        self, database: Database, cipher: Cipher, *, new_id: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        """`clock` only measures how old something is; `new_id` makes opaque ids."""
        self._database = database
        self._cipher = cipher
        self._new_id = new_id
        self._kept = LastRead(self._read, fresh_s=lambda _: _FRESH_S, elapsed=clock)

    async def in_use(self, owners: Owners) -> SyncKey | None:
        """The key that pays for what these owners begin now; None: there is none."""
        return await self._first(owners, lambda keys: sync_keys.first_in_use(keys, owners))

    async def of_account(self, owners: Owners, account_key: str) -> SyncKey | None:
        """A key of theirs for what was sent under this account, be it a replaced one; None: none is kept."""
        return await self._first(
            owners, lambda keys: next((key for key in keys if key.account_key == account_key), None)
        )

    async def _first(
        self, owners: Owners, wanted: Callable[[Sequence[SyncKey]], SyncKey | None]
    ) -> SyncKey | None:
        """What is wanted of the owners' keys; what memory does not know is read."""
        return wanted(await self._kept.of(owners, suits=lambda keys: wanted(keys) is not None))

    async def _read(self, owners: Owners) -> Sequence[SyncKey]:
        async with self._database.read() as conn:
            return await sync_keys.of_owners(conn, owners)

    async def of_account_alone(self, account_key: str) -> Sequence[SyncKey]:
        """All keys of an account, whoever's, read now: for what is no team's."""
        async with self._database.read() as conn:
            return await sync_keys.of_account(conn, account_key)

    async def any_in_use(self) -> bool:
        """Whether anybody pays with anything."""
        async with self._database.read() as conn:
            return any(key.in_use for key in await sync_keys.every(conn))

    def opened(self, key: SyncKey) -> str:
        """The key itself. Raises Undecryptable."""
        return self._cipher.open(key.api_key, key_at(key.id))

    async def put(self, owner_id: str, api_key: str, account: Told, *, by: str | None, now: float) -> NewKey:
        """Have an owner's work paid with this key from now on; what has waited for one goes on.

        Args:
            owner_id: an installation's id, or `APP`.
            api_key: sync.so's.
            account: what sync.so says of it.
            by: the person who connects it; None: whoever runs the app.
            now: seconds since the epoch.
        """
        key_id = self._new_id()
        new = NewKey(
            id=key_id,
            owner_id=owner_id,
            account_key=account_key_of(account, api_key),
            account_name=account.organization_name,
            api_key=self._cipher.seal(api_key, key_at(key_id)),
            last_four=_last_four(api_key),
        )
        async with self._database.write() as conn:
            is_other = await sync_keys.put(conn, new, now=now)
            await waiting.go_on(conn, owner_id, now=now)
            await _tell(conn, Action.KEY_REPLACED if is_other else Action.KEY_CONNECTED, new, by, now)
        self.forget()
        return new

    async def take_away(self, owner_id: str, *, by: str | None, now: float) -> SyncKey | None:
        """Pay with an owner's key no more; for arguments see `put`. None: there was none."""
        async with self._database.write() as conn:
            gone = await sync_keys.take_away(conn, owner_id, now=now)
            if gone is not None:
                await _tell(conn, Action.KEY_REMOVED, gone, by, now)
        self.forget()
        return gone

    def forget(self, owners: Owners | None = None) -> None:
        """Read anew, since something has changed: of these owners, or of all."""
        self._kept.forget(owners)


async def _tell(conn: AsyncConnection, action: Action, key: KeyFacts, by: str | None, now: float) -> None:
    """Write it into the owner's audit log; the key of the settings is no team's, and has none."""
    if key.owner_id == APP:
        return
    details = {"account": key.account_key, "last_four": key.last_four}
    entry = Entry(
        team_id=key.owner_id, action=action, subject=key.id, actor=by or audit.OPERATOR, details=details
    )
    await audit.append(conn, entry, now=now)


def account_key_of(account: Told, api_key: str) -> str:
    """What names an account: sync.so's organisation; where it tells none, a fingerprint of the key."""
    if account.organization_id is not None:
        return f"org:{account.organization_id}"
    return f"key:{hashlib.sha256(api_key.encode()).hexdigest()[:16]}"


def owners_of(enterprise_id: str | None, team_id: str) -> Owners:
    """With whose keys something may have been sent: the workspace's, its organisation's, or the app's."""
    return (*(owner for owner in (team_id, enterprise_id) if owner), APP)


def _last_four(api_key: str) -> str:
    return api_key[-_SHOWN:] if len(api_key) >= _OF_AT_LEAST else ""
