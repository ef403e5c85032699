"""Which sync.so account works for which workspace, and what that account offers (voices, models)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import httpx
import structlog

from bot.asking.voices import told_apart
from bot.errors import KeyRefused, NotConnected, NotInstalled
from bot.sync_api.client import SyncClient
from bot.sync_api.errors import SyncApiError
from bot.sync_api.models import Account as Told
from bot.sync_api.models import Model, Voice
from bot.teams.flights import Flights
from bot.teams.installations import Teams
from bot.teams.keys import Keys, Owners, owners_of
from bot.teams.recent import Recent
from storage.errors import StorageError, Undecryptable
from storage.installations import Installation
from storage.owners import Owner
from storage.sync_keys import APP, SyncKey

_log = structlog.get_logger(__name__)

_FRESH_S = 600.0
"""Voices and models change seldom, and a wrong choice is refused before it costs."""
_KEPT = 1_000
"""Accounts whose answers are in memory; one has hundreds of voices."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
"""Between tries to learn whose the key of the settings is."""

T = TypeVar("T")


class Sent(Owner, Protocol):
    """Something of a workspace's that sync.so has under an account."""

    @property
    def account_key(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key of the settings, and whom it serves."""

    api_key: str = field(repr=False)
    team_id: str | None
    """The workspace or organisation whose bot token stands in the settings too; None: there is none."""
    for_all: bool
    """Whether every team that has no key is served."""

    def serves(self, installation: Installation) -> bool:
        """Whether it pays for a team that has no key of its own."""
        return self.for_all or installation.id == self.team_id


@dataclass(frozen=True, slots=True)
class Account:
    """A sync.so account, as one of its keys sees it."""

    key: str
    """Names it without telling a key; two teams may have the same."""
    client: SyncClient
    credential: str
    """Names the key, which belongs to one owner: what one team's key reads is never another team's."""
    is_apps_own: bool
    """Whether that is the key of the settings."""


class _Remembered(Generic[T]):
    """One answer for each account, asked anew when it is old; who asks at once waits for the same."""

    def __init__(self, ask: Callable[[SyncClient], Awaitable[T]], *, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: Recent[str, tuple[float, T]] = Recent(_KEPT)
        self._flights: Flights[T] = Flights()

    async def of(self, account: Account) -> T:
        known = self._answers.get(account.key)
        if known is not None and known[0] > self._clock():
            return known[1]
        return await self._flights.join((account.key, account.credential), lambda: self._learn(account))

    async def _learn(self, account: Account) -> T:
        answer = await self._ask(account.client)
        self._answers[account.key] = (self._clock() + _FRESH_S, answer)
        return answer


class Accounts:
    """Finds the account that pays for a workspace: by its own key, its organisation's, or the settings'."""

    def __init__(
        self,
        teams: Teams,
        keys: Keys,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        own: OwnKey | None,
        clock: Callable[[], float],
        elapsed: Callable[[], float],
    ) -> None:
        """`clock` gives seconds since the epoch, `elapsed` only measures how old something is."""
        self._teams = teams
        self.keys = keys
        self._http = http
        self._base_url = base_url
        self._own = own
        self._clock = clock
        self._adopting = asyncio.Lock()
        self._is_adopted = False
        self._voices = _Remembered(_voices, clock=elapsed)
        self._models = _Remembered(SyncClient.models, clock=elapsed)
        self._secrets = _Remembered(SyncClient.webhook_secret, clock=elapsed)

    async def of_team(self, enterprise_id: str | None, team_id: str, believed: str | None = None) -> Account:
        """The account that pays for what a workspace begins now.

        Args:
            enterprise_id: the workspace's organisation.
            team_id: the workspace.
            believed: names the account that did pay: that it is another now is not taken from memory.

        Raises:
            NotInstalled: the workspace is not installed.
            NotConnected: nobody has connected an account.
            KeyRefused: sync.so does not accept its key.
            SyncApiError: whose the key of the settings is cannot be learnt now.
        """
        owners = await self._payers(enterprise_id, team_id)
        key = await self._in_use(owners, believed)
        if key is None and APP in owners and not self._is_adopted:
            await self.adopt()
            key = await self.keys.in_use(owners)
        return self._account(_good(key, team_id))

    async def of_sent(self, sent: Sent) -> Account:
        """The account under which something was sent: another one may pay by now, or the app be removed.

        Raises:
            NotConnected: no key of it is kept any more.
        """
        key = await self.keys.of_account(owners_of(sent.enterprise_id, sent.team_id), sent.account_key)
        if key is None:
            raise NotConnected(sent.team_id)
        return self._account(key)

    async def account_of_one(self, installation_id: str) -> str | None:
        """What names the account that pays for this installation alone; None: others pay with it as well."""
        is_only_one = self._own is not None and not self._own.for_all and self._own.team_id == installation_id
        owners = (installation_id, APP) if is_only_one else (installation_id,)
        key = await self.keys.in_use(owners)
        if key is None:
            return None
        kept = await self.keys.of_account_alone(key.account_key)
        return key.account_key if all(each.owner_id in owners for each in kept if each.in_use) else None

    async def clients_of(self, account_key: str) -> Sequence[SyncClient]:
        """sync.so as each kept key of an account sees it, whoever's, those in use first.

        For what an account's organisation has as a whole. A key that cannot be opened is left out.
        """
        clients = []
        for key in await self.keys.of_account_alone(account_key):
            try:
                clients.append(self._client(self.keys.opened(key)))
            except Undecryptable as error:
                _log.warning("a key cannot be opened", key=key.id, cause=str(error))
        return clients

    async def would_pay(self, installed: Installation) -> bool:
        """Whether an account works already for what is being installed, with nobody connecting one."""
        serving = await self._teams.serving(installed.enterprise_id, installed.team_id)
        owners = self._payers_of(installed, dict.fromkeys((installed.id, *serving.owners)))
        return APP in owners or await self.keys.in_use(owners) is not None

    async def payers_of(self, of: Owner) -> Owners:
        """Whose keys may pay for a workspace, the first one's before the next one's. Raises NotInstalled."""
        return await self._payers(of.enterprise_id, of.team_id)

    def given_by(self, key: SyncKey) -> str | None:
        """The installation whose admins have to do with a key; None: none's, it serves all."""
        if key.owner_id != APP:
            return key.owner_id
        return None if self._own is None else self._own.team_id

    def may_pay_soon(self, owners: Owners) -> bool:
        """Whether the key of the settings serves these, and whose it is has not been stored yet."""
        return APP in owners and not self._is_adopted

    async def key_of_team(self, enterprise_id: str | None, team_id: str, believed: str | None = None) -> str:
        """What names the workspace's account, in whose line its jobs wait; for arguments see `of_team`.

        Raises:
            NotInstalled, NotConnected, KeyRefused: as `of_team`.
        """
        key = await self._in_use(await self._payers(enterprise_id, team_id), believed)
        return _good(key, team_id).account_key

    async def _in_use(self, owners: Owners, believed: str | None) -> SyncKey | None:
        key = await self.keys.in_use(owners)
        if key is None or (key.refused_at is None and believed in {None, key.account_key}):
            return key
        # What is remembered may be older than what is believed, or than the key that took its place.
        self.keys.forget(owners)
        return await self.keys.in_use(owners)

    async def voices(self, account: Account) -> tuple[Voice, ...]:
        """The voices that can speak now, each with a name of its own. Raises SyncApiError."""
        return await self._voices.of(account)

    async def models(self, account: Account) -> tuple[Model, ...]:
        """The models open to the account. Raises SyncApiError."""
        return await self._models.of(account)

    async def webhook_secret(self, account: Account) -> str:
        """The secret that signs the account's webhooks. Raises SyncApiError."""
        return await self._secrets.of(account)

    async def told_by(self, api_key: str) -> Told:
        """What sync.so says of a key's account.

        Raises:
            ValueError: it is no key.
            SyncApiError: sync.so does not take it (NotAuthorised), or cannot say now.
        """
        return await self._client(api_key).account()

    async def adopt(self) -> None:
        """Store whose the key of the settings is, where it is another than it was; once in a process.

        Raises:
            SyncApiError: sync.so does not take it (NotAuthorised), or cannot say now.
        """
        async with self._adopting:
            if self._is_adopted:
                return
            known = await self.keys.in_use((APP,))
            if self._own is None:
                await self._without_own(known)
            elif known is None or not self._is_the_same(known, self._own.api_key):
                told = await self.told_by(self._own.api_key)
                await self.keys.put(APP, self._own.api_key, told, by=None, now=self._clock())
            self._is_adopted = True

    async def adopt_in_time(self) -> None:
        """As `adopt`, as often as it takes: at the start nobody waits for it."""
        wait_s = _FIRST_WAIT_S
        while not self._is_adopted:
            try:
                await self.adopt()
            except (SyncApiError, StorageError) as error:
                _log.warning("whose the key of the settings is could not be learnt", cause=repr(error))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    async def _without_own(self, known: SyncKey | None) -> None:
        """A key that has gone from the settings pays no more."""
        if known is not None:
            await self.keys.take_away(APP, by=None, now=self._clock())
        if not await self.keys.any_in_use():
            _log.warning("no sync.so account is connected", do="set SYNC_API_KEY, or `lipsync-bot connect`")

    async def _payers(self, enterprise_id: str | None, team_id: str) -> Owners:
        """Whose key may pay for a workspace: no installation's that has ended. Raises NotInstalled."""
        serving = await self._teams.serving(enterprise_id, team_id)
        if serving.installation is None:
            raise NotInstalled(team_id)
        return self._payers_of(serving.installation, serving.owners)

    def _payers_of(self, installation: Installation, owners: Iterable[str]) -> Owners:
        served = self._own is not None and self._own.serves(installation)
        return (*owners, APP) if served else tuple(owners)

    def _is_the_same(self, known: SyncKey, api_key: str) -> bool:
        try:
            return self.keys.opened(known) == api_key
        except Undecryptable:
            return False  # the one of the settings can be read

    def _account(self, key: SyncKey) -> Account:
        return Account(key.account_key, self._client(self.keys.opened(key)), key.id, key.owner_id == APP)

    def _client(self, api_key: str) -> SyncClient:
        return SyncClient(self._http, base_url=self._base_url, api_key=api_key)


def _good(key: SyncKey | None, team_id: str) -> SyncKey:
    """Raises NotConnected, KeyRefused."""
    if key is None:
        raise NotConnected(team_id)
    if key.refused_at is not None:
        raise KeyRefused(team_id)
    return key


async def _voices(client: SyncClient) -> tuple[Voice, ...]:
    return told_apart([voice for voice in await client.voices() if voice.usable])
