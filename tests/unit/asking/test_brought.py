"""What a message brings, and what belongs together: pure rules, tried with everything that may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.brought import drafts_of, is_small, joined, picked, says, sounds
from bot.asking.drafts import Draft, Link, SlackFile
from tests.unit.messages.builders import AUDIO, SCRIPT, VIDEO

OTHER = AUDIO.model_copy(update={"file_id": "F3", "name": "other.wav"})
TEXT = SlackFile(file_id="F4", name="script.txt", mimetype="text/plain", size=10)
LINK = Link(url="https://example.com/voice.mp3")
PLAIN = Draft(choices=(SCRIPT,))

SECOND = VIDEO.model_copy(update={"file_id": "F5", "name": "second.mp4"})
LINE = SCRIPT.model_copy(update={"text": "Good bye"})

speeches = st.sampled_from([AUDIO, OTHER, TEXT, LINK, SCRIPT])
videos_of = st.sampled_from([{}, {"video": VIDEO}, {"video": VIDEO, "more_videos": (SECOND,)}])
said_of = st.one_of(
    st.builds(lambda speech: {"speech": speech}, st.none() | speeches),
    st.just({"speech": SCRIPT, "more_scripts": (LINE,)}),
    st.builds(lambda choices: {"choices": tuple(choices)}, st.lists(speeches, max_size=4)),
)
open_drafts = st.builds(lambda videos, said: Draft(**videos, **said), videos_of, said_of)


@given(files=st.lists(st.sampled_from([VIDEO, AUDIO, OTHER, TEXT]), max_size=6), said=open_drafts)
def test_nothing_that_was_brought_is_dropped(files: list[SlackFile], said: Draft) -> None:
    made = drafts_of(files, said)

    spoken = [*files, *(said.speeches or said.choices)]
    videos = [*(file for file in files if file == VIDEO), *said.videos]
    assert [video for draft in made for video in draft.videos] == videos
    assert len(made) <= 1
    for draft in made:
        kept = list(draft.speeches or draft.choices)
        assert sorted(map(str, kept)) == sorted(map(str, (each for each in spoken if each != VIDEO)))


def test_clips_that_come_together_are_one_wish() -> None:
    (both,) = drafts_of([VIDEO, AUDIO, SECOND], Draft())
    assert both == Draft(video=VIDEO, more_videos=(SECOND,), speech=AUDIO)

    (lines,) = drafts_of([VIDEO, SECOND], Draft(speech=SCRIPT, more_scripts=(LINE,)))
    assert lines == Draft(video=VIDEO, more_videos=(SECOND,), speech=SCRIPT, more_scripts=(LINE,))

    (asks,) = drafts_of([VIDEO, AUDIO], Draft(speech=SCRIPT, more_scripts=(LINE,)))
    assert asks == Draft(video=VIDEO, choices=(AUDIO, SCRIPT, LINE))


@given(old=open_drafts, new=open_drafts, as_answer=st.booleans())
def test_what_is_joined_keeps_all_of_both_and_what_is_whole_takes_nothing(
    old: Draft,
    new: Draft,
    as_answer: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    both = joined(old, new, as_answer=as_answer)

    if old.complete:
        assert both is None
    if both is not None:
        assert both.videos in {old.videos, new.videos}
        assert (old.video is None) or both.videos == old.videos
        known = {str(part) for each in (old, new) for part in (*each.speeches, *each.choices)}
        assert {str(part) for part in (*both.speeches, *both.choices)} <= known
        assert set(map(str, new.speeches)) <= set(map(str, (*both.speeches, *both.choices)))
        if old.speech is not None:
            assert set(map(str, old.speeches)) <= set(map(str, (*both.speeches, *both.choices)))


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        (Draft(video=VIDEO), Draft(speech=AUDIO), Draft(video=VIDEO, speech=AUDIO)),
        (Draft(speech=AUDIO), Draft(video=VIDEO), Draft(video=VIDEO, speech=AUDIO)),
        (Draft(video=VIDEO), PLAIN, Draft(video=VIDEO, speech=SCRIPT)),
        (Draft(choices=(AUDIO, OTHER)), Draft(video=VIDEO), Draft(video=VIDEO, choices=(AUDIO, OTHER))),
        (Draft(video=VIDEO), Draft(choices=(AUDIO, OTHER)), Draft(video=VIDEO, choices=(AUDIO, OTHER))),
        (
            Draft(speech=AUDIO),
            Draft(video=VIDEO, choices=(SCRIPT,)),
            Draft(video=VIDEO, choices=(AUDIO, SCRIPT)),
        ),
        (
            Draft(video=VIDEO, model="lipsync-2"),
            Draft(speech=AUDIO),
            Draft(video=VIDEO, speech=AUDIO, model="lipsync-2"),
        ),
        (
            Draft(speech=AUDIO, project="Mars"),
            Draft(video=VIDEO, choices=(SCRIPT,)),
            Draft(video=VIDEO, choices=(AUDIO, SCRIPT), project="Mars"),
        ),
        (
            Draft(video=VIDEO, project="Mars"),
            Draft(speech=SCRIPT, more_scripts=(LINE,), project="Venus"),
            Draft(video=VIDEO, speech=SCRIPT, more_scripts=(LINE,), project="Venus"),
        ),
        (
            Draft(speech=AUDIO),
            Draft(video=VIDEO, more_videos=(SECOND,)),
            Draft(video=VIDEO, more_videos=(SECOND,), speech=AUDIO),
        ),
        (
            Draft(video=VIDEO, more_videos=(SECOND,)),
            PLAIN,
            Draft(video=VIDEO, more_videos=(SECOND,), speech=SCRIPT),
        ),
        (
            Draft(video=VIDEO, choices=(AUDIO, OTHER)),
            Draft(speech=SCRIPT, more_scripts=(LINE,)),
            Draft(video=VIDEO, speech=SCRIPT, more_scripts=(LINE,)),
        ),
        (
            Draft(speech=SCRIPT, more_scripts=(LINE,)),
            Draft(video=VIDEO),
            Draft(video=VIDEO, speech=SCRIPT, more_scripts=(LINE,)),
        ),
        (Draft(video=VIDEO), Draft(video=VIDEO), None),
        (Draft(speech=AUDIO), Draft(speech=OTHER), None),
        (Draft(speech=AUDIO), Draft(video=VIDEO, speech=SCRIPT), None),
        (Draft(choices=(AUDIO, OTHER)), Draft(speech=TEXT), None),
    ],
)
def test_what_belongs_together(old: Draft, new: Draft, both: Draft | None) -> None:
    assert joined(old, new, as_answer=False) == both


def test_under_a_card_a_link_is_what_it_asks_for_and_a_second_audio_is_asked_about() -> None:
    link = Draft(video=LINK)

    assert joined(Draft(video=VIDEO), link, as_answer=True) == Draft(video=VIDEO, speech=LINK)
    assert joined(Draft(video=VIDEO), link, as_answer=False) is None
    assert joined(Draft(speech=AUDIO), link, as_answer=True) == Draft(video=LINK, speech=AUDIO)
    assert joined(Draft(speech=AUDIO), Draft(speech=OTHER), as_answer=True) == Draft(choices=(AUDIO, OTHER))
    assert joined(Draft(speech=AUDIO), PLAIN, as_answer=True) is None
    both = Draft(video=VIDEO, choices=(AUDIO, OTHER))
    assert joined(both, Draft(choices=(TEXT, LINK)), as_answer=True) == Draft(
        video=VIDEO, choices=(AUDIO, OTHER, TEXT, LINK)
    )
    assert joined(both, Draft(speech=TEXT), as_answer=True) == Draft(video=VIDEO, speech=TEXT)


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        ("1", AUDIO),
        ("2.", OTHER),
        ("hello.mp3", AUDIO),
        ("Other", OTHER),
        ("3", None),
        ("0", None),
        ("²", None),
        ("something else", None),
        ("", None),
    ],
)
def test_a_short_answer_names_a_choice(words: str, choice: SlackFile | None) -> None:
    assert picked((AUDIO, OTHER), words) == choice


@pytest.mark.parametrize(
    ("draft", "small"),
    [(PLAIN, True), (Draft(), True), (Draft(speech=SCRIPT), False), (Draft(choices=(AUDIO,)), False)],
)
def test_just_words_are_small(draft: Draft, small: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_small(draft) is small
    assert says(draft) is bool(draft.speech or draft.choices)


@pytest.mark.parametrize(
    ("url", "is_audio"),
    [
        ("https://example.com/a.mp3?x=1", True),
        ("https://example.com/a.WAV", True),
        ("https://example.com/a.mp4", False),
        ("https://example.com/a", False),
        ("https://example.com/?f=a.mp3", False),
    ],
)
def test_a_link_sounds_by_its_ending(url: str, is_audio: bool) -> None:  # noqa: FBT001 - as above
    assert sounds(Link(url=url)) is is_audio
