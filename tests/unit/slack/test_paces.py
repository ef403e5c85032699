"""Slack's paces: never too fast, results before progress, and a method that asked for rest gets it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import paces as module
from bot.slack.paces import UPDATES_A_MINUTE, Edit, Paces


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def paces(clock: Clock) -> Paces:
    return Paces(clock=clock)


def test_one_message_a_second_for_each_channel(paces: Paces, clock: Clock) -> None:
    assert paces.message("T1", "C1", "J1") == 0
    assert paces.message("T1", "C2", "J1") == 0
    assert paces.message("T2", "C1", "J1") == 0
    assert paces.message("T1", "C1", "J1") == 1
    clock.now += 1
    assert paces.message("T1", "C1", "J1") == 0


def test_those_who_are_sent_away_are_not_told_to_come_all_at_once(paces: Paces) -> None:
    assert [paces.message("T1", "C1", job) for job in range(5)] == [0, 1, 2, 3, 4]


def test_a_spare_turn_is_only_taken_where_nobody_waits_for_it(paces: Paces, clock: Clock) -> None:
    assert paces.spare_message("T1", "C1")
    assert not paces.spare_message("T1", "C1"), "a second has one message"
    assert paces.message("T1", "C1", "card") == 1
    clock.now += 1
    assert not paces.spare_message("T1", "C1"), "it is the card's"
    assert paces.message("T1", "C1", "card") == 0
    clock.now += 1
    assert paces.spare_message("T1", "C1")


def test_who_comes_again_too_early_keeps_the_place_and_holds_up_nobody(paces: Paces, clock: Clock) -> None:
    """As a card that changes again while it waits for its turn."""
    for job in range(UPDATES_A_MINUTE):
        paces.update("T1", job, Edit.NEWS)
    for _ in range(3):
        clock.now += 10
        waiting = [paces.update("T1", f"late {job}", Edit.NEWS) for job in range(10)]

    assert waiting == pytest.approx([30 + 1.2 * job for job in range(10)])
    clock.now += 30
    assert paces.update("T1", "late 0", Edit.NEWS) == 0


def test_who_never_comes_back_is_waited_for_only_once(paces: Paces, clock: Clock) -> None:
    for job in range(UPDATES_A_MINUTE + 100):
        paces.update("T1", job, Edit.NEWS)
    clock.now += 60
    for job in range(UPDATES_A_MINUTE):
        assert paces.update("T1", f"new {job}", Edit.NEWS) == 0
    assert paces.update("T1", "one more", Edit.NEWS) == 60


def test_fifty_edits_a_minute_for_each_workspace(paces: Paces, clock: Clock) -> None:
    waits = [paces.update("T1", job, Edit.NEWS) for job in range(UPDATES_A_MINUTE + 1)]
    assert waits == [0] * UPDATES_A_MINUTE + [60]
    assert paces.update("T2", "J1", Edit.NEWS) == 0
    clock.now += 60
    assert paces.update("T1", "J1", Edit.NEWS) == 0


def test_progress_leaves_a_part_of_the_pace_to_results(paces: Paces) -> None:
    shown = sum(paces.update("T1", job, Edit.PROGRESS) == 0 for job in range(UPDATES_A_MINUTE))
    assert 0 < shown < UPDATES_A_MINUTE
    assert paces.update("T1", "J1", Edit.NEWS) == 0
    assert paces.update("T1", "J1", Edit.PROGRESS) > 0


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans(), st.integers(0, 70)), max_size=300))
def test_no_minute_ever_has_more_edits_than_it_may(asks: list[tuple[float, bool, int]]) -> None:
    clock = Clock()
    paces, made = Paces(clock=clock), list[float]()
    for passed_s, progress, job in asks:
        clock.now += passed_s
        wait_s = paces.update("T1", job, Edit.PROGRESS if progress else Edit.NEWS)
        assert wait_s >= 0
        if wait_s == 0:
            made.append(clock.now)
    for at in made:
        assert sum(at - 60 < other <= at for other in made) <= UPDATES_A_MINUTE


def test_a_method_of_a_workspace_rests_for_as_long_as_asked(paces: Paces, clock: Clock) -> None:
    paces.rest("T1", "chat.update", for_s=30)
    assert paces.rests_s("T1", "chat.update") == 30
    assert paces.rests_s("T1", "chat.postMessage") == 0
    assert paces.rests_s("T2", "chat.update") == 0
    clock.now += 30
    assert paces.rests_s("T1", "chat.update") == 0


def test_channels_at_rest_are_forgotten(paces: Paces, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 10)
    for number in range(1_000):
        clock.now += 1
        assert paces.message("T1", f"C{number}", "J1") == 0
    assert len(paces._messages) <= 12


def test_who_never_comes_back_is_forgotten(paces: Paces, clock: Clock) -> None:
    for job in range(2_000):
        clock.now += 1.2
        paces.update("T1", job, Edit.NEWS)
        paces.update("T1", f"sent away {job}", Edit.PROGRESS)
    kept = sum(map(len, paces._updates["T1"].promised.values()))
    assert kept < 200


def test_nobody_new_goes_before_somebody_whose_moment_has_come(paces: Paces, clock: Clock) -> None:
    assert [paces.message("T1", "C1", job) for job in ("first", "second", "third")] == [0, 1, 2]
    clock.now += 1
    assert paces.message("T1", "C1", "new") == 2
    assert paces.message("T1", "C1", "second") == 0
    clock.now += 1
    assert paces.message("T1", "C1", "third") == 0


def test_whoever_does_not_come_for_the_promised_moment_holds_up_the_others_shortly(
    paces: Paces, clock: Clock
) -> None:
    assert [paces.message("T1", "C1", job) for job in ("first", "lost")] == [0, 1]
    clock.now += 1
    assert paces.message("T1", "C1", "new") > 0
    clock.now += 3
    assert paces.message("T1", "C1", "new") == 0


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 12)), max_size=200))
def test_no_second_ever_has_two_messages_and_who_waits_as_told_is_served(
    asks: list[tuple[float, int]],
) -> None:
    clock = Clock()
    paces, made = Paces(clock=clock), list[float]()
    for passed_s, job in asks:
        clock.now += passed_s
        wait_s = paces.message("T1", "C1", job)
        assert wait_s >= 0
        if wait_s == 0:
            made.append(clock.now)
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(made))


def test_somebody_who_presses_a_dead_button_all_the_time_takes_no_edits_from_results(
    paces: Paces, clock: Clock
) -> None:
    """Five presses a second for two minutes, on as many dead cards as one person can have open."""
    late_s = []
    for second in range(120):
        for press in range(5):
            paces.update("T1", f"dead {(second * 5 + press) % 20}", Edit.REDRAW)
        if second % 10 == 0:
            late_s.append(paces.update("T1", f"price {second}", Edit.NEWS))
        clock.now += 1
    assert late_s == [0] * 12
