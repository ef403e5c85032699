"""Turns in an account's line: nobody waits for all of another person's jobs."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from storage.turns import Person, Waiting, in_turns

PEOPLE = [("T1", "ana"), ("T1", "ben"), ("T2", "ana"), ("T2", "chidi")]


def job(number: int, person: Person = PEOPLE[0], *, at: float | None = None, held: bool = False) -> Waiting:
    return Waiting(f"{number:03}", *person, confirmed_at=number if at is None else at, held=held)


def names(
    *waiting: Waiting,
    running: dict[Person, int] | None = None,
    last_turns: dict[Person, float] | None = None,
) -> list[str]:
    ordered = in_turns(waiting, running=running or {}, last_turns=last_turns or {})
    return [each.job_id for each in ordered]


ANA, BEN, OTHER_ANA, CHIDI = PEOPLE


def test_one_persons_jobs_go_in_the_order_of_their_yes() -> None:
    assert names(job(3), job(1), job(2)) == ["001", "002", "003"]


def test_people_take_turns_however_many_jobs_one_has() -> None:
    line = [job(1, ANA), job(2, ANA), job(3, ANA), job(4, BEN), job(5, BEN), job(6, CHIDI)]
    assert names(*line) == ["001", "004", "006", "002", "005", "003"]


def test_namesakes_of_two_teams_are_two_people() -> None:
    assert names(job(1, ANA), job(2, ANA), job(3, OTHER_ANA)) == ["001", "003", "002"]


def test_who_has_nothing_running_goes_before_who_has() -> None:
    assert names(job(1, ANA), job(2, BEN), running={ANA: 1}) == ["002", "001"]


def test_who_had_the_last_turn_lets_the_others_go_first() -> None:
    assert names(job(1, ANA), job(2, BEN), last_turns={ANA: 50.0, BEN: 40.0}) == ["002", "001"]
    assert names(job(1, ANA), job(2, BEN), last_turns={ANA: 50.0}) == ["002", "001"]


def test_what_has_a_slot_already_goes_first() -> None:
    assert names(job(1, ANA), job(2, BEN, held=True), running={BEN: 3}) == ["002", "001"]


lines = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.floats(0, 100), st.booleans()), min_size=1, max_size=30
).map(lambda drawn: [job(n, person, at=at, held=held) for n, (person, at, held) in enumerate(drawn)])
counts = st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 4))
moments = st.dictionaries(st.sampled_from(PEOPLE), st.floats(0, 100))


@given(lines, counts, moments)
def test_everybody_in_line_is_served_once(
    line: list[Waiting], running: dict[Person, int], last_turns: dict[Person, float]
) -> None:
    assert sorted(names(*line, running=running, last_turns=last_turns)) == sorted(
        each.job_id for each in line
    )


@given(lines, counts, moments)
def test_nobody_gets_a_second_job_ahead_of_somebody_with_fewer(
    line: list[Waiting], running: dict[Person, int], last_turns: dict[Person, float]
) -> None:
    line = [each for each in line if not each.held]
    has = Counter(running)
    left = Counter(each.person for each in line)
    for each in in_turns(line, running=running, last_turns=last_turns):
        waiting = [person for person in left if left[person]]
        assert has[each.person] == min(has[person] for person in waiting)
        has[each.person] += 1
        left[each.person] -= 1


@given(lines, st.integers(1, 3))
def test_with_few_slots_nobody_starves(line: list[Waiting], slots: int) -> None:
    """A whole day of an account: whoever waits is served before anybody has had two turns more."""
    waiting, running = [each for each in line if not each.held], list[Waiting]()
    last_turns: dict[Person, float] = {}
    turns_since: dict[Person, Counter[Person]] = {each.person: Counter() for each in waiting}
    clock = 1_000.0
    while waiting:
        clock += 1
        if len(running) == slots:
            running.pop(0)
        has = Counter(each.person for each in running)
        chosen = next(in_turns(waiting, running=has, last_turns=last_turns))
        for person, passed in turns_since.items():
            if person != chosen.person and any(each.person == person for each in waiting):
                passed[chosen.person] += 1
                assert passed[chosen.person] <= 2
        turns_since[chosen.person].clear()
        waiting.remove(chosen)
        running.append(chosen)
        last_turns[chosen.person] = clock
