"""What words in a conversation ask for."""

import pytest

from bot.asking.drafts import Draft, Link, Script
from bot.asking.short_words import AskList, AskStatus, AskUsage, Own
from bot.asking.small_talk import SmallTalk, small_talk
from bot.messages import notices
from bot.messages.catalogue import ENGLISH
from bot.messages.misread import reason
from handlers.conversation_words import read_words

VIDEO, AUDIO = "https://example.com/a.mp4", "https://example.com/a.mp3"


def script(text: str, voice: str | None = None) -> Script:
    return Script(text=text, voice_id=None, voice_name=voice)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", Draft()),
        ("  please ", Draft()),
        ("Good morning.", Draft(choices=(script("Good morning."),))),
        ('say "Hello" voice Rachel', Draft(speech=script("Hello", "Rachel"))),
        (f"<{AUDIO}>", Draft(speech=Link(url=AUDIO))),
        (f"<{AUDIO}> model lipsync-2", Draft(speech=Link(url=AUDIO), model="lipsync-2")),
    ],
)
def test_words_beside_a_video(text: str, said: Draft) -> None:
    assert read_words(text, beside_video=True).said == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"<{VIDEO}>", Draft(video=Link(url=VIDEO))),
        (f"<{AUDIO}>", Draft(speech=Link(url=AUDIO))),
        (f"<{VIDEO}> <{AUDIO}>", Draft(video=Link(url=VIDEO), speech=Link(url=AUDIO))),
        (f'<{VIDEO}> say "Hello"', Draft(video=Link(url=VIDEO), speech=script("Hello"))),
        ('say "Hello"', Draft(speech=script("Hello"))),
        ("What a day", Draft(choices=(script("What a day"),))),
    ],
)
def test_words_by_themselves(text: str, said: Draft) -> None:
    assert read_words(text, beside_video=False).said == said


@pytest.mark.parametrize(
    ("text", "beside_video", "why", "example"),
    [
        ('say "Hello', True, "not closed", notices.SPEECH_EXAMPLE),
        ('sya "Hello"', True, "what “sya” means", notices.SPEECH_EXAMPLE),
        ('sya "Hello"', False, "what “sya” means", notices.SPEECH_EXAMPLE),
        ("<@U123> and I", True, "names somebody", notices.SPEECH_EXAMPLE),
        ("x" * 5_001, True, "too long", notices.SPEECH_EXAMPLE),
        (f"look at <{VIDEO}>", False, "begins with a link", notices.LINE_EXAMPLE),
        (f"<{VIDEO}> please", False, "After the video comes", notices.LINE_EXAMPLE),
        (f"<{VIDEO}> voice Rachel", False, "come last", notices.LINE_EXAMPLE),
        (f'<{VIDEO}> "Hello" loudly', False, "what “loudly” means", notices.LINE_EXAMPLE),
    ],
)
def test_what_is_not_understood_is_told_with_what_would_work_there(
    text: str,
    beside_video: bool,  # noqa: FBT001 - a parameter of the test
    why: str,
    example: str,
) -> None:
    words = read_words(text, beside_video=beside_video)

    assert words.why is not None
    assert why in reason(ENGLISH, words.why)
    assert words.example == example
    assert words.said == Draft()


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("list", AskList()),
        ("list failed", AskList("failed")),
        ("my videos", AskList()),
        ("status", AskStatus()),
        ("Is it done?", AskStatus()),
        ("Usage", AskUsage()),
        ("usage CSV", AskUsage(as_csv=True)),
        ("status of my life", None),
    ],
)
def test_questions_about_ones_own_videos(text: str, own: Own | None) -> None:
    assert read_words(text, beside_video=False).own == own


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("Thanks!", SmallTalk.THANKS),
        ("thank you :pray:", SmallTalk.THANKS),
        ("HELLO???", SmallTalk.GREETING),
        ("What can you do?", SmallTalk.HELP),
        ("?", SmallTalk.HELP),
        ("Please…", SmallTalk.COURTESY),
        ("Thanks for the fish", None),
        ("hello " * 20, None),
        ("", None),
        ("!!!", None),
    ],
)
def test_small_talk(text: str, talk: SmallTalk | None) -> None:
    assert small_talk(text) == talk
