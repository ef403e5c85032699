"""Where the card and the video go, and how the app gets invited."""

import asyncio

from tests.acceptance.blocks import Json, buttons, fields, link, shown, typed
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, offer


async def test_a_command_where_the_app_is_not_in_moves_card_and_video_to_the_direct_message(
    stage: Stage, ana: Person
) -> None:
    await ana.lipsync(ana.outside, f'{stage.sample_link(CLIP)} say "Nobody invited me"')
    ready = await offer(ana, ana.dm)
    assert f"I am not in <#{ana.outside}>" in shown(ready.card)
    assert "/invite" in shown(ready.card)
    await make_and_check(stage, ana, ready)
    assert await ana.messages(ana.outside) == []


async def shared_outside(person: Person) -> Json:
    return await person.say(person.outside, "Look at this.", await person.sample(CLIP))


async def test_a_video_the_app_may_not_see_keeps_the_form_open_until_it_is_invited(
    stage: Stage, ana: Person
) -> None:
    said = await shared_outside(ana)
    await ana.shortcut("lipsync_message", said)
    form = await ana.form(holding="form_try_again")
    assert f"I cannot see the files in <#{ana.outside}>" in shown(form)
    assert "/invite" in shown(form)

    errors = await ana.submit(form, script=typed("Can you see it?"))
    assert "Slack does not let me see this file" in errors["form_video"]

    await ana.press_in_form(form, "form_try_again")
    form = await ana.changed_form(form)
    assert "I cannot see the files" in shown(form)

    await ana.invite_app(ana.outside)
    await ana.press_in_form(form, "form_try_again")
    form = await ana.changed_form(form)
    assert "I cannot see the files" not in shown(form)
    assert form["state"]["values"]["script"]["script"]["value"] == "Can you see it?"
    assert await ana.submit(form) == {}
    ready = await offer(ana, ana.outside, said["ts"])
    await make_and_check(stage, ana, ready)


async def test_a_form_that_stays_open_is_not_held_up_by_slow_names(stage: Stage, ana: Person) -> None:
    said = await ana.say(ana.channel, "Look at this.", await ana.sample(CLIP))
    await ana.shortcut("lipsync_message", said)
    form = await ana.form(holding="script")
    assert "I cannot see the files" not in shown(form)
    await ana.say(ana.channel, "/remove @lipsync")
    await stage.restart()
    await stage.sync_trouble("slow_answer", route="*", seconds=10.0)
    assert await ana.submit(form, script=typed("Am I in time?")) == {}
    form = await ana.changed_form(form)
    assert "I cannot see the files" in shown(form)
    assert form["state"]["values"]["script"]["script"]["value"] == "Am I in time?"


async def test_a_form_that_was_sent_before_the_invite_is_sent_again_after_it(
    stage: Stage, ana: Person
) -> None:
    said = await shared_outside(ana)
    await ana.shortcut("lipsync_message", said)
    form = await ana.form(holding="form_try_again")
    await ana.invite_app(ana.outside)
    assert await ana.submit(form, script=typed("Now you can.")) == {}
    await offer(ana, ana.outside, said["ts"])
    assert await stage.generations() == []


async def test_the_shortcut_on_a_message_without_a_video_says_so_and_takes_no_other(ana: Person) -> None:
    await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.card(ana.dm, "What should this video say?")
    said = await ana.say(ana.channel, "Only words.")
    await ana.shortcut("lipsync_message", said)
    form = await ana.form(holding="form_video")
    assert "I found no video in that message" in shown(form)
    assert {"script", "video_upload"} <= set(fields(form))


async def test_the_card_comes_first_and_becomes_the_price(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("slow_answer", route="estimate", seconds=1.0)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Reading"')
    reading = await ana.card(ana.channel, "Reading your video…")
    assert buttons(reading) == {"cancel"}
    ready = await offer(ana, ana.channel)
    assert ready.card["ts"] == reading["ts"]
    assert len(await ana.messages(ana.channel)) == 1


async def test_a_job_can_be_cancelled_while_its_video_is_read(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("slow_answer", route="estimate", seconds=10.0)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Never mind"')
    await ana.press(await ana.card(ana.channel, "Reading your video…"), "cancel")
    await ana.card(ana.channel, "Cancelled")
    await stage.end_sync_trouble()
    assert stage.jobs_of(ana)[-1]["status"] == "cancelled"


async def test_the_direct_message_is_a_place_like_any_other(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.dm, f'{stage.sample_link(CLIP)} say "In here"')
    ready: Offer = await offer(ana, ana.dm)
    await make_and_check(stage, ana, ready)


async def test_where_the_app_is_not_the_person_is_told_right_there_where_the_card_stands(
    stage: Stage, ana: Person
) -> None:
    await ana.lipsync(ana.outside, f'{stage.sample_link(CLIP)} say "Where am I?"')
    told = await ana.whisper("I am not in this channel")

    assert told["channel"] == ana.outside
    ready = await offer(ana, ana.dm)
    assert f"/archives/{ana.dm}/p{ready.card['ts'].replace('.', '')}|Open the card>" in shown(told)
    assert "/invite" in shown(told)


async def test_a_form_that_is_sent_where_the_app_is_not_says_so_there(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.outside)
    form = await ana.form(holding="script")
    await ana.choose(form, "form_video", "link")
    form = await ana.form(holding="video_link")
    sent = await ana.submit(form, video_link=link(stage.sample_link(CLIP)), script=typed("Where am I?"))

    assert sent == {}
    assert (await ana.whisper("I am not in this channel"))["channel"] == ana.outside


async def test_who_asked_at_a_message_is_told_of_the_card_in_its_thread(ana: Person) -> None:
    said = await ana.say(ana.channel, "Look at this.", await ana.sample(CLIP))
    await ana.shortcut("lipsync_message", said)
    assert await ana.submit(await ana.form(holding="script"), script=typed("In the thread.")) == {}

    told = await ana.whisper("Your card with the price, about $")
    assert "is in the thread of that message" in shown(told)

    card = (await offer(ana, ana.channel, said["ts"])).card
    assert f"p{card['ts'].replace('.', '')}?thread_ts={said['ts']}" in shown(told)


async def test_a_card_that_stands_right_there_is_not_pointed_to(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Here I am"')
    await offer(ana, ana.channel)
    await asyncio.sleep(2)

    assert (await ana.state())["ephemerals"] == []


async def test_a_closed_direct_message_is_said_in_the_commands_own_answer(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("api_error", method="chat.postMessage", error="messages_tab_disabled", times=50)
    await ana.lipsync(ana.outside, f'{stage.sample_link(CLIP)} say "Can you hear me?"')

    told = await ana.whisper("Slack lets me write neither here nor in our direct message")

    assert told["channel"] == ana.outside
    assert "nothing was charged" in shown(told)
