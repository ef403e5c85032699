"""Secrets at rest: stored under the first of the encryption keys, read with any of them, each in its place.

A sealed text carries where it stands inside the encryption, and is opened there alone: whoever can write to
the database, but has no key, cannot give one row the secret of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.errors import BadEncryptionKey, Misplaced, Undecryptable


def new_key() -> str:
    """A fresh encryption key."""
    return Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Where:
    """The one place in the database where a secret opens."""

    table: str
    column: str
    row_id: str
    """The row's primary key."""

    def __str__(self) -> str:
        """Tells every place from every other, since no name of a table or a column has a full stop in it."""
        return f"{self.table}.{self.column}.{self.row_id}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it was found in the database: to be opened where it stands, and never stored elsewhere."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedFor(Sealed):
    """A secret that was just sealed for a place; a column for secrets takes nothing else."""

    where: Where

    def as_found(self) -> Sealed:
        """As the database gives it back."""
        return Sealed(self.token)


class Cipher:
    """Authenticated encryption of short texts. To rotate: put a new key first, re-encrypt, drop the old one.

    Args:
        keys: Fernet keys, the one to encrypt with first.

    Raises:
        BadEncryptionKey: there is no key, or one of them is none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise BadEncryptionKey("At least one encryption key is needed.")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise BadEncryptionKey(str(BadEncryptionKey.__doc__)) from error

    def seal(self, secret: str, where: Where) -> SealedFor:
        """The secret as it may be stored in that place; differs each time."""
        return SealedFor(self._fernet.encrypt(_frame(where) + secret.encode()).decode(), where)

    def open(self, sealed: Sealed, where: Where) -> str:
        """The secret that was sealed for that place.

        Raises:
            Misplaced: it was sealed for another one.
            Undecryptable: none of the keys fits, or the text was tampered with.
        """
        try:
            framed = self._fernet.decrypt(sealed.token)
        except InvalidToken as error:
            raise Undecryptable(f"{Undecryptable.__doc__} ({where})") from error
        frame = _frame(where)
        if not framed.startswith(frame):
            raise Misplaced(f"{Misplaced.__doc__} ({where})")
        return framed[len(frame) :].decode()

    def reseal(self, sealed: Sealed, where: Where, *, to: Where) -> SealedFor:
        """The same secret under the first key, for another place or the same: no secret is copied otherwise.

        Raises:
            Undecryptable, Misplaced: as `open`.
        """
        return self.seal(self.open(sealed, where), to)


def _frame(where: Where) -> bytes:
    """What comes before a secret: the place, led by its length, so that none is the beginning of another."""
    place = str(where).encode()
    return b"%d:%b" % (len(place), place)
