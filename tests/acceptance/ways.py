"""Every way from a wish to a price: each ends with the card that offers Generate."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.acceptance.blocks import Json, files, labels, link, select, typed
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage


@dataclass(frozen=True)
class Offer:
    """A card with a price, where it stands and the thread that the video has to come to."""

    card: Json
    channel: str
    thread_ts: str


Way = Callable[[Stage, Person], Awaitable[Offer]]
READY = "Ready to make it"


async def offer(person: Person, channel: str, thread_ts: str | None = None) -> Offer:
    """Wait for the price; without a thread the card begins one."""
    card = await person.card(channel, READY)
    if thread_ts is not None:
        assert card["thread_ts"] == thread_ts
    return Offer(card, channel, thread_ts or card["ts"])


async def form_with_links_and_a_script(stage: Stage, person: Person) -> Offer:
    await person.lipsync(person.channel)
    form = await person.form(holding="form_video")
    await person.choose(form, "form_video", "link")
    options = await person.options(await person.form(holding="video_link"))
    await person.submit(options, name=typed("Morning greeting"))
    form = await person.form(holding="video_link")
    await person.submit(
        form,
        video_link=link(stage.sample_link(CLIP)),
        script=typed("Good morning to everybody."),
        voice=select(form, "voice", "Adam"),
    )
    return await offer(person, person.channel)


async def form_with_uploads(_stage: Stage, person: Person) -> Offer:
    await person.lipsync(person.channel)
    form = await person.form(holding="form_video")
    await person.choose(form, "form_video", "upload")
    form = await person.form(holding="video_upload")
    await person.choose(form, "form_speech", "upload")
    form = await person.form(holding="audio_upload")
    video, audio = await person.sample(CLIP), await person.sample(VOICE)
    await person.submit(form, video_upload=files(video), audio_upload=files(audio))
    return await offer(person, person.channel)


async def one_line_with_two_links(stage: Stage, person: Person) -> Offer:
    await person.lipsync(person.channel, f"{stage.sample_link(CLIP)} {stage.sample_link(VOICE)}")
    return await offer(person, person.channel)


async def one_line_with_words(stage: Stage, person: Person) -> Offer:
    line = f'{stage.sample_link(CLIP)} say "Tea & cake at four!" voice Rachel model lipsync-2'
    await person.lipsync(person.channel, line)
    ready = await offer(person, person.channel)
    assert "Rachel" in ready.card["text"]
    assert "lipsync-2" in ready.card["text"]
    return ready


async def shortcut_on_a_video_in_a_thread(_stage: Stage, person: Person) -> Offer:
    root = await person.say(person.channel, "Who has the new clip?")
    clip = await person.sample(CLIP)
    said = await person.say(person.channel, "Here it is.", clip, thread_ts=root["ts"])
    await person.shortcut("lipsync_message", said)
    form = await person.form(holding="script")
    await person.submit(form, script=typed("The new clip is here."))
    return await offer(person, person.channel, root["ts"])


async def shortcut_from_anywhere(_stage: Stage, person: Person) -> Offer:
    await person.say(person.dm, "", await person.sample(CLIP))
    await person.card(person.dm, "What should this video say?")
    await person.shortcut("lipsync_global")
    form = await person.form(holding="script")
    await person.submit(
        form, form_video=select(form, "form_video", _with_name(form, CLIP)), script=typed("Hello there.")
    )
    return await offer(person, person.dm)


async def video_dropped(_stage: Stage, person: Person) -> Offer:
    dropped = await person.say(person.dm, "", await person.sample(CLIP))
    await person.press(await person.card(person.dm, "What should this video say?"), "choose_speech")
    form = await person.form(holding="script")
    await person.submit(form, script=typed("I was dropped here."))
    return await offer(person, person.dm, dropped["ts"])


async def video_and_audio_dropped(_stage: Stage, person: Person) -> Offer:
    clip, voice = await person.sample(CLIP), await person.sample(VOICE)
    dropped = await person.say(person.dm, "Please.", clip, voice)
    return await offer(person, person.dm, dropped["ts"])


async def audio_dropped_first(_stage: Stage, person: Person) -> Offer:
    dropped = await person.say(person.dm, "", await person.sample(VOICE))
    await person.card(person.dm, f"Got {VOICE}")
    await person.say(person.dm, "", await person.sample(CLIP))
    ready = await offer(person, person.dm, dropped["ts"])
    assert CLIP in ready.card["text"]
    assert VOICE in ready.card["text"]
    return ready


async def words_in_the_thread_of_the_question(_stage: Stage, person: Person) -> Offer:
    dropped = await person.say(person.dm, "", await person.sample(CLIP))
    await person.card(person.dm, "What should this video say?")
    await person.say(person.dm, "This is what I say.", thread_ts=dropped["ts"])
    return await offer(person, person.dm, dropped["ts"])


async def mention_beside_a_video(_stage: Stage, person: Person) -> Offer:
    clip = await person.sample(CLIP)
    said = await person.say(person.channel, "@lipsync say “Good morning” voice Adam", clip)
    return await offer(person, person.channel, said["ts"])


async def video_dropped_with_words(_stage: Stage, person: Person) -> Offer:
    clip = await person.sample(CLIP)
    dropped = await person.say(person.dm, "say “I know what to say” voice Adam model lipsync-2", clip)
    ready = await offer(person, person.dm, dropped["ts"])
    assert "lipsync-2" in ready.card["text"]
    return ready


async def links_in_the_direct_message(stage: Stage, person: Person) -> Offer:
    words = f'{stage.sample_link(CLIP)} say "Said in the direct message"'
    said = await person.say(person.dm, words)
    return await offer(person, person.dm, said["ts"])


def _with_name(form: Json, name: str, field: str = "form_video") -> str:
    """The label of the option that stands for a file of this name."""
    return next(label for label in labels(form, field) if label.startswith(name))


WAYS: tuple[Way, ...] = (
    form_with_links_and_a_script,
    form_with_uploads,
    one_line_with_two_links,
    one_line_with_words,
    shortcut_on_a_video_in_a_thread,
    shortcut_from_anywhere,
    video_dropped,
    video_and_audio_dropped,
    audio_dropped_first,
    words_in_the_thread_of_the_question,
    mention_beside_a_video,
    video_dropped_with_words,
    links_in_the_direct_message,
)
