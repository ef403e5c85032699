"""The word behind `/lipsync list`: ours, or one of sync.so's."""

import pytest

from bot.asking.list_filters import ALL, OUR_WORDS, SYNC_WORDS, list_filter
from storage.jobs import JobStatus
from storage.orders import OrderStatus


@pytest.mark.parametrize(
    ("word", "told", "at_sync"),
    [
        ("", "all", None),
        ("Done", "done", None),
        ("finished", "done", None),
        ("canceled", "cancelled", None),
        ("failed", "failed", None),
        ("FAILED", "FAILED", "FAILED"),
        ("completed", "COMPLETED", "COMPLETED"),
        ("PENDING", "PENDING", "PENDING"),
        ("Rejected", "REJECTED", "REJECTED"),
    ],
)
def test_a_word_is_ours_or_sync_sos(word: str, told: str, at_sync: str | None) -> None:
    wanted = list_filter(word)
    assert wanted is not None
    assert (wanted.word, wanted.at_sync) == (told, at_sync)


def test_another_word_is_no_filter() -> None:
    assert list_filter("purple") is None


def test_every_word_that_is_told_filters_and_every_status_can_be_asked_for() -> None:
    assert all(list_filter(word) for word in (*OUR_WORDS, *SYNC_WORDS))
    named = [statuses for word, statuses in OUR_WORDS.items() if word not in {"all", "open"}]
    assert frozenset[JobStatus]().union(*(each.jobs for each in named)) == ALL.jobs
    assert frozenset[OrderStatus]().union(*(each.orders for each in named)) == ALL.orders
    # Whatever was said yes to is found by its jobs.
    assert frozenset(OrderStatus) - ALL.orders == {OrderStatus.RUNNING, OrderStatus.ENDED}
