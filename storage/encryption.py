"""Secrets at rest: stored under the first of the encryption keys, read with any of them."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import BadEncryptionKey, Undecryptable

_KEY_BYTES = 32
_NONCE_BYTES = 12
"""Drawn by chance: up to 2^32 secrets under one key none is likely to come twice (NIST SP 800-38D, 8.3)."""


def new_key() -> str:
    """A fresh encryption key."""
    return urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret in the form in which it may be stored. A column for secrets takes and gives nothing else."""

    token: str = field(repr=False)


class Cipher:
    """AES-256-GCM over short texts. To rotate: put a new key first, re-encrypt, drop the old one.

    Args:
        keys: 32 bytes each, in URL-safe base64, the one to encrypt with first.

    Raises:
        BadEncryptionKey: there is no key, or one of them is none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise BadEncryptionKey("At least one encryption key is needed.")
        self._ciphers = [AESGCM(_key(key)) for key in keys]

    def seal(self, secret: str) -> Sealed:
        """The secret as it may be stored; differs each time."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secret.encode(), None)
        return Sealed(urlsafe_b64encode(nonce + sealed).decode())

    def open(self, sealed: Sealed) -> str:
        """The secret that `seal` was given.

        Raises:
            Undecryptable: none of the keys fits, or the text was tampered with.
        """
        try:
            stored = urlsafe_b64decode(sealed.token)
        except ValueError as error:
            raise Undecryptable(str(Undecryptable.__doc__)) from error
        nonce, text = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, text, None).decode()
            except (InvalidTag, ValueError):  # another key's, or too short to be anything
                continue
        raise Undecryptable(str(Undecryptable.__doc__))

    def rotate(self, sealed: Sealed) -> Sealed:
        """The same secret under the first key.

        Raises:
            Undecryptable: none of the keys fits, or the text was tampered with.
        """
        return self.seal(self.open(sealed))


def _key(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        # Without its cause, which may show the key.
        raise BadEncryptionKey(str(BadEncryptionKey.__doc__)) from None
    return key
