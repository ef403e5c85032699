"""What a person asked for, into a draft and then into the request to sync.so: words, links, lengths. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from bot.drafts import DEFAULT_MODEL, SCRIPT_LIMIT, Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.messages import notices
from bot.spoken import NamesSomebody, spoken, unescape
from bot.sync_api.models import (
    AudioInput,
    CreateGeneration,
    ElevenLabs,
    GenerationOptions,
    SyncMode,
    TextInput,
    VideoInput,
)

_URL_LIMIT = 2_000
_WEB_LINK = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^\s/?#@:\[\]]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
"""Without a user's name or password: they would travel to sync.so."""
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
)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_NAME_IN_OUTPUT = 80
_NAME_LIMIT = 200
"""Characters of a name that are looked at: Unicode's normal forms take the square of a row of accents."""
_NOT_IN_OUTPUT = re.compile(r"[^A-Za-z0-9]+")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class OpenForm:
    """The form is asked for, perhaps with something filled in."""

    draft: Draft = field(default_factory=Draft)


@dataclass(frozen=True, slots=True)
class AskHelp:
    """The help text is asked for."""


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A line that cannot be understood; `words` tell the person why and what would work, in mrkdwn."""

    words: str


Command = OpenForm | AskHelp | BadCommand | Draft


class _Bad(Exception):
    """Words for a line that cannot be understood."""


# --- the command line -----------------------------------------------------------------------------------

_LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>|(https?://\S+)", re.IGNORECASE)
_QUOTES = '"“”„‟«»'
_SAY = re.compile(
    rf"say\s*[{_QUOTES}](?P<script>.*?)[{_QUOTES}](?P<rest>(?:\s*\b(?:voice|model)\s.*)?)$",
    re.IGNORECASE | re.DOTALL,
)
_MEANS_SPEECH = re.compile(rf"\A(?:say\b|[^{_QUOTES}]*[{_QUOTES}])", re.IGNORECASE)
_UNCLOSED = re.compile(rf"say\s*[{_QUOTES}][^{_QUOTES}]*", re.IGNORECASE)
_KEYWORD = re.compile(r"(?:^|(?<!\s)\s+)(voice|model)\s+", re.IGNORECASE)
"""It begins at the first blank of a row: tried at each of them, a row would be walked once for each blank."""
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def parse_command(text: str) -> Command:
    """What a line behind `/lipsync` asks for.

    Args:
        text: As Slack sends it: links perhaps in angle brackets, `&`, `<`, `>` escaped, quotes perhaps curly.

    Returns:
        A complete draft, an order to open the form or to help, or words on why the line is not understood.
    """
    line = text.strip()
    if not line:
        return OpenForm()
    if line.casefold() in {"help", "?", "hilfe", "-h", "--help"}:
        return AskHelp()
    try:
        return _parse(line)
    except _Bad as bad:
        return BadCommand(notices.bad_command(str(bad)))


def parse_speech(text: str) -> Draft | BadCommand | None:
    """What the words beside a video ask for, as a draft without it.

    Returns:
        A draft; words on why it is not understood, where something is to be said; None: they are just words.
    """
    words = text.strip()
    try:
        return _parse_speech(words, None)
    except _Bad as bad:
        return BadCommand(notices.bad_command(str(bad))) if _MEANS_SPEECH.match(words) else None


def _parse(line: str) -> Command:
    video, rest = _take_link(line)
    if video is None:
        raise _Bad("I did not understand that. A line begins with a link to the video.")
    return _parse_speech(rest, video) if rest else OpenForm(Draft(video=video))


def _parse_speech(rest: str, video: Link | None) -> Draft:
    audio, tail = _take_link(rest)
    if audio is not None:
        options = _read_options(tail)
        if "voice" in options:
            raise _Bad("A voice only goes with words to say, not with an audio link.")
        return Draft(video=video, speech=audio, model=options.get("model", DEFAULT_MODEL))
    said = _SAY.fullmatch(rest)
    if said is None and _UNCLOSED.fullmatch(rest):
        raise _Bad("The quote behind `say` is not closed.")
    if said is None:
        raise _Bad("After the video comes a link to audio, or `say` and the words in quotes.")
    try:
        script = spoken(said["script"])
    except NamesSomebody:
        raise _Bad(
            "The script names somebody or a channel with `@` or `#`: write the name as it is to be said."
        ) from None
    if not script:
        raise _Bad("There is nothing between the quotes. What should the video say?")
    if len(script) > SCRIPT_LIMIT:
        raise _Bad(f"The script is too long: {notices.script_too_long(len(script))}")
    options = _read_options(said["rest"])
    speech = Script(text=script, voice_id=None, voice_name=options.get("voice"))
    return Draft(video=video, speech=speech, model=options.get("model", DEFAULT_MODEL))


def _take_link(line: str) -> tuple[Link | None, str]:
    match = _LINK.match(line)
    if match is None:
        return None, line
    url = unescape(match[1] or match[2])
    problem = link_problem(url)
    if problem:
        raise _Bad(problem)
    return Link(url=url), line[match.end() :].strip()


def _read_options(rest: str) -> dict[str, str]:
    """`voice NAME` and `model NAME` in any order, each once; names may be of several words or quoted."""
    if not rest:
        return {}
    first, *parts = _KEYWORD.split(rest.strip())
    if first.strip():
        raise _Bad("After the speech I know only `voice NAME` and `model NAME`.")
    options: dict[str, str] = {}
    for keyword, value in zip(parts[::2], parts[1::2], strict=True):
        name = unescape(value).strip().strip(_QUOTES).strip()
        if not name:
            raise _Bad(f"There is no name after `{keyword.lower()}`.")
        if keyword.lower() in options:
            raise _Bad(f"There is more than one `{keyword.lower()}`.")
        options[keyword.lower()] = name
    if "model" in options and not _MODEL.fullmatch(options["model"]):
        raise _Bad("A model is one word, such as `sync-3`.")
    return options


# --- links and names ------------------------------------------------------------------------------------


def link_problem(url: str) -> str | None:
    """Why sync.so could not fetch a link, in plain words; None if it may.

    Plain http is accepted only on loopback, where the sandbox serves its samples.
    """
    if len(url) > _URL_LIMIT:
        return notices.LINK_TOO_LONG
    link = _WEB_LINK.fullmatch(url)
    if link is None or not 0 < int(link["port"] or 443) <= _MAX_PORT:
        return notices.LINK_NOT_HTTPS
    host = link["host"].casefold().strip("[]").rstrip(".")
    if link["scheme"].casefold() != "https" and host not in _LOOPBACK:
        return notices.LINK_NOT_HTTPS
    if f".{host}".endswith(_SLACK_HOSTS):
        return notices.LINK_TO_SLACK
    return notices.LINK_TO_PAGE if f".{host}".endswith(_VIDEO_PAGES) else None


def resolve_voice(name: str | None, voices: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The voice a person means: the whole name, else its only beginning, whatever the case.

    Args:
        name: As typed; None takes the first voice.
        voices: Ids and names, in the account's order.

    Returns:
        Id and name; None where no voice, or no single one, is meant.
    """
    if name is None:
        return voices[0] if voices else None
    wanted = _folded(name)
    exact = [voice for voice in voices if wanted in map(_folded, voice)]
    if exact:
        return exact[0]
    begins = [voice for voice in voices if _folded(voice[1]).startswith(wanted)]
    return begins[0] if len(begins) == 1 else None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:_NAME_LIMIT]).casefold().split())


# --- the request ----------------------------------------------------------------------------------------


def to_request(
    draft: Draft,
    prepared: Prepared,
    *,
    webhook_url: str | None,
    output_file_name: str | None,
) -> CreateGeneration:
    """The request to sync.so for a complete draft whose inputs are prepared.

    Raises:
        ValueError: the draft lacks its video, its speech or its voice, or an input was not prepared.
        pydantic.ValidationError: sync.so would refuse the request.
    """
    video = VideoInput(**_place_of(draft.video, prepared.video))
    speech: AudioInput | TextInput
    if isinstance(draft.speech, Script):
        if draft.speech.voice_id is None:
            raise ValueError("the script has no voice yet")
        provider = ElevenLabs(voice_id=draft.speech.voice_id, script=draft.speech.text)
        speech = TextInput(provider=provider)
    else:
        speech = AudioInput(**_place_of(draft.speech, prepared.audio))
    mode = cast("SyncMode | None", draft.sync_mode)
    return CreateGeneration(
        model=draft.model,
        input=(video, speech),
        options=GenerationOptions(sync_mode=mode) if mode else None,
        webhook_url=webhook_url,
        output_file_name=output_file_name,
    )


def _place_of(source: SlackFile | Link | None, prepared: PreparedInput | None) -> dict[str, str]:
    """Where sync.so finds an input: an asset wherever there is one, never a Slack address."""
    if prepared is not None and prepared.asset_id is not None:
        return {"asset_id": prepared.asset_id}
    if isinstance(source, Link) and source.url is not None:
        return {"url": source.url}
    raise ValueError("an input was not prepared")


def output_name(draft: Draft, job_id: str) -> str:
    """A name for the output at sync.so, unique by the job's id and made of letters, digits, `_` and `-`."""
    wanted = draft.name or (draft.video.name.rpartition(".")[0] if isinstance(draft.video, SlackFile) else "")
    plain = unicodedata.normalize("NFKD", wanted[:_NAME_LIMIT]).encode("ascii", "ignore").decode()
    words = _NOT_IN_OUTPUT.sub("-", plain).strip("-")[:_NAME_IN_OUTPUT].strip("-")
    return f"{words or 'lipsync'}-{_NOT_IN_IDS.sub('', job_id)}"
