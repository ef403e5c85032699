"""A line behind /lipsync into a draft, and a draft into the request to sync.so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.drafts import DEFAULT_MODEL, Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.inputs import (
    AskHelp,
    BadCommand,
    OpenForm,
    link_problem,
    output_name,
    parse_command,
    parse_speech,
    resolve_voice,
    to_request,
)
from bot.messages import notices

VIDEO = Link(url="https://example.com/v.mp4?a=1&b=2")
CLIP = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1, duration_s=12.0)
VOICES = [("v1", "Rachel"), ("v2", "Rachel (calm)"), ("v3", "Ádám"), ("v4", "Old Man")]


def said(line: str) -> Script:
    draft = parse_command(f"https://example.com/v.mp4 {line}")
    assert isinstance(draft, Draft), draft
    assert isinstance(draft.speech, Script)
    return draft.speech


def why(line: str) -> str:
    command = parse_command(line)
    assert isinstance(command, BadCommand), command
    return command.words


def test_nothing_opens_the_form() -> None:
    assert parse_command("  ") == OpenForm()


@pytest.mark.parametrize("word", ["help", "HELP", " ? ", "--help"])
def test_help_is_asked_for(word: str) -> None:
    assert parse_command(word) == AskHelp()


@pytest.mark.parametrize(
    "typed",
    [
        "https://example.com/v.mp4?a=1&amp;b=2",
        "<https://example.com/v.mp4?a=1&amp;b=2>",
        "<https://example.com/v.mp4?a=1&amp;b=2|example.com/v.mp4>",
    ],
)
def test_a_video_alone_opens_the_form_with_it(typed: str) -> None:
    assert parse_command(typed) == OpenForm(Draft(video=VIDEO))


def test_two_links_are_video_and_audio() -> None:
    line = "<https://example.com/v.mp4?a=1&amp;b=2> https://example.com/s.mp3 model lipsync-2"
    audio = Link(url="https://example.com/s.mp3")
    assert parse_command(line) == Draft(video=VIDEO, speech=audio, model="lipsync-2")


@pytest.mark.parametrize(
    "quoted", ['"Hello you"', "“Hello you”", "„Hello you“", "«Hello you»", '"Hello you”', '" Hello you "']
)
def test_words_may_stand_in_any_quotes(quoted: str) -> None:
    assert said(f"say {quoted}") == Script(text="Hello you", voice_id=None)


def test_voice_and_model_come_in_any_order_and_case() -> None:
    line = 'https://example.com/v.mp4 SAY "Hi" Model sync-3 VOICE old  man'
    draft = parse_command(line)
    assert isinstance(draft, Draft)
    assert draft.model == "sync-3"
    assert isinstance(draft.speech, Script)
    assert draft.speech.voice_name == "old  man"


def test_quotes_and_keywords_inside_the_words_stay_there() -> None:
    assert said('say "He said "use your voice" to me" voice "Rachel"') == Script(
        text='He said "use your voice" to me', voice_id=None, voice_name="Rachel"
    )


def test_lines_and_escapes_inside_the_words_stay_what_they_were() -> None:
    assert said('say "a &lt;b&gt; &amp;lt;\nnext"').text == "a <b> &lt;\nnext"


@pytest.mark.parametrize(
    ("sent", "spoken"),
    [
        ("Write to <mailto:info@acme.com|info@acme.com> today", "Write to info@acme.com today"),
        ("Visit <http://acme.com|acme.com> or <https://acme.com/a>", "Visit acme.com or https://acme.com/a"),
        ("Thanks <@U0BOB|Bob>, see <#C0INSIDE01|general>", "Thanks Bob, see general"),
        ("Hello <!here>, call <tel:+4912|+49 12>", "Hello here, call +49 12"),
        ("Until <!date^1392734382^{date_short}|18 February>", "Until 18 February"),
        ("Hello :wave::skin-tone-3: you :+1:", "Hello you"),
        ("At 10:30:45 it is 3:1", "At 10:30:45 it is 3:1"),
        ("This is *really* ~bad~ _good *and* well_ `here`", "This is really bad good and well here"),
        ("2 * 3 * 4, snake_case_name, a*b*c", "2 * 3 * 4, snake_case_name, a*b*c"),
        ("R&amp;D &lt;@U0BOB&gt;", "R&D <@U0BOB>"),
    ],
)
def test_a_script_is_what_a_voice_should_say_without_slacks_signs(sent: str, spoken: str) -> None:
    assert said(f'say "{sent}"').text == spoken


@pytest.mark.parametrize("name", ["<@U0BOB>", "<#C0INSIDE01>", "<!subteam^S1>", "<@U0BOB|>"])
def test_a_name_that_only_slack_can_read_is_asked_for(name: str) -> None:
    answer = parse_command(f'https://example.com/v.mp4 say "Thanks {name}!"')
    assert isinstance(answer, BadCommand)
    assert "write the name as it is to be said" in answer.words


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("make it talk", "begins with a link"),
        ("http://example.com/v.mp4", "https://"),
        ("https://files.slack.com/files-pri/T1-F1/v.mp4", "our direct message"),
        ("https://www.youtube.com/watch?v=1", "a page"),
        ("https://example.com/v.mp4 hello", "the words in quotes"),
        ("https://example.com/v.mp4 say hello", "the words in quotes"),
        ('https://example.com/v.mp4 say "hello', "is not closed"),
        ('https://example.com/v.mp4 say " "', "nothing between the quotes"),
        ('https://example.com/v.mp4 say "hi" loudly', "the words in quotes"),
        ('https://example.com/v.mp4 say "hi" voice ""', "no name after `voice`"),
        ('https://example.com/v.mp4 say "hi" voice A voice B', "more than one `voice`"),
        ('https://example.com/v.mp4 say "hi" model two words', "one word"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 voice A", "only goes with words"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 quickly", "`voice NAME`"),
        (f'https://example.com/v.mp4 say "{"a" * 5_214}"', "5,214 of 5,000 characters"),
    ],
)
def test_a_line_that_is_not_understood_says_why_and_shows_one_that_works(line: str, reason: str) -> None:
    words = why(line)
    assert reason in words
    assert notices.EXAMPLE in words


def test_the_line_we_show_as_an_example_works() -> None:
    command = parse_command(notices.EXAMPLE.removeprefix("/lipsync"))
    assert isinstance(command, Draft)
    assert command.complete


@given(st.text(max_size=200))
def test_no_line_breaks_the_parser_and_no_answer_makes_markup(text: str) -> None:
    for line in (text, f"https://example.com/v {text}", f'https://example.com/v say "{text}'):
        command = parse_command(line)
        if isinstance(command, BadCommand):
            assert "<" not in command.words


@given(st.text(st.characters(exclude_characters='"“”„‟«»*_~`:'), max_size=300).filter(str.strip))
def test_what_is_said_arrives_unchanged(script: str) -> None:
    escaped = script.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert said(f'say "{escaped}" voice Rachel').text == script.strip()


@pytest.mark.parametrize(
    ("words", "speech", "model"),
    [
        ('say "Hello" voice Adam', Script(text="Hello", voice_id=None, voice_name="Adam"), DEFAULT_MODEL),
        ('say "Hello" model lipsync-2', Script(text="Hello", voice_id=None), "lipsync-2"),
        ("https://example.com/a.mp3", Link(url="https://example.com/a.mp3"), DEFAULT_MODEL),
    ],
)
def test_words_beside_a_video_ask_for_its_speech(words: str, speech: Link | Script, model: str) -> None:
    assert parse_speech(words) == Draft(speech=speech, model=model)


@pytest.mark.parametrize("words", ["", "Please have a look", "I saw this", "Saying hello"])
def test_words_beside_a_video_that_ask_for_nothing_are_just_words(words: str) -> None:
    assert parse_speech(words) is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ('say ""', "nothing between the quotes"),
        ('say "Hello', "not closed"),
        ("Say hello", "in quotes"),
        ("let her say “Hello”", "in quotes"),
        ('say "Hello" model two words', "A model is one word"),
    ],
)
def test_words_beside_a_video_that_mean_speech_and_miss_are_told_why(words: str, why: str) -> None:
    bad = parse_speech(words)
    assert isinstance(bad, BadCommand)
    assert why in bad.words


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.com/v.mp4", None),
        ("https://cdn.example.com:8443/v.mp4?sig=%2F", None),
        ("http://127.0.0.1:8000/v.mp4", None),
        ("http://localhost/v.mp4", None),
        ("http://example.com/v.mp4", notices.LINK_NOT_HTTPS),
        ("ftp://example.com/v.mp4", notices.LINK_NOT_HTTPS),
        ("https://user:pass@example.com/v.mp4", notices.LINK_NOT_HTTPS),
        ("https://user@example.com/v.mp4", notices.LINK_NOT_HTTPS),
        ("https://example.com:0/v.mp4", notices.LINK_NOT_HTTPS),
        ("https://example.com.:443?v=1", None),
        ("HTTPS://Example.com/v.mp4#t=1", None),
        ("http://[::1]:8000/v.mp4", None),
        ("https://YouTu.be./1", notices.LINK_TO_PAGE),
        ("https://", notices.LINK_NOT_HTTPS),
        ("https://[::1", notices.LINK_NOT_HTTPS),
        ("https://example.com:99999/v", notices.LINK_NOT_HTTPS),
        ("https://example.com/a b", notices.LINK_NOT_HTTPS),
        ("https://acme.slack.com/archives/C1/p1", notices.LINK_TO_SLACK),
        ("https://notslack.com/v.mp4", None),
        ("https://youtu.be/1", notices.LINK_TO_PAGE),
        ("https://example.com/" + "a" * 2_000, notices.LINK_TOO_LONG),
    ],
)
def test_links_that_sync_cannot_fetch_are_refused_here(url: str, problem: str | None) -> None:
    assert link_problem(url) == problem


@pytest.mark.parametrize(
    ("name", "voice"),
    [
        ("rachel", "v1"),
        ("RACHEL (CALM)", "v2"),
        ("ádám", "v3"),
        ("old", "v4"),
        ("old   man", "v4"),
        ("v3", "v3"),
        (None, "v1"),
        ("rach", None),
        ("Nobody", None),
    ],
)
def test_a_voice_is_found_by_name_or_by_its_only_beginning(name: str | None, voice: str | None) -> None:
    found = resolve_voice(name, VOICES)
    assert (found[0] if found else None) == voice


def test_an_account_without_voices_has_no_first_one() -> None:
    assert resolve_voice(None, []) is None


def test_a_script_request_names_asset_voice_and_mode() -> None:
    draft = Draft(video=CLIP, speech=Script(text="Hi", voice_id="v1"), sync_mode="remap")
    prepared = Prepared(video=PreparedInput(asset_id="a1", duration_s=12))
    request = to_request(draft, prepared, webhook_url="https://bot.example/w/1", output_file_name="n-1")
    assert json.loads(request.to_wire()) == {
        "model": "sync-3",
        "input": [
            {"type": "video", "assetId": "a1"},
            {"type": "text", "provider": {"name": "elevenlabs", "voiceId": "v1", "script": "Hi"}},
        ],
        "options": {"sync_mode": "remap"},
        "webhookUrl": "https://bot.example/w/1",
        "outputFileName": "n-1",
    }


def test_a_link_that_was_not_registered_goes_as_it_is() -> None:
    draft = Draft(video=VIDEO, speech=Link(url="https://example.com/s.mp3"))
    prepared = Prepared(audio=PreparedInput())
    body = json.loads(to_request(draft, prepared, webhook_url=None, output_file_name=None).to_wire())
    assert [item["url"] for item in body["input"]] == [VIDEO.url, "https://example.com/s.mp3"]
    assert body.keys() == {"model", "input"}


@pytest.mark.parametrize(
    "draft",
    [
        Draft(video=CLIP, speech=Script(text="Hi", voice_id="v1")),
        Draft(speech=Script(text="Hi", voice_id="v1")),
        Draft(video=VIDEO, speech=Script(text="Hi", voice_id=None)),
        Draft(video=VIDEO),
    ],
)
def test_a_draft_that_is_not_ready_makes_no_request(draft: Draft) -> None:
    with pytest.raises(ValueError, match=r"not prepared|no voice"):
        to_request(draft, Prepared(), webhook_url=None, output_file_name=None)


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft(name="Frühling, Gruß!"), "Fruhling-Gru-j_1-x"),
        (Draft(video=CLIP), "clip-j_1-x"),
        (Draft(name="こんにちは"), "lipsync-j_1-x"),
        (Draft(video=VIDEO), "lipsync-j_1-x"),
    ],
)
def test_the_output_is_named_for_people_and_unique_by_its_job(draft: Draft, name: str) -> None:
    assert output_name(draft, "j_1-x") == name


@given(st.text(max_size=400))
def test_sync_takes_every_output_name(text: str) -> None:
    name = output_name(Draft(name=text), "j1")
    assert 1 <= len(name) <= 255
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
