"""Links: found between whatever stands around them, and judged before sync.so is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.links import FoundLink, LinkProblem, find_link, link_problem, two_links


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://example.com/v.mp4", None),
        ("https://cdn.example.com:8443/v.mp4?sig=%2F", None),
        ("http://127.0.0.1:8000/v.mp4", None),
        ("http://localhost/v.mp4", None),
        ("http://example.com/v.mp4", LinkProblem.NOT_HTTPS),
        ("ftp://example.com/v.mp4", LinkProblem.NOT_HTTPS),
        ("https://user:pass@example.com/v.mp4", LinkProblem.HAS_LOGIN),
        ("https://user@example.com/v.mp4", LinkProblem.HAS_LOGIN),
        ("https://example.com:0/v.mp4", LinkProblem.BROKEN),
        ("https://example.com.:443?v=1", None),
        ("HTTPS://Example.com/v.mp4#t=1", None),
        ("http://[::1]:8000/v.mp4", None),
        ("https://YouTu.be./1", LinkProblem.TO_PAGE),
        ("https://", LinkProblem.BROKEN),
        ("https://[::1", LinkProblem.BROKEN),
        ("https://[1:2]/v.mp4", LinkProblem.BROKEN),
        ("https://[1.2.3]/v.mp4", LinkProblem.BROKEN),
        ("https://example.com\N{FULLWIDTH COLON}8443/v.mp4", LinkProblem.BROKEN),
        ("https://user\N{FULLWIDTH COMMERCIAL AT}example.com/v.mp4", LinkProblem.BROKEN),
        ("https://example.com:\N{ARABIC-INDIC DIGIT EIGHT}\N{ARABIC-INDIC DIGIT ZERO}/v", LinkProblem.BROKEN),
        ("https://bücher.example/v.mp4", None),
        ("https://example.com:99999/v", LinkProblem.BROKEN),
        ("https://example.com/a b", LinkProblem.BROKEN),
        ("https://acme.slack.com/archives/C1/p1", LinkProblem.TO_SLACK),
        ("https://notslack.com/v.mp4", None),
        ("https://youtu.be/1", LinkProblem.TO_PAGE),
        ("https://www.loom.com/share/1", LinkProblem.TO_PAGE),
        ("https://cdn.loom.com/sessions/1.mp4", None),
        ("https://drive.google.com/file/d/1/view?usp=sharing", LinkProblem.TO_PAGE),
        ("https://drive.google.com/uc?export=download&id=1", None),
        ("https://docs.example.com/drive.google.com/v.mp4", None),
        ("https://example.com/" + "a" * 2_000, LinkProblem.TOO_LONG),
    ],
)
def test_links_that_sync_cannot_fetch_are_refused_here(url: str, problem: LinkProblem | None) -> None:
    assert link_problem(url) == problem


LINKS = [
    "https://example.com/v.mp4",
    "https://example.com/v.mp4?a=1&b=2",
    "https://example.com/take_(1).mp4",
    "https://en.wikipedia.org/wiki/Sync_(album)",
    "https://example.com/a[1]{2}.mp4#t=1,2",
    "https://example.com/it's.mp4",
    "https://proxy.example/?u=https://example.com/v.mp4",
    "https://example.com/bücher/映画.mp4",
    "http://127.0.0.1:8000/v.mp4",
]
INVISIBLE = "\u200b\u200e\u200f\ufeff\u2060\u00ad\u00a0\u3000\u2009\u202a\u202c\t "
AROUND = st.text(st.sampled_from(INVISIBLE + ",;([{<（【「『«“\"'‘*_~|`•"), max_size=4)
BEHIND = st.text(st.sampled_from(INVISIBLE + ",;.:!?…)]}>）】」』»”\"'’|、。"), max_size=4)


@given(st.sampled_from(LINKS), AROUND, BEHIND, st.sampled_from(["", " say hi", "\u3000and", "\n", " )"]))
def test_a_link_is_the_same_whatever_stands_around_it(link: str, before: str, behind: str, rest: str) -> None:
    escaped = link.replace("&", "&amp;")
    for written in (escaped, f"<{escaped}>", f"<{escaped}|a label, (1)>", f"&lt;{escaped}&gt;"):
        found = find_link(f"{before}{written}{behind}{rest}", 0)
        assert found is not None
        assert found.url == link


PIECES = [
    "https://",
    "http://h",
    "example.com",
    "/v.mp4",
    "?a=1&b=2",
    ":80",
    "&amp;",
    "&lt;",
    "&gt;",
    "[",
    ")",
]


@given(st.lists(st.sampled_from([*PIECES, *INVISIBLE, *",.!_~`'", "é", "say "]), max_size=12).map("".join))
def test_two_plain_links_are_those_that_are_found_one_after_the_other(more: str) -> None:
    line = f"https://a.example/v.mp4{more}"
    both = two_links(line)
    video = find_link(line, 0)
    assert video is not None
    if both is not None:
        audio = find_link(line, video.end)
        assert audio is not None
        assert (video.url, audio.url, audio.end) == (*both, len(line))
        assert [link_problem(url) for url in both] == [None, None]


def test_the_line_that_the_help_shows_is_two_plain_links() -> None:
    assert two_links("https://a.example/v.mp4 https://b.example/s.mp3") == (
        "https://a.example/v.mp4",
        "https://b.example/s.mp3",
    )


@pytest.mark.parametrize(
    "bad",
    [
        "https://files.slack.com/v.mp4",
        "https://slack.com/v.mp4",
        "https://youtu.be/v.mp4",
        "https://www.youtube.com/v.mp4",
        "http://a.example/v.mp4",
        "https://a.example:99999/v.mp4",
        "https://ada@a.example/v.mp4",
        f"https://a.example/{'v' * 2_000}",
    ],
)
def test_two_links_of_which_one_cannot_be_used_are_no_plain_ones(bad: str) -> None:
    good = "https://a.example/v.mp4"
    assert link_problem(bad) is not None
    assert two_links(f"{good} {bad}") is None
    assert two_links(f"{bad} {good}") is None


@pytest.mark.parametrize("mark", ["*", "_", "~", "`", "*_", "_*~"])
def test_marks_around_a_link_are_not_its_own(mark: str) -> None:
    found = find_link(f"{mark}https://example.com/v_1.mp4{mark[::-1]} say", 0)
    assert found is not None
    assert found.url == "https://example.com/v_1.mp4"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.com/a_", "https://example.com/a_"),
        ("https://example.com/a(1", "https://example.com/a(1"),
        ("(https://example.com/a_(1))", "https://example.com/a_(1)"),
        ("https://example.com/a?q=", "https://example.com/a?q="),
        ("https://example.com/a/", "https://example.com/a/"),
        ("https://a.example/v.mp4,https://b.example/s.mp3", "https://a.example/v.mp4"),
        ("https://a.example/v.mp4\u200bhttps://b.example/s.mp3", "https://a.example/v.mp4"),
        ("<https://a.example/v.mp4\u200b|x>", "https://a.example/v.mp4"),
        ("<https://a.example/v.mp4,>", "https://a.example/v.mp4"),
        ("<https://a.example/v_(1).mp4)|x>", "https://a.example/v_(1).mp4"),
    ],
)
def test_what_belongs_to_a_link_stays(text: str, link: str) -> None:
    found = find_link(text, 0)
    assert found is not None
    assert found.url == link


@pytest.mark.parametrize(
    "text", ["", "say https://example.com", "example.com/v.mp4", "<mailto:a@b.c|a>", "ftp://a"]
)
def test_where_no_link_stands_none_is_found(text: str) -> None:
    assert find_link(text, 0) is None


@given(st.text(max_size=100), st.integers(0, 100))
def test_looking_for_a_link_raises_nothing_and_goes_forward(text: str, at: int) -> None:
    for line in (text, f"https://{text}", f"<https://a{text}"):
        found = find_link(line, min(at, len(line)))
        assert found is None or isinstance(found, FoundLink)
        if found is not None:
            assert at < found.end <= len(line)
            link_problem(found.url)
