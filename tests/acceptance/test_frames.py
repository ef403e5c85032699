"""What a card promises by the app's own reading of a clip, against what sync.so bills for its frames."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

import pytest

from tests import films
from tests.acceptance.blocks import shown
from tests.acceptance.person import Person
from tests.acceptance.sounds import tone
from tests.acceptance.stage import Stage

FRAME = Decimal("0.00534")
"""What sync-3 costs for each (sync.so, models)."""
CLIPS: Mapping[str, Callable[[], bytes]] = {
    "phone.mov": partial(
        films.film, "mov", frames=60, fps=30, sound="aac", turned=90, size=(320, 240), ticks=films.jittery(60)
    ),
    "fast.mp4": partial(films.film, "mp4", frames=120, fps=60, options=films.FAST_START),
    "slow.mp4": partial(films.film, "mp4", frames=48, fps=24, sound="aac"),
    "fragments.mp4": partial(films.film, "mp4", frames=300, fps=30, sound="aac", options=films.FRAGMENTS),
    "large.mp4": partial(films.film, "mp4", frames=10, fps=25, size=(7_680, 4_320)),
    "recorder.mp4": partial(films.film, "mp4", frames=120, ticks=films.uneven(120)),
    "clip.avi": partial(films.film, "avi", frames=60, fps=30),
}


@pytest.mark.parametrize("name", sorted(CLIPS))
async def test_the_offer_is_what_is_billed_to_a_frame(stage: Stage, ana: Person, name: str) -> None:
    await stage.sync_trouble("estimate_unavailable", by_length_too=False)
    await stage.sync_trouble("no_asset_length")
    await stage.sync_trouble("any_picture_size")
    kind = {"mov": "quicktime", "avi": "x-msvideo"}.get(name.rpartition(".")[2], "mp4")
    clip = await ana.upload(name, f"video/{kind}", CLIPS[name]())
    speech = await ana.upload("speech.wav", "audio/wav", tone(440, 4.3))
    dropped = await ana.say(ana.dm, "", clip, speech)
    card = await ana.card(ana.dm, "Ready to make it: about $")
    assert "Length of the result: about 0:04" in shown(card)
    promised = Decimal(str(stage.jobs_of(ana)[-1]["offer_micro_usd"])).scaleb(-6)
    await ana.press(card, "generate")
    await ana.video(ana.dm, thread_ts=dropped["ts"])
    billed = Decimal((await stage.the_generation())["charged_usd"])
    assert abs(promised - billed) <= FRAME
