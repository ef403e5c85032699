"""What a text tells of web addresses (nothing that opens a door), and which of them mean this machine."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.log import mask
from bot.web_addresses import host_and_name, is_loopback, is_public, is_this_machine, without_secrets

_PATH = st.text("abcXYZ0189-_%", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Could not download https://b.example/t0ken/clip.mp4?sig=s3cret, is it public?",
            "Could not download https://b.example/…/clip.mp4, is it public?",
        ),
        ("See https://b.example/share/t0ken.", "See https://b.example/…."),
        ("('https://b.example?key=s3cret')", "('https://b.example/…')"),
        ("x=https%3A%2F%2Fb.example%2Ft0ken", "x=(a web address)"),
        (r'{"url":"https:\/\/b.example\/t0ken"}', '{"url":"(a web address)"}'),
        ("HTTPS://me:s3cret@b.example/clip.mp4", "https://b.example/…/clip.mp4"),
        ("wss://b.example/link?ticket=s3cret", "https://b.example/…"),
        ("https://[half/clip.mp4?s3cret", "(a web address)"),
        ("Write to https://b.example.", "Write to https://b.example."),
        ("no address", "no address"),
    ],
)
def test_of_an_address_host_and_file_name_are_told(said: str, told: str) -> None:
    assert without_secrets(said) == told
    assert mask(said) == told


@given(_PATH, _PATH, st.text(max_size=20))
def test_no_path_and_no_query_survives(path: str, query: str, around: str) -> None:
    url = f"https://b.example/0{path}0/1{query}1/clip.mp4?k=2{query}2"
    told = without_secrets(f"{around} {url} {around}")
    assert f"0{path}0" not in told.replace(around, "")
    assert f"{query}2" not in told.replace(around, "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h.example/a/b/clip.mp4?t=1", "clip.mp4"),
        ("https://h.example/My%20clip.MOV", "My clip.MOV"),
        ("https://h.example/t/AbCdEf0123456789", ""),
        ("https://h.example/eyJhbGciOi.eyJzdWIi.SflKxwRJSMeKKF2QT4", ""),
        ("https://h.example/share/1.5", ""),
        ("https://h.example/", ""),
        ("https://h.example", ""),
        ("https://h.example/?file=clip.mp4", ""),
    ],
)
def test_the_end_of_an_address_is_a_name_where_it_ends_like_a_file(url: str, name: str) -> None:
    assert host_and_name(url) == ("h.example", name)


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


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::8.8.8.8", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::8.8.8.8", False),
        ("::ffff:169.254.169.254", False),
        ("::8.8.8.8", False),
        ("2002:808:808::1", False),
        ("2001:0:808:808::1", False),
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("fe80::1%eth0", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("files.example.com", False),
        ("", False),
    ],
)
def test_which_addresses_are_those_of_strangers(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_ipv6_is_judged_as_what_it_is(address: IPv4Address) -> None:
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") is public
    assert is_public(f"64:ff9b::{address}") is public
    assert not public or address.is_global
