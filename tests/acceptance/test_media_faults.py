"""Files that cannot be used: each has its own words, and nothing is charged."""

import pytest

from tests.acceptance.blocks import Json, buttons, link, shown, typed
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer

AGAIN = frozenset({"rerun", "another"})
ANOTHER_FILE = frozenset({"another"})
SAY = 'say "Can you use this?"'


async def drop(person: Person, file: Json) -> Json:
    return await person.say(person.dm, SAY, file)


async def failed(
    stage: Stage, person: Person, channel: str, words: str, *, offers: frozenset[str] = AGAIN
) -> Json:
    """The card says what happened, and that it cost nothing."""
    card = await person.card(channel, words)
    assert "Nothing was charged" in shown(card)
    assert buttons(card) == offers
    assert await stage.generations() == []
    return card


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("file_html", "Slack gave me a web page in place of the file"),
        ("file_gone", "Slack no longer has this file"),
    ],
)
async def test_a_file_that_slack_does_not_give_out(stage: Stage, ana: Person, fault: str, words: str) -> None:
    await stage.slack_trouble(fault)
    dropped = await drop(ana, await ana.sample(CLIP))
    card = await failed(stage, ana, ana.dm, words)
    await stage.mend()
    await ana.press(card, "rerun")
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_a_file_whose_length_slack_does_not_tell_makes_its_video(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_length_untold")
    dropped = await drop(ana, await ana.sample(CLIP))
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_a_file_that_the_app_may_no_longer_see(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("api_error", method="files.info", error="file_not_found")
    await drop(ana, await ana.sample(CLIP))
    await failed(stage, ana, ana.dm, "Slack does not let me see this file")


@pytest.mark.parametrize("content", [b"This is no video at all. " * 100, b"\0\0\0\x18ftypmp42" + bytes(500)])
async def test_a_file_that_is_no_video_though_it_says_so(stage: Stage, ana: Person, content: bytes) -> None:
    await drop(ana, await ana.upload("broken.mp4", "video/mp4", content))
    await failed(stage, ana, ana.dm, "broken.mp4: sync.so cannot read this video", offers=ANOTHER_FILE)


@pytest.mark.parametrize(
    ("name", "mimetype", "content", "words"),
    [
        ("plan.pdf", "application/pdf", b"%PDF-1.7", "This is not a kind of file I can use"),
        ("empty.mp4", "video/mp4", b"", "This file is empty"),
    ],
)
async def test_a_dropped_file_that_is_no_use_is_answered_at_once(
    stage: Stage, ana: Person, name: str, mimetype: str, content: bytes, words: str
) -> None:
    await ana.say(ana.dm, "Can you use this?", await ana.upload(name, mimetype, content))
    answer = await ana.card(ana.dm, words)
    assert name in shown(answer)
    assert stage.jobs_of(ana) == []


async def test_a_file_that_slack_only_links_to(stage: Stage, ana: Person) -> None:
    linked = await ana.remote_file("clip.mp4", "https://drive.example.com/clip.mp4")
    await ana.say(ana.dm, "Can you use this?", linked)
    answer = await ana.card(ana.dm, "only stands as a link in Slack")
    assert "upload the file itself" in shown(answer)
    assert stage.jobs_of(ana) == []


async def test_words_marked_to_be_said_outlive_the_file_that_is_no_use(stage: Stage, ana: Person) -> None:
    dropped = await drop(ana, await ana.upload("empty.mp4", "video/mp4", b""))
    await ana.card(ana.dm, "This file is empty")
    await ana.card(ana.dm, "Which video should say that?")
    assert await stage.generations() == []
    await ana.say(ana.dm, "", await ana.sample(CLIP), thread_ts=dropped["ts"])
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_a_dropped_text_file_is_a_script_that_waits_for_its_video(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.upload("notes.txt", "text/plain", b"Hello from a file."))
    await ana.card(ana.dm, "Got notes.txt. Which video should say it?")
    await ana.say(ana.dm, "", await ana.sample(CLIP), thread_ts=dropped["ts"])
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_a_message_whose_video_cannot_be_used_says_why_in_the_form(stage: Stage, ana: Person) -> None:
    linked = await ana.remote_file("clip.mp4", "https://drive.example.com/clip.mp4")
    said = await ana.say(ana.channel, "Here.", linked)
    await ana.shortcut("lipsync_message", said)
    form = await ana.form(holding="form_video")
    assert "only stands as a link in Slack" in shown(form)
    assert await stage.generations() == []


@pytest.mark.parametrize("deleted", ["before the form opens", "while the form is open"])
async def test_a_video_that_was_deleted_is_told_at_its_field(stage: Stage, ana: Person, deleted: str) -> None:
    clip = await ana.sample(CLIP)
    await ana.say(ana.dm, "", clip)
    card = await ana.card(ana.dm, "What should this video say?")
    await stage.until_uploaded(1)  # what is deleted while it is on its way is told on the card
    if deleted == "before the form opens":
        await ana.delete_file(clip)
    await ana.press(card, "choose_speech")
    form = await ana.form(holding="script")
    if deleted == "while the form is open":
        await ana.delete_file(clip)
    errors = await ana.submit(form, script=typed("Too late."))
    assert "deleted in Slack" in errors["form_video"]
    await ana.choose(form, "form_video", "link")
    form = await ana.form(holding="video_link")
    assert await ana.submit(form, video_link=link(stage.sample_link(CLIP))) == {}
    await ana.card(ana.dm, "Ready to make it")


async def test_a_video_deleted_before_it_was_read(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("api_error", method="files.info", error="file_deleted")
    await drop(ana, await ana.sample(CLIP))
    await failed(stage, ana, ana.dm, "This file was deleted in Slack", offers=ANOTHER_FILE)


async def test_a_download_that_is_cut_is_begun_again(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_cut", bytes=4_096)
    dropped = await drop(ana, await ana.sample(CLIP))
    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))


async def test_an_upload_to_slack_that_fails_is_done_again_and_the_video_comes_once(
    stage: Stage, ana: Person
) -> None:
    dropped = await drop(ana, await ana.sample(CLIP))
    ready = await offer(ana, ana.dm, dropped["ts"])
    await stage.slack_trouble("upload_fails")
    await make_and_check(stage, ana, ready)


@pytest.mark.parametrize(
    ("path", "words", "offers"),
    [
        ("/ui/sample/none.mp4", "sync.so could not open the video's link", AGAIN),
        ("/", "This is a web page, not a video or audio", ANOTHER_FILE),
    ],
)
async def test_a_link_that_leads_nowhere_or_to_a_page(
    stage: Stage, ana: Person, path: str, words: str, offers: frozenset[str]
) -> None:
    bad = stage.sample_link(CLIP).replace(f"/ui/sample/{CLIP}", path)
    await ana.lipsync(ana.channel, f'{bad} say "Anybody there?"')
    card = await failed(stage, ana, ana.channel, words, offers=offers)
    await ana.press(card, "another")
    form = await ana.form(holding="video_link")
    good = link(stage.sample_link(CLIP))
    await ana.submit(await ana.choose_option(form, "model", "lipsync-2"), video_link=good)
    await make_and_check(stage, ana, await offer(ana, ana.channel, card["ts"]))
