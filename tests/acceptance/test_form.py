"""The form: it says what is wrong at its field, keeps what was typed, and takes long scripts."""

import json

import pytest

from tests.acceptance.blocks import Json, fields, files, labels, link, shown, typed
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import READY

FIRST_FIELD = "One two three. " * 200
"""A field that is full: 3,000 characters."""


async def form_for_a_dropped_video(person: Person) -> Json:
    await person.say(person.dm, "", await person.sample(CLIP))
    await person.press(await person.card(person.dm, "What should this video say?"), "choose_speech")
    return await person.form(holding="script")


async def form_for_a_long_script(person: Person) -> Json:
    await person.choose(await form_for_a_dropped_video(person), "form_speech", "long_script")
    return await person.form(holding="script_more")


async def form_for_a_text_file(person: Person) -> Json:
    await person.choose(await form_for_a_dropped_video(person), "form_speech", "text_file")
    return await person.form(holding="script_file")


def script_of(stage: Stage, person: Person) -> str:
    """The script as the app keeps it."""
    script: str = json.loads(stage.jobs_of(person)[-1]["draft"])["speech"]["text"]
    return script


async def test_a_script_over_the_limit_shows_its_count_and_stays(stage: Stage, ana: Person) -> None:
    form = await form_for_a_long_script(ana)
    rest = "x" * 2_214
    errors = await ana.submit(form, script=typed(FIRST_FIELD), script_more=typed(rest))
    assert errors == {"script_more": "5,214 of 5,000 characters. Please cut 214 characters."}
    form = await ana.form(holding="script_more")
    assert form["state"]["values"]["script_more"]["script_more"]["value"] == rest
    await stage.sync_trouble("estimate_unavailable")  # it takes long to speak 5,000 characters
    assert await ana.submit(form, script_more=typed(rest[:2_000])) == {}
    await ana.card(ana.dm, READY)
    assert len(script_of(stage, ana)) == 5_000


async def test_a_long_script_goes_on_in_a_second_field(stage: Stage, ana: Person) -> None:
    form = await form_for_a_long_script(ana)
    rest = "And so it goes on. " * 52 + "It is done. "
    await stage.sync_trouble("estimate_unavailable")  # it takes long to speak 4,000 characters
    assert await ana.submit(form, script=typed(FIRST_FIELD), script_more=typed(rest)) == {}
    await ana.card(ana.dm, READY)
    assert script_of(stage, ana) == (FIRST_FIELD + rest).strip()
    assert 3_900 < len(script_of(stage, ana)) <= 4_000


async def test_a_long_script_comes_as_a_text_file(stage: Stage, ana: Person) -> None:
    words = ("Ein schöner Tag für alle. " * 154)[:4_000].strip()
    file = await ana.upload("script.txt", "text/plain", words.encode())
    await stage.sync_trouble("estimate_unavailable")  # it takes long to speak 4,000 characters
    assert await ana.submit(await form_for_a_text_file(ana), script_file=files(file)) == {}
    await ana.card(ana.dm, READY)
    assert script_of(stage, ana) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * 5_001, "5,001 of 5,000 characters. Please cut 1 character."),
        (b"  \n ", "This file holds no text."),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "I cannot read this as text."),
    ],
    ids=["too long", "empty", "a picture"],
)
async def test_a_text_file_that_is_no_script_is_told_at_its_field(
    ana: Person, content: bytes, words: str
) -> None:
    file = await ana.upload("script.txt", "text/plain", content)
    errors = await ana.submit(await form_for_a_text_file(ana), script_file=files(file))
    assert list(errors) == ["script_file"]
    assert words in errors["script_file"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/video.mp4", "has to begin with https://"),
        ("https://www.youtube.com/watch?v=abc", "leads to a page, not to a media file"),
        ("https://files.slack.com/files-pri/T0-F0/clip.mp4", "Links into Slack stay private"),
        ("https://user@example.com/video.mp4", "user name or password"),
    ],
)
async def test_a_link_that_cannot_work_is_told_at_its_field(ana: Person, url: str, words: str) -> None:
    await ana.lipsync(ana.channel)
    await ana.choose(await ana.form(holding="form_video"), "form_video", "link")
    form = await ana.form(holding="video_link")
    errors = await ana.submit(form, video_link=link(url), script=typed("Hello."))
    assert list(errors) == ["video_link"]
    assert words in errors["video_link"]


async def test_two_wrong_fields_are_told_at_once(ana: Person) -> None:
    await ana.lipsync(ana.channel)
    await ana.choose(await ana.form(holding="form_video"), "form_video", "link")
    await ana.choose(await ana.form(holding="video_link"), "form_speech", "link")
    form = await ana.form(holding="audio_link")
    bad = link("https://vimeo.com/1")
    errors = await ana.submit(form, video_link=bad, audio_link=bad)
    assert set(errors) == {"video_link", "audio_link"}


async def test_a_file_of_another_kind_is_told_at_its_field(ana: Person) -> None:
    await ana.lipsync(ana.channel)
    await ana.choose(await ana.form(holding="form_video"), "form_video", "upload")
    form = await ana.form(holding="video_upload")
    notes = await ana.upload("notes.mp4", "text/plain", b"These are notes.")
    errors = await ana.submit(form, video_upload=files(notes), script=typed("Hello."))
    assert "not a video I can use" in errors["video_upload"]
    voice = await ana.sample(VOICE)
    errors = await ana.submit(form, video_upload=files(voice), script=typed("Hello."))
    assert set(errors) == {"video_upload"}


async def test_the_form_changes_with_the_speech_and_keeps_what_was_typed(ana: Person) -> None:
    form = await form_for_a_dropped_video(ana)
    assert {"script", "voice"} <= fields(form)
    await ana.choose(form, "form_speech", "link")
    form = await ana.form(holding="audio_link")
    assert not {"script", "voice", "audio_upload"} & fields(form)
    await ana.choose(form, "form_speech", "upload")
    form = await ana.form(holding="audio_upload")
    assert not {"script", "voice", "audio_link"} & fields(form)
    await ana.choose(form, "form_speech", "script")
    form = await ana.form(holding="voice")
    assert {"form_video", "script"} <= fields(form)


async def test_the_form_offers_the_files_that_were_sent_to_the_app_and_nobody_elses(
    ana: Person, ben: Person
) -> None:
    await ben.say(ben.dm, "", await ben.upload("secret.mp4", "video/mp4", b"not looked at"))
    await ben.card(ben.dm, "What should this video say?")
    await form_for_a_dropped_video(ana)
    form = await ana.form(holding="form_video")
    assert any(label.startswith(CLIP) for label in labels(form, "form_video"))
    assert not any("secret" in label for label in labels(form, "form_video"))


async def test_slow_voices_do_not_cost_the_form(stage: Stage, ana: Person) -> None:
    await stage.restart()
    await stage.sync_trouble("slow_answer", times=1, route="voices", seconds=3.5)
    await ana.lipsync(ana.channel)
    form = await ana.form(holding="script")
    assert "Rachel" in labels(form, "voice")


async def test_without_voices_the_form_says_so(stage: Stage, ana: Person) -> None:
    await stage.restart()
    await stage.sync_trouble("fail", route="voices")
    await ana.lipsync(ana.channel)
    form = await ana.form(holding="script")
    assert "could not read the list of voices" in shown(form)


async def test_how_the_voice_speaks_is_set_behind_more_options(stage: Stage, ana: Person) -> None:
    form = await form_for_a_dropped_video(ana)
    await ana.press_in_form(form, "form_more")
    options = await ana.form(holding="stability")
    assert await ana.submit(options, stability={"type": "number_input", "value": "0.3"}) == {}
    form = await ana.form(holding="script")
    assert "stability 0.3" in shown(form)
    assert await ana.submit(form, script=typed("Hello")) == {}

    card = await ana.card(ana.dm, READY)
    assert "stability 0.3" in shown(card)
    speech = json.loads(stage.jobs_of(ana)[-1]["draft"])["speech"]
    assert (speech["stability"], speech["similarity"]) == (0.3, None)
