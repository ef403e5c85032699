"""A price and a yes while the file is still on its way: one generation, one video, for what was shown."""

import struct
from decimal import Decimal

from tests import films
from tests.acceptance.blocks import shown
from tests.acceptance.journey import watched
from tests.acceptance.person import Person
from tests.acceptance.sounds import tone
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer, offer

CENT = Decimal("0.01")
PADDING = 6_000_000
LONG = films.film(frames=75, size=(320, 240), sound="aac", options=films.FAST_START) + (
    struct.pack(">I4s", PADDING, b"free") + bytes(PADDING - 8)
)
"""Some seconds of film in a file that takes a while to move."""
PACE, QUICK = 100_000, 100_000_000
"""Bytes a second that Slack gives of it: for a minute it is on its way, until nothing holds it up."""


async def offered_ahead(stage: Stage, ana: Person) -> Offer:
    """A price stands on the card while the film moves."""
    await stage.slack_trouble("file_slow", bytes_per_s=PACE)
    clip = await ana.upload("long.mp4", "video/mp4", LONG)
    voice = await ana.upload("voice.wav", "audio/wav", tone(440, 2.0))
    dropped = await ana.say(ana.dm, "", clip, voice)
    ready = await offer(ana, ana.dm, dropped["ts"])
    assert not await is_sent(stage)
    return ready


async def is_sent(stage: Stage) -> bool:
    return [sent["whole"] for sent in await stage.uploads()].count(True) > 1


async def made_once_for_what_was_shown(stage: Stage, ana: Person, ready: Offer) -> None:
    film = await watched(ana, await ana.video(ready.channel, thread_ts=ready.thread_ts))
    made = await stage.the_generation()
    assert abs(film.picture_s - made["length_s"]) < 0.2
    (order,) = stage.jobs_of(ana)
    promised = Decimal(str(order["offer_micro_usd"])).scaleb(-6)
    assert Decimal(made["charged_usd"]) - promised <= max(CENT, promised * 2 / 100)
    assert len(await ana.videos(ready.channel)) == 1


async def test_generate_is_pressed_while_the_film_is_on_its_way(stage: Stage, ana: Person) -> None:
    ready = await offered_ahead(stage, ana)
    card = await ana.card(ana.dm, "Sending your file to sync.so:")
    assert "Ready to make it: about $" in shown(card)
    await ana.press(card, "generate")
    confirmed = await ana.card(ana.dm, "It starts by itself as soon as your files are at sync.so")
    assert confirmed["ts"] == ready.card["ts"]
    assert not await is_sent(stage)
    assert await stage.generations() == []
    await stage.slack_trouble("file_slow", bytes_per_s=QUICK)

    await made_once_for_what_was_shown(stage, ana, ready)
    assert [sent["whole"] for sent in await stage.uploads()] == [True, True]


async def test_killed_after_the_yes_while_the_film_is_on_its_way(stage: Stage, ana: Person) -> None:
    ready = await offered_ahead(stage, ana)
    await ana.press(ready.card, "generate")
    await stage.until(ana, "confirmed")
    await stage.crash()
    await stage.mend()
    await stage.restart()

    await made_once_for_what_was_shown(stage, ana, ready)


async def test_cancel_after_the_yes_ends_the_upload_and_costs_nothing(stage: Stage, ana: Person) -> None:
    ready = await offered_ahead(stage, ana)
    await ana.press(ready.card, "generate")
    await ana.press(await ana.card(ana.dm, "It starts by itself"), "cancel")

    cancelled = await ana.card(ana.dm, "Cancelled")
    assert "Nothing was charged" in shown(cancelled)
    await stage.until_nothing_is_brought()
    assert await stage.generations() == []
    assert not await is_sent(stage)


async def test_an_offer_that_turns_out_too_low_is_made_anew(stage: Stage, ana: Person) -> None:
    ready = await offered_ahead(stage, ana)
    await stage.sync_trouble("price_raised", factor=1.5)
    await stage.slack_trouble("file_slow", bytes_per_s=QUICK)

    dearer = await ana.card(ana.dm, "Now that your files are at sync.so it costs more")
    assert dearer["ts"] == ready.card["ts"]
    assert await stage.generations() == []
    await ana.press(dearer, "generate")
    await made_once_for_what_was_shown(stage, ana, ready)
