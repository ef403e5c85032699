"""What a person filled into the form, into a draft or into words at the fields that are wrong. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.asking.drafts import (
    DEFAULT_MODEL,
    PROJECT_LIMIT,
    SCRIPT_LIMIT,
    Draft,
    Link,
    Script,
    SlackFile,
    project_name,
)
from bot.asking.file_inputs import SCRIPT_MAX_BYTES, FileProblem, medium_of, slack_file
from bot.asking.file_kinds import Medium
from bot.asking.links import find_link, link_problem
from bot.asking.signs import QUOTES, skip_signs, strip_blanks
from bot.asking.spoken import unescape
from bot.errors import Malformed
from bot.messages import fields
from bot.messages.blocks import Choice
from bot.messages.catalogue import Words
from bot.messages.failures import file_problem
from bot.messages.form import join_script
from bot.messages.form_options import Options
from bot.messages.ids import FILE_PREFIX, Field, Source
from bot.messages.text import one_line
from bot.messages.words import SYNC_MODES
from handlers.modals import carried

FormErrors = dict[str, str]
"""Words for each wrong field, by block_id of an input block that the view shows (Slack: view_submission)."""

UPLOAD_MAX_BYTES = 10 * 1024**2
"""A file field takes no more (Slack: file input element)."""


class _Wrong(Exception):
    """Words at one field."""

    def __init__(self, field: Field, words: str) -> None:
        super().__init__(words)
        self.field = field
        self.words = words


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form is drawn from: where its menus stand (None: not chosen), and its options."""

    video: str | None
    speech: str | None
    voice: Choice | None
    options: Options | None
    """None: it carries none yet."""


class _Way(BaseModel):
    """`handlers.pointers.Way`."""

    url: str
    in_thread: bool


class _Metadata(BaseModel):
    """What the form carries for itself."""

    model_config = ConfigDict(strict=True)

    order: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
    way: _Way | None = None
    options: Options | None = None
    video: str | None = None
    """Where the menu of the form below stands; of the form for options alone."""
    speech: str | None = None
    voice: tuple[str, str] | None = None
    """What was chosen in the menu of voices, which may be shown no more: its id, and what it is called."""


def form_order(view: Mapping[str, Any]) -> str:
    """The id of a form's order. Raises Malformed: it carries something else than forms of ours."""
    return carried(_Metadata, view).order


def read_choices(view: Mapping[str, Any]) -> Choices:
    """For the fields of `FormState` when the form changes, or the form for its options is sent.

    Raises:
        Malformed: it carries something else than forms of ours.
    """
    values, known = _Values(view), carried(_Metadata, view)
    return Choices(
        values.chosen(Field.VIDEO) or known.video,
        values.chosen(Field.SPEECH) or known.speech,
        _voice(values) or (Choice(*known.voice) if known.voice else None),
        known.options,
    )


def _voice(values: "_Values") -> Choice | None:
    voice_id, name = values.chosen(Field.VOICE), values.label(Field.VOICE)
    return None if voice_id is None or name is None else Choice(voice_id, name)


def script_file(t: Words, view: Mapping[str, Any], *, user_id: str) -> SlackFile | FormErrors | None:
    """The text file of a long script, which has to be read before `read_form`.

    Args:
        t: The reader's words.
        view: The view of a `view_submission`.
        user_id: Who sent it, and whose the file must be.

    Returns:
        The file; None where there is none; or the words at its field where it cannot be a script.
    """
    values = _Values(view)
    if values.chosen(Field.SPEECH) != Source.TEXT_FILE or values.file(Field.SCRIPT_FILE) is None:
        return None
    try:
        return _uploaded(t, values, Field.SCRIPT_FILE, "text", user_id)
    except _Wrong as wrong:
        return {wrong.field: wrong.words}


def read_form(
    t: Words,
    view: Mapping[str, Any],
    *,
    user_id: str,
    files: Iterable[SlackFile] = (),
    script_text: str | None = None,
) -> Draft | FormErrors:
    """The draft of a sent form.

    Args:
        t: The reader's words.
        view: The view of a `view_submission`.
        user_id: Who sent it. A file that it names by an upload must be theirs.
        files: The Slack files that the menus offered; no other one may be chosen.
        script_text: The text in the file of `script_file`, where there was one.

    Returns:
        A complete draft, or words for every field that is wrong.
    """
    values, options = _Values(view), carried(_Metadata, view).options or Options()
    known = {file.file_id: file for file in files}
    errors: FormErrors = {}
    video: SlackFile | Link | None = None
    speech: SlackFile | Link | Script | None = None
    try:
        video = _read_video(t, values, known, user_id)
    except _Wrong as wrong:
        errors[wrong.field] = wrong.words
    try:
        speech = _read_speech(t, values, known, user_id, options, script_text)
    except _Wrong as wrong:
        errors[wrong.field] = wrong.words
    if errors:
        return errors
    return Draft(
        video=video,
        speech=speech,
        model=options.model or DEFAULT_MODEL,
        sync_mode=_known_mode(options.sync_mode),
        name=options.name,
        project=options.project,
    )


def read_options(t: Words, view: Mapping[str, Any]) -> Options | FormErrors:
    """What stands in the form for options; what it does not show stays.

    Raises:
        Malformed: it carries something else than forms of ours, or a menu has a value that it does not offer.
    """
    values, before = _Values(view), carried(_Metadata, view).options or Options()
    project, errors = project_name(values.text(Field.PROJECT)), FormErrors()
    if project is not None and len(project) > PROJECT_LIMIT:
        errors[Field.PROJECT] = fields.project_too_long(t)
    spoken: dict[str, float | None] = {}
    for field, name in ((Field.STABILITY, "stability"), (Field.SIMILARITY, "similarity")):
        try:
            spoken |= {name: _share(t, values, field)} if values.shows(field) else {}
        except _Wrong as wrong:
            errors[wrong.field] = wrong.words
    if errors:
        return errors
    changed = {
        "model": values.chosen(Field.MODEL) or before.model,
        "sync_mode": _known_mode(values.chosen(Field.SYNC_MODE)),
        "name": one_line(values.text(Field.NAME)) or None,
        "project": project,
    }
    return before.model_copy(update=changed | spoken)


class _Values:
    """`view.state.values` by field; fields that the view does not show are empty."""

    def __init__(self, view: Mapping[str, Any]) -> None:
        self._values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}

    def _state(self, field: Field) -> Mapping[str, Any]:
        return (self._values.get(field) or {}).get(field) or {}

    def shows(self, field: Field) -> bool:
        return field in self._values

    def text(self, field: Field) -> str:
        return str(self._state(field).get("value") or "")

    def chosen(self, field: Field) -> str | None:
        selected = self._state(field).get("selected_option")
        return str(selected["value"]) if selected else None

    def label(self, field: Field) -> str | None:
        """What the chosen option shows; Slack gives it back escaped (slackapi/bolt-python, issue 513)."""
        selected = self._state(field).get("selected_option")
        return unescape(str(selected["text"]["text"])) if selected else None

    def file(self, field: Field) -> Mapping[str, Any] | None:
        files = self._state(field).get("files") or []
        return files[0] if files else None


def _read_video(t: Words, values: _Values, known: Mapping[str, SlackFile], user_id: str) -> SlackFile | Link:
    chosen = values.chosen(Field.VIDEO)
    if chosen == Source.LINK:
        return _link(t, values, Field.VIDEO_LINK)
    if chosen == Source.UPLOAD:
        return _uploaded(t, values, Field.VIDEO_UPLOAD, "video", user_id)
    if chosen is None:
        raise _Wrong(Field.VIDEO, t(fields.VIDEO_MISSING))
    return _offered(chosen, known, Field.VIDEO, t(fields.VIDEO_GONE))


def _read_speech(
    t: Words,
    values: _Values,
    known: Mapping[str, SlackFile],
    user_id: str,
    options: Options,
    script_text: str | None,
) -> SlackFile | Link | Script:
    chosen = values.chosen(Field.SPEECH)
    if chosen == Source.SCRIPT:
        return _script(t, values, options, values.text(Field.SCRIPT).strip(), Field.SCRIPT)
    if chosen == Source.LONG_SCRIPT:
        rest = values.text(Field.SCRIPT_MORE)
        typed = join_script(values.text(Field.SCRIPT), rest)
        return _script(t, values, options, typed, Field.SCRIPT_MORE if rest.strip() else Field.SCRIPT)
    if chosen == Source.TEXT_FILE:
        return _script(t, values, options, _from_file(t, values, script_text), Field.SCRIPT_FILE)
    if chosen == Source.LINK:
        return _link(t, values, Field.AUDIO_LINK)
    if chosen == Source.UPLOAD:
        return _uploaded(t, values, Field.AUDIO_UPLOAD, "audio", user_id)
    if chosen is None:
        raise _Wrong(Field.SPEECH, t(fields.SPEECH_MISSING))
    return _offered(chosen, known, Field.SPEECH, t(fields.AUDIO_GONE))


def _from_file(t: Words, values: _Values, script_text: str | None) -> str:
    if values.file(Field.SCRIPT_FILE) is None:
        raise _Wrong(Field.SCRIPT_FILE, t(fields.UPLOAD_MISSING))
    if script_text is None:
        raise _Wrong(Field.SCRIPT_FILE, t(fields.SCRIPT_FILE_UNREADABLE))
    if not script_text.strip():
        raise _Wrong(Field.SCRIPT_FILE, t(fields.SCRIPT_FILE_EMPTY))
    return script_text.strip()


def _script(t: Words, values: _Values, options: Options, text: str, field: Field) -> Script:
    if not text:
        raise _Wrong(field, t(fields.SCRIPT_MISSING))
    if len(text) > SCRIPT_LIMIT:
        raise _Wrong(field, fields.script_too_long(t, len(text)))
    return Script(
        text=text,
        voice_id=values.chosen(Field.VOICE),
        voice_name=values.label(Field.VOICE),
        stability=options.stability,
        similarity=options.similarity,
    )


def _known_mode(mode: str | None) -> str | None:
    """Raises Malformed: it is none of the menu's; the models are sync.so's own, and judged there."""
    if mode is not None and mode not in SYNC_MODES:
        raise Malformed("view.state.values.sync_mode")
    return mode


def _share(t: Words, values: _Values, field: Field) -> float | None:
    """A number from 0 to 1; None where the field is empty or not shown."""
    text = values.text(field).strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise _Wrong(field, t(fields.NOT_A_SHARE)) from None
    if not 0 <= number <= 1:
        raise _Wrong(field, t(fields.NOT_A_SHARE))
    return number


def _link(t: Words, values: _Values, field: Field) -> Link:
    text = strip_blanks(values.text(field))
    if not text:
        raise _Wrong(field, t(fields.LINK_MISSING))
    found = find_link(text, 0)
    url = found.url if found and skip_signs(text, found.end, also=QUOTES) == len(text) else text
    problem = link_problem(url)
    if problem:
        raise _Wrong(field, t(fields.LINK_PROBLEMS[problem]))
    return Link(url=url)


def _offered(chosen: str, known: Mapping[str, SlackFile], field: Field, gone: str) -> SlackFile:
    file = known.get(chosen.removeprefix(FILE_PREFIX))
    if file is None:
        raise _Wrong(field, gone)
    return file


_OF_NO_USE = frozenset(
    {"slack_file_wrong_type", "slack_file_wrong_video", "slack_file_wrong_audio", "slack_file_picture"}
)
_WRONG_TYPE = {"video": fields.NOT_A_VIDEO, "audio": fields.NOT_AUDIO, "text": fields.NOT_TEXT}


def _uploaded(t: Words, values: _Values, field: Field, medium: Medium, user_id: str) -> SlackFile:
    """The file of a field, by what the form says of it: whose it is, only Slack can tell."""
    raw = values.file(field)
    if raw is None:
        raise _Wrong(field, t(fields.UPLOAD_MISSING))
    file = slack_file(raw)
    if isinstance(file, FileProblem):
        words = t(_WRONG_TYPE[medium]) if file.code in _OF_NO_USE else file_problem(t, file.code)
        raise _Wrong(field, words)
    if medium_of(file) != medium:
        raise _Wrong(field, t(_WRONG_TYPE[medium]))
    if file.size > UPLOAD_MAX_BYTES:
        raise _Wrong(field, t(fields.UPLOAD_TOO_LARGE))
    if medium == "text" and file.size > SCRIPT_MAX_BYTES:
        raise _Wrong(field, fields.script_file_too_large(t, file.size))
    return file.model_copy(update={"must_be_of": user_id})
