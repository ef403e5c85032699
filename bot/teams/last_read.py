"""What was read of the database lately, so that no request waits for it."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.teams.recent import Recent
from storage.errors import StorageError

K = TypeVar("K")
V = TypeVar("V")

_KEPT = 20_000
"""Workspaces in memory, those without the app among them."""


class LastRead(Generic[K, V]):
    """Reads anew what is old; while the database is away, what was read last still holds."""

    def __init__(
        self,
        read: Callable[[K], Awaitable[V]],
        *,
        fresh_s: Callable[[V], float],
        elapsed: Callable[[], float],
    ) -> None:
        """`fresh_s` tells for how long something is good, by `elapsed`, a clock that nobody sets."""
        self._read = read
        self._fresh_s = fresh_s
        self._elapsed = elapsed
        self._known: Recent[K, tuple[float, V]] = Recent(_KEPT)

    async def of(self, key: K, *, suits: Callable[[V], bool] = lambda _: True) -> V:
        """What is known, read now where it is old or does not suit.

        Raises:
            StorageError: it was never read, and cannot be now.
        """
        known = self._known.get(key)
        if known is not None and self._elapsed() <= known[0] and suits(known[1]):
            return known[1]
        try:
            return await self.latest(key)
        except StorageError:
            if known is None:
                raise
            return known[1]

    async def latest(self, key: K) -> V:
        """As it is now. Raises StorageError."""
        began_with, now = self._known, self._elapsed()
        found = await self._read(key)
        # Into the memory it began with: a change that came meanwhile has put another in its place.
        began_with[key] = now + self._fresh_s(found), found
        return found

    def forget(self, key: K | None = None) -> None:
        """Read anew, since something has changed: this, or all."""
        self._known = Recent(_KEPT) if key is None else self._known.without(key)
