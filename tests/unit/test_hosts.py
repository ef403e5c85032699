"""Which names mean this machine, in every spelling that a resolver takes."""

import pytest

from bot.hosts import is_loopback, is_this_machine

USUAL = ["localhost", "127.0.0.1", "127.9.9.9", "::1"]
ODD = [
    "LOCALHOST",
    "localhost.",
    "any.localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "[::1]",
    "::",
    "::ffff:127.0.0.1",
    "0:0:0:0:0:0:0:1",
]
OTHERS = [
    "example.com",
    "localhost.example.com",
    "notlocalhost",
    "10.0.0.1",
    "128.0.0.1",
    "2001:db8::1",
    "",
    "☃",
]


@pytest.mark.parametrize("host", USUAL + ODD)
def test_this_machine_is_known_by_any_name(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", OTHERS)
def test_another_machine_is_another(host: str) -> None:
    assert not is_this_machine(host)
    assert not is_loopback(host)


@pytest.mark.parametrize("host", USUAL)
def test_the_usual_names_are_loopback(host: str) -> None:
    assert is_loopback(host)
