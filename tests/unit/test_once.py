"""What is done once though it is asked for again and again."""

from bot import once as module
from bot.once import Once


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_first_once_and_after_a_while_again() -> None:
    clock = Clock()
    once = Once(clock=clock)
    assert once.first("redraw", "J1", within_s=60)
    clock.now += 59
    assert not once.first("redraw", "J1", within_s=60)
    assert once.first("redraw", "J2", within_s=60)
    clock.now += 1
    assert once.first("redraw", "J1", within_s=60)


def test_asking_all_the_time_does_not_put_it_off_for_ever() -> None:
    clock = Clock()
    once, done = Once(clock=clock), 0
    for _ in range(4 * 60):
        done += once.first("redraw", "J1", within_s=60)
        clock.now += 0.25
    assert done == 1
    assert once.first("redraw", "J1", within_s=60)


def test_what_came_to_nothing_is_forgotten() -> None:
    once = Once(clock=Clock())
    assert once.first("form", "J1", within_s=60)
    once.forget("form", "J1")
    assert once.first("form", "J1", within_s=60)


def test_its_memory_has_an_end() -> None:
    once = Once(clock=Clock())
    for number in range(module._KEPT + 1_000):
        once.first(number, within_s=60)
    assert len(once._until) == module._KEPT
