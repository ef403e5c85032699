"""Secrets under several keys, each in its own place."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect

from storage.columns import Secret
from storage.encryption import Cipher, Sealed, SealedFor, Where, new_key
from storage.errors import BadEncryptionKey, Misplaced, Undecryptable
from storage.reencryption import secret_columns

OLD, NEW = new_key(), new_key()
DIALECT = dialect()
HERE, THERE = Where("installations", "bot_token", "T1"), Where("installations", "bot_token", "T2")
PLACES = st.builds(Where, st.sampled_from(["a", "ab"]), st.sampled_from(["b", "bc"]), st.text(max_size=3))


@given(st.text(), st.builds(Where, st.just("orders"), st.just("addresses"), st.text()))
def test_what_was_encrypted_comes_back_where_it_stands(secret: str, where: Where) -> None:
    cipher = Cipher([NEW])
    assert cipher.open(cipher.seal(secret, where), where) == secret


@given(st.text(max_size=4), PLACES, PLACES)
def test_in_no_other_place_does_it_open(secret: str, where: Where, elsewhere: Where) -> None:
    assume(where != elsewhere)
    cipher = Cipher([NEW])
    with pytest.raises(Misplaced, match="put into another row or column"):
        cipher.open(cipher.seal(secret, where), elsewhere)


@pytest.mark.parametrize(
    "elsewhere",
    [THERE, Where("installations", "refresh_token", "T1"), Where("orders", "bot_token", "T1")],
    ids=["another row", "another column", "another table"],
)
def test_it_cannot_be_copied_but_moved_by_who_has_the_key(elsewhere: Where) -> None:
    cipher = Cipher([NEW])
    sealed = cipher.seal("xoxb-secret", HERE)
    with pytest.raises(Misplaced):
        cipher.reseal(sealed, elsewhere, to=elsewhere)
    moved = cipher.reseal(sealed, HERE, to=elsewhere)
    assert cipher.open(moved, elsewhere) == "xoxb-secret"
    with pytest.raises(Misplaced):
        cipher.open(moved, HERE)


@given(st.text(max_size=8))
def test_no_secret_can_pass_for_a_place(secret: str) -> None:
    """A person may choose what is sealed, and part of the row's id: neither moves where the place ends."""
    cipher = Cipher([NEW])
    sealed = cipher.seal(f"1{secret}", Where("orders", "addresses", "x"))
    with pytest.raises(Misplaced):
        cipher.open(sealed, Where("orders", "addresses", "x1"))


def test_a_secret_cannot_be_seen_in_what_is_stored_and_never_looks_the_same_twice() -> None:
    cipher = Cipher([NEW])
    first, second = cipher.seal("xoxb-secret", HERE), cipher.seal("xoxb-secret", HERE)
    assert "xoxb" not in first.token
    assert first != second


def test_what_is_sealed_tells_its_place_alone_where_it_is_logged() -> None:
    sealed = Cipher([NEW]).seal("xoxb-secret", HERE)
    assert repr(sealed) == f"SealedFor(where={HERE!r})"
    assert repr(Sealed(sealed.token)) == "Sealed()"


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote() -> None:
    assert Cipher([NEW, OLD]).open(Cipher([OLD]).seal("s", HERE), HERE) == "s"


def test_sealed_anew_it_does_not_need_the_old_key() -> None:
    anew = Cipher([NEW, OLD]).reseal(Cipher([OLD]).seal("s", HERE), HERE, to=HERE)
    assert Cipher([NEW]).open(anew, HERE) == "s"
    with pytest.raises(Undecryptable):
        Cipher([OLD]).open(anew, HERE)


@pytest.mark.parametrize(
    "stored",
    [Sealed(""), Sealed("not a token"), Cipher([OLD]).seal("s", HERE)],
    ids=["empty", "no token", "another key's"],
)
def test_a_lost_key_or_a_damaged_text_is_said_clearly(stored: Sealed) -> None:
    with pytest.raises(Undecryptable, match=str(HERE)) as refused:
        Cipher([NEW]).open(stored, HERE)
    assert not isinstance(refused.value, Misplaced)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "not-a-key"]])
def test_keys_that_are_none_are_refused_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(BadEncryptionKey) as refused:
        Cipher(keys)
    assert NEW not in str(refused.value)


def test_each_column_for_secrets_says_its_own_name_and_its_table_has_one_key() -> None:
    columns = list(secret_columns())
    said = [column.type for column in columns if isinstance(column.type, Secret)]
    assert [(kind.table, kind.column) for kind in said] == [(each.table.name, each.name) for each in columns]
    assert {len(column.table.primary_key.columns) for column in columns} == {1}
    assert not any("." in part for each in columns for part in (each.table.name, each.name))


@pytest.mark.parametrize(
    "value",
    [
        "xoxb-secret",
        Sealed("read from a row"),
        SealedFor("t", HERE),
        SealedFor("t", Where("inputs", "x", "i")),
    ],
    ids=["in clear", "read elsewhere", "for another table", "for another column"],
)
def test_a_column_takes_nothing_but_what_was_sealed_for_it(value: Sealed) -> None:
    with pytest.raises(TypeError):
        Secret("inputs", "address").bind_processor(DIALECT)(value)  # type: ignore[misc]
