"""What went wrong, in words: a code in, what happened, what was charged and what to do next out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.messages.catalogue import N_, Words
from bot.messages.failure_words import WORDS, FailureWords
from bot.messages.rule_words import RULE_WORDS, who_can_change
from bot.messages.text import cut, escape, one_line, user_text
from bot.messages.undelivered import DELIVERY

NOTHING_CHARGED = N_("Nothing was charged.")
FAILED_CHARGED = N_("sync.so says that it charges nothing for videos that fail.")
MADE_CHARGED = N_("sync.so charges for this video, since it was made.")
CHARGE_UNKNOWN = N_("I do not know whether sync.so charged for it; your list of videos on sync.so shows it.")

_DETAIL_LIMIT = 300
_CODE_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Failure:
    """Words for one fault, in mrkdwn."""

    happened: str
    """A headline, without a full stop."""
    charged: str
    """What it did cost: one of the texts above, which is still to be translated."""
    next_step: str
    downloadable: bool = False
    """Whether sync.so made the video, so that a link to it can be had."""
    repeatable: bool = True
    """Whether the same once more may end otherwise; if not, another input may."""


Part = Literal["video", "speech"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the words of a failure stand on, beside its code."""

    part: Part | None = None
    """Which input is at fault; None: neither, or both."""
    media: SlackFile | Link | None = None
    """That input, if it is one that has a name."""
    at_home: bool = False
    """Whether the words are read in the app's direct message."""
    can_invite: bool = True
    """Whether it was asked in a channel, into which the app can be invited."""

    def step(self, t: Words, words: FailureWords) -> str:
        """What to do next, as it fits."""
        step = words.next_step
        if isinstance(self.media, Link) and words.link_step is not None:
            step = words.link_step
        elif not self.can_invite and words.uninvited_step is not None:
            step = words.uninvited_step
        return _placed(t, step, at_home=self.at_home)


_NOWHERE = Circumstances()


def circumstances(
    code: str | None,
    draft: Draft,
    prepared: Prepared,
    *,
    at_home: bool = False,
    can_invite: bool = True,
) -> Circumstances:
    """Which input a failure is about: neither, or both, where it names none.

    sync.so's codes name it; a file of Slack's that cannot be used is the first that was not taken in.
    """
    part = _PARTS.get(code)
    if part is None and code in _OF_FILES:
        part = _not_taken_in(draft, prepared)
    media = {"video": draft.video, "speech": draft.speech, None: None}[part]
    return Circumstances(
        part, None if isinstance(media, Script) else media, at_home=at_home, can_invite=can_invite
    )


def _not_taken_in(draft: Draft, prepared: Prepared) -> Part | None:
    if prepared.audio is not None and prepared.audio.problem is not None:
        return "speech"
    if draft.video is not None and not _is_taken_in(prepared.video):
        return "video"
    return None if _is_taken_in(prepared.audio) else "speech"


def _is_taken_in(given: PreparedInput | None) -> bool:
    return given is not None and given.problem is None and not given.is_coming


def is_repeatable(code: str | None) -> bool:
    """Whether the same inputs may do better another time."""
    return code not in _SPOILED


def failure(
    t: Words,
    code: str | None,
    detail: str | None = None,
    *,
    submitted: bool = False,
    made: bool = False,
    under: Circumstances = _NOWHERE,
) -> Failure:
    """The words for a failed job.

    Args:
        t: The reader's words.
        code: sync.so's error code or one of ours; None and unforeseen ones get general words.
        detail: A plain sentence that came with the code, such as sync.so's `suggestion`.
        submitted: Whether sync.so took the job.
        made: Whether sync.so completed it, so that only bringing it to Slack failed.
        under: Which input is at fault, and where the words are read.
    """
    if made:
        return _undelivered(t, code, detail)
    charged = FAILED_CHARGED if submitted else NOTHING_CHARGED
    if code in _CHARGE_UNKNOWN:
        charged = CHARGE_UNKNOWN
    words = WORDS.get(code or "") or RULE_WORDS.get(code or "") or _UNFORESEEN
    happened = t(words.happened) if words is not _UNFORESEEN else _unforeseen(t, code)
    return Failure(
        f"{_named(under.media)}{happened}",
        charged,
        f"{under.step(t, words)} {_said(t, code, detail)}".strip(),
        repeatable=is_repeatable(code),
    )


def _named(media: SlackFile | Link | None) -> str:
    """The input's name before what happened to it, escaped."""
    if media is None:
        return ""
    name = media.name or (media.host if isinstance(media, Link) else "")
    return f"{user_text(name)}: " if name else ""


def _placed(t: Words, step: str, *, at_home: bool) -> str:
    if not step:
        return ""
    return t(step, send=t("send it here") if at_home else t("send it to me in our direct message"))


def file_problem(t: Words, code: str, name: str | None = None, *, at_home: bool = False) -> str:
    """One sentence or two on why a Slack file cannot be used, and what to do.

    Args:
        t: The reader's words.
        code: Of a `FileProblem`.
        name: Plain text; named where there is one.
        at_home: Whether it is read in the app's direct message.

    Returns:
        Plain text, for a form's field; a message has to escape it.
    """
    words = WORDS.get(code) or WORDS["slack_file_not_visible"]
    said = f"{t(words.happened)}. {_placed(t, words.next_step, at_home=at_home)}"
    return f"{name}: {said}" if name else said


def _said(t: Words, code: str | None, detail: str | None) -> str:
    if code is not None and code in RULE_WORDS:
        return who_can_change(t, code, (detail or "").split())
    if not detail:
        return ""
    told = user_text(detail, _DETAIL_LIMIT)
    return told if code in _IN_OUR_WORDS else t(_OUR_DETAIL.get(code or "", _ITS_DETAIL), detail=told)


def _unforeseen(t: Words, code: str | None) -> str:
    if not code:
        return t(_UNFORESEEN.happened)
    reason = escape(cut(one_line(code), _CODE_LIMIT))
    return t("sync.so could not make this video (reason: {code})", code=reason)


def _undelivered(t: Words, code: str | None, detail: str | None) -> Failure:
    words = DELIVERY.get(code or "")
    why, next_step = t(words.happened if words else _NOT_BROUGHT), ""
    if words and words.next_step:
        next_step = t(words.next_step)
    if code in _BY_SLACK:
        next_step = f"{next_step} {_said(t, code, detail)}".strip()
    link = t("Press Get a download link; the link works for a limited time, so save the video soon.")
    if code in _NO_LINK:
        return Failure(why, MADE_CHARGED, next_step)
    return Failure(why, MADE_CHARGED, f"{link} {next_step}".strip(), downloadable=True)


_UNFORESEEN = FailureWords(
    N_("sync.so could not make this video"), N_("Try again, or try another video or speech.")
)
_NOT_BROUGHT = N_("Your video is made, but I could not bring it into Slack")
_ITS_DETAIL = N_("In sync.so's words: “{detail}”")

_PARTS: Mapping[str | None, Part] = MappingProxyType(
    {
        "generation_input_video_inaccessible": "video",
        "generation_input_image_inaccessible": "video",
        "generation_input_video_invalid": "video",
        "generation_input_resolution_unsupported": "video",
        "generation_input_face_selection_invalid": "video",
        "generation_input_audio_inaccessible": "speech",
        "generation_input_audio_invalid": "speech",
        "generation_audio_length_exceeded": "speech",
        "generation_text_length_exceeded": "speech",
    }
)
"""The inputs that codes of sync.so's name."""
_SPOILED = frozenset(
    {
        "generation_input_video_invalid",
        "generation_input_audio_invalid",
        "generation_input_resolution_unsupported",
        "generation_audio_length_exceeded",
        "generation_text_length_exceeded",
        "generation_media_metadata_missing",
        "generation_input_asset_type_mismatch",
        "file_size_exceeds_plan_limit",
        "slack_file_deleted",
        "slack_file_hidden",
        "slack_file_not_found",
        "slack_file_external",
        "slack_file_picture",
        "slack_file_no_pictures",
        "media_no_sound",
        "slack_file_wrong_video",
        "slack_file_wrong_audio",
        "slack_file_wrong_type",
        "slack_file_empty",
        "slack_file_too_large",
        "media_wrong_type",
        "media_web_page",
        "media_empty",
        "media_too_large",
    }
)
"""What stays wrong with an input however often it is tried."""
_OF_FILES = frozenset(code for code in WORDS if code.startswith(("slack_file_", "media_", "file_")))

_CHARGE_UNKNOWN = frozenset({"IDEMPOTENCY_OUTCOME_UNKNOWN", "outcome_unknown", "given_up"})
_OUR_DETAIL: Mapping[str, str] = MappingProxyType(
    {
        "voice_unknown": N_("These can speak: {detail}."),
        "voice_ambiguous": N_("It could be one of these: {detail}."),
        "script_too_long": N_("It has {detail} characters."),
        "slack_scope_missing": N_("The permission is called `{detail}`."),
        "slack_not_allowed": N_("Slack's reason: `{detail}`."),
        "slack_call_broken": N_("Slack's reason: `{detail}`."),
    }
)
"""How the detail of a failure is told that sync.so has said nothing of."""
_IN_OUR_WORDS = frozenset({"result_too_long"})
"""Failures whose detail is a sentence of ours already."""
_BY_SLACK = frozenset({"slack_scope_missing", "slack_not_allowed", "slack_call_broken"})
"""Failures whose detail is Slack's, and is told as well where only bringing the video failed."""
_NO_LINK = frozenset({"output_missing"})
"""After these no link can be had."""
