"""The table of phases, cell by cell: what Slack's word leads to while a video is on its way."""

import itertools

import pytest

from bot.steps.phases import (
    APPEAR_PATIENCE_TRIES,
    SHARE_PATIENCE_TRIES,
    TABLE,
    Answer,
    Next,
    next_of,
)
from storage.jobs import Phase

# phase, answer: for so many tries, this; then that; and that where its time is over
CELLS = """
uploading  -        0  -     upload           upload
uploaded   shared   0  -     done             done
uploaded   known    7  look  anew             never_shared
uploaded   unknown  0  -     complete         complete
uploaded   unseen   0  -     complete_unseen  complete_unseen
uploaded   silent   0  -     listen           trouble
uploaded   taken    0  -     look_soon        look_soon
uploaded   dropped  7  look  anew             never_shared
sharing    shared   0  -     done             done
sharing    known    7  look  anew             never_shared
sharing    unknown  3  look  complete         never_shared
sharing    unseen   0  -     complete_unseen  complete_unseen
sharing    silent   0  -     listen           trouble
sharing    taken    0  -     look             look
sharing    dropped  7  look  anew             never_shared
"""
ROWS = [tuple(line.split()) for line in CELLS.strip().splitlines()]
ATTEMPTS = range(SHARE_PATIENCE_TRIES + 3)
ASKED = [(phase, answer) for phase, answer in TABLE if answer is not None]


def case(phase: str, answer: str) -> tuple[Phase, Answer | None]:
    return Phase(phase), None if answer == "-" else Answer(answer)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_cell_leads_where_it_is_expected_to(row: tuple[str, ...]) -> None:
    phase, answer = case(row[0], row[1])
    tries, first, then, when_old = int(row[2]), *row[3:]
    for attempts in ATTEMPTS:
        patient = attempts < tries
        young = next_of(phase, answer, attempts=attempts, is_old=False)
        old = next_of(phase, answer, attempts=attempts, is_old=True)
        assert young is Next[(first if patient else then).upper()]
        assert old is Next[(first if patient else when_old).upper()]


def test_the_table_has_these_cells_and_no_others() -> None:
    assert {case(row[0], row[1]) for row in ROWS} == TABLE.keys()
    assert TABLE.keys() == {
        (Phase.UPLOADING, None),
        *itertools.product((Phase.UPLOADED, Phase.SHARING), Answer),
    }


@pytest.mark.parametrize(("phase", "answer"), ASKED)
def test_no_second_upload_begins_while_the_first_may_still_come_to_stand_there(
    phase: Phase, answer: Answer
) -> None:
    for attempts, is_old in itertools.product(range(SHARE_PATIENCE_TRIES), (False, True)):
        assert next_of(phase, answer, attempts=attempts, is_old=is_old) not in {Next.ANEW, Next.UPLOAD}


@pytest.mark.parametrize(("phase", "answer"), ASKED)
def test_only_a_share_that_was_seen_is_a_delivery_where_the_app_may_look(
    phase: Phase, answer: Answer
) -> None:
    for attempts, is_old in itertools.product(ATTEMPTS, (False, True)):
        is_done = next_of(phase, answer, attempts=attempts, is_old=is_old) is Next.DONE
        assert is_done == (answer is Answer.SHARED)


@pytest.mark.parametrize("phase", [Phase.UPLOADED, Phase.SHARING])
def test_what_completing_is_answered_never_leads_to_completing_at_once_again(phase: Phase) -> None:
    for answer, attempts in itertools.product((Answer.TAKEN, Answer.DROPPED), ATTEMPTS):
        said = next_of(phase, answer, attempts=attempts, is_old=False)
        assert said not in {Next.COMPLETE, Next.COMPLETE_UNSEEN}


def test_what_is_old_begins_nothing_anew() -> None:
    for phase, answer in ASKED:
        assert next_of(phase, answer, attempts=100, is_old=True) not in {Next.ANEW, Next.UPLOAD}


def test_a_phase_takes_no_answer_to_what_was_not_asked_in_it() -> None:
    with pytest.raises(KeyError):
        next_of(Phase.UPLOADING, Answer.SHARED, attempts=0, is_old=False)


def test_slack_has_time_to_know_a_file_and_more_to_show_it() -> None:
    assert 1 < APPEAR_PATIENCE_TRIES < SHARE_PATIENCE_TRIES
