"""The plan of a wish: which videos it makes, in which order, and what each is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.asking.plan import Take, how_many, place_of, plan, with_only
from storage.jobs import MOST_PARTS
from tests.unit.messages.builders import AUDIO, SCRIPT, VIDEO

INTRO = SlackFile(file_id="F1", name="intro.mp4", mimetype="video/mp4", size=10)
OUTRO = SlackFile(file_id="F2", name="outro.mp4", mimetype="video/mp4", size=10)
LINK = Link(url="https://example.com/talk.mp4")
BYE = Script(text="Good bye", voice_id=None)

names = st.sampled_from(["a", "a (2)", "a (3)", "b", "", "x" * 90, "“a”", "two  spaces"]) | st.text(
    max_size=60
)
videos = st.builds(
    SlackFile, file_id=st.text("AB", min_size=1), name=names, mimetype=st.just(""), size=st.just(1)
) | st.builds(
    Link, url=st.sampled_from(["https://example.com/a", "https://example.com/", "https://a.example"])
)
scripts = st.builds(Script, text=names, voice_id=st.none())
wholes = st.builds(
    Draft,
    video=videos,
    more_videos=st.lists(videos, max_size=12).map(tuple),
    speech=scripts | st.just(AUDIO),
    more_scripts=st.lists(scripts, max_size=9).map(tuple),
)


@given(draft=wholes)
def test_every_video_says_every_thing_and_each_has_a_label_of_its_own(draft: Draft) -> None:
    takes = plan(draft)

    assert len(takes) == min(how_many(draft), MOST_PARTS)
    assert len({take.label for take in takes}) == len(takes)
    assert all(take.label for take in takes) or [take.label for take in takes] == [""]
    pairs = [(video, speech) for video in draft.videos for speech in draft.speeches]
    assert [(take.draft.video, take.draft.speech) for take in takes] == pairs[:MOST_PARTS]
    assert [plan(take.draft) for take in takes] == [(Take("", take.draft, 0, 0),) for take in takes]


@given(draft=wholes, data=st.data())
def test_what_is_picked_keeps_its_place_and_its_label(draft: Draft, data: st.DataObject) -> None:
    takes = plan(draft)
    places = data.draw(st.lists(st.sampled_from(range(len(takes))), min_size=1, unique=True).map(sorted))

    picked = with_only(draft, places)

    assert [take.draft for take in plan(picked)] == [takes[place].draft for place in places]
    assert [place_of(picked, position) for position in range(len(places))] == places
    assert how_many(picked) == len(places)
    if len(places) > 1:
        assert [take.label for take in plan(picked)] == [takes[place].label for place in places]
    again = with_only(picked, [len(places) - 1])
    assert place_of(again, 0) == places[-1]
    assert len(plan(again)) == 1


@given(draft=wholes)
def test_each_takes_its_own_of_what_was_prepared(draft: Draft) -> None:
    whole = Prepared(audio=PreparedInput(asset_id="audio"))
    for place in reversed(range(len(draft.videos))):
        whole = whole.with_video(place, PreparedInput(asset_id=f"video {place}"))

    for number, take in enumerate(plan(draft)):
        place = number // len(draft.speeches)
        own = take.prepared(whole)
        assert own.video == whole.video_at(place) == PreparedInput(asset_id=f"video {place}")
        assert own.audio == (None if isinstance(take.draft.speech, Script) else whole.audio)
        assert own.more_videos == ()


@given(draft=wholes)
def test_it_is_stored_whole(draft: Draft) -> None:
    kept = draft.model_copy(update={"only": (0,)})
    urls = {part: link.url or "" for part, link in kept.links.items()}

    assert Draft.model_validate_json(kept.model_dump_json()).with_addresses(urls) == kept


def test_what_lies_beyond_the_most_is_reached_by_place() -> None:
    many = Draft(video=INTRO, more_videos=(OUTRO,) * 9, speech=SCRIPT, more_scripts=(BYE,) * 5)

    assert how_many(many) == 60
    rest = many.model_copy(update={"only": tuple(range(50, 60))})
    assert [take.draft.speech for take in plan(rest)][:2] == [BYE, BYE]
    assert len(plan(rest)) == 10


def test_there_is_nothing_to_make_of_half_a_wish() -> None:
    assert plan(Draft(video=VIDEO)) == plan(Draft(speech=AUDIO)) == plan(Draft()) == ()


@pytest.mark.parametrize(
    ("draft", "labels"),
    [
        (Draft(video=INTRO, speech=AUDIO), [""]),
        (Draft(video=INTRO, more_videos=(OUTRO, LINK), speech=AUDIO), ["intro.mp4", "outro.mp4", "talk.mp4"]),
        (Draft(video=INTRO, speech=SCRIPT, more_scripts=(BYE,)), ["“Hello everybody”", "“Good bye”"]),
        (
            Draft(video=INTRO, more_videos=(OUTRO,), speech=AUDIO, more_scripts=(BYE,)),
            [
                "intro.mp4 · hello.mp3",
                "intro.mp4 · “Good bye”",
                "outro.mp4 · hello.mp3",
                "outro.mp4 · “Good bye”",
            ],
        ),
        (
            Draft(video=INTRO, more_videos=(INTRO, INTRO), speech=AUDIO),
            ["intro.mp4", "intro.mp4 (2)", "intro.mp4 (3)"],
        ),
        (
            Draft(video=INTRO, more_videos=(Link(url="https://a.example/"),), speech=AUDIO),
            ["intro.mp4", "a.example"],
        ),
        (
            Draft(
                video=INTRO,
                speech=BYE,
                more_scripts=(BYE.model_copy(update={"text": "so long\n" + "and " * 20}),),
            ),
            ["“Good bye”", "“so long and and and and and and and and…”"],
        ),
    ],
)
def test_a_label_names_what_differs(draft: Draft, labels: list[str]) -> None:
    assert [take.label for take in plan(draft)] == labels
