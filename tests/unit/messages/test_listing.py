"""A person's own videos: each with its name, where it stands, price, length and the way to it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import listing
from bot.messages.blocks import Message
from bot.messages.catalogue import ENGLISH
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import Guessed, OrderStatus
from tests.block_limits import message_problems
from tests.unit.messages.builders import EVERY_STATUS, a_state, buttons, drafts, markup, shown_text

LINK = "https://north.slack.com/archives/C1/p1700000000000100?thread_ts=1.1&cid=C1"


def listed(*states: OrderState, word: str = "all", begun: bool = False, older: str | None = None) -> Message:
    links = {state.order.id: LINK for state in states}
    return listing.own_videos(ENGLISH, states, links, word=word, begun=begun, older=older)


@pytest.mark.parametrize(
    ("job", "told"),
    [
        (a_state(JobStatus.DELIVERED), "*Spring welcome* · done · about $1.28 (estimate) · "),
        (a_state(JobStatus.DELIVERED, guessed=None), "· about 0:10 ·"),
        (a_state(JobStatus.DELIVERED, estimate_usd=None), "· price not known ·"),
        (a_state(JobStatus.DELIVERED, estimate_usd=Decimal("0.004")), "· less than $0.01 (estimate) ·"),
        (a_state(JobStatus.QUEUED, card_place=1), "· next in line · about $1.28 (estimate)"),
        (a_state(JobStatus.QUEUED, card_place=4), "· number 4 in line ·"),
        (a_state(JobStatus.QUEUED), "· in the queue ·"),
        (a_state(OrderStatus.OFFERED), "· waits for you to press Generate ·"),
        (a_state(JobStatus.CANCELLED), "· cancelled · nothing was charged ·"),
        (a_state(OrderStatus.EXPIRED), "· expired · nothing was charged ·"),
        (a_state(JobStatus.FAILED, failure_code="voice_unknown"), "· failed · nothing was charged ·"),
        (
            a_state(JobStatus.FAILED, failure_code="generation_failed", generation_id="g"),
            "· failed · not charged ·",
        ),
        (a_state(JobStatus.FAILED, failure_code="outcome_unknown"), "· failed · charge not known ·"),
        (
            a_state(JobStatus.FAILED, generation_id="g", generation_status="COMPLETED"),
            "· made and charged, but not brought here ·",
        ),
    ],
)
def test_a_video_is_told_in_one_line(job: OrderState, told: str) -> None:
    message = listed(job)
    assert told in shown_text(message.blocks)
    assert told in message.text
    assert f"<{LINK.replace('&', '&amp;')}|Open its thread>" in message.text


def test_no_price_is_told_before_there_is_one() -> None:
    shown = listed(a_state(OrderStatus.PREPARING, estimate_usd=None, length_s=None)).text
    assert "price comes next" in shown
    assert "not known" not in shown


def test_a_price_that_rests_on_a_frame_rate_says_so() -> None:
    assert "at 25 frames per second" in listed(a_state(JobStatus.QUEUED, guessed=Guessed.PRICE)).text


def test_older_ones_are_one_press_away() -> None:
    message = listed(a_state(JobStatus.DELIVERED), older="all:1.5:J1")
    assert buttons(message.blocks)["Show older ones"]["value"] == "all:1.5:J1"
    assert buttons(listed(a_state(JobStatus.DELIVERED)).blocks) == {}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (listed(), "You have no videos yet"),
        (listed(word="done"), "None of your videos has the status “done”"),
        (listed(begun=True), "no older ones"),
        (
            listed(word="REJECTED", older="REJECTED:1:J"),
            "None of your latest videos has the status “REJECTED”",
        ),
        (listing.running(ENGLISH, [], {}, more=False), "Nothing of yours is running"),
        (listing.no_such_filter(ENGLISH, "<!channel>"), "one of these: `waiting`"),
        (listing.sync_not_asked(ENGLISH, "PENDING"), "which of your videos are PENDING"),
        (listing.not_listed(ENGLISH), "Nothing was changed"),
    ],
)
def test_where_there_is_nothing_to_list_it_is_said_what_to_do(message: Message, words: str) -> None:
    assert words in message.text
    assert message_problems(message.text, message.blocks) == []
    assert markup(message.text) == set()


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_every_status_has_words(status: OrderStatus | JobStatus) -> None:
    told = listing.running(ENGLISH, [a_state(status)], {}, more=True)
    assert "There are more" in told.text
    assert message_problems(told.text, told.blocks) == []


@given(st.lists(st.tuples(st.sampled_from(EVERY_STATUS), drafts), min_size=1, max_size=listing.PAGE))
def test_slack_takes_every_page_and_no_name_makes_markup(
    made: list[tuple[OrderStatus | JobStatus, object]],
) -> None:
    states = [a_state(status, draft) for status, draft in made]  # type: ignore[arg-type] # drafts
    message = listing.own_videos(ENGLISH, states, {}, word="all", begun=False, older="all:1.5:J1")
    assert message_problems(message.text, message.blocks) == []
    assert all(each.startswith("<!date^") for each in markup(message.text))
