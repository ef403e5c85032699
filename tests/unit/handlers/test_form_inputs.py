"""A sent form into a draft, or into words at the fields that are wrong."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.asking.drafts import Draft, Link, Script, SlackFile
from bot.asking.links import LinkProblem
from bot.errors import Malformed
from bot.messages import fields
from bot.messages.blocks import Choice
from bot.messages.catalogue import ENGLISH
from bot.messages.form import FormState, form, form_metadata, more_options
from bot.messages.form_options import Options
from bot.messages.ids import Field, Source
from bot.slack.script_files import decode_script
from handlers.form_inputs import Choices, form_order, read_choices, read_form, read_options, script_file

VIDEO = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=41_000_000)
AUDIO = SlackFile(file_id="F2", name="hello.mp3", mimetype="audio/mpeg", size=340_000)
SCRIPT = Script(text="Hello everybody", voice_id="v2", voice_name="Rachel")
VOICES = (Choice("v1", "Adam"), Choice("v2", "Rachel"))
UPLOADED_VIDEO = {"id": "F7", "name": "small.mp4", "mimetype": "video/mp4", "mode": "hosted", "size": 900_000}
UPLOADED_TEXT = {"id": "F8", "name": "s.txt", "mimetype": "text/plain", "mode": "snippet", "size": 9_000}

read = partial(read_form, ENGLISH, user_id="U1")
text_file = partial(script_file, ENGLISH, user_id="U1")


def sent(state: FormState, **typed: Any) -> dict[str, Any]:
    """What Slack sends back for a form: what stood in it, and what was typed or chosen over it."""
    return filled(form(ENGLISH, state), **typed)


def filled(view: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """A view as Slack sends it back."""
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"]
        state_of: dict[str, Any] = {"type": element["type"]}
        if element["type"] == "static_select":
            state_of["selected_option"] = element.get("initial_option")
        elif element["type"] == "file_input":
            state_of["files"] = []
        else:
            state_of["value"] = element.get("initial_value")
        values[name] = {name: state_of | typed.pop(str(name), {})}
    assert not typed, "typed into a field that the form does not show"
    return {**view, "state": {"values": values}}


def value(text: str | None) -> dict[str, Any]:
    return {"value": text}


def upload(*files: dict[str, Any]) -> dict[str, Any]:
    return {"files": list(files)}


@pytest.mark.parametrize("written", ["{}", " {} ", "<{}>", "“{}”,", "\u200b{}\u200e", "({})."])
def test_signs_around_a_link_are_not_its_own(written: str) -> None:
    state = FormState("J1", video_choice=Source.LINK, speech_choice=Source.LINK)
    video, audio = "https://example.com/v_(1).mp4?a=1&b=2", "https://example.com/s.mp3"
    draft = read(
        sent(state, video_link=value(written.format(video)), audio_link=value(written.format(audio)))
    )
    assert isinstance(draft, Draft)
    assert (draft.video, draft.speech) == (Link(url=video), Link(url=audio))


def test_a_link_with_words_behind_it_is_not_cut() -> None:
    state = FormState("J1", video_choice=Source.LINK, speech_choice=Source.LINK)
    view = sent(state, video_link=value("https://example.com/my clip.mp4"), audio_link=value("x"))
    assert read(view) == {
        Field.VIDEO_LINK: fields.LINK_PROBLEMS[LinkProblem.BROKEN],
        Field.AUDIO_LINK: fields.LINK_PROBLEMS[LinkProblem.NOT_HTTPS],
    }


SPOKEN = FormState("J1", Draft(video=VIDEO, speech=SCRIPT), voices=VOICES)
NO_STATE = {"private_metadata": form_metadata("J1"), "state": {"values": {}}}


def options(state: FormState, **typed: Any) -> Options | dict[str, str]:
    """What the form for options makes of what was typed into it."""
    return read_options(ENGLISH, filled(more_options(ENGLISH, state), **typed))


def kept(state: FormState, **typed: Any) -> FormState:
    """The form for the video, once that for options was sent."""
    read = options(state, **typed)
    assert isinstance(read, Options)
    return replace(state, options=read)


@pytest.mark.parametrize(
    ("stability", "similarity"), [("0.25", "1"), ("0", None), (None, "0.8"), (None, None), (" .5 ", "")]
)
def test_how_a_voice_speaks_is_kept_as_far_as_it_was_said(
    stability: str | None, similarity: str | None
) -> None:
    state = kept(SPOKEN, stability=value(stability), similarity=value(similarity))
    draft = read(sent(state), files=[VIDEO])
    assert isinstance(draft, Draft)
    assert isinstance(draft.speech, Script)
    said = [float(text) if text else None for text in (stability, similarity)]
    assert [draft.speech.stability, draft.speech.similarity] == said


@pytest.mark.parametrize("text", ["1.01", "-0.1", "nan", "inf", "high", "0,5"])
def test_a_number_out_of_bounds_is_told_at_its_own_field(text: str) -> None:
    assert options(SPOKEN, similarity=value(text)) == {Field.SIMILARITY: fields.NOT_A_SHARE}


def test_all_that_is_wrong_with_the_options_is_told_at_once() -> None:
    wrong = options(SPOKEN, similarity=value("2"), stability=value("x"), project=value("a" * 61))
    assert set(wrong) == {Field.SIMILARITY, Field.STABILITY, Field.PROJECT}


def test_the_form_for_options_knows_how_the_one_below_stands() -> None:
    state = FormState("J1", videos=(VIDEO,), video_choice="file:F1", speech_choice=Source.LINK)
    view = filled(more_options(ENGLISH, state))
    assert form_order(view) == "J1"
    assert read_choices(view) == read_choices(sent(state))


def test_what_the_form_for_options_does_not_show_stays() -> None:
    script = SCRIPT.model_copy(update={"stability": 0.25})
    state = FormState("J1", Draft(video=VIDEO, speech=script), speech_choice=Source.LINK)
    again = replace(kept(state, name=value("Spring")), speech_choice=Source.SCRIPT)
    draft = read(sent(again), files=[VIDEO])
    assert isinstance(draft, Draft)
    assert isinstance(draft.speech, Script)
    assert (draft.name, draft.speech.stability) == ("Spring", 0.25)


LONG = FormState("J1", Draft(video=VIDEO), voices=VOICES, speech_choice=Source.LONG_SCRIPT)
FILE = replace(LONG, speech_choice=Source.TEXT_FILE)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(
            video=VIDEO, speech=SCRIPT, sync_mode="remap", model="lipsync-2", name="Spring", project="Sale"
        ),
        Draft(video=VIDEO, speech=AUDIO, sync_mode="bounce", model="sync-3"),
        Draft(
            video=Link(url="https://example.com/v.mp4"),
            speech=Link(url="https://example.com/s.mp3"),
            sync_mode="loop",
            model="sync-3",
        ),
        Draft(
            video=VIDEO,
            speech=Script(text="word " * 900 + "end", voice_id="v1", voice_name="Adam"),
            sync_mode="loop",
            model="sync-3",
        ),
    ],
)
def test_a_form_sent_as_it_was_filled_is_the_same_draft(draft: Draft) -> None:
    view = sent(FormState("J1", draft, voices=VOICES))
    assert read(view, files=(VIDEO, AUDIO)) == draft
    assert form_order(view) == "J1"


@settings(max_examples=settings().max_examples * 6 // 10)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.integers(1, 400))
def test_any_script_comes_back_as_it_was(piece: str, times: int) -> None:
    text = (piece * times)[:2_900].strip()
    if text:
        script = Script(text=text, voice_id="v1", voice_name="Adam")
        draft = Draft(video=VIDEO, speech=script, sync_mode="loop", model="sync-3")
        assert read(sent(FormState("J1", draft, voices=VOICES)), files=[VIDEO]) == draft


@pytest.mark.parametrize(
    ("typed", "project"), [(" Spring\u202e \n sale", "Spring sale"), (" \u200b ", None), ("é" * 60, "é" * 60)]
)
def test_a_project_is_one_line_or_none(typed: str, project: str | None) -> None:
    draft = read(sent(kept(SPOKEN, project=value(typed))), files=[VIDEO])
    assert isinstance(draft, Draft)
    assert draft.project == project


def test_a_project_that_is_too_long_is_told_at_its_field() -> None:
    wrong = options(SPOKEN, project=value("a" * 61))
    assert wrong == {Field.PROJECT: "The name of a project may have 60 characters."}


def test_the_choices_that_change_the_form_are_read() -> None:
    view = sent(FormState("J1", videos=(VIDEO,), proposes=True, speech_choice=Source.LINK))
    assert read_choices(view) == Choices("file:F1", "link", None, Options(model="sync-3", sync_mode="bounce"))


def test_a_view_without_any_state_has_no_choices() -> None:
    assert read_choices(NO_STATE) == Choices(None, None, None, None)


def test_a_form_without_choices_has_words_at_both_menus() -> None:
    errors = read(NO_STATE)
    assert errors == {Field.VIDEO: fields.VIDEO_MISSING, Field.SPEECH: fields.SPEECH_MISSING}


def test_uploads_become_files_and_without_voices_the_voice_stays_open() -> None:
    view = sent(FormState("J1"), video_upload=upload(UPLOADED_VIDEO), script=value(" Hi \n"))
    draft = read(view)
    assert isinstance(draft, Draft)
    assert draft.video == SlackFile(
        file_id="F7", name="small.mp4", mimetype="video/mp4", size=900_000, must_be_of="U1"
    )
    assert draft.speech == Script(text="Hi", voice_id=None)
    assert draft.sync_mode == "bounce"
    assert draft.name is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mimetype": "application/pdf", "name": "a.pdf"}, fields.NOT_A_VIDEO),
        ({"mimetype": "audio/mpeg", "name": "a.mp3"}, fields.NOT_A_VIDEO),
        ({"size": 10 * 1024**2 + 1}, fields.UPLOAD_TOO_LARGE),
        ({"mode": "tombstone"}, "This file was deleted in Slack. Send it again."),
        ({"size": 0}, "This file is empty. Check it and send it again."),
    ],
)
def test_an_upload_that_cannot_be_used_has_words_at_its_field(changes: dict[str, Any], words: str) -> None:
    view = sent(FormState("J1"), video_upload=upload({**UPLOADED_VIDEO, **changes}), script=value("Hi"))
    assert read(view) == {Field.VIDEO_UPLOAD: words}


def test_a_missing_upload_and_a_missing_script_are_both_told() -> None:
    assert read(sent(FormState("J1"))) == {
        Field.VIDEO_UPLOAD: fields.UPLOAD_MISSING,
        Field.SCRIPT: fields.SCRIPT_MISSING,
    }


def test_a_bad_link_has_words_at_its_own_field() -> None:
    state = FormState("J1", video_choice=Source.LINK, speech_choice=Source.LINK)
    view = sent(state, video_link=value("http://example.com/v"), audio_link=value(None))
    assert read(view) == {
        Field.VIDEO_LINK: fields.LINK_PROBLEMS[LinkProblem.NOT_HTTPS],
        Field.AUDIO_LINK: fields.LINK_MISSING,
    }


def test_a_file_that_was_forgotten_meanwhile_is_told() -> None:
    view = sent(FormState("J1", Draft(video=VIDEO, speech=AUDIO)))
    assert read(view, files=()) == {Field.VIDEO: fields.VIDEO_GONE, Field.SPEECH: fields.AUDIO_GONE}


def test_two_fields_make_one_script() -> None:
    view = sent(LONG, script=value("a" * 2_500 + "."), script_more=value("b" * 2_400))
    draft = read(view, files=[VIDEO])
    assert isinstance(draft, Draft)
    assert isinstance(draft.speech, Script)
    assert draft.speech.text == "a" * 2_500 + ". " + "b" * 2_400


def test_what_is_over_five_thousand_shows_its_count_at_the_second_field() -> None:
    view = sent(LONG, script=value("a" * 3_000), script_more=value("b" * 2_214))
    assert read(view, files=[VIDEO]) == {
        Field.SCRIPT_MORE: "5,214 of 5,000 characters. Please cut 214 characters."
    }


def test_the_name_of_a_voice_is_read_as_slack_gives_it_back() -> None:
    option = {"text": {"type": "plain_text", "text": "Tom &amp; Jerry"}, "value": "v3"}
    draft = read(sent(LONG, script=value("Hello"), voice={"selected_option": option}), files=[VIDEO])
    assert isinstance(draft, Draft)
    assert draft.speech == Script(text="Hello", voice_id="v3", voice_name="Tom & Jerry")


def test_a_text_file_is_the_script() -> None:
    view = sent(FILE, script_file=upload(UPLOADED_TEXT))
    file = text_file(view)
    assert isinstance(file, SlackFile)
    assert (file.file_id, file.must_be_of) == ("F8", "U1")
    draft = read(view, files=[VIDEO], script_text="\nLong words.\n")
    assert isinstance(draft, Draft)
    assert draft.speech == Script(text="Long words.", voice_id="v1", voice_name="Adam")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, fields.SCRIPT_FILE_UNREADABLE),
        (" \n", fields.SCRIPT_FILE_EMPTY),
        ("字" * 5_214, "5,214 of 5,000 characters. Please cut 214 characters."),
    ],
)
def test_a_text_file_that_is_no_script_has_words_at_its_field(text: str | None, words: str) -> None:
    view = sent(FILE, script_file=upload(UPLOADED_TEXT))
    assert read(view, files=[VIDEO], script_text=text) == {Field.SCRIPT_FILE: words}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 2_000_000}, "This file holds 2 MB of text. A script may have 5,000 characters."),
        ({"mimetype": "video/mp4", "name": "v.mp4"}, fields.NOT_TEXT),
    ],
)
def test_a_text_file_is_looked_at_before_it_is_read(changes: dict[str, Any], words: str) -> None:
    view = sent(FILE, script_file=upload({**UPLOADED_TEXT, **changes}))
    assert text_file(view) == {Field.SCRIPT_FILE: words}


def test_without_a_text_file_there_is_nothing_to_read() -> None:
    assert text_file(sent(LONG)) is None
    assert text_file(sent(FILE)) is None
    assert read(sent(FILE), files=[VIDEO]) == {Field.SCRIPT_FILE: fields.UPLOAD_MISSING}
    assert text_file(sent(FormState("J1"))) is None


def test_errors_stand_only_at_fields_that_the_form_shows() -> None:
    for video in (Source.LINK, Source.UPLOAD):
        for speech in Source:
            view = sent(FormState("J1", video_choice=video, speech_choice=speech))
            errors = read(view)
            assert isinstance(errors, dict)
            assert len(errors) == 2
            shown = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
            assert errors.keys() <= shown


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("\ufeffGrüße".encode(), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("latin-1"), None),
        (b"\x00\x01\x02", None),
        (b"", ""),
    ],
)
def test_a_script_file_is_read_as_text_or_not_at_all(raw: bytes, text: str | None) -> None:
    assert decode_script(raw) == text


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "{}",
        '{"job": 5}',
        '{"job": "J1", "way": 5}',
        '{"job": "J1", "way": {"url": "https://x.test"}}',
        '{"job": "J1", "way": {"url": 5, "in_thread": true}}',
        '{"job": "J1", "way": ' + "[" * 5_000 + "]" * 5_000 + "}",
    ],
    ids=lambda text: text[:50],
)
def test_what_no_form_of_ours_carries_is_refused(carried: str) -> None:
    with pytest.raises(Malformed):
        form_order({"private_metadata": carried})


def test_a_mode_that_no_menu_offers_is_refused() -> None:
    view = filled(more_options(ENGLISH, SPOKEN))
    view["state"]["values"]["sync_mode"]["sync_mode"]["selected_option"]["value"] = "backwards"
    with pytest.raises(Malformed):
        read_options(ENGLISH, view)
    with pytest.raises(Malformed):
        read(sent(replace(SPOKEN, options=Options(sync_mode="backwards"))), files=[VIDEO])
