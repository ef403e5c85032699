"""The form: it changes with the choices, keeps what was typed, and is never refused by Slack."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.asking.drafts import PROJECT_LIMIT, Draft, Link, Script, SlackFile
from bot.messages.blocks import OPTION_LIMIT, Block, Choice, offerable
from bot.messages.catalogue import ENGLISH
from bot.messages.form import (
    FormState,
    closing_form,
    form,
    join_script,
    loading_form,
    more_options,
    split_script,
)
from bot.messages.form_options import Options
from bot.messages.ids import Field, Source, file_value
from bot.messages.places import Unreadable
from bot.messages.text import width
from bot.messages.words import model_choices
from storage.orders import Conversation
from tests.block_limits import view_problems
from tests.unit.messages.builders import (
    AUDIO,
    HOSTILE,
    SCRIPT,
    VIDEO,
    buttons,
    drafts,
    files,
    markup,
    shown_text,
    wild_text,
)

VOICES = (Choice("v-adam", "Adam"), Choice("v-rachel", "Rachel"))
VIDEO_FIELDS = {Field.VIDEO_LINK, Field.VIDEO_UPLOAD}
SPEECH_FIELDS = {
    Field.SCRIPT,
    Field.SCRIPT_MORE,
    Field.SCRIPT_FILE,
    Field.VOICE,
    Field.AUDIO_LINK,
    Field.AUDIO_UPLOAD,
}

WHOLE = Options(model="own-1", name="😀" * 40, project="é" * 60, stability=0.5, similarity=1.0)
sources = st.one_of(st.none(), st.sampled_from(list(Source)), st.just("file:F1"))
choices = st.builds(Choice, value=st.uuids().map(str), label=wild_text)
states = st.builds(
    FormState,
    order_id=st.just("J1"),
    draft=drafts,
    videos=st.lists(files, max_size=4).map(tuple),
    audios=st.lists(files, max_size=4).map(tuple),
    voices=st.lists(choices, max_size=4).map(tuple),
    models=st.one_of(st.just(()), st.lists(wild_text, max_size=4).map(partial(model_choices, ENGLISH))),
    video_choice=sources,
    speech_choice=sources,
    voice=st.one_of(st.none(), choices),
    options=st.one_of(st.none(), st.just(WHOLE)),
    channel_id=st.one_of(st.none(), st.just("C1")),
    unreadable=st.one_of(st.none(), st.just(Unreadable("C1", "UBOT"))),
    notice=st.one_of(st.none(), st.just("I found no video in that message.")),
)


def fields(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def offered(field: dict[str, Any]) -> list[str]:
    element = field["element"]
    groups = element.get("option_groups", [{"options": element.get("options", [])}])
    return [option["value"] for group in groups for option in group["options"]]


def chosen(field: dict[str, Any]) -> str:
    return str(field["element"]["initial_option"]["value"])


@settings(max_examples=settings().max_examples * 6 // 10)
@given(states)
def test_no_form_is_refused_by_slack(state: FormState) -> None:
    assert view_problems(form(ENGLISH, state)) == []
    assert view_problems(more_options(ENGLISH, state)) == []


@pytest.mark.parametrize("count", [1, 100, 101, 450])
def test_no_number_of_voices_and_files_is_refused(count: int) -> None:
    voices = tuple(Choice(f"v{at}", HOSTILE * 3) for at in range(count))
    videos = tuple(VIDEO.model_copy(update={"file_id": f"F{at}", "name": HOSTILE * 3}) for at in range(count))
    assert view_problems(form(ENGLISH, FormState("J1", voices=voices, videos=videos, audios=videos))) == []


@pytest.mark.parametrize("view", [loading_form(ENGLISH, "J1"), closing_form(ENGLISH, "I found nothing.")])
def test_the_small_views_are_not_refused_either(view: dict[str, Any]) -> None:
    assert view_problems(view) == []


def test_block_and_element_share_one_id_and_the_order_travels_along() -> None:
    view = form(ENGLISH, FormState("J1", DRAFT_OF_SCRIPT, voices=VOICES))
    assert all(field["element"]["action_id"] == block_id for block_id, field in fields(view).items())
    assert json.loads(view["private_metadata"]) == {
        "order": "J1",
        "options": {"model": "sync-3", "sync_mode": "bounce"},
    }
    assert view["notify_on_close"] is True


DRAFT_OF_SCRIPT = Draft(video=VIDEO, speech=SCRIPT)


@pytest.mark.parametrize("drawn", [form, more_options])
def test_letters_of_every_writing_travel_along_as_they_are(drawn: Callable[..., Block]) -> None:
    """Slack takes 3,000 characters: escaped, a Japanese letter would be six of them."""
    named = Options(model="sync-3", name="春の動画" * 20, project="فيديو" * 12)

    carried = drawn(ENGLISH, FormState("J1", options=named))["private_metadata"]

    assert named.name in carried
    assert named.project in carried
    assert json.loads(carried)["options"]["name"] == named.name


@pytest.mark.parametrize("drawn", [form, more_options])
@pytest.mark.parametrize("letter", ["a", "字", "😀", '"', "\\", "\x01", "\n"])
def test_what_travels_along_has_a_bound_whatever_is_written(drawn: Callable[..., Block], letter: str) -> None:
    """Of each the most that Slack lets through, of letters that JSON writes as six, and far too much else."""
    longest, whole = letter * (150 // width(letter)), letter * 3_000
    draft = Draft(
        video=VIDEO,
        speech=SCRIPT.model_copy(update={"stability": 1 / 3, "similarity": 1 / 3}),
        model=longest,
        sync_mode=whole,
        name=whole,
        project=whole[:PROJECT_LIMIT],
    )
    state = FormState(
        "f" * 32,
        draft,
        videos=(VIDEO,),
        models=(Choice(longest, "Theirs"),),
        video_choice=file_value("F" * 20),
        speech_choice=file_value("F" * 20),
        voice=next(
            iter(offerable([Choice(longest, whole[:OPTION_LIMIT]), Choice("v", whole[:OPTION_LIMIT])]))
        ),
        carried={"way": {"url": "https://hooks.slack.com/" + "x" * 300, "in_thread": False}},
    )

    view = drawn(ENGLISH, state)

    assert view_problems(view) == []
    assert "\\u00" not in view["private_metadata"]


@pytest.mark.parametrize("mode", ["", "a mode of tomorrow", "m" * 900])
def test_a_mode_that_the_form_does_not_offer_gives_way_to_the_usual_one(mode: str) -> None:
    """It takes none but its own back."""
    view = form(ENGLISH, FormState("J1", DRAFT_OF_SCRIPT.model_copy(update={"sync_mode": mode})))

    assert json.loads(view["private_metadata"])["options"]["sync_mode"] == "bounce"


def test_in_a_channel_nothing_is_chosen_that_was_sent_elsewhere() -> None:
    shown = fields(form(ENGLISH, FormState("J1", videos=(VIDEO,), voices=VOICES, channel_id="C1")))
    assert offered(shown[Field.VIDEO]) == ["file:F1", "link", "upload"]
    assert chosen(shown[Field.VIDEO]) == "upload"


def test_in_the_apps_direct_message_a_form_sends_nobody_there() -> None:
    at_home = str(form(ENGLISH, FormState("J1", voices=VOICES, at_home=True, speech_choice=Source.UPLOAD)))
    assert "direct message" not in at_home
    assert at_home.count("send it here instead") == 2
    assert "The card appears here." in at_home


def test_audio_of_every_kind_can_be_picked() -> None:
    shown = fields(form(ENGLISH, FormState("J1", voices=VOICES, speech_choice=Source.UPLOAD)))
    assert "filetypes" not in shown[Field.AUDIO_UPLOAD]["element"]


def test_a_new_form_offers_the_newest_video_and_a_script() -> None:
    older = VIDEO.model_copy(update={"file_id": "F0", "name": "older.mp4"})
    shown = fields(form(ENGLISH, FormState("J1", videos=(VIDEO, older), voices=VOICES, proposes=True)))
    assert offered(shown[Field.VIDEO]) == ["file:F1", "file:F0", "link", "upload"]
    assert chosen(shown[Field.VIDEO]) == "file:F1"
    assert chosen(shown[Field.SPEECH]) == Source.SCRIPT
    assert shown.keys() == {Field.VIDEO, Field.SPEECH, Field.SCRIPT, Field.VOICE}


def test_without_any_video_the_form_asks_for_an_upload() -> None:
    shown = fields(form(ENGLISH, FormState("J1")))
    assert chosen(shown[Field.VIDEO]) == Source.UPLOAD
    upload = shown[Field.VIDEO_UPLOAD]
    assert upload["element"]["max_files"] == 1
    assert upload["element"]["filetypes"] == ["mp4", "mov", "webm", "avi"]
    assert "10 MB" in upload["hint"]["text"]
    assert "direct message" in upload["hint"]["text"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (file_value("F1"), set()),
        (Source.LINK, {Field.VIDEO_LINK}),
        (Source.UPLOAD, {Field.VIDEO_UPLOAD}),
    ],
)
def test_the_form_changes_with_the_choice_of_video(choice: str, expected: set[Field]) -> None:
    shown = fields(form(ENGLISH, FormState("J1", videos=(VIDEO,), video_choice=choice)))
    assert shown.keys() & VIDEO_FIELDS == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Source.SCRIPT, {Field.SCRIPT, Field.VOICE}),
        (Source.LONG_SCRIPT, {Field.SCRIPT, Field.SCRIPT_MORE, Field.VOICE}),
        (Source.TEXT_FILE, {Field.SCRIPT_FILE, Field.VOICE}),
        (Source.LINK, {Field.AUDIO_LINK}),
        (Source.UPLOAD, {Field.AUDIO_UPLOAD}),
        (file_value("F2"), set()),
    ],
)
def test_the_form_changes_with_the_choice_of_speech(choice: str, expected: set[Field]) -> None:
    shown = fields(form(ENGLISH, FormState("J1", audios=(AUDIO,), voices=VOICES, speech_choice=choice)))
    assert shown.keys() & SPEECH_FIELDS == expected


def test_the_two_menus_tell_the_app_at_once() -> None:
    shown = fields(form(ENGLISH, FormState("J1", videos=(VIDEO,), voices=VOICES)))
    assert {block_id for block_id, field in shown.items() if field.get("dispatch_action")} == {
        Field.VIDEO,
        Field.SPEECH,
    }


def test_a_form_opened_again_holds_what_was_filled_in() -> None:
    draft = Draft(
        video=Link(url="https://example.com/v.mp4"),
        speech=SCRIPT,
        model="lipsync-2",
        sync_mode="remap",
        name="Spring",
    )
    state = FormState("J1", draft, voices=VOICES)
    shown = fields(form(ENGLISH, state)) | fields(more_options(ENGLISH, state))
    assert shown[Field.VIDEO_LINK]["element"]["initial_value"] == "https://example.com/v.mp4"
    assert shown[Field.SCRIPT]["element"]["initial_value"] == "Hello everybody"
    assert chosen(shown[Field.VOICE]) == "v-rachel"
    assert chosen(shown[Field.MODEL]) == "lipsync-2"
    assert chosen(shown[Field.SYNC_MODE]) == "remap"
    assert shown[Field.NAME]["element"]["initial_value"] == "Spring"


def test_a_file_of_the_draft_is_offered_though_it_is_not_recent() -> None:
    shown = fields(form(ENGLISH, FormState("J1", Draft(video=VIDEO, speech=AUDIO), videos=(VIDEO,))))
    assert offered(shown[Field.VIDEO]) == ["file:F1", "link", "upload"]
    assert chosen(shown[Field.SPEECH]) == "file:F2"
    assert "hello.mp3 (340 kB)" in str(shown[Field.SPEECH])


def test_over_a_hundred_voices_stand_in_groups_by_the_alphabet() -> None:
    voices = tuple(Choice(f"v{at}", f"Voice {at:03}") for at in reversed(range(250)))
    groups = fields(form(ENGLISH, FormState("J1", voices=voices)))[Field.VOICE]["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 50]
    assert groups[0]["label"]["text"] == "Voice 000 to Voice 099"


def test_without_the_list_of_voices_the_form_says_which_one_speaks() -> None:
    view = form(ENGLISH, FormState("J1"))
    assert Field.VOICE not in fields(view)
    assert "I pick one and name it beside the price" in shown_text(view["blocks"])


@pytest.mark.parametrize(
    "state",
    [
        FormState("J1", voice=Choice("v-2", "Rachel")),
        FormState("J1", Draft(speech=SCRIPT), voice=Choice("v-2", "Rachel")),
        FormState("J1", Draft(speech=Script(text="Hi", voice_id="v-2", voice_name="Rachel"))),
    ],
)
def test_a_voice_that_was_chosen_stays_though_the_list_of_voices_cannot_be_read(state: FormState) -> None:
    shown = fields(form(ENGLISH, state))[Field.VOICE]

    assert chosen(shown) == "v-2"
    assert offered(shown) == ["v-2"]
    assert "could not read the list of voices just now" in str(shown["hint"])


def test_a_voice_that_was_chosen_stays_chosen_among_the_others_and_travels_along() -> None:
    view = form(ENGLISH, FormState("J1", Draft(speech=SCRIPT), voices=VOICES, voice=VOICES[1]))

    assert chosen(fields(view)[Field.VOICE]) == VOICES[1].value
    assert json.loads(view["private_metadata"])["voice"] == [VOICES[1].value, VOICES[1].label]


def test_what_most_people_leave_as_it_is_has_a_form_of_its_own() -> None:
    state = FormState("J1", DRAFT_OF_SCRIPT, voices=VOICES)
    assert list(fields(more_options(ENGLISH, state))) == [
        Field.MODEL,
        Field.SYNC_MODE,
        Field.NAME,
        Field.PROJECT,
        Field.STABILITY,
        Field.SIMILARITY,
    ]
    (told,) = [block for block in form(ENGLISH, state)["blocks"] if "accessory" in block]
    assert told["accessory"]["text"]["text"] == "More options"


def test_the_form_tells_what_stands_in_the_one_for_options() -> None:
    said = Options(model="lipsync-2", sync_mode="loop", name="A *b*", project="Mars", stability=0.25)
    told = shown_text(form(ENGLISH, FormState("J1", DRAFT_OF_SCRIPT, options=said))["blocks"])
    assert "Model: All-round (lipsync-2)\nIf the lengths differ: " in told
    assert "Name of the result: A " in told
    assert "*b*" not in told
    assert "Project: Mars\nHow the voice speaks: stability 0.25" in told


def test_what_was_said_of_the_voice_stands_in_the_form_for_options() -> None:
    script = SCRIPT.model_copy(update={"stability": 0.25})
    shown = fields(more_options(ENGLISH, FormState("J1", Draft(video=VIDEO, speech=script))))
    assert shown[Field.STABILITY]["element"]["initial_value"] == "0.25"
    assert "initial_value" not in shown[Field.SIMILARITY]["element"]


@pytest.mark.parametrize("source", [Source.LINK, Source.UPLOAD])
def test_where_no_voice_speaks_there_is_nothing_to_set(source: Source) -> None:
    script = SCRIPT.model_copy(update={"stability": 0.25})
    state = FormState("J1", Draft(video=VIDEO, speech=script), speech_choice=source)
    assert fields(more_options(ENGLISH, state)).keys().isdisjoint({Field.STABILITY, Field.SIMILARITY})
    assert "stability" not in shown_text(form(ENGLISH, state)["blocks"])


def test_a_default_model_that_the_account_lacks_is_not_offered() -> None:
    state = FormState("J1", models=model_choices(ENGLISH, ["lipsync-2"]))
    assert offered(fields(more_options(ENGLISH, state))[Field.MODEL]) == ["lipsync-2"]
    assert "Model: All-round (lipsync-2)" in shown_text(form(ENGLISH, state)["blocks"])


def test_a_model_that_was_chosen_stays_though_it_is_offered_no_more() -> None:
    state = FormState("J1", models=model_choices(ENGLISH, ["lipsync-2"]), options=Options(model="sync-3"))
    menu = fields(more_options(ENGLISH, state))[Field.MODEL]
    assert (chosen(menu), set(offered(menu))) == ("sync-3", {"sync-3", "lipsync-2"})


def test_files_of_a_channel_without_the_app_give_the_invite_line_and_try_again() -> None:
    view = form(ENGLISH, FormState("J1", DRAFT_OF_SCRIPT, unreadable=Unreadable("C1", "UBOT")))
    assert "Upload the file below, or have somebody type `/invite` <@UBOT>" in shown_text(view["blocks"])
    assert "Try again" in buttons(view["blocks"])
    assert fields(view).keys() >= {Field.VIDEO, Field.SPEECH}


def test_where_nobody_can_invite_the_app_the_form_asks_for_the_file_itself() -> None:
    words = shown_text(
        form(
            ENGLISH, FormState("J1", DRAFT_OF_SCRIPT, unreadable=Unreadable("D1", "UBOT", can_invite=False))
        )["blocks"]
    )
    assert "Download the file and upload it here" in words
    assert "/invite" not in words


def test_the_form_speaks_of_consent_and_of_money() -> None:
    words = shown_text(
        form(ENGLISH, FormState("J1", conversation=Conversation.CHANNEL, channel_id="C1"))["blocks"]
    )
    assert "you may use this person's face and voice" in words
    assert "Nothing is charged until you press Generate" in words
    assert "<#C1>" in words


def test_a_hostile_file_name_makes_no_markup() -> None:
    hostile = SlackFile(file_id="F9", name=HOSTILE, mimetype="video/mp4", size=1)
    view = form(ENGLISH, FormState("J1", videos=(hostile,)))
    assert markup(shown_text(view["blocks"])) == set()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.integers(1, 600))
def test_a_script_on_two_fields_is_the_same_script(piece: str, times: int) -> None:
    script = (piece * times)[:5_000].strip()
    begin, rest = split_script(script)
    assert width(begin) <= 3_000
    assert width(rest) <= 3_000
    assert join_script(begin, rest) in {script, ""}
    assert join_script(begin, rest) == script or width(script) > 5_900


def test_two_typed_parts_are_joined_by_a_space_and_a_cut_word_is_not() -> None:
    assert join_script("First.", "Second.") == "First. Second."
    assert join_script("w" * 3_000, "ord") == "w" * 3_000 + "ord"
    assert join_script("", "Second.") == "Second."


def test_a_script_that_cannot_be_shown_whole_is_asked_for_again() -> None:
    speech = Script(text="😀" * 5_000, voice_id=None)
    view = form(ENGLISH, FormState("J1", Draft(speech=speech)))
    assert chosen(fields(view)[Field.SPEECH]) == Source.TEXT_FILE
    assert "Add it as a text file once more" in shown_text(view["blocks"])


def test_files_that_look_the_same_are_told_apart_by_when_they_were_sent() -> None:
    now = 1_700_000_000.0
    sent = {"F1": 40.0, "F2": 300.0, "F3": 3 * 86_400.0}
    twins = tuple(
        VIDEO.model_copy(update={"file_id": id_, "sent_at": now - ago}) for id_, ago in sent.items()
    )
    other = VIDEO.model_copy(update={"file_id": "F4", "name": "other.mp4", "sent_at": now})
    view = form(ENGLISH, FormState("J1", Draft(video=twins[1]), videos=(*twins, other), now=now))
    groups = fields(view)[Field.VIDEO]["element"]["option_groups"]
    assert [option["text"]["text"] for option in groups[0]["options"]] == [
        "clip.mp4 (41 MB, 5 minutes ago)",
        "clip.mp4 (41 MB, 40 seconds ago)",
        "clip.mp4 (41 MB, 3 days ago)",
        "other.mp4 (41 MB)",
    ]


def test_files_that_look_the_same_in_every_way_are_numbered() -> None:
    now = 1_700_000_000.0
    twins = [VIDEO.model_copy(update={"file_id": f"F{n}", "sent_at": now - 180}) for n in range(2)]
    long = "a long name that is cut " * 5
    cut = [VIDEO.model_copy(update={"file_id": f"F{n}", "name": long + str(n)}) for n in range(2, 4)]
    view = form(ENGLISH, FormState("J1", videos=(*twins, *cut), now=now))
    groups = fields(view)[Field.VIDEO]["element"]["option_groups"]
    labels = [option["text"]["text"] for option in groups[0]["options"]]
    assert labels[:2] == [
        "clip.mp4 (41 MB, 3 minutes ago) · 1 of 2",
        "clip.mp4 (41 MB, 3 minutes ago) · 2 of 2",
    ]
    assert len(set(labels)) == 4
    assert max(map(len, labels)) <= OPTION_LIMIT


def test_what_the_form_does_not_show_is_told() -> None:
    second = VIDEO.model_copy(update={"file_id": "F9"})
    draft = Draft(video=VIDEO, more_videos=(second, second), speech=SCRIPT, more_scripts=(SCRIPT,))

    told = json.dumps(form(ENGLISH, FormState("J1", draft, voices=VOICES)))

    assert "first of your videos here. 2 more stay as they are; what you choose holds for all" in told
    assert "first of your scripts here. One more stays as it is." in told
    assert "first of your" not in json.dumps(form(ENGLISH, FormState("J1", DRAFT_OF_SCRIPT, voices=VOICES)))
