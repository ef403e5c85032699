"""The card of several videos while it lives: how often it changes, and what its menu does to one of them."""

from itertools import pairwise

from tests.acceptance.blocks import Json, buttons, shown
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage

_EDIT_EVERY_S, _A_HAIR_S = 3.0, 0.05
"""The fake's clock is read when the call has come, the app's when the answer has."""


async def offer(ana: Person, number: int) -> Json:
    """The card of so many clips with one audio."""
    content = await ana.page_bytes(f"/ui/sample/{CLIP}")
    clips = [await ana.upload(f"take {place}.mp4", "video/mp4", content) for place in range(1, number + 1)]
    await ana.say(ana.dm, "", *clips, await ana.sample(VOICE))
    return await ana.card(ana.dm, f"Ready to make {number} videos")


async def test_it_is_edited_every_three_seconds_at_most_and_ends_with_the_truth(
    stage: Stage, ana: Person
) -> None:
    card = await offer(ana, 10)
    before = len(await stage.edits_of(card))  # the price may follow at once on what was said till then

    await ana.press(card, "generate")

    done = await ana.card(ana.dm, "Done: all 10 videos are here")
    assert done["ts"] == card["ts"]
    assert shown(done).count(": here, cost $") + shown(done).count(": here, about $") == 20, "text and blocks"
    edits = (await stage.edits_of(card))[before:]
    assert len(edits) >= 3
    assert min(later - earlier for earlier, later in pairwise(edits)) >= _EDIT_EVERY_S - _A_HAIR_S


async def test_one_that_failed_is_tried_again_from_the_menu_as_an_order_of_its_own(
    stage: Stage, ana: Person
) -> None:
    card = await offer(ana, 2)
    await stage.sync_trouble("generation_fails", times=1)

    await ana.press(card, "generate")
    failed = await ana.card(ana.dm, "1 of 2 videos is here, 1 failed")
    number = 1 if "take 1.mp4: failed" in shown(failed) else 2
    await ana.choose_for_one(failed, f"Try again: take {number}.mp4")

    again = await ana.card(ana.dm, "Ready to make it")
    assert again["thread_ts"] == card["thread_ts"]
    assert f"take {number}.mp4" in shown(again)
    assert len(await stage.generations()) == 2, "it needs a yes of its own"
    await ana.press(again, "generate")
    await ana.card(ana.dm, f"Done: take {number}")
    assert len(await stage.generations()) == 3


async def test_the_rest_is_cancelled_while_some_are_made(stage: Stage, ana: Person) -> None:
    card = await offer(ana, 8)
    await stage.sync_trouble("slow_generation", seconds=15.0)

    await ana.press(card, "generate")
    begun = await ana.card(ana.dm, "You can cancel those that were not sent to sync.so yet.")
    assert {"cancel"} <= buttons(begun)
    await ana.press(begun, "cancel")

    stopped = await ana.card(ana.dm, "cancelled, nothing was charged")
    assert "cancel" not in buttons(stopped)
    made = await stage.generations()
    assert 0 < len(made) < 8
    assert shown(stopped).count("cancelled, nothing was charged") == 2 * (8 - len(made))
