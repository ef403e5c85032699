"""A file goes to sync.so once, shows itself on the way, and stops where nobody needs it any more."""

from tests.acceptance.blocks import shown
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer, video_and_audio_dropped

AN_HOUR_AGO_S = -3_600.0


async def test_asking_again_sends_nothing_a_second_time(stage: Stage, ana: Person) -> None:
    clip, voice = await ana.sample(CLIP), await ana.sample(VOICE)
    first = await ana.say(ana.dm, "Please.", clip, voice)
    ready = await offer(ana, ana.dm, first["ts"])
    await ana.press(ready.card, "cancel")
    await ana.card(ana.dm, "Cancelled")

    again = await ana.say(ana.dm, "Please.", clip, voice)

    await make_and_check(stage, ana, await offer(ana, ana.dm, again["ts"]))
    assert [sent["whole"] for sent in await stage.uploads()] == [True, True]


async def test_try_again_uses_what_is_there(stage: Stage, ana: Person) -> None:
    await stage.sync_trouble("generation_fails", times=1)
    ready = await video_and_audio_dropped(stage, ana)
    await ana.press(ready.card, "generate")
    failed = await ana.card(ana.dm, "failed")
    await ana.press(failed, "rerun")

    await offer(ana, ana.dm, ready.thread_ts)

    assert len(await stage.uploads()) == 2


async def test_what_sync_so_has_forgotten_is_sent_anew_and_nobody_is_asked(stage: Stage, ana: Person) -> None:
    ready = await video_and_audio_dropped(stage, ana)
    stage.let_time_pass_for_inputs(come_at=AN_HOUR_AGO_S)
    await stage.sync_trouble("assets_forgotten", times=1)

    await make_and_check(stage, ana, ready)

    assert len(await stage.uploads()) == 4


async def test_a_drop_is_on_its_way_while_it_is_asked_what_it_shall_say(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    card = await ana.card(ana.dm, "What should this video say?")
    assert "Meanwhile I send it to sync.so" in shown(card)
    await stage.until_uploaded(1)

    await ana.say(ana.dm, "This is what I say.", thread_ts=dropped["ts"])

    await make_and_check(stage, ana, await offer(ana, ana.dm, dropped["ts"]))
    assert len(await stage.uploads()) == 1


async def test_a_long_way_shows_itself_and_cancel_ends_it(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_slow", bytes_per_s=10_000)
    await ana.say(ana.dm, "Please say hello", await ana.sample(CLIP))
    card = await ana.card(ana.dm, "Sending your file to sync.so:")
    assert "left." in shown(card)
    assert "longer than usual" not in shown(card)

    await ana.press(card, "cancel")

    await ana.card(ana.dm, "Cancelled")
    await stage.until_nothing_is_brought()
    assert [sent["whole"] for sent in await stage.uploads()] == [False]
    assert stage.inputs()[-1]["asset_id"] is None
