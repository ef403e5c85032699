"""Files kept by their content, and the signed links under which they are given out."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio

WEEK_S = 604_800.0
"""Lifetime that a live probe of the service saw on its signed links, in seconds."""


class TooLargeError(Exception):
    """More bytes came than are allowed."""


@dataclass(frozen=True)
class Blob:
    """A stored file. Its name is its content's digest, so it never changes."""

    path: Path
    size: int


class Blobs:
    """A folder of content-addressed files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def store(self, chunks: AsyncIterator[bytes], *, limit: int) -> Blob:
        """Write a stream of bytes.

        Raises:
            TooLargeError: more than `limit` bytes came.
        """
        part = self._folder / f"{secrets.token_hex(8)}.part"
        digest, size = hashlib.sha256(), 0
        try:
            async with await anyio.open_file(part, "wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLargeError
                    digest.update(chunk)
                    await file.write(chunk)
            path = self._folder / digest.hexdigest()[:40]
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return Blob(path, size)


@dataclass(frozen=True)
class Published:
    """A file that may be read by link."""

    path: Path
    media_type: str


class Links:
    """Makes and checks signed links: `/files/…?expires=…&signature=…` to read, `/storage/…` to PUT."""

    def __init__(self, base_url: str, clock: Callable[[], float]) -> None:
        self._base, self._clock = base_url, clock
        self._key = secrets.token_bytes(32)
        self._files: dict[str, Published] = {}

    def kept(self) -> object:
        """The key of its signatures, and what it has published."""
        return self._key, self._files

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self._key, self._files = kept

    def sign(self, path: str, lifetime_s: float = WEEK_S) -> str:
        """Return the full URL of a path with its expiry and signature."""
        expires = str(int(self._clock() + lifetime_s))
        return f"{self._base}{quote(path)}?expires={expires}&signature={self._signature(path, expires)}"

    def valid(self, path: str, expires: str, signature: str) -> bool:
        """Whether a link is ours, unaltered and not expired."""
        if not hmac.compare_digest(signature.encode(), self._signature(path, expires).encode()):
            return False
        return self._clock() < int(expires)

    def publish(self, file: Path, name: str, media_type: str) -> str:
        """Make a file readable under a name and return the path to sign."""
        path = f"/files/{secrets.token_hex(12)}/{name}"
        self._files[path] = Published(file, media_type)
        return path

    def withdraw(self, path: str) -> None:
        """Let nobody read a file by this path any more."""
        self._files.pop(path, None)

    def published(self, path: str) -> Published | None:
        """The file behind a path."""
        return self._files.get(path)

    def plain(self, path: str) -> str:
        """Return the full URL of a path without a signature."""
        return f"{self._base}{quote(path)}"

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()
