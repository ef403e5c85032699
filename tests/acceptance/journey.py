"""From the price to the video in the thread, and what has to be true of both."""

from decimal import Decimal

from tests.acceptance.blocks import Json, buttons, shown
from tests.acceptance.person import Person
from tests.acceptance.sounds import Film, watch
from tests.acceptance.stage import Stage
from tests.acceptance.ways import Offer


async def make_and_check(stage: Stage, person: Person, offer: Offer) -> Film:
    """Press Generate; one generation is paid for, and its video is in the thread with its new sound."""
    assert {"generate", "change", "cancel"} <= buttons(offer.card)
    assert f"<@{person.user}>" in shown(offer.card)
    assert await stage.generations() == []
    await person.press(offer.card, "generate")
    video = await person.video(offer.channel, thread_ts=offer.thread_ts)
    film = await watched(person, video)
    generation = await stage.the_generation()
    assert abs(film.picture_s - generation["length_s"]) < 0.2
    done = await person.card(offer.channel, "Done:")
    assert done["ts"] == offer.card["ts"]
    assert f"${Decimal(generation['charged_usd']):.2f}" in shown(done)
    return film


async def watched(person: Person, video: Json) -> Film:
    """The video as the page plays it: it has pictures to its end, and it can be heard."""
    film = watch(await person.bytes_of(video))
    assert film.pictures > 10
    assert film.loudness > 0.01
    assert abs(film.sound_s - film.picture_s) < 0.3
    return film
