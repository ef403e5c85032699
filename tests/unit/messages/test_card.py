"""The card: one message for every status, complete, safe, and within what Slack takes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.asking.drafts import PROJECT_LIMIT, Draft, Link, Script
from bot.messages.failure_words import WORDS
from bot.messages.failures import CHARGE_UNKNOWN, FAILED_CHARGED, MADE_CHARGED, NOTHING_CHARGED
from bot.messages.ids import read_button
from bot.messages.text import user_text
from storage.cards import MOVING, OrderState
from storage.jobs import JobStatus
from storage.orders import OVER, Guessed, OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import (
    AUDIO,
    DRAFT,
    EVERY_STATUS,
    HOSTILE,
    VIDEO,
    a_card,
    a_state,
    buttons,
    drafts,
    markup,
    prepared,
    shown_text,
    wild_text,
)

KEEP_CLIP = (
    "To keep all of your clip, press Change and choose “End with the longer one, silent after the speech”."
)
SAYING = "clip.mp4 (0:12) saying “Hello everybody” (15 characters), voice Rachel"
CANCELLABLE = {*OrderStatus, JobStatus.QUEUED} - OVER


def labels(job: OrderState) -> set[str]:
    return set(buttons(a_card(job).blocks))


def text_of(job: OrderState) -> str:
    return a_card(job).text


@pytest.mark.parametrize("status", EVERY_STATUS)
@settings(max_examples=settings().max_examples * 5 // 10)
@given(
    draft=drafts,
    detail=st.one_of(st.none(), wild_text),
    code=st.one_of(st.none(), st.sampled_from(sorted(WORDS)), wild_text),
    generation_status=st.one_of(st.none(), st.sampled_from(["PENDING", "COMPLETED"]), wild_text),
    money=st.one_of(st.none(), st.decimals(0, 100_000, places=6)),
    seconds=st.one_of(st.none(), st.floats(0, 100_000)),
    guessed=st.sampled_from([None, *Guessed]),
    measured=st.tuples(*[st.one_of(st.none(), st.floats(0.02, 100_000))] * 2),
    moved=st.booleans(),
    attempts=st.integers(0, 5),
)
def test_no_card_is_refused_by_slack(  # noqa: PLR0913, PLR0917 - everything a card shows may vary
    status: OrderStatus | JobStatus,
    draft: Draft,
    detail: str | None,
    code: str | None,
    generation_status: str | None,
    money: Decimal | None,
    seconds: float | None,
    guessed: Guessed | None,
    measured: tuple[float | None, float | None],
    moved: bool,  # noqa: FBT001 - hypothesis names it
    attempts: int,
) -> None:
    job = a_state(
        status,
        draft,
        failure_code=code,
        failure_detail=detail,
        generation_status=generation_status,
        generation_id="g" if generation_status else None,
        estimate_usd=money,
        length_s=seconds,
        guessed=guessed,
        prepared=prepared(*measured),
        card_moved=moved,
        attempts=attempts,
        submitted_at=1_700_000_000.0 if generation_status else None,
        ended_at=1_700_000_000.0 + (seconds or 0),
    )
    message = a_card(job)
    assert message_problems(message.text, message.blocks) == []


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_no_card_is_too_long_for_slack_where_every_word_of_it_is(status: OrderStatus | JobStatus) -> None:
    long = "&" * 900
    draft = DRAFT.model_copy(
        update={
            "video": VIDEO.model_copy(update={"name": long}),
            "speech": Script(text=long, voice_id="v", voice_name=long),
            "name": long,
            "model": long,
            "sync_mode": long,
            "project": long[:PROJECT_LIMIT],
        }
    )
    job = a_state(status, draft, failure_code=long, failure_detail=long, card_moved=True)
    message = a_card(job)
    assert message_problems(message.text, message.blocks) == []


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_user_text_makes_no_markup(status: OrderStatus | JobStatus) -> None:
    hostile = VIDEO.model_copy(update={"name": HOSTILE})
    draft = DRAFT.model_copy(
        update={"video": hostile, "name": HOSTILE, "model": HOSTILE, "sync_mode": HOSTILE}
    )
    safe = a_card(a_state(status))
    job = a_state(status, draft, failure_detail=HOSTILE, failure_code=HOSTILE, generation_status=HOSTILE)
    message = a_card(job)
    assert markup(message.text) == markup(safe.text)
    assert markup(shown_text(message.blocks)) == markup(shown_text(safe.blocks))


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_no_mrkdwn_lets_slack_make_mentions_by_itself(status: OrderStatus | JobStatus) -> None:
    message = a_card(a_state(status, card_moved=True))
    parts = [block["text"] for block in message.blocks if "text" in block]
    parts += [part for block in message.blocks if block["type"] == "context" for part in block["elements"]]
    assert parts
    assert all(part["verbatim"] for part in parts)


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_the_text_alone_says_all_that_the_blocks_show(status: OrderStatus | JobStatus) -> None:
    message = a_card(a_state(status, card_moved=True, failure_code="voice_not_found"))
    shown = shown_text(message.blocks).replace("*", "")
    missing = [
        line for line in shown.splitlines() if line.strip() and line not in message.text.replace("*", "")
    ]
    assert missing == []


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_card_names_who_asked(status: OrderStatus | JobStatus) -> None:
    assert "Asked by <@U1>" in text_of(a_state(status))


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_card_names_the_project_it_is_for_once_and_in_small(status: OrderStatus | JobStatus) -> None:
    message = a_card(a_state(status, DRAFT.model_copy(update={"project": "R&D *now*"})))
    small = [block["elements"][0]["text"] for block in message.blocks if block["type"] == "context"]
    (line,) = (line for line in small if "Project: " in line)
    assert f"Project: {user_text('R&D *now*')}" in line
    assert message.text.count("Project: ") == 1
    assert "Project: " not in text_of(a_state(status))


def test_price_and_what_is_made_stand_first_and_the_rest_is_small() -> None:
    message = a_card(a_state(OrderStatus.OFFERED))
    first = ["Ready to make it: about $1.28 (estimate)", f"Spring welcome: {SAYING}"]
    assert message.text.splitlines()[:2] == first
    assert [block["type"] for block in message.blocks] == ["section", *["context"] * 3, "actions"]
    assert message.blocks[0]["text"]["text"].splitlines()[:2] == [f"*{first[0]}*", first[1]]


def test_the_estimate_names_inputs_length_model_price_asker_and_expiry() -> None:
    text = text_of(a_state(OrderStatus.OFFERED))
    for part in (
        "Ready to make it: about $1.28 (estimate)",
        f"Spring welcome: {SAYING}",
        "Model: Best quality (sync-3)",
        "If the lengths differ: End with the speech; short clips play back and forth",
        "Length of the result: not known before it is made",
        "<@U1>",
        "can be answered until <!date^1800000000^{date_short_pretty} at {time}|15 Jan 2027, 08:00 UTC>",
        "Nothing is charged until you press Generate.",
    ):
        assert part in text


def test_the_estimate_can_be_taken_changed_or_cancelled() -> None:
    shown = buttons(a_card(a_state(OrderStatus.OFFERED)).blocks)
    assert list(shown) == ["Generate", "Change", "Cancel"]
    assert shown["Generate"]["style"] == "primary"
    assert "confirm" not in shown["Generate"]
    assert read_button(shown["Generate"]["value"]) == ("J7f3a9", "e5")
    assert read_button(shown["Cancel"]["value"]) == ("J7f3a9", None)


def test_without_a_price_the_card_says_so_and_generate_asks_twice() -> None:
    job = a_state(OrderStatus.OFFERED, estimate_usd=None, length_s=None)
    message = a_card(job)
    assert "could not say what it will cost" in message.text
    assert "Length of the result: not known" in message.text
    question = buttons(message.blocks)["Generate"]["confirm"]
    assert "without knowing the price" in question["text"]["text"]


@pytest.mark.parametrize(
    ("status", "cancellable"),
    [(status, status in CANCELLABLE) for status in EVERY_STATUS],
)
def test_cancel_is_offered_only_while_it_still_helps(
    status: OrderStatus | JobStatus, *, cancellable: bool
) -> None:
    assert ("Cancel" in labels(a_state(status))) == cancellable


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_right_above_cancel_stands_until_when_it_works(status: OrderStatus | JobStatus) -> None:
    message = a_card(a_state(status, card_moved=True))
    above = [shown_text([block]) for block in message.blocks if block["type"] != "actions"][-1]
    assert ("You can cancel until it is sent to sync.so." in above) == ("Cancel" in buttons(message.blocks))


@pytest.mark.parametrize("status", sorted(MOVING | {OrderStatus.PREPARING, OrderStatus.CONFIRMED}))
def test_while_it_goes_on_the_second_line_says_what_is_made_for_how_much(
    status: OrderStatus | JobStatus,
) -> None:
    second = text_of(a_state(status)).splitlines()[1]
    assert second == f"Spring welcome: {SAYING} · about $1.28"


def test_a_draft_asks_first_and_says_what_is_there_in_small_words() -> None:
    message = a_card(a_state(OrderStatus.DRAFT, Draft(video=VIDEO), estimate_usd=None))
    asked = shown_text(message.blocks[:1]).strip().splitlines()
    assert asked[0] == "*Got it. What should this video say?*"
    assert asked[1].startswith("Reply in this thread")
    assert "clip.mp4" in shown_text(message.blocks[1:2])


def test_a_dropped_video_is_asked_what_it_should_say() -> None:
    job = a_state(OrderStatus.DRAFT, Draft(video=VIDEO))
    assert "What should this video say?" in text_of(job)
    assert "clip.mp4" in text_of(job)
    assert labels(job) == {"Choose what it says", "Cancel"}


def test_the_card_of_a_sent_form_says_that_it_reads_the_video() -> None:
    assert "Reading your video…" in text_of(a_state(OrderStatus.PREPARING))


@pytest.mark.parametrize(
    ("word", "shown"),
    [("PENDING", "in line"), ("PROCESSING", "moving the lips"), ("BRAND_NEW", "BRAND_NEW"), (None, "has it")],
)
def test_processing_shows_what_sync_says(word: str | None, shown: str) -> None:
    assert shown in text_of(a_state(JobStatus.PROCESSING, generation_status=word))


@pytest.mark.parametrize(
    ("word", "headline"),
    [
        ("COMPLETED", "Your video is made. Bringing it here…"),
        ("FAILED", "sync.so could not make it. Asking why…"),
        ("REJECTED", "sync.so refused to make it. Asking why…"),
    ],
)
def test_a_job_that_is_over_at_sync_has_words_that_fit(word: str, headline: str) -> None:
    text = text_of(a_state(JobStatus.PROCESSING, generation_status=word))
    assert text.startswith(headline)
    assert word not in text
    assert "minutes" not in text


def test_a_length_is_shown_where_it_was_measured() -> None:
    draft = Draft(video=VIDEO, speech=AUDIO)
    unmeasured = text_of(a_state(OrderStatus.PREPARING, draft, prepared="{}", length_s=None))
    assert "\nclip.mp4 with hello.mp3 · about $1.28\n" in unmeasured
    measured = text_of(a_state(OrderStatus.OFFERED, draft, prepared=prepared(12.4, 4.3)))
    assert "\nclip.mp4 (0:12) with hello.mp3 (0:04)\n" in measured


def test_what_is_lost_stands_below_the_price_and_what_is_made() -> None:
    job = a_state(
        *(OrderStatus.OFFERED, Draft(video=VIDEO, speech=AUDIO)),
        prepared=prepared(60.0, 8.0),
        guessed=None,
        length_s=8.0,
    )
    assert text_of(job).splitlines()[:3] == [
        "Ready to make it: about $1.28 (estimate)",
        "clip.mp4 (1:00) with hello.mp3 (0:08)",
        f"Your clip is 1:00; the video ends with the speech, after 0:08. {KEEP_CLIP}",
    ]


def test_a_price_at_an_assumed_rate_says_so_and_generate_asks_once_more() -> None:
    message = a_card(a_state(OrderStatus.OFFERED, guessed=Guessed.PRICE))
    assert message.text.startswith("Ready to make it: about $1.28 to $3.08 (not certain)\n")
    assert "Estimate: about $1.28 at 25 frames per second, about $3.08 at 60." in message.text
    assert "I then ask you once more." in message.text
    assert " · Length of the result: about 0:10\n" in message.text
    assert "$3.08" in buttons(message.blocks)["Generate"]["confirm"]["text"]["text"]


def test_from_the_operators_sum_on_generate_asks_once_more() -> None:
    job = a_state(OrderStatus.OFFERED)
    assert "confirm" not in buttons(a_card(job, ask_again_from_usd=Decimal("1.29")).blocks)["Generate"]
    asking = a_card(job, ask_again_from_usd=Decimal("1.284"))
    assert "I then ask you once more." in asking.text
    assert buttons(asking.blocks)["Generate"]["confirm"]["title"]["text"] == "Make it for about $1.28?"


def test_a_slow_step_says_that_there_is_nothing_to_do() -> None:
    assert "longer than usual" not in text_of(a_state(OrderStatus.PREPARING, attempts=5))
    assert "longer than usual" in text_of(a_state(OrderStatus.PREPARING, slow=True))
    assert "safe at sync.so" in text_of(a_state(JobStatus.DELIVERING, slow=True))


def test_done_shows_cost_time_and_the_way_to_another() -> None:
    job = a_state(JobStatus.DELIVERED, submitted_at=1_700_000_000.0, ended_at=1_700_000_095.0)
    assert "Done: Spring welcome" in text_of(job)
    assert "Estimated: about $1.28. Made in 2 minutes." in text_of(job)
    assert f"Asked by <@U1> · {SAYING} · Model: Best quality (sync-3)" in text_of(job)
    assert labels(job) == {"Make another version"}


def test_a_receipt_tells_the_estimate_and_calls_nothing_the_cost() -> None:
    certain = text_of(a_state(JobStatus.DELIVERED))
    unsure = text_of(a_state(JobStatus.DELIVERED, guessed=Guessed.PRICE))
    unknown = text_of(a_state(JobStatus.DELIVERED, estimate_usd=None))
    assert "Estimated: about $1.28 at 25 frames per second, about $3.08 at 60." in unsure
    assert "Estimated: no price was known." in unknown
    assert "cost" not in (certain + unsure + unknown).lower()


def test_a_receipt_tells_the_cost_once_the_record_does() -> None:
    billed = a_state(JobStatus.DELIVERED, cost_usd=Decimal("1.43"))
    unpriced = a_state(JobStatus.DELIVERED, estimate_usd=None, cost_usd=Decimal("1.43"))
    assert "Cost: $1.43 (estimated about $1.28)." in text_of(billed)
    assert "Cost: $1.43 (no price was known)." in text_of(unpriced)


@pytest.mark.parametrize(
    ("cost", "frames", "told"),
    [
        ("1.54", 700, None),  # by a fifth of $1.28, and a little
        ("1.53", 700, None),
        ("1.60", 700, "That is more than a fifth above the estimate: sync.so billed 700 frames."),
        ("1.60", None, "That is more than a fifth above the estimate. sync.so's record does not say why."),
        ("0.90", 300, "That is more than a fifth below the estimate: sync.so billed 300 frames."),
        ("0.90", None, "That is more than a fifth below the estimate. sync.so's record does not say why."),
    ],
)
def test_a_cost_that_is_unlike_its_estimate_says_why(cost: str, frames: int | None, told: str | None) -> None:
    priced: dict[str, Any] = {"estimate_usd": Decimal("1.2834"), "cost_usd": Decimal(cost)}
    text = text_of(a_state(JobStatus.DELIVERED, billed_frames=frames, **priced))
    assert (told or "(estimated about $1.28).") in text
    assert told is not None or "fifth" not in text


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (Decimal(0), "Nothing was charged: sync.so's own record says so."),
        (Decimal("0.43"), "sync.so charged $0.43, as its own record says."),
        (None, FAILED_CHARGED),
    ],
)
def test_a_failure_tells_what_was_charged_by_the_record(cost: Decimal | None, told: str) -> None:
    job = a_state(
        JobStatus.FAILED, failure_code="generation_pipeline_failed", generation_id="g", cost_usd=cost
    )
    assert told in text_of(job)


def test_a_job_that_made_nothing_takes_little_room() -> None:
    script = Script(text="word " * 200, voice_id=None)
    job = a_state(JobStatus.FAILED, Draft(video=VIDEO, speech=script), failure_code="voice_not_found")
    message = a_card(job)
    assert [block["type"] for block in message.blocks] == ["section", "context", "actions"]
    small = message.blocks[1]["elements"][0]["text"]
    assert small.startswith("Asked by <@U1> · clip.mp4 (0:12) saying “word word")
    assert len(small) < 200
    assert small in message.text


def test_a_voice_is_named_once_it_is_known() -> None:
    unknown = Draft(video=VIDEO, speech=Script(text="Hello", voice_id=None))
    assert "voice" not in text_of(a_state(OrderStatus.PREPARING, unknown))


def test_a_card_that_moved_has_the_line_that_invites_the_app() -> None:
    text = text_of(a_state(OrderStatus.PREPARING, card_moved=True))
    assert "I am not in <#C1>" in text
    assert "`/invite` <@UBOT>" in text


@pytest.mark.parametrize(
    ("changes", "charged"),
    [
        ({"failure_code": "slack_file_deleted"}, NOTHING_CHARGED),
        ({"failure_code": "generation_pipeline_failed", "generation_id": "g"}, FAILED_CHARGED),
        (
            {"failure_code": "media_stalled", "generation_id": "g", "generation_status": "COMPLETED"},
            MADE_CHARGED,
        ),
        ({"failure_code": "given_up"}, CHARGE_UNKNOWN),
    ],
)
def test_a_failure_says_what_was_charged(changes: dict[str, Any], charged: str) -> None:
    assert charged in text_of(a_state(JobStatus.FAILED, **changes))


def test_a_failure_can_be_tried_again_or_changed() -> None:
    assert labels(a_state(JobStatus.FAILED, failure_code="internal")) == {"Try again", "Change"}


def test_a_made_video_that_cannot_be_brought_can_be_downloaded() -> None:
    job = a_state(
        JobStatus.FAILED, failure_code="slack_storage_full", generation_id="g", generation_status="COMPLETED"
    )
    assert labels(job) == {"Get a download link", "Make another version"}
    assert "no storage left" in text_of(job)


def test_an_expired_estimate_can_be_asked_again() -> None:
    job = a_state(OrderStatus.EXPIRED)
    assert "Nobody pressed Generate in time" in text_of(job)
    assert labels(job) == {"Ask again", "Change"}
    assert "Nobody approved it in time" in text_of(a_state(OrderStatus.EXPIRED, confirmed_at=1.0))


def test_an_expired_form_opens_again() -> None:
    job = a_state(OrderStatus.EXPIRED, Draft(video=VIDEO), offer_id=None)
    assert "Nobody filled in the form in time" in text_of(job)
    assert labels(job) == {"Ask again"}


def test_an_unknown_outcome_is_left_to_a_person_who_is_warned() -> None:
    message = a_card(a_state(JobStatus.UNRESOLVED))
    assert "may have charged for it, or not. The estimate was about $1.28." in message.text
    assert "confirm" in buttons(message.blocks)["Give up"]


def test_a_signed_link_is_shown_without_its_secret() -> None:
    link = Link(url="https://bucket.example/t0ken/clip.mp4?X-Signature=s3cret#part")
    text = text_of(a_state(OrderStatus.PREPARING, Draft(video=link, speech=AUDIO)))
    assert "\nclip.mp4 from bucket.example (0:12) with hello.mp3" in text
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_how_a_voice_speaks_stands_on_the_card_where_it_was_said() -> None:
    speech = Script(text="Hello", voice_id="v", voice_name="Rachel", stability=0.3, similarity=1.0)
    said = DRAFT.model_copy(update={"speech": speech})
    told = text_of(a_state(OrderStatus.OFFERED, said))
    assert "How it speaks: stability 0.3, similarity 1" in told
    assert "How it speaks" not in text_of(a_state(OrderStatus.OFFERED))
