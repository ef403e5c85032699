"""What sync.so refuses, delays or loses: clear words, one generation, one video."""

from typing import Any

import pytest

from tests.acceptance.blocks import buttons, shown
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import READY, offer, one_line_with_words

# --- before there is a price ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words", "there_is"),
    [
        ("model sync-99", "There is no model called sync-99", "lipsync-2-pro"),
        ("voice Nobody", "There is no voice called Nobody", "Rachel"),
        ("voice Sam", "There is no voice called Sam", "Sarah"),
    ],
)
async def test_a_model_or_a_voice_that_is_not_there_is_told_to_the_asker_alone(
    stage: Stage, ana: Person, options: str, words: str, there_is: str
) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "Who?" {options}')
    assert there_is in shown(await ana.whisper(words))
    assert await ana.messages(ana.channel) == []


@pytest.mark.parametrize(
    ("fault", "settings", "words"),
    [
        ("speech_unavailable", {}, "The speaking voices are out of service"),
        ("fail", {"route": "estimate", "status": 402, "code": "account_on_hold"}, "has a billing problem"),
    ],
)
async def test_what_syncso_refuses_before_the_price_costs_nothing(
    stage: Stage, ana: Person, fault: str, settings: dict[str, Any], words: str
) -> None:
    await stage.sync_trouble(fault, **settings)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "May I?"')
    card = await ana.card(ana.channel, words)
    assert "Nothing was charged" in shown(card)
    await stage.mend()
    await ana.press(card, "rerun")
    await offer(ana, ana.channel, card["ts"])


async def test_what_is_asked_while_the_key_is_revoked_waits_and_goes_on_once_there_is_one_again(
    stage: Stage, ana: Person
) -> None:
    await stage.sync_trouble("key_revoked")
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "May I?"')
    waits = await ana.card(ana.channel, "Waiting for a sync.so key")
    assert "nothing is charged" in shown(waits)
    await stage.mend()
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "And now?"')

    async def offered() -> Any:
        first = [each for each in await ana.messages(ana.channel) if each["ts"] == waits["ts"]]
        return next((each for each in first if READY in shown(each)), None)

    await ana.wait(offered, "the price of what was asked first")


async def test_a_video_that_no_further_try_makes_better_asks_for_another(stage: Stage, ana: Person) -> None:
    code = "generation_input_resolution_unsupported"
    await stage.sync_trouble("fail", route="estimate", status=422, code=code)
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)} say "May I?"')
    card = await ana.card(ana.channel, "The picture is too small or too large")
    assert "Nothing was charged" in shown(card)
    assert buttons(card) == {"another"}


# --- after the yes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "settings", "words"),
    [
        ("key_revoked", {}, "sync.so no longer accepts this workspace's key"),
        ("payment_required", {"code": "account_payment_required"}, "has a billing problem"),
        ("payment_required", {"code": "free_tier_generations_exhausted"}, "free videos"),
    ],
)
async def test_what_syncso_refuses_after_the_yes_costs_nothing(
    stage: Stage, ana: Person, fault: str, settings: dict[str, Any], words: str
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble(fault, **settings)
    await ana.press(ready.card, "generate")
    card = await ana.card(ana.channel, words)
    assert "Nothing was charged" in shown(card)
    assert {"rerun", "another"} <= buttons(card)
    assert await stage.generations() == []
    await stage.mend()
    await ana.press(card, "rerun")
    await make_and_check(stage, ana, await offer(ana, ana.channel, ready.thread_ts))


async def test_a_video_that_syncso_cannot_read_after_the_yes_costs_nothing_and_asks_for_another(
    stage: Stage, ana: Person
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble("fail", route="create", status=422, code="generation_input_video_invalid")
    await ana.press(ready.card, "generate")
    card = await ana.card(ana.channel, "sync.so cannot read this video")
    assert "Nothing was charged" in shown(card)
    assert buttons(card) == {"another"}
    assert await stage.generations() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("generation_fails", "sync.so could not finish this video"),
        ("generation_rejected", "sync.so does not accept this combination"),
    ],
)
async def test_a_generation_that_ends_badly_is_told_and_can_be_tried_again(
    stage: Stage, ana: Person, fault: str, words: str
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble(fault)
    await ana.press(ready.card, "generate")
    card = await ana.card(ana.channel, words)
    assert "charges nothing for videos that fail" in shown(card)
    assert await ana.videos(ana.channel) == []
    await stage.mend()
    await ana.press(card, "rerun")
    again = await offer(ana, ana.channel, ready.thread_ts)
    await ana.press(again.card, "generate")
    await ana.video(ana.channel, thread_ts=ready.thread_ts)
    charged = [made["charged_usd"] for made in await stage.generations()]
    assert len(charged) == 2
    assert charged[0] == "0"


# --- trouble on the way ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("rate_limited", {"route": "create", "retry_after": 1}),
        ("concurrency_reached", {"retry_after": 1}),
        ("reply_lost", {"route": "create"}),
        ("connection_reset", {"route": "create"}),
        ("truncated_json", {"route": "create"}),
        ("edge_blocked", {"route": "create"}),
        ("fail", {"route": "create", "status": 500, "handled": True}),
        ("fail", {"route": "create", "status": 502, "html": True}),
        ("outcome_unknown", {"accepted": True, "with_id": True}),
        ("outcome_unknown", {"accepted": True, "with_id": False}),
        ("outcome_unknown", {"accepted": False, "with_id": False}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
async def test_trouble_while_it_is_sent_makes_one_generation_and_one_video(
    stage: Stage, ana: Person, fault: str, settings: dict[str, Any]
) -> None:
    ready = await one_line_with_words(stage, ana)
    await stage.sync_trouble(fault, times=1, **settings)
    await make_and_check(stage, ana, ready)
    keys = {create["idempotency_key"] for create in (await stage.records())["creates"]}
    assert len(keys) == 1
