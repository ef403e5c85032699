"""Secrets at rest: stored under the first of the encryption keys, read with any of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.errors import BadEncryptionKey, Undecryptable


def new_key() -> str:
    """A fresh encryption key."""
    return Fernet.generate_key().decode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret in the form in which it may be stored. A column for secrets takes and gives nothing else."""

    token: str = field(repr=False)


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

    def seal(self, secret: str) -> Sealed:
        """The secret as it may be stored; differs each time."""
        return Sealed(self._fernet.encrypt(secret.encode()).decode())

    def open(self, sealed: Sealed) -> str:
        """The secret that `seal` was given.

        Raises:
            Undecryptable: none of the keys fits, or the text was tampered with.
        """
        try:
            return self._fernet.decrypt(sealed.token).decode()
        except InvalidToken as error:
            raise Undecryptable(str(Undecryptable.__doc__)) from error

    def rotate(self, sealed: Sealed) -> Sealed:
        """The same secret under the first key.

        Raises:
            Undecryptable: none of the keys fits, or the text was tampered with.
        """
        try:
            return Sealed(self._fernet.rotate(sealed.token).decode())
        except InvalidToken as error:
            raise Undecryptable(str(Undecryptable.__doc__)) from error
