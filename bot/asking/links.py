"""Links that people give: found between other signs, and judged whether sync.so could fetch them. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from bot.asking.signs import (
    COLONS,
    DOUBLE_QUOTES,
    QUOTES,
    SENTENCE_ENDS,
    skip_signs,
    strip_blanks,
    strip_end,
)
from bot.asking.spoken import unescape
from bot.web_addresses import host_and_name

_URL_LIMIT = 2_000
_WEB_LINK = re.compile(
    r"(?P<scheme>https?)://(?P<login>[^\s/?#@]*@)?(?P<host>[^\s/?#@:\[\]]+|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_BEGIN = re.compile(r"https?://", re.IGNORECASE)
_PLAIN = r"(https?://[\w/=?%:.-]*[\w/])"
"""Most links: nothing in them has to be taken for a sign around them."""
_PLAIN_LINK = re.compile(rf"{_PLAIN}(?=\s[a-z0-9]|\Z)", re.IGNORECASE | re.ASCII)
_SURE = r"(https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)/(?:[\w/=?%:.-]*[\w/])?)"
"""As above, where nothing can be wrong but whose host it is; an address, and its host."""
_TWO_LINKS = re.compile(rf"{_SURE}\s+{_SURE}", re.ASCII)
_ENTITY = re.compile(r"<(?P<url>https?://[^<>|]*)(?:\|[^<>]*)?>", re.IGNORECASE)
_MARKDOWN = re.compile(r"\[[^\[\]<>]{1,200}\](?=\()")
"""The label of a link as Markdown writes it, `[label](https://…)`."""
_END = re.compile(rf"[\s<>、。{''.join(DOUBLE_QUOTES)}]|&[lg]t;|[^\w/=?&%:.-](?=https?://)", re.IGNORECASE)
"""What ends a link that stands bare; of two links without a blank between them, the sign that parts them."""
_GOES_ON = SENTENCE_ENDS | COLONS
"""What parts a link from what follows it, beside blanks, commas and brackets."""
_ODD = re.compile(r"[^!-Z\\^-~]")
"""What may make something else of a host than what it looks like: brackets, signs beyond ASCII."""
_MAX_PORT = 65_535
_SLACK_HOSTS = (".slack.com", ".slack-files.com", ".slack-edge.com")
_VIDEO_PAGES = (
    ".youtube.com",
    ".youtu.be",
    ".vimeo.com",
    ".tiktok.com",
    ".instagram.com",
    ".facebook.com",
    ".x.com",
    ".loom.com",
    ".drive.google.com",
)
_NO_FILES = _SLACK_HOSTS + _VIDEO_PAGES
_FILES_OF_PAGES = re.compile(r"https://(?:cdn\.loom\.com/|drive\.google\.com/uc\?)", re.IGNORECASE)
"""Of those hosts, where files are."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class LinkProblem(StrEnum):
    """Why sync.so could not fetch a link, or should not be given it."""

    TOO_LONG = auto()
    NOT_HTTPS = auto()
    BROKEN = auto()
    """It has no host or none that can be, a port that does not exist, or blanks in it."""
    HAS_LOGIN = auto()
    """A user's name or password, which would travel to sync.so."""
    TO_SLACK = auto()
    TO_PAGE = auto()


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link in a text, and where the text goes on behind it."""

    url: str
    end: int


def link_problem(url: str) -> LinkProblem | None:
    """What is wrong with a link; None if nothing is.

    Plain http is accepted only on loopback, where the sandbox serves its samples.
    """
    if len(url) > _URL_LIMIT:
        return LinkProblem.TOO_LONG
    link = _WEB_LINK.fullmatch(url)
    if link is None or not 0 < int(link["port"] or 443) <= _MAX_PORT or not _leads_somewhere(url):
        return LinkProblem.BROKEN if _BEGIN.match(url) else LinkProblem.NOT_HTTPS
    if link["login"]:
        return LinkProblem.HAS_LOGIN
    host = link["host"].casefold().strip("[]").rstrip(".")
    if link["scheme"].casefold() != "https" and host not in _LOOPBACK:
        return LinkProblem.NOT_HTTPS
    if f".{host}".endswith(_SLACK_HOSTS):
        return LinkProblem.TO_SLACK
    is_page = f".{host}".endswith(_VIDEO_PAGES) and not _FILES_OF_PAGES.match(url)
    return LinkProblem.TO_PAGE if is_page else None


def _leads_somewhere(url: str) -> bool:
    """Whether whoever follows it finds a host: no half address in brackets, no sign that parts it anew."""
    return _ODD.search(url) is None or bool(host_and_name(url)[0])


def find_link(text: str, at: int) -> FoundLink | None:
    """The link that stands at `at`, behind nothing but signs: without them, as it was meant.

    Args:
        text: As Slack sends it: the link perhaps as `<url|label>`, `&`, `<` and `>` escaped.
        at: Where to look.
    """
    plain = _PLAIN_LINK.match(text, at)
    if plain is not None:
        return FoundLink(plain[1], plain.end())
    begin = skip_signs(text, at, also=QUOTES)
    labelled = _MARKDOWN.match(text, begin - 1) if text[at:begin].endswith("[") else None
    if labelled is not None:
        begin = skip_signs(text, labelled.end(), also=QUOTES)
    # Slack's own bracket counts as a sign like any other.
    entity = _ENTITY.match(text, begin - 1) if text[at:begin].endswith("<") else None
    if entity is not None:
        end = _behind(text, entity.end(), before=text[at:begin])
        return FoundLink(strip_end(unescape(entity["url"])), end)
    if _BEGIN.match(text, begin) is None:
        return None
    found = _END.search(text, begin)
    end = found.start() if found else len(text)
    before = strip_blanks(text[at:begin])
    url = strip_end(unescape(text[begin:end]), also=QUOTES.union(before) if before else QUOTES)
    return FoundLink(url, _behind(text, end, before=before))


def two_links(text: str) -> tuple[str, str] | None:
    """The addresses of two links that are all there is, where one look tells that they are as they should be.

    They are those that `find_link` finds, and `link_problem` has nothing against; in a quarter of the time.
    """
    both = _TWO_LINKS.fullmatch(text) if len(text) <= _URL_LIMIT else None
    if both is None:
        return None
    video, its_host, audio, other_host = both.groups()
    if f".{its_host}".endswith(_NO_FILES) or f".{other_host}".endswith(_NO_FILES):
        return None
    return video, audio


def links_in(text: str) -> list[str]:
    """The addresses of the links in a message, in order, as Slack marks them there."""
    return [strip_end(unescape(entity["url"])) for entity in _ENTITY.finditer(text)]


def _behind(text: str, end: int, *, before: str) -> int:
    """Where a text goes on behind a link: past the end of a sentence, and quotes that were opened before."""
    opened = sum(char in QUOTES for char in before)
    while end < len(text):
        if text[end] in QUOTES and opened:
            opened -= 1
        elif text[end] not in _GOES_ON:
            further = skip_signs(text, end)
            if text[further : further + 1] not in _GOES_ON:
                break
            end = further
        end += 1
    return end
