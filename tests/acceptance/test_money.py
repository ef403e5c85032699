"""Nobody pays unasked, and nobody pays twice."""

from tests.acceptance.blocks import buttons, find_button, shown
from tests.acceptance.clips import clip
from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP, Person, together
from tests.acceptance.sounds import tone
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, offer, one_line_with_two_links, one_line_with_words, video_dropped
from tests.acceptance.workspaces import KEYS, ORGS

DAY_S = 24 * 3600.0


async def test_a_change_of_the_model_changes_the_price(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await ana.press(ready.card, "change")
    form = await ana.form(holding="audio_link")
    await ana.submit(await ana.choose_option(form, "model", "lipsync-2"))

    async def repriced() -> Offer | None:
        card = (await ana.messages(ana.channel))[0]
        same = "lipsync-2" not in card["text"] or "Ready to make it" not in card["text"]
        return None if same else Offer(card, ready.channel, ready.thread_ts)

    again = await ana.wait(repriced, "the new price")
    assert again.card["blocks"][0] != ready.card["blocks"][0]
    await make_and_check(stage, ana, again)
    assert (await stage.the_generation())["request"]["model"] == "lipsync-2"


async def test_closing_the_form_behind_change_changes_nothing(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_two_links(stage, ana)
    await ana.press(ready.card, "change")
    await ana.close(await ana.form(holding="audio_link"))
    await make_and_check(stage, ana, ready)


async def test_two_quick_presses_of_generate_make_one_video(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await together(*(ana.press(ready.card, "generate") for _ in range(3)))
    await ana.whisper("already done")
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
    await stage.the_generation()


async def test_a_workspace_that_delivers_everything_twice_pays_once(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("duplicate_delivery")
    ready = await video_dropped(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.video(ana.dm, thread_ts=ready.thread_ts)
    await stage.the_generation()
    assert len(stage.jobs_of(ana)) == 1


async def test_only_the_asker_may_press(stage: Stage, ana: Person, ben: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    for action in ("generate", "change", "cancel"):
        await ben.press(ready.card, action)

    await ben.whisper(f"Only <@{ana.user}>")
    assert len((await ben.state())["ephemerals"]) == 1, "the same words on the same card, told once"
    assert (await ana.state())["ephemerals"] == []
    assert (await ben.state())["views"] == []
    assert await stage.generations() == []
    await make_and_check(stage, ana, ready)


async def test_each_workspace_pays_with_its_own_account(stage: Stage, ana: Person, chidi: Person) -> None:
    for person in (ana, chidi):
        dropped = await person.say(person.dm, 'say "Who pays?"', await person.sample(CLIP))
        ready = await offer(person, person.dm, dropped["ts"])
        await person.press(ready.card, "generate")
        await watched(person, await person.video(person.dm, thread_ts=dropped["ts"]))
        assert (await stage.generations())[-1]["org_id"] == ORGS[KEYS[person.team]].id
    assert chidi.user not in str(await ana.state())
    assert ana.user not in str(await chidi.state())


async def test_cancel_ends_it_for_nothing(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    await ana.press(ready.card, "cancel")
    cancelled = await ana.card(ana.channel, "Cancelled")
    assert cancelled["ts"] == ready.card["ts"]
    assert "Nothing was charged" in shown(cancelled)
    assert buttons(cancelled) == {"another"}
    assert await stage.generations() == []


async def test_a_job_that_waits_for_a_slot_can_be_cancelled(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("concurrency_reached", retry_after=3600)
    ready = await one_line_with_words(stage, ana)
    await ana.press(ready.card, "generate")
    await stage.until_asked_to_create()
    waiting = await ana.card(ana.channel, "In the queue")
    await ana.press(waiting, "cancel")
    await ana.card(ana.channel, "Cancelled")
    assert await stage.generations() == []


async def test_a_price_that_grew_old_cannot_be_spent(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    stage.let_time_pass(ana, expires_at=-DAY_S)
    await ana.press(ready.card, "generate")
    await ana.whisper("That offer has ended")
    assert await stage.generations() == []


async def test_an_expired_card_offers_to_ask_again(stage: Stage, ana: Person) -> None:
    old = await one_line_with_words(stage, ana)
    stage.let_time_pass(ana, expires_at=-DAY_S, due_at=-DAY_S)
    expired = await ana.card(ana.channel, "This has expired")
    assert expired["ts"] == old.card["ts"]
    assert "Nothing was charged" in shown(expired)
    await ana.press(expired, "rerun")
    await make_and_check(stage, ana, await offer(ana, ana.channel, old.thread_ts))


async def test_without_price_and_length_generate_asks_twice(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("estimate_unavailable")
    dropped = await ana.say(ana.dm, 'say "How long am I?"', await ana.sample(CLIP))
    ready = await offer(ana, ana.dm, dropped["ts"])
    assert "could not say what it will cost" in shown(ready.card)
    assert "not known before it is made" in shown(ready.card)
    _, generate = find_button(ready.card, "generate")
    assert "without knowing the price" in generate["confirm"]["text"]["text"]
    await ana.press(ready.card, "generate")
    await ana.video(ana.dm, thread_ts=dropped["ts"])
    await stage.the_generation()


async def test_with_a_price_generate_asks_once(stage: Stage, ana: Person) -> None:
    ready = await one_line_with_words(stage, ana)
    assert "confirm" not in find_button(ready.card, "generate")[1]
    assert "estimate" in shown(ready.card)
    assert "This offer can be answered until" in shown(ready.card)


async def test_a_price_by_length_is_that_of_the_clips_own_frames(stage: Stage, ana: Person) -> None:
    """sync.so bills frames; by its price list 60 a second cost 2.4 times what 25 do."""
    await stage.sync_trouble("estimate_unavailable", by_length_too=False)
    fast = await ana.upload("fast.mp4", "video/mp4", clip(fps=60, seconds=2))
    speech = await ana.upload("speech.wav", "audio/wav", tone(440, 4))
    dropped = await ana.say(ana.dm, "", fast, speech)
    card = await ana.card(ana.dm, "Ready to make it: about $1.28 (estimate)")
    assert "frames per second" not in shown(card)
    assert "confirm" not in find_button(card, "generate")[1]
    await ana.press(card, "generate")
    await ana.video(ana.dm, thread_ts=dropped["ts"])
    assert (await stage.the_generation())["charged_usd"] == "1.28160"
    assert "Cost: $1.28 (estimated about $1.28)" in shown(await ana.card(ana.dm, "Cost:"))


async def test_a_script_over_a_fast_clip_is_as_long_as_its_frames_at_the_clips_rate(
    stage: Stage, ana: Person
) -> None:
    fast = await ana.upload("fast.mp4", "video/mp4", clip(fps=60, seconds=2))
    dropped = await ana.say(ana.dm, 'say "One two three four five six seven eight nine ten."', fast)
    ready = await offer(ana, ana.dm, dropped["ts"])
    film = await make_and_check(stage, ana, ready)
    assert f"Length of the result: about 0:0{round(film.picture_s)}" in shown(ready.card)


async def test_a_dear_video_is_asked_about_once_more_with_its_sum(ana: Person) -> None:
    short = await ana.upload("short.mp4", "video/mp4", clip(fps=25, seconds=1))
    speech = await ana.upload("speech.wav", "audio/wav", tone(440, 80))
    await ana.say(ana.dm, "", short, speech)
    ready = await ana.card(ana.dm, "Ready to make it: about $10.68 (estimate)")
    assert "I then ask you once more" in shown(ready)
    assert find_button(ready, "generate")[1]["confirm"]["title"]["text"] == "Make it for about $10.68?"


async def test_what_is_left_out_is_said_before_anybody_pays(stage: Stage, ana: Person) -> None:
    long = await ana.upload("long.mp4", "video/mp4", clip(fps=25, seconds=9))
    speech = await ana.upload("speech.wav", "audio/wav", tone(440, 3))
    dropped = await ana.say(ana.dm, "", long, speech)
    ready = await offer(ana, ana.dm, dropped["ts"])
    assert "Your clip is 0:09; the video ends with the speech, after 0:03." in shown(ready.card)
    film = await make_and_check(stage, ana, ready)
    assert abs(film.picture_s - 3) < 0.2


async def test_what_the_plan_does_not_allow_is_said_in_place_of_a_price(stage: Stage, ana: Person) -> None:
    short = await ana.upload("short.mp4", "video/mp4", clip(fps=25, seconds=1))
    speech = await ana.upload("speech.wav", "audio/wav", tone(440, 605))
    await ana.say(ana.dm, "", short, speech)
    refused = await ana.card(ana.dm, "The result would be longer than the plan of the sync.so account allows")
    assert "It would be 10:05; with sync-3 the plan allows 10:00." in shown(refused)
    assert "Nothing was charged" in shown(refused)
    assert {"rerun", "another"} <= buttons(refused)
    assert await stage.generations() == []


async def test_a_draft_whose_form_is_closed_costs_nothing_and_leaves_no_card(
    stage: Stage, ana: Person
) -> None:
    await ana.lipsync(ana.channel)
    form = await ana.form(holding="form_video")
    await ana.close(form)
    await stage.until(ana, "cancelled")
    assert await ana.messages(ana.channel) == []
    assert await stage.generations() == []
