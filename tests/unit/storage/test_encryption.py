"""Secrets under several keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.encryption import Cipher, Sealed, new_key
from storage.errors import BadEncryptionKey, Undecryptable

OLD, NEW = new_key(), new_key()


@given(st.text())
def test_what_was_encrypted_comes_back(secret: str) -> None:
    cipher = Cipher([NEW])
    assert cipher.open(cipher.seal(secret)) == secret


def test_a_secret_cannot_be_seen_in_what_is_stored_and_never_looks_the_same_twice() -> None:
    cipher = Cipher([NEW])
    first, second = cipher.seal("xoxb-secret"), cipher.seal("xoxb-secret")
    assert "xoxb" not in first.token
    assert first != second


def test_what_is_sealed_says_nothing_where_it_is_logged() -> None:
    assert repr(Cipher([NEW]).seal("xoxb-secret")) == "Sealed()"


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote() -> None:
    assert Cipher([NEW, OLD]).open(Cipher([OLD]).seal("s")) == "s"


def test_after_rotation_the_old_key_is_not_needed() -> None:
    rotated = Cipher([NEW, OLD]).rotate(Cipher([OLD]).seal("s"))
    assert Cipher([NEW]).open(rotated) == "s"
    with pytest.raises(Undecryptable):
        Cipher([OLD]).open(rotated)


@pytest.mark.parametrize("use", ["open", "rotate"])
@pytest.mark.parametrize(
    "stored",
    [Sealed(""), Sealed("not a token"), Cipher([OLD]).seal("s")],
    ids=["empty", "no token", "another key's"],
)
def test_a_lost_key_or_a_damaged_text_is_said_clearly(use: str, stored: Sealed) -> None:
    with pytest.raises(Undecryptable):
        getattr(Cipher([NEW]), use)(stored)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "not-a-key"]])
def test_keys_that_are_none_are_refused_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(BadEncryptionKey) as refused:
        Cipher(keys)
    assert NEW not in str(refused.value)
