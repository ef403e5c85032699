"""Memory with a bound: what was put in longest ago makes room, and reading alone keeps nothing."""

from bot.teams.recent import Recent


def test_the_longest_known_makes_room() -> None:
    known: Recent[str, int] = Recent(2)

    known["a"], known["b"] = 1, 2
    known["a"] = 3
    known["c"] = 4

    assert known == {"a": 3, "c": 4}


def test_another_without_one_has_the_same_bound_and_leaves_the_first_as_it_is() -> None:
    known: Recent[str, int] = Recent(2)
    known["a"], known["b"] = 1, 2

    fewer = known.without("a")
    fewer["c"], fewer["d"] = 3, 4

    assert fewer == {"c": 3, "d": 4}
    assert known == {"a": 1, "b": 2}
    assert known.without("unknown") == known
