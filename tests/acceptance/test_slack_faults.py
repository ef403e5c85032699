"""Slack on a bad day: its calls wait, fail, lose their answers and refuse; one video comes all the same."""

import asyncio

import pytest

from tests.acceptance.blocks import Json, buttons, find_button, shown, typed
from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP, Person
from tests.acceptance.sounds import watch
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, offer, one_line_with_two_links, one_line_with_words

HOURS_S = 3600.0


async def the_one_video(stage: Stage, person: Person, channel: str, thread_ts: str) -> Json:
    """It plays, it stands in the thread once, and sync.so was asked once and made one."""
    video = await person.video(channel, thread_ts=thread_ts)
    await watched(person, video)
    await stage.the_generation()
    assert len((await stage.records())["creates"]) == 1
    return video


@pytest.mark.parametrize(
    ("fault", "settings"), [("rate_limited", {"retry_after": 1}), ("server_error", {"status": 503})]
)
async def test_every_method_is_refused_once_on_the_way_from_the_form_to_the_video(
    stage: Stage, ana: Person, fault: str, settings: Json
) -> None:
    said = await ana.say(ana.channel, "Look at this.", await ana.sample(CLIP))
    await stage.slack_trouble(fault, each_method=True, **settings)
    await ana.shortcut("lipsync_message", said)
    late = await ana.whisper("That took too long for Slack")
    await asyncio.sleep(1.0)  # as somebody who reads it
    await ana.press(late, "change")
    form = await ana.form(holding="script")
    assert await ana.submit(form, script=typed("In the end.")) == {}
    ready = await offer(ana, ana.channel, said["ts"])
    await ana.press(ready.card, "generate")
    await the_one_video(stage, ana, ana.channel, said["ts"])


async def test_an_answer_in_the_direct_message_is_given_when_slack_takes_it(
    stage: Stage, ana: Person
) -> None:
    await stage.slack_trouble("rate_limited", method="chat.postMessage", retry_after=1)
    await ana.say(ana.dm, "help")
    await ana.card(ana.dm, "/lipsync")


async def test_a_card_that_stands_twice_leads_to_one_video_and_the_pressed_old_one_is_retired(
    stage: Stage, ana: Person
) -> None:
    await stage.slack_trouble(
        "server_error", method="chat.postMessage", times=3
    )  # the price is known by then
    await stage.slack_trouble("lose_reply", method="chat.postMessage", broken=True)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Twice?"')

    async def two_cards() -> list[Json] | None:
        cards = [each for each in await ana.messages(ana.channel) if "generate" in buttons(each)]
        return cards if len(cards) == 2 and stage.jobs_of(ana)[-1]["card_ts"] else None

    old, new = await ana.wait(two_cards, "a second card")
    await ana.press(old, "generate")
    await the_one_video(stage, ana, ana.channel, new["ts"])

    async def retired() -> Json | None:
        first = (await ana.messages(ana.channel))[0]
        return first if "This card is out of date" in shown(first) else None

    assert buttons(await ana.wait(retired, "the end of the old card")) == set()


async def test_an_upload_that_breaks_off_half_way_is_begun_again(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.slack_trouble("upload_cut", bytes=20_000)
    await make_and_check(stage, ana, ready)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("uploads_off", "this workspace does not allow apps to upload files"),
        ("storage_full", "this workspace has no storage left"),
        ("upload_limit", "it is larger than this workspace allows"),
    ],
)
async def test_a_workspace_that_takes_no_video_gives_a_link_to_it_instead(
    stage: Stage, ana: Person, rule: str, words: str
) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await stage.slack_trouble(rule, **({"megabytes": 0.01} if rule == "upload_limit" else {}))
    await ana.press(ready.card, "generate")
    card = await ana.card(ana.channel, words)
    assert "sync.so charges for this video" in shown(card)
    await download(stage, ana, card)
    assert await ana.videos(ana.channel) == []


async def download(stage: Stage, person: Person, card: Json) -> None:
    """Press for a fresh link, and watch what it leads to: the one video that was made."""
    await person.press(card, "download")
    told = await person.whisper("is ready to download")
    link = find_button(told, "open_link")[1]["url"]
    film = watch((await person.http.get(link)).raise_for_status().content)
    assert film.pictures > 10
    await stage.the_generation()


async def not_shared(stage: Stage, person: Person) -> Offer:
    """Slack says that it took the video, and shows it nowhere; waits until the app looks for it."""
    ready = await one_line_with_words(stage, person)
    await stage.slack_trouble("never_shared", times=0)
    await person.press(ready.card, "generate")
    await stage.until_called("files.completeUploadExternal")
    return ready


async def test_a_video_that_slack_took_but_never_showed_is_brought_once_more(
    stage: Stage, ana: Person
) -> None:
    ready = await not_shared(stage, ana)
    await stage.mend()
    await stage.put_off(ana, by_s=-600)
    stage.let_time_pass(ana, attempts=7)
    await the_one_video(stage, ana, ana.channel, ready.thread_ts)


async def test_a_slack_that_shows_no_video_for_hours_ends_with_a_link(stage: Stage, ana: Person) -> None:
    await not_shared(stage, ana)
    await stage.put_off(ana, by_s=-600)
    stage.let_time_pass(ana, attempts=7, submitted_at=-7 * HOURS_S)
    card = await ana.card(ana.channel, "I could not bring it into Slack")
    await download(stage, ana, card)
    assert await ana.videos(ana.channel) == []


async def test_a_token_taken_back_in_mid_job_keeps_its_video_for_when_the_app_is_back(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("slow_generation")
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Making your video")
    await stage.slack_trouble("token_dead", error="account_inactive")
    await stage.end_sync_trouble()
    await stage.until(ana, "delivering")
    await stage.until_logged("token is dead")
    await stage.mend()
    stage.let_tokens_be_tried()
    await stage.until(ana, "delivered")
    [video] = await ana.videos(ana.channel)
    assert video["thread_ts"] == ready.card["ts"]


async def test_a_job_whose_card_cannot_stand_anywhere_ends_and_the_card_gives_a_link_once_it_can(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("slow_generation")
    await ana.press(ready.card, "generate")
    await ana.card(ana.channel, "Making your video")
    await stage.slack_trouble("api_error", method="chat.postMessage", error="restricted_action", times=0)
    await ana.delete_message(ready.card)
    await stage.end_sync_trouble()
    await stage.until_called("files.completeUploadExternal")
    await stage.put_off(ana, by_s=-600)
    stage.let_time_pass(ana, attempts=40)
    await stage.until(ana, "failed")
    await stage.mend()
    stage.let_time_pass(ana, card_due_at=-HOURS_S)
    await download(stage, ana, await ana.card(ana.channel, "I could not bring it into Slack"))
