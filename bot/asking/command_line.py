"""What a person typed in one line, behind `/lipsync` or to the app: into a draft, or why it is none. Pure.

    VIDEO [AUDIO | say "WORDS"] [voice NAME] [model NAME] [project "NAME"]
        [shown own | nobody | @SOMEBODY | "NAME ON A RELEASE"]

Quotes, brackets, commas and invisible signs around the parts mean nothing, of whatever kind they are.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any

from bot.asking.drafts import PROJECT_LIMIT, SCRIPT_LIMIT, Draft, Link, Script, project_name
from bot.asking.links import LinkProblem, find_link, link_problem, two_links
from bot.asking.options import PROJECT, SHOWN, Option, closings, options_of_plain_words, read_options
from bot.asking.short_words import AskHelp, Own, word_alone
from bot.asking.signs import (
    COLONS,
    COMMAS,
    DOUBLE_QUOTES,
    QUOTES,
    SINGLE_QUOTES,
    skip_blanks,
    skip_signs,
    strip_blanks,
    strip_end,
)
from bot.asking.spoken import NamesSomebody, spoken
from storage.consents import NAME_LIMIT, Ground, Shown
from storage.people import USER_ID

LINE_LIMIT = 40_000
"""Characters of a line that is read; Slack cuts a message there (Slack: chat.postMessage)."""
LINES_LIMIT = 200
"""Lines of one message that each say something."""
_SAY = re.compile(rf"say(?!\w)\s*[{''.join(COLONS | COMMAS)}]?", re.IGNORECASE)
_CONNECTOR = re.compile(r"(?:and|with|then|\+|&amp;|&|[-=–—]{1,2}(?:&gt;|>)?|→)(?=\s)", re.IGNORECASE)
_NEXT_LINE = re.compile(r"\n[^\S\n]*(?=say(?!\w))", re.IGNORECASE)
"""Before a line that says something of its own."""
_KEYWORD = re.compile(rf"(?:voice|model)\b|{PROJECT}|{SHOWN}", re.IGNORECASE)
_NOTHING_QUOTED = re.compile(
    rf"[{''.join(DOUBLE_QUOTES)}]\s*[{''.join(DOUBLE_QUOTES)}](?=\s*say(?!\w)|\s+[{''.join(DOUBLE_QUOTES)}])",
    re.IGNORECASE,
)
"""Quotes around nothing, before words that are said."""
_CODE = re.compile(r"`{1,3}([^`]+)`{1,3}")
_PERSON = re.compile(rf"<@({USER_ID})(?:\|[^<>]{{0,100}})?>")
_GROUNDS = {"own": Ground.OWN, "nobody": Ground.NOT_REAL}
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


class Why(StrEnum):
    """What is wrong with a line."""

    TOO_LONG = auto()
    NO_VIDEO = auto()
    """It does not begin with a link."""
    NO_SPEECH = auto()
    """What follows the video is neither audio nor words to say."""
    BEFORE_QUOTE = auto()
    """Something else than `say` stands before words in quotes; `about` is that."""
    OPTIONS_FIRST = auto()
    """An option stands before the speech."""
    SHOWN_UNCLEAR = auto()
    """What stands behind `shown` is nobody."""
    QUOTE_NOT_CLOSED = auto()
    NOTHING_SAID = auto()
    SCRIPT_TOO_LONG = auto()
    """`count` says how long it is."""
    TOO_MANY_LINES = auto()
    """`count` says how many."""
    NAMES_SOMEBODY = auto()
    AFTER_SPEECH = auto()
    """Something else than options follows the speech; `about` is that."""
    AUDIO_AND_WORDS = auto()
    THIRD_LINK = auto()
    VOICE_WITH_AUDIO = auto()
    NO_NAME = auto()
    """`about` is the keyword that has none."""
    TWICE = auto()
    """`about` is the keyword that came twice."""
    MODEL_NOT_ONE_WORD = auto()
    PROJECT_TOO_LONG = auto()


@dataclass(frozen=True, slots=True)
class OpenForm:
    """The form is asked for, perhaps with something filled in."""

    draft: Draft = field(default_factory=Draft)


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A line that cannot be understood, and why."""

    why: Why | LinkProblem
    about: str = ""
    count: int = 0


Command = OpenForm | AskHelp | Own | BadCommand | Draft


class _Bad(Exception):
    """Why a line cannot be understood."""

    def __init__(self, why: Why | LinkProblem, about: str = "", count: int = 0) -> None:
        super().__init__(why)
        self.command = BadCommand(why, about, count)


def parse_command(text: str) -> Command:
    """What a line behind `/lipsync` asks for.

    Args:
        text: As Slack sends it: links perhaps in angle brackets, `&`, `<`, `>` escaped.

    Returns:
        A complete draft; an order to open the form, to help or to tell of videos; or why it is no such thing.
    """
    both = two_links(text)  # most lines
    if both is not None:
        return Draft(video=Link(url=both[0]), speech=Link(url=both[1]))
    if len(text) > LINE_LIMIT:
        return BadCommand(Why.TOO_LONG)
    line = _without_code_marks(strip_blanks(text))
    if not line:
        return OpenForm()
    asked = word_alone(line)
    if asked is not None:
        return asked
    try:
        return _parse(line)
    except _Bad as bad:
        return bad.command


def parse_speech(text: str) -> Draft | BadCommand | None:
    """What the words beside a video ask for, as a draft without it.

    Returns:
        A draft; why it is not understood, where something is to be said; None: they are just words.
    """
    if len(text) > LINE_LIMIT:
        return None
    words = _without_code_marks(strip_blanks(text))
    try:
        return _speeches(words, 0, None)
    except _Bad as bad:
        return bad.command if _means_speech(words, bad.command.why) else None


def _without_code_marks(line: str) -> str:
    """A line that was pasted as code, which is how examples are shown, or in parts, without the marks."""
    if "`" not in line:
        return line
    inner = strip_blanks(line.strip("`"))
    if line[:1] == line[-1:] == "`" and "`" not in inner and _begins_part(inner):
        return inner
    done, at, quotes = [], 0, 0
    for code in _CODE.finditer(line):
        quotes += _quotes_in(line[at : code.start()])
        is_part = quotes % 2 == 0 and _begins_part(strip_blanks(code[1]))
        done += [line[at : code.start()], f" {code[1]} " if is_part else code[0]]
        at, quotes = code.end(), quotes + _quotes_in(code[1])
    return strip_blanks("".join([*done, line[at:]]))


def _begins_part(words: str) -> bool:
    return any((find_link(words, 0), _SAY.match(words), _KEYWORD.match(words)))


def _quotes_in(words: str) -> int:
    return sum(char in DOUBLE_QUOTES for char in words)


def parse_words(text: str) -> Draft | BadCommand:
    """Words without `say` or quotes as what a video shall say, as a draft without it; or why no voice can."""
    if len(text) > LINE_LIMIT:
        return BadCommand(Why.TOO_LONG)
    try:
        words, options = _plain_words(strip_blanks(text))
        return _draft(None, _script(words), options)
    except _Bad as bad:
        return bad.command


def _means_speech(words: str, why: Why | LinkProblem) -> bool:
    return why not in {Why.NO_SPEECH, Why.OPTIONS_FIRST} or any(char in DOUBLE_QUOTES for char in words)


def _parse(line: str) -> Command:
    video = _link(line, 0)
    if video is None:
        speech = parse_speech(line)
        if isinstance(speech, Draft):
            return OpenForm(speech)
        raise _Bad(Why.NO_VIDEO)
    link, at = video
    if skip_signs(line, at, also=QUOTES) == len(line):
        return OpenForm(Draft(video=link))
    return _speeches(line, at, link)


def _link(line: str, at: int) -> tuple[Link, int] | None:
    found = find_link(line, at)
    return None if found is None else (_checked(found.url), found.end)


def _checked(url: str) -> Link:
    problem = link_problem(url)
    if problem:
        raise _Bad(problem)
    return Link(url=url)


def _speeches(line: str, at: int, video: Link | None) -> Draft:
    """The draft of a line that goes on at `at`, behind the video.

    Of several lines that begin with `say` each is a script of its own.
    """
    if "\n" not in line:
        return _speech(line, at, video)
    first, *more = _NEXT_LINE.split(line[at:])
    if not strip_blanks(first) and more:
        first, *more = more
    if not more:
        return _speech(line, at, video)
    if len(more) >= LINES_LIMIT:
        raise _Bad(Why.TOO_MANY_LINES, count=len(more) + 1)
    try:
        said = [_speech(first, 0, video), *(_speech(each, 0, None) for each in more)]
    except _Bad as bad:
        if bad.command.why is not Why.QUOTE_NOT_CLOSED:
            raise
        with suppress(_Bad):
            return _speech(line, at, video)  # the next line is within the quotes
        raise
    scripts = [draft.speech for draft in said if isinstance(draft.speech, Script)]
    if len(scripts) < len(said):
        raise _Bad(Why.AUDIO_AND_WORDS)
    of_all = {name: _of_all(said, name) for name in ("model", "project", "shown")}
    return said[0].model_copy(update={"more_scripts": tuple(scripts[1:]), **of_all})


def _of_all(said: list[Draft], name: str) -> Any:
    """What an option says that may stand in any of the lines, and holds for all."""
    names = {getattr(draft, name) for draft in said} - {None}
    if len(names) > 1:
        raise _Bad(Why.TWICE, name)
    return next(iter(names), None)


def _speech(line: str, at: int, video: Link | None) -> Draft:
    """The draft of a line that goes on at `at`, behind the video."""
    at = _behind_connector(line, at)
    audio = _link(line, at)
    if audio is not None:
        link, end = audio
        return _draft(video, link, _options_behind_audio(line, end))
    at = _behind_lone_quote(line, _behind_nothing_quoted(line, skip_signs(line, at)))
    said = _SAY.match(line, at)
    begin = _behind_nothing_quoted(line, skip_blanks(line, said.end())) if said else at
    if said is None and _KEYWORD.match(line, at):
        raise _Bad(Why.OPTIONS_FIRST)
    if said is None and (at == len(line) or line[at] not in QUOTES):
        raise _no_speech(line[at:])
    words, options = _words(line, begin)
    return _draft(video, _script(words), options)


def _behind_nothing_quoted(line: str, at: int) -> int:
    while nothing := _NOTHING_QUOTED.match(line, at):
        at = skip_signs(line, nothing.end())
    return at


def _behind_lone_quote(line: str, at: int) -> int:
    """Behind a quote that opens nothing: what follows has quotes of its own, or nothing closes it."""
    kind = next((kind for kind in (DOUBLE_QUOTES, SINGLE_QUOTES) if line[at : at + 1] in kind), None)
    if kind is None:
        return at
    begin = skip_signs(line, at + 1)
    said = _SAY.match(line, begin)
    words = skip_blanks(line, said.end()) if said else begin
    has_own = line[words : words + 1] in kind and (said is not None or begin > at + 1)
    is_open = not any(char in kind for char in line[begin:]) and (said or _KEYWORD.match(line, begin))
    return begin if has_own or is_open else at


def _no_speech(words: str) -> _Bad:
    """Why words that begin neither with `say` nor with a quote say nothing."""
    quote = next((place for place, char in enumerate(words) if char in DOUBLE_QUOTES), None)
    if quote is None:
        return _Bad(Why.NO_SPEECH)
    return _Bad(Why.BEFORE_QUOTE, strip_end(words[:quote]))


def _behind_connector(line: str, at: int) -> int:
    """Behind the `and` that joins two parts."""
    begin = skip_signs(line, at)
    found = _CONNECTOR.match(line, begin)
    return found.end() if found else at


def _options_behind_audio(line: str, at: int) -> tuple[Option, ...]:
    options = read_options(line, skip_signs(line, at, also=QUOTES))
    if options is None:
        begin = _behind_connector(line, at)
        if find_link(line, begin) is not None:
            raise _Bad(Why.THIRD_LINK)
        begin = skip_signs(line, begin)
        if _SAY.match(line, begin) or line[begin : begin + 1] in QUOTES:
            raise _Bad(Why.AUDIO_AND_WORDS)
        raise _Bad(Why.AFTER_SPEECH, strip_end(line[begin:]))
    if any(option.keyword == "voice" for option in options):
        raise _Bad(Why.VOICE_WITH_AUDIO)
    return options


def _words(line: str, at: int) -> tuple[str, tuple[Option, ...]]:
    """What is to be said, as it was sent, and the options behind it."""
    if at == len(line) or line[at] not in QUOTES:
        return _plain_words(line[at:])
    begin, last = at + 1, None
    for close in closings(line, begin):
        options, last = read_options(line, close + 1), close
        if options is not None:
            return line[begin:close], options
    if last is not None:
        raise _Bad(Why.AFTER_SPEECH, strip_end(line[skip_signs(line, last + 1) :]))
    if line[at] in SINGLE_QUOTES:
        return _plain_words(line[at:])  # an apostrophe
    raise _Bad(Why.QUOTE_NOT_CLOSED)


def _plain_words(words: str) -> tuple[str, tuple[Option, ...]]:
    said, options = options_of_plain_words(words)
    said = strip_blanks(said)
    closed_only = said[-1:] in DOUBLE_QUOTES and not any(char in DOUBLE_QUOTES for char in said[:-1])
    return said[:-1] if closed_only else said, options


def _script(words: str) -> str:
    try:
        script = strip_blanks(spoken(words))
    except NamesSomebody:
        raise _Bad(Why.NAMES_SOMEBODY) from None
    if not script:
        raise _Bad(Why.NOTHING_SAID)
    if len(script) > SCRIPT_LIMIT:
        raise _Bad(Why.SCRIPT_TOO_LONG, count=len(script))
    return script


def _draft(video: Link | None, speech: Link | str, options: tuple[Option, ...]) -> Draft:
    names: dict[str, str] = {}
    for option in options:
        if not option.name:
            raise _Bad(Why.NO_NAME, option.keyword)
        if option.keyword in names:
            raise _Bad(Why.TWICE, option.keyword)
        names[option.keyword] = option.name
    model = names.get("model")
    if model is not None and not _MODEL.fullmatch(model):
        raise _Bad(Why.MODEL_NOT_ONE_WORD)
    project = project_name(names.get("project", ""))
    if project is not None and len(project) > PROJECT_LIMIT:
        raise _Bad(Why.PROJECT_TOO_LONG)
    if isinstance(speech, str):
        speech_part: Link | Script = Script(text=speech, voice_id=None, voice_name=names.get("voice"))
    else:
        speech_part = speech
    shown = _shown(names["shown"]) if "shown" in names else None
    return Draft(video=video, speech=speech_part, model=model, project=project, shown=shown)


def _shown(name: str) -> Shown:
    """Who is shown; whoever writes it, where it is `own`."""
    person = _PERSON.fullmatch(name)
    if person is not None:
        return Shown(Ground.COLLEAGUE, person[1])
    if name.casefold() in _GROUNDS:
        return Shown(_GROUNDS[name.casefold()])
    if "<" in name or name.casefold().split()[0] in _GROUNDS or len(name) > NAME_LIMIT:
        raise _Bad(Why.SHOWN_UNCLEAR)
    return Shown(Ground.RELEASE, name=" ".join(name.split()))
