"""A line behind /lipsync, or words beside a video, into a draft or into the reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.command_line import BadCommand, OpenForm, Why, parse_command, parse_speech
from bot.asking.drafts import Draft, Link, Script
from bot.asking.links import LinkProblem
from bot.asking.short_words import AskHelp
from bot.asking.signs import DOUBLE_QUOTES, strip_blanks
from bot.messages import notices
from bot.messages.catalogue import ENGLISH
from bot.messages.misread import misread
from storage.consents import Ground, Shown

VIDEO = Link(url="https://example.com/v.mp4?a=1&b=2")


def said(line: str) -> Script:
    draft = parse_command(f"https://example.com/v.mp4 {line}")
    assert isinstance(draft, Draft), draft
    assert isinstance(draft.speech, Script)
    return draft.speech


def why(line: str) -> str:
    command = parse_command(line)
    assert isinstance(command, BadCommand), command
    return misread(ENGLISH, command)


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


@pytest.mark.parametrize(
    "options",
    [
        'project "Spring sale"',
        "Project: “ Spring\u200b  sale ”",
        'voice Rachel, project "Spring sale" and model sync-3',
        'project "Spring sale" voice Rachel',
    ],
)
def test_a_project_is_named_in_quotes_of_its_own(options: str) -> None:
    for says in ('say "Hi"', "“Hi”"):
        draft = parse_command(f"https://example.com/v.mp4 {says} {options}")
        assert isinstance(draft, Draft)
        assert draft.project == "Spring sale"
        assert isinstance(draft.speech, Script)
        assert draft.speech.text == "Hi"


def test_a_project_goes_with_audio_and_with_words_that_name_a_voice() -> None:
    audio = parse_command('https://example.com/v.mp4 https://example.com/s.mp3 project "R&amp;D"')
    words = parse_command('https://example.com/v.mp4 say Hi voice Rachel project "R&amp;D"')
    for draft in (audio, words):
        assert isinstance(draft, Draft)
        assert draft.project == "R&D"


@pytest.mark.parametrize(
    "words",
    [
        "We finish the project today",
        'Welcome to project "Mars"',
        "This is the project's end",
        'Our "project" is "great"',
    ],
)
def test_a_script_without_quotes_may_tell_of_a_project(words: str) -> None:
    draft = parse_command(f"https://example.com/v.mp4 say {words}")
    assert isinstance(draft, Draft)
    assert draft.project is None
    assert draft.speech == Script(text=words, voice_id=None)


def test_of_several_lines_one_may_name_the_project_of_all() -> None:
    lines = 'https://example.com/v.mp4 say "Hi"\nsay "Bye" project "Mars"'
    draft = parse_command(lines)
    assert isinstance(draft, Draft)
    assert (draft.project, len(draft.speeches)) == ("Mars", 2)
    assert parse_command(f'{lines}\nsay "Ho" project "Venus"') == BadCommand(Why.TWICE, "project")


EVE = Shown(Ground.RELEASE, name="Eve Li")


@pytest.mark.parametrize(
    ("option", "person"),
    [
        ("shown own", Shown(Ground.OWN)),
        ("Shown: Own, voice Rachel", Shown(Ground.OWN)),
        ("voice Rachel and shown nobody", Shown(Ground.NOT_REAL)),
        ("shown <@U0BEN>", Shown(Ground.COLLEAGUE, "U0BEN")),
        ('shown <@U0BEN|ben> project "Mars"', Shown(Ground.COLLEAGUE, "U0BEN")),
        ('project "Mars" shown “Eve  Li”', EVE),
    ],
)
def test_who_is_shown_can_be_said(option: str, person: Shown) -> None:
    draft = parse_command(f'https://example.com/v.mp4 say "Hi" {option}')
    assert isinstance(draft, Draft)
    assert draft.shown == person
    assert isinstance(draft.speech, Script)
    assert draft.speech.text == "Hi"


def test_who_is_shown_goes_with_audio_with_a_voice_and_with_several_lines() -> None:
    audio = "https://example.com/v.mp4 https://example.com/s.mp3 shown own"
    words = "https://example.com/v.mp4 say Hi voice Rachel shown own"
    lines = 'https://example.com/v.mp4 say "Hi" shown own\nsay "Bye"'
    for line in (audio, words, lines):
        draft = parse_command(line)
        assert isinstance(draft, Draft)
        assert draft.shown == Shown(Ground.OWN)


@pytest.mark.parametrize(
    "words",
    ["What is shown here", "Numbers shown own the room", "It is shown, nobody knows", 'As shown "here"'],
)
def test_a_script_without_quotes_may_tell_of_what_is_shown(words: str) -> None:
    draft = parse_command(f"https://example.com/v.mp4 say {words}")
    assert isinstance(draft, Draft)
    assert draft.shown is None
    assert draft.speech == Script(text=words, voice_id=None)


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("shown own please", Why.SHOWN_UNCLEAR),
        ("shown <@U0BEN> <@U0EVE>", Why.SHOWN_UNCLEAR),
        (f'shown "{"a" * 101}"', Why.SHOWN_UNCLEAR),
        ("shown own shown nobody", Why.TWICE),
        ('shown ""', Why.NO_NAME),
        ("shown Ben", Why.AFTER_SPEECH),
    ],
)
def test_who_is_shown_is_clear_or_not_taken(option: str, why: Why) -> None:
    bad = parse_command(f'https://example.com/v.mp4 say "Hi" {option}')
    assert isinstance(bad, BadCommand)
    assert bad.why is why


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
    assert answer == BadCommand(Why.NAMES_SOMEBODY)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("make it talk", "begins with a link"),
        ("say", "begins with a link"),
        ("http://example.com/v.mp4", "https://"),
        ("https://files.slack.com/files-pri/T1-F1/v.mp4", "Send me the file itself"),
        ("https://www.youtube.com/watch?v=1", "a page"),
        ("https://me:secret@example.com/v.mp4 say hello", "user name or password"),
        ("https://example.com:99999/v.mp4", "not whole"),
        ("https://example.com/v.mp4 hello", "or `say` and the words in quotes"),
        ('https://example.com/v.mp4 sya "Hello"', "what “sya” means"),
        ("https://example.com/v.mp4 voice Rachel say hello", "come last"),
        ("https://example.com/v.mp4 say", "nothing to say"),
        ("https://example.com/v.mp4 say voice Rachel", "nothing to say"),
        ('https://example.com/v.mp4 say "hello', "is not closed"),
        ("https://example.com/v.mp4 say 「hello", "is not closed"),
        ('https://example.com/v.mp4 say " "', "nothing to say"),
        ('https://example.com/v.mp4 say "hi" loudly', "what “loudly” means"),
        ("https://example.com/v.mp4 say 'hi' (b)", "what “b” means"),
        ('https://example.com/v.mp4 say "hi" voice ""', "no name after `voice`"),
        ('https://example.com/v.mp4 say "hi" model', "no name after `model`"),
        ('https://example.com/v.mp4 say "hi" voice A voice B', "more than one `voice`"),
        ('https://example.com/v.mp4 say "hi" model two words', "one word"),
        ('https://example.com/v.mp4 say "hi" project ""', "no name after `project`"),
        ('https://example.com/v.mp4 say "hi" project "a" project "b"', "more than one `project`"),
        ('https://example.com/v.mp4 say "hi" project Mars', '`project "NAME"` and `shown own`'),
        ('https://example.com/v.mp4 project "a" say "hi"', "come last"),
        (f'https://example.com/v.mp4 say "hi" project "{"a" * 61}"', "may have 60 characters"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 voice A", "only goes with words"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 quickly", "what “quickly” means"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 https://example.com/t.mp3", "I take two links"),
        ('https://example.com/v.mp4 https://example.com/s.mp3 say "Hi"', "Which of the two"),
        ("https://example.com/v.mp4 https://example.com/s.mp3 and “Hi”", "Which of the two"),
        ("https://example.com/v.mp4 http://example.com/s.mp3", "https://"),
        (f'https://example.com/v.mp4 say "{"a" * 5_214}"', "5,214 of 5,000 characters"),
        (f"https://example.com/v.mp4 {' ' * 40_000}", "40,000 characters"),
    ],
)
def test_a_line_that_is_not_understood_says_the_real_reason_and_shows_one_that_works(
    line: str, reason: str
) -> None:
    words = why(line)
    assert reason in words
    assert notices.EXAMPLE in words


@pytest.mark.parametrize("reason", [*Why, *LinkProblem])
def test_every_reason_has_words(reason: Why | LinkProblem) -> None:
    assert len(misread(ENGLISH, BadCommand(reason, "voice", 5_001)).partition("\n")[0]) > 20


def test_the_line_we_show_as_an_example_works() -> None:
    command = parse_command(notices.EXAMPLE.removeprefix("/lipsync"))
    assert isinstance(command, Draft)
    assert command.complete


@given(st.text(max_size=200))
def test_no_line_breaks_the_parser_and_no_answer_makes_markup(text: str) -> None:
    for line in (text, f"https://example.com/v {text}", f'https://example.com/v say "{text}'):
        command = parse_command(line)
        if isinstance(command, BadCommand):
            assert "<" not in misread(ENGLISH, command)


@given(
    st.text(st.characters(exclude_characters="".join(DOUBLE_QUOTES) + "*_~`:"), max_size=300).filter(
        strip_blanks
    )
)
def test_what_is_said_arrives_unchanged(script: str) -> None:
    escaped = script.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert said(f'say "{escaped}" voice Rachel').text == strip_blanks(script)


PAIRS = [
    '""', "“”", "„“", "„”", "”“", "””", "«»", "»«", "‟”", "＂＂", "「」", "『』", "｢｣", "〝〞", "❝❞",
    '“"', '"”', "''", "‘’", "‚‘", "‛’", "‹›", "›‹", "＇＇", "``", "`´", "'’", "‘'",
]  # fmt: skip
"""Quotes that languages, keyboards and programs write; of one kind, or one of them changed by a program."""
WORDS = st.text(
    st.sampled_from("aé 人,.!?-1()[]&;/…\n") | st.characters(categories=["L", "N"]), min_size=1, max_size=60
).filter(lambda words: any(map(str.isalnum, words)) and words.strip() == words)


@given(
    st.sampled_from(PAIRS),
    WORDS,
    st.sampled_from(["say ", "Say: ", "say:", "say", "SAY\u200b ", "say\u3000", "say = ", ""]),
    st.sampled_from(["", "\u00a0", "\u200b", "\u202f"]),
    st.sampled_from(["", " ", ".", " \u200e", ")", "*"]),
)
def test_whatever_quotes_stand_around_a_script_it_is_the_same(
    pair: str, script: str, say: str, space: str, end: str
) -> None:
    line = f"{say}{pair[0]}{space}{script}{space}{pair[1]}"
    assert said(line + end) == Script(text=script, voice_id=None)
    for options in (" voice Rachel", ", voice: Rachel", f"\u200bVoice={pair[0]}Rachel{pair[1]}"):
        assert said(line + options + end.strip(".")) == Script(
            text=script, voice_id=None, voice_name="Rachel"
        )


@pytest.mark.parametrize(
    ("line", "text", "voice"),
    [
        ("say 'It's fine'", "It's fine", None),
        ("say ‘It’s the boys’ turn’ voice Old Man", "It’s the boys’ turn", "Old Man"),
        ("say 'The boys' voice is low'", "The boys' voice is low", None),
        ("say 'I like rock 'n' roll'", "I like rock 'n' roll", None),
        ("say \"It's 5' tall\"", "It's 5' tall", None),
        ("say 'Twas the night before", "'Twas the night before", None),
        ("say “He said ‘hi’”", "He said ‘hi’", None),
        ("say 「He said 『hi』 to me」", "He said 『hi』 to me", None),
        ('say "I like "voice acting" a lot"', 'I like "voice acting" a lot', None),
        ("say Hello everybody voice Rachel", "Hello everybody", "Rachel"),
        ("say Hello everybody, voice: Old Man.", "Hello everybody, voice: Old Man.", None),
        ("say Hello everybody. voice Old Man", "Hello everybody.", "Old Man"),
        ("say: hello", "hello", None),
        ("say hello everybody”", "hello everybody", None),
        ('say he said "hi" to me', 'he said "hi" to me', None),
        ("say Use your voice.", "Use your voice.", None),
        ("say Use your voice and sing out loud with me", "Use your voice and sing out loud with me", None),
        ("say Be a role model for them", "Be a role model for them", None),
        ("say A voice-over voice O'Brien", "A voice-over", "O'Brien"),
        ('say "Hi" voice "Rachel (calm)"', "Hi", "Rachel (calm)"),
        ('say "Hi" voice Rachel (calm)', "Hi", "Rachel (calm)"),
        ('(say "Hi" voice Rachel)', "Hi", "Rachel"),
        ('say "Hi" voice "Rachel', "Hi", "Rachel"),
        ("say \"Hi\" voice 'O'Brien'", "Hi", "O'Brien"),
        ("say Hello everybody\u200bvoice Rachel", "Hello everybody", "Rachel"),
        ("say Hello everybody \u2060voice Rachel", "Hello everybody", "Rachel"),
        ('say "Hi" voice R&amp;B', "Hi", "R&B"),
        ("“Hi” voice Rachel", "Hi", "Rachel"),
        ('and say "Hi"', "Hi", None),
        ("— no", None, None),
    ],
)
def test_words_are_understood_where_it_is_clear_what_they_are(
    line: str, text: str | None, voice: str | None
) -> None:
    if text is None:
        assert why(f"https://example.com/v.mp4 {line}")
    else:
        assert said(line) == Script(text=text, voice_id=None, voice_name=voice)


@pytest.mark.parametrize(
    "options",
    [
        "voice Rachel model lipsync-2",
        "model: lipsync-2, voice: Rachel",
        "model=lipsync-2 and voice “Rachel”",
        "with voice Rachel and model lipsync-2",
        "- voice Rachel, with model lipsync-2",
        "using model lipsync-2 with voice Rachel",
    ],
)
@pytest.mark.parametrize("say", ['say "Hi" ', "say Hi "])
def test_options_are_named_in_every_way(say: str, options: str) -> None:
    speech = Script(text="Hi", voice_id=None, voice_name="Rachel")
    command = parse_command(f"https://example.com/v.mp4 {say}{options}")
    assert command == Draft(video=Link(url="https://example.com/v.mp4"), speech=speech, model="lipsync-2")


@pytest.mark.parametrize(
    "between",
    [
        " ",
        " and ",
        ", ",
        " &amp; ",
        "\u3000",
        ",",
        " + ",
        "\n",
        "; ",
        "、",
        " with ",
        " - ",
        " – ",
        " -&gt; ",
        " → ",
    ],
)
def test_two_links_may_be_joined_in_every_way(between: str) -> None:
    audio = Link(url="https://example.com/s.mp3")
    line = f"https://example.com/v.mp4?a=1&amp;b=2{between}https://example.com/s.mp3"
    assert parse_command(line) == Draft(video=VIDEO, speech=audio)


@pytest.mark.parametrize(
    "around",
    [
        '"{}"',
        "“{}”",
        "„{}“",
        "«{}»",
        "'{}'",
        "「{}」",
        "{}.",
        "{}!",
        "{}...",
        "{}:",
        "({}).",
        "[clip]({})",
        "<{}>",
        "{},",
    ],
)
@pytest.mark.parametrize("says", ['say "Hello"', "say Hello", '"Hello"', "“Hello”"])
@pytest.mark.parametrize("link", ["{}", "<{}>", "<{}|a label>"])
def test_what_stands_around_a_link_is_no_part_of_what_is_said(around: str, says: str, link: str) -> None:
    video = around.replace("<{}>", "&lt;{}&gt;").format(link.format("https://example.com/v.mp4?a=1&amp;b=2"))
    assert parse_command(f"{video} {says}") == Draft(video=VIDEO, speech=Script(text="Hello", voice_id=None))


@pytest.mark.parametrize(
    ("words", "speech", "model"),
    [
        ('say "Hello" voice Adam', Script(text="Hello", voice_id=None, voice_name="Adam"), None),
        ('say "Hello" model lipsync-2', Script(text="Hello", voice_id=None), "lipsync-2"),
        ("https://example.com/a.mp3", Link(url="https://example.com/a.mp3"), None),
    ],
)
def test_words_beside_a_video_ask_for_its_speech(
    words: str, speech: Link | Script, model: str | None
) -> None:
    assert parse_speech(words) == Draft(speech=speech, model=model)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Please have a look",
        "I saw this",
        "Saying hello",
        "voice over needed",
        "it's 'good'",
        " " * 50_000,
    ],
)
def test_words_beside_a_video_that_ask_for_nothing_are_just_words(words: str) -> None:
    assert parse_speech(words) is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('say ""', Why.NOTHING_SAID),
        ('say "Hello', Why.QUOTE_NOT_CLOSED),
        ('say "Hello" model two words', Why.MODEL_NOT_ONE_WORD),
        ("https://youtu.be/1", LinkProblem.TO_PAGE),
    ],
)
def test_words_beside_a_video_that_mean_speech_and_miss_are_told_why(
    words: str, reason: Why | LinkProblem
) -> None:
    assert parse_speech(words) == BadCommand(reason)


@pytest.mark.parametrize(
    ("words", "about"),
    [("let her say “Hello”", "let her say"), ('sya, "Hello"', "sya"), ("(sayy «Hi»", "sayy")],
)
def test_what_stands_before_words_in_quotes_is_named(words: str, about: str) -> None:
    assert parse_speech(words) == BadCommand(Why.BEFORE_QUOTE, about)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('" say "Hi"', "Hi"),
        ("” say “Hi”", "Hi"),
        ("' say 'Hi'", "Hi"),
        ('" "Hi"', "Hi"),
        ('"say "Hi"', "Hi"),
        ('" say Hi', "Hi"),
        (' " say Hi', "Hi"),
        ('"say cheese"', "say cheese"),
        (' "say cheese"', "say cheese"),
        (" “say ‘cheese’”", "say ‘cheese’"),
        ('"Hi"', "Hi"),
    ],
)
def test_a_lone_quote_behind_a_link_is_no_part_of_what_is_said(line: str, text: str) -> None:
    for link in ("https://example.com/v.mp4", "<https://example.com/v.mp4>"):
        command = parse_command(link + line)
        assert isinstance(command, Draft), command
        assert command.speech == Script(text=text, voice_id=None)


def test_a_lone_quote_behind_both_links_means_nothing() -> None:
    line = '<https://example.com/v.mp4>" <https://example.com/s.mp3>" model lipsync-2'
    video, audio = Link(url="https://example.com/v.mp4"), Link(url="https://example.com/s.mp3")
    assert parse_command(line) == Draft(video=video, speech=audio, model="lipsync-2")


@pytest.mark.parametrize("marks", ["`", "```"])
@pytest.mark.parametrize("words", ['say "Hi" voice Rachel', "say Hi voice Rachel"])
def test_an_example_that_is_pasted_as_code_is_the_same(marks: str, words: str) -> None:
    speech = Script(text="Hi", voice_id=None, voice_name="Rachel")
    line = f"{marks}https://example.com/v.mp4 {words}{marks}"
    assert parse_command(line) == Draft(video=Link(url="https://example.com/v.mp4"), speech=speech)
    assert parse_speech(f"{marks}{words}{marks}") == Draft(speech=speech)


@pytest.mark.parametrize(
    "line", ['say "Hello" voice Rachel', "say Hello voice Rachel", "“Hello” voice Rachel"]
)
def test_words_to_say_without_a_video_open_the_form_with_them(line: str) -> None:
    assert parse_command(line) == OpenForm(
        Draft(speech=Script(text="Hello", voice_id=None, voice_name="Rachel"))
    )


def test_say_needs_no_quotes_beside_a_video() -> None:
    assert parse_speech("Say hello") == Draft(speech=Script(text="hello", voice_id=None))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('say "Hi"\nsay "Bye"', [("Hi", None), ("Bye", None)]),
        ("Say hi\n\n  say, bye  \nSAY so long", [("hi", None), ("bye", None), ("so long", None)]),
        (
            'say "Hi" voice Rachel\nsay "Bye"\nvoice Adam\nsay saying',
            [("Hi", "Rachel"), ("Bye", "Adam"), ("saying", None)],
        ),
        ('say "Hi\nsay it again"', [("Hi\nsay it again", None)]),
        ("say hi\nsaying goes", [("hi\nsaying goes", None)]),
        ('say "Hi"', [("Hi", None)]),
    ],
)
def test_each_line_that_begins_with_say_is_a_script_of_its_own(
    text: str, said: list[tuple[str, str | None]]
) -> None:
    scripts = [Script(text=words, voice_id=None, voice_name=voice) for words, voice in said]
    draft = Draft(speech=scripts[0], more_scripts=tuple(scripts[1:]))
    assert parse_speech(text) == draft
    for between in (" ", "\n", "\n\n"):
        whole = parse_command(f"https://example.com/v.mp4?a=1&amp;b=2{between}{text}")
        assert whole == draft.model_copy(update={"video": VIDEO})


def test_a_model_in_any_of_the_lines_is_that_of_all_and_two_are_one_too_many() -> None:
    (said, other) = (
        parse_speech('say "a"\nsay "b" model lipsync-2'),
        'say "c" model sync-1\nsay "d" model x2',
    )
    assert isinstance(said, Draft)
    assert (said.model, len(said.more_scripts)) == ("lipsync-2", 1)
    assert parse_speech(other) == BadCommand(Why.TWICE, "model")


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('say "Hi"\nsay ""', BadCommand(Why.NOTHING_SAID)),
        ('https://example.com/a.mp3\nsay "Hi"', BadCommand(Why.AUDIO_AND_WORDS)),
        ("\n".join(["say hi"] * 201), BadCommand(Why.TOO_MANY_LINES, count=201)),
        ('say "Hi"\nsay "Bye', BadCommand(Why.QUOTE_NOT_CLOSED)),
    ],
)
def test_a_line_among_several_that_is_not_understood_is_told(text: str, bad: BadCommand) -> None:
    command = parse_command(f"https://example.com/v.mp4 {text}")
    assert command == bad


@pytest.mark.parametrize(
    "line",
    [
        '{link}"" say "Hi"',
        '{link} "" say "Hi"',
        '{link}"" "Hi"',
        "{link} “” ”“ say “Hi”",
        '{link} say "" "Hi"',
        '{link} `say "Hi"`',
        '`{link}` say "Hi"',
        '`{link}` ```say "Hi"```',
    ],
)
def test_empty_quotes_and_marks_for_code_around_a_part_mean_nothing(line: str) -> None:
    command = parse_command(line.format(link="<https://example.com/v.mp4>"))
    video = Link(url="https://example.com/v.mp4")
    assert command == Draft(video=video, speech=Script(text="Hi", voice_id=None))


def test_options_may_be_marked_as_code() -> None:
    draft = parse_command('https://example.com/v.mp4 say "Hi" `voice Rachel` `model lipsync-2`')
    assert isinstance(draft, Draft)
    assert isinstance(draft.speech, Script)
    assert (draft.speech.text, draft.speech.voice_name, draft.model) == ("Hi", "Rachel", "lipsync-2")


def test_what_is_marked_as_code_within_the_words_is_said() -> None:
    assert said('say "Then type `say hello` there" voice Rachel') == Script(
        text="Then type say hello there", voice_id=None, voice_name="Rachel"
    )


def test_quotes_within_the_words_are_said() -> None:
    assert said('say "He said "" twice"') == Script(text='He said "" twice', voice_id=None)
