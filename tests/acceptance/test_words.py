"""Help, lines that cannot be understood, and talking to the app."""

import pytest

from tests.acceptance.blocks import shown
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage


async def test_help_is_told_to_the_one_who_asks(stage: Stage, ana: Person, ben: Person) -> None:
    await ana.lipsync(ana.channel, "help")
    help_text = shown(await ana.whisper("/lipsync"))
    assert "say" in help_text
    assert "voice" in help_text
    assert await ana.messages(ana.channel) == []
    assert (await ben.state())["ephemerals"] == []
    assert stage.jobs_of(ana) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("make me a video", "A line begins with a link to the video"),
        ("https://example.com/a.mp4 and then some", "or `say` and the words in quotes"),
        ('https://example.com/a.mp4 say ""', "There is nothing to say in that"),
        ("https://example.com/a.mp4 https://example.com/b.mp3 voice Rachel", "voice only goes with words"),
        ('https://example.com/a.mp4 say "Hi" in red', "I do not know what “in red” means there"),
        (
            "https://example.com/a.mp4 https://example.com/b.mp3 in red",
            'I know only `voice NAME`, `model NAME`, `project "NAME"` and `shown own`',
        ),
        ("http://example.com/a.mp4 https://example.com/b.mp3", "has to begin with https://"),
        ("https://youtu.be/abc https://example.com/b.mp3", "leads to a page"),
        (f'https://example.com/a.mp4 say "{"x" * 5_001}"', "5,001 of 5,000 characters"),
    ],
    ids=lambda value: value[:60],
)
async def test_a_line_that_is_not_understood_is_answered_with_one_that_works(
    stage: Stage, ana: Person, line: str, why: str
) -> None:
    await ana.lipsync(ana.channel, line)
    answer = shown(await ana.whisper(why))
    assert "For example: `/lipsync https://example.com/video.mp4 say" in answer
    assert stage.jobs_of(ana) == []
    assert await ana.messages(ana.channel) == []


async def test_a_link_alone_opens_the_form_with_it(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, stage.sample_link(CLIP))
    form = await ana.form(holding="video_link")
    assert form["state"]["values"]["video_link"]["video_link"]["value"] == stage.sample_link(CLIP)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("help", "/lipsync"),
        ("what can you do?", "/lipsync"),
        ("Hello?", "Hello! Send me a video"),
        ("thanks!", "You are welcome"),
        ("<3 & you?", "Send me a video here"),
    ],
)
async def test_the_app_answers_in_its_direct_message(
    stage: Stage, ana: Person, said: str, answer: str
) -> None:
    await ana.say(ana.dm, said)
    await ana.card(ana.dm, answer)
    assert stage.jobs_of(ana) == []


async def test_what_people_say_in_channels_is_not_the_apps_business(stage: Stage, ana: Person) -> None:
    await ana.say(ana.channel, "A clip for all of you.", await ana.sample(CLIP))
    await ana.say(ana.dm, "help")
    await ana.card(ana.dm, "/lipsync")
    assert stage.jobs_of(ana) == []
    assert [message for message in await ana.messages(ana.channel) if message.get("bot_id")] == []
