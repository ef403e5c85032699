"""Ids, timestamps and hashes in Slack's formats, unique for the life of the server."""

import itertools
import secrets
from collections.abc import Callable

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Ids:
    """Mints what Slack mints. Timestamps rise strictly: a `ts` is a message's id within its channel."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last_us = 0
        self._counter = itertools.count(1)

    def object_id(self, prefix: str) -> str:
        """`F0ABC…`, `V0…`, `D0…`: a prefix letter and ten characters."""
        return prefix + "0" + "".join(secrets.choice(_ALPHABET) for _ in range(9))

    def ts(self) -> str:
        """A message timestamp, `1503435956.000247`."""
        self._last_us = max(self._last_us + 1, int(self._now() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def trigger_id(self) -> str:
        """`132456.7890123.abcdef` (Slack: views.open, invalid_trigger_id)."""
        return f"{next(self._counter)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"

    def view_hash(self) -> str:
        """A new hash for every change of a view, `156772938.1827394`."""
        return f"{int(self._now())}.{secrets.token_hex(4)}"

    def short(self) -> str:
        """A generated block_id or action_id, `d7eJq`."""
        return "".join(secrets.choice(_ALPHABET + _ALPHABET.lower()) for _ in range(5))

    def secret(self) -> str:
        """An unguessable path part for upload tickets, sockets and response_urls."""
        return secrets.token_urlsafe(18)
