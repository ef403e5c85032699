"""Which sync.so account works for which workspace, and what that account offers (voices, models)."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from bot.asking.voices import told_apart
from bot.sync_api.client import SyncClient
from bot.sync_api.models import Model, Voice
from bot.teams.installations import Teams
from storage.installations import Installation

_FRESH_S = 600.0
"""Voices and models change seldom, and a wrong choice is refused before it costs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """A sync.so account: its client, and a fingerprint that names it without telling its key."""

    key: str
    client: SyncClient


class _Remembered(Generic[T]):
    """One answer for each account, asked anew when it is old."""

    def __init__(self, ask: Callable[[SyncClient], Awaitable[T]], *, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}

    async def of(self, account: Account) -> T:
        known = self._answers.get(account.key)
        if known is not None and known[0] > self._clock():
            return known[1]
        answer = await self._ask(account.client)
        self._answers[account.key] = (self._clock() + _FRESH_S, answer)
        return answer


class Accounts:
    """Finds the account that pays for a workspace: its own key, else the one from the settings."""

    def __init__(
        self,
        teams: Teams,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        default_key: str,
        clock: Callable[[], float],
    ) -> None:
        self._teams = teams
        self._http = http
        self._base_url = base_url
        self._default_key = default_key
        self._voices = _Remembered(_voices, clock=clock)
        self._models = _Remembered(SyncClient.models, clock=clock)
        self._secrets = _Remembered(SyncClient.webhook_secret, clock=clock)

    async def of_team(self, enterprise_id: str | None, team_id: str) -> Account:
        """The account of a workspace.

        Raises:
            NotInstalled: the workspace is not installed.
        """
        return self._of(await self._teams.need(enterprise_id, team_id))

    async def key_of_team(self, enterprise_id: str | None, team_id: str) -> str:
        """The fingerprint of the workspace's account, in whose line its jobs wait. Raises NotInstalled."""
        return self._fingerprint(await self._teams.need(enterprise_id, team_id))

    async def voices(self, account: Account) -> tuple[Voice, ...]:
        """The voices that can speak now, each with a name of its own. Raises SyncApiError."""
        return await self._voices.of(account)

    async def models(self, account: Account) -> tuple[Model, ...]:
        """The models open to the account. Raises SyncApiError."""
        return await self._models.of(account)

    async def webhook_secret(self, account: Account) -> str:
        """The secret that signs the account's webhooks. Raises SyncApiError."""
        return await self._secrets.of(account)

    def _of(self, installation: Installation) -> Account:
        client = SyncClient(self._http, base_url=self._base_url, api_key=self._api_key(installation))
        return Account(self._fingerprint(installation), client)

    def _api_key(self, installation: Installation) -> str:
        return installation.sync_api_key or self._default_key

    def _fingerprint(self, installation: Installation) -> str:
        return hashlib.sha256(self._api_key(installation).encode()).hexdigest()[:16]


async def _voices(client: SyncClient) -> tuple[Voice, ...]:
    return told_apart([voice for voice in await client.voices() if voice.usable])
