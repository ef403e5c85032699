"""Voices by name: told apart where two have the same, and found by what a person types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.voices import meant, told_apart
from bot.sync_api.models import Voice


def voices(*named: tuple[str, str]) -> tuple[Voice, ...]:
    return told_apart([Voice(id=voice_id, name=name) for voice_id, name in named])


VOICES = voices(("v1", "Rachel"), ("v2", "Rachel (calm)"), ("v3", "Ádám"), ("v4", "Old Man"))
ADAMS = voices(("pNInz6", "Adam"), ("21m00T", "Eve"), ("pNJ", "adam"), ("x", "Adamson"))


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("rachel", ["v1"]),
        ("Rachel.", ["v1"]),
        ("RACHEL (CALM)", ["v2"]),
        ("ádám", ["v3"]),
        ("old", ["v4"]),
        ("old   man", ["v4"]),
        ("v3", ["v3"]),
        (None, ["v1"]),
        ("rach", ["v1", "v2"]),
        ("Nobody", []),
        ("", []),
        (".", []),
    ],
)
def test_a_voice_is_meant_by_its_name_or_by_how_it_begins(name: str | None, ids: list[str]) -> None:
    assert [voice.id for voice in meant(name, VOICES)] == ids


@pytest.mark.parametrize(
    ("name", "usual", "ids"),
    [
        (None, "v3", ["v3"]),
        (None, "gone", ["v1"]),
        (None, None, ["v1"]),
        ("old", "v3", ["v4"]),
        ("Nobody", "v3", []),
    ],
)
def test_where_no_voice_is_named_the_usual_one_is_meant(
    name: str | None, usual: str | None, ids: list[str]
) -> None:
    assert [voice.id for voice in meant(name, VOICES, usual=usual)] == ids


def test_an_account_without_voices_has_no_first_one() -> None:
    assert meant(None, ()) == ()


def test_voices_of_one_name_are_told_apart_by_the_ids_they_keep() -> None:
    assert [voice.name for voice in ADAMS] == ["Adam (pNIn)", "Eve", "adam (pNJ)", "Adamson"]


def test_a_name_that_two_voices_have_means_both_and_never_just_the_first() -> None:
    assert [voice.id for voice in meant("Adam", ADAMS)] == ["pNInz6", "pNJ"]
    assert [voice.id for voice in meant("adam (pnin)", ADAMS)] == ["pNInz6"]
    assert [voice.id for voice in meant("Adams", ADAMS)] == ["x"]


def test_names_that_look_the_same_in_a_menu_are_told_apart() -> None:
    long = "A calm voice of the north, for stories that take their time, and for the news "
    known = voices(("abcd1", f"{long} one"), ("abcd2", f"{long} two"), ("x", "Adam"), ("y", "Adam\u200b"))
    assert [voice.name[-8:] for voice in known] == [" (abcd1)", " (abcd2)", "Adam (x)", "Adam (y)"]
    assert all(len(voice.name) <= 75 for voice in known)


@given(
    st.lists(
        st.tuples(st.text("abAB12", min_size=1, max_size=12), st.sampled_from(["Adam", "ADAM", "Eve"])),
        max_size=12,
        unique_by=lambda pair: pair[0].casefold(),
    )
)
def test_every_voice_can_be_named_and_is_the_only_one_of_its_name(named: list[tuple[str, str]]) -> None:
    known = voices(*named)
    assert [voice.id for voice in known] == [voice_id for voice_id, _ in named]
    assert len({voice.name.casefold() for voice in known}) == len(known)
    for voice in known:
        assert voice in meant(voice.name, known)
