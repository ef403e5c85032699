"""The vocabulary of a job: statuses, the table of moves, and where its messages go."""

import pytest

from storage.jobs import ENDED, LEGAL_MOVES, Conversation, JobStatus, sources_of
from tests.integration.storage.builders import job


def reachable_from(start: JobStatus) -> set[JobStatus]:
    seen, ahead = {start}, [start]
    while ahead:
        fresh = LEGAL_MOVES[ahead.pop()] - seen
        seen |= fresh
        ahead += fresh
    return seen


def test_the_table_names_every_status() -> None:
    assert set(LEGAL_MOVES) == set(JobStatus)


def test_every_status_can_be_reached_from_a_draft() -> None:
    assert reachable_from(JobStatus.DRAFT) == set(JobStatus)


@pytest.mark.parametrize("status", JobStatus)
def test_no_status_is_a_dead_end_but_the_ended_ones(status: JobStatus) -> None:
    assert reachable_from(status) & ENDED


def test_ended_jobs_stay_ended() -> None:
    assert {JobStatus.DELIVERED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED} == ENDED


@pytest.mark.parametrize("target", JobStatus)
def test_sources_are_the_table_read_backwards(target: JobStatus) -> None:
    assert sources_of(target) == {source for source in JobStatus if target in LEGAL_MOVES[source]}


def test_nothing_is_paid_for_without_a_yes() -> None:
    """Only a confirmation or an approval leads into the queue, and only the queue to sync.so."""
    assert sources_of(JobStatus.QUEUED) - {JobStatus.SUBMITTING} == {
        JobStatus.AWAITING_CONFIRMATION,
        JobStatus.AWAITING_APPROVAL,
    }
    assert sources_of(JobStatus.SUBMITTING) == {JobStatus.QUEUED}


def test_replies_go_into_the_thread_it_was_asked_in() -> None:
    assert job(channel_id="C1", thread_ts="1.0", card_channel="C1", card_ts="2.0").thread == ("C1", "1.0")


def test_replies_go_under_the_card_where_there_was_no_thread() -> None:
    assert job(channel_id="C1", thread_ts=None, card_channel="C1", card_ts="2.0").thread == ("C1", "2.0")


def test_replies_follow_a_card_that_moved_to_the_direct_message() -> None:
    moved = job(channel_id="C1", thread_ts="1.0", card_channel="D1", card_ts="2.0", card_moved=True)
    assert moved.thread == ("D1", "2.0")
    assert moved.conversation_of_thread is Conversation.DIRECT_MESSAGE


def test_a_card_that_did_not_move_is_in_the_kind_of_place_it_was_asked_in() -> None:
    asked = job(channel_id="G1", conversation=Conversation.GROUP_MESSAGE, card_channel="G1", card_ts="2.0")
    assert asked.conversation_of_thread is Conversation.GROUP_MESSAGE
