"""What went wrong, in words: a code in, what happened, what was charged and what to do next out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bot.drafts import Draft, Link, Prepared, Script, SlackFile
from bot.messages.text import cut, escape, one_line, user_text

NOTHING_CHARGED = "Nothing was charged."
FAILED_CHARGED = "sync.so does not charge for videos that fail."
MADE_CHARGED = "sync.so charges for this video, since it was made."
CHARGE_UNKNOWN = "I do not know whether sync.so charged for it; your list of videos on sync.so shows it."

_DETAIL_LIMIT = 300
_CODE_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Failure:
    """Words for one fault, in mrkdwn."""

    happened: str
    """A headline, without a full stop."""
    charged: str
    next_step: str
    downloadable: bool = False
    """Whether sync.so made the video, so that a link to it can be had."""
    repeatable: bool = True
    """Whether the same once more may end otherwise; if not, another input may."""


@dataclass(frozen=True, slots=True)
class _Words:
    happened: str
    next_step: str
    """`{send}` stands for the advice to send a file to the app, which differs where one is there already."""
    link_step: str | None = None
    """In place of `next_step` where the input is a link."""
    uninvited_step: str | None = None
    """In place of `next_step` where nobody can invite the app."""


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

    def step(self, words: _Words) -> str:
        """What to do next, as it fits."""
        step = words.next_step
        if isinstance(self.media, Link) and words.link_step is not None:
            step = words.link_step
        elif not self.can_invite and words.uninvited_step is not None:
            step = words.uninvited_step
        return _placed(step, at_home=self.at_home)


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
        part = "video" if prepared.video is None else "speech" if prepared.audio is None else None
    media = {"video": draft.video, "speech": draft.speech, None: None}[part]
    return Circumstances(
        part, None if isinstance(media, Script) else media, at_home=at_home, can_invite=can_invite
    )


def is_repeatable(code: str | None) -> bool:
    """Whether the same inputs may do better another time."""
    return code not in _SPOILED


def failure(
    code: str | None,
    detail: str | None = None,
    *,
    submitted: bool = False,
    made: bool = False,
    under: Circumstances = _NOWHERE,
) -> Failure:
    """The words for a failed job.

    Args:
        code: sync.so's error code or one of ours; None and unforeseen ones get general words.
        detail: A plain sentence that came with the code, such as sync.so's `suggestion`.
        submitted: Whether sync.so took the job.
        made: Whether sync.so completed it, so that only bringing it to Slack failed.
        under: Which input is at fault, and where the words are read.
    """
    if made:
        return _undelivered(code, detail)
    known = WORDS.get(code or "")
    words = known or _unforeseen(code)
    charged = FAILED_CHARGED if submitted else NOTHING_CHARGED
    if code in _CHARGE_UNKNOWN:
        charged = CHARGE_UNKNOWN
    step = under.step(words)
    return Failure(
        f"{_named(under.media)}{words.happened}",
        charged,
        f"{step} {_said(code, detail)}".strip(),
        repeatable=is_repeatable(code),
    )


def _named(media: SlackFile | Link | None) -> str:
    """The input's name before what happened to it, escaped."""
    if media is None:
        return ""
    name = media.name or (media.host if isinstance(media, Link) else "")
    return f"{user_text(name)}: " if name else ""


def _placed(step: str, *, at_home: bool) -> str:
    return step.replace("{send}", "send it here" if at_home else "send it to me in our direct message")


def file_problem(code: str, name: str | None = None, *, at_home: bool = False) -> str:
    """One sentence or two on why a Slack file cannot be used, and what to do.

    Args:
        code: Of a `FileProblem`.
        name: Plain text; named where there is one.
        at_home: Whether it is read in the app's direct message.

    Returns:
        Plain text, for a form's field; a message has to escape it.
    """
    words = WORDS.get(code) or WORDS["slack_file_not_visible"]
    said = f"{words.happened}. {_placed(words.next_step, at_home=at_home)}"
    return f"{name}: {said}" if name else said


def _said(code: str | None, detail: str | None) -> str:
    if not detail:
        return ""
    return _OUR_DETAIL.get(code or "", "In sync.so's words: “{}”").format(user_text(detail, _DETAIL_LIMIT))


def _unforeseen(code: str | None) -> _Words:
    reason = f" (reason: {escape(cut(one_line(code), _CODE_LIMIT))})" if code else ""
    return _Words(f"sync.so could not make this video{reason}", "Try again, or try another video or speech.")


def _undelivered(code: str | None, detail: str | None) -> Failure:
    words = _DELIVERY.get(code or "")
    why, next_step = (words.happened, words.next_step) if words else (_NOT_BROUGHT, "")
    if code in _BY_SLACK:
        next_step = f"{next_step} {_said(code, detail)}".strip()
    link = "Press Get a download link; the link works for a limited time, so save the video soon."
    if code in _NO_LINK:
        return Failure(why, MADE_CHARGED, next_step)
    return Failure(why, MADE_CHARGED, f"{link} {next_step}".strip(), downloadable=True)


_NOT_BROUGHT = "Your video is made, but I could not bring it into Slack"

# --- words that several codes share ---------------------------------------------------------------------

_LATER = _Words("sync.so is having trouble", "Try again in a few minutes.")
_UPLOAD_AGAIN = _Words(
    "sync.so could not find the uploaded file",
    "Press Try again: I upload it once more.",
)
_SLACK_TROUBLE = _Words("Slack did not answer for a long time", "Try again in a few minutes.")
_RELAY_BROKE = _Words("The file did not come through in one piece", "Try again in a few minutes.")
_BILLING = _Words(
    "The sync.so account has a billing problem",
    "Ask whoever looks after the account to open the billing page on sync.so, then press Try again.",
)
_KEY = _Words(
    "sync.so does not accept the app's key",
    "Ask whoever set me up to renew the sync.so API key, then press Try again.",
)
_TOO_LONG = _Words(
    "The video would be too long",
    "Shorten the video or the speech, or choose another model, and ask again.",
)
_NO_VOICE = _Words("There is no such voice", "Press Change and choose another voice.")
_SPEECH_ACCOUNT = _Words(
    "The voices of the sync.so account cannot speak now",
    "Ask whoever looks after the account to check its voices on sync.so, or use an audio file instead.",
)
_SPEECH_DOWN = _Words(
    "The speaking voices are out of service",
    "Try again in a few minutes, or use an audio file instead.",
)
_REQUEST_WRONG = _Words(
    "sync.so does not accept this combination",
    "Press Change, check the video, the speech and the model, and ask again.",
)
_UNKNOWN_THERE = _Words("sync.so no longer knows this video", "Press Try again to have it made anew.")
_WAITED = _Words("sync.so is too busy now", "Try again in a few minutes.")
_FAILED_THERE = _Words(
    "sync.so could not finish this video",
    "Press Try again. If it fails again, use a video in which one face is well in view.",
)
_BUG = _Words(
    "Something went wrong on my side",
    "Press Try again. If it happens again, tell whoever looks after me.",
)
_PLAN = _Words(
    "The plan of the sync.so account does not include this",
    "Choose another model, or ask whoever looks after the account to upgrade it.",
)
_REMOVED = _Words(
    "I was removed from this workspace while I worked",
    "Install me again, then press Try again.",
)

_TAKEN_VIDEO = "Use an MP4, MOV, WebM or AVI video."
_TAKEN_AUDIO = "Use MP3, WAV, M4A, OGG or FLAC audio."
_TAKEN = "Use an MP4, MOV, WebM or AVI video, and MP3, WAV, M4A, OGG or FLAC audio."

WORDS: Mapping[str, _Words] = MappingProxyType(
    {
        # The inputs (sync.so: error codes)
        "generation_unsupported_model": _Words(
            "This model cannot do that",
            "Press Change and choose another model.",
        ),
        "generation_input_validation_failed": _REQUEST_WRONG,
        "generation_input_video_inaccessible": _Words(
            "sync.so could not open the video's link",
            "Check that anybody can open it without signing in, or send me the video itself.",
        ),
        "generation_input_audio_inaccessible": _Words(
            "sync.so could not open the audio's link",
            "Check that anybody can open it without signing in, or send me the audio itself.",
        ),
        "generation_input_image_inaccessible": _Words(
            "sync.so could not open the picture's link",
            "Check that anybody can open it without signing in, or send me the picture itself.",
        ),
        "generation_input_video_invalid": _Words(
            "sync.so cannot read this video",
            "It may be damaged. Save it as MP4 (H.264) and choose the new file.",
            "A link has to lead to the file itself, not to a page; MP4 (H.264) works best.",
        ),
        "generation_input_audio_invalid": _Words(
            "sync.so cannot read this audio",
            "It may be damaged. Save it as MP3 or WAV and choose the new file.",
            "A link has to lead to the file itself, not to a page; MP3 and WAV work best.",
        ),
        "generation_media_metadata_missing": _Words(
            "The file does not say how long it is",
            "Save the video as MP4 (H.264), or the audio as WAV, and send it again.",
        ),
        "generation_input_segments_invalid": _REQUEST_WRONG,
        "generation_input_trim_invalid": _REQUEST_WRONG,
        "generation_input_face_selection_invalid": _Words(
            "sync.so found no face where it was told to look",
            "Use a video in which the speaking face is well in view.",
        ),
        "generation_input_resolution_unsupported": _Words(
            "The picture is too small or too large",
            "Use a video between 480p and 4K (4096 by 2160).",
        ),
        "generation_input_duration_greater_than_max_duration": _TOO_LONG,
        "generation_model_duration_exceeded": _Words(
            "The video is too long for this model",
            "Press Change and choose another model, or shorten the video.",
        ),
        "generation_plan_duration_exceeded": _Words(
            "The video is longer than the plan of the sync.so account allows",
            "Shorten the video or the speech, or ask whoever looks after the account to upgrade it.",
        ),
        "result_too_long": _Words(
            "The result would be longer than the plan of the sync.so account allows",
            "Use a shorter clip or speech, or ask whoever looks after the account to upgrade it.",
        ),
        "dubbing_duration_exceeded": _TOO_LONG,
        "generation_audio_length_exceeded": _Words("The audio is too long", "Shorten it and ask again."),
        "generation_text_length_exceeded": _Words(
            "The script is too long",
            "Press Change and shorten it to 5,000 characters.",
        ),
        "generation_audio_missing": _REQUEST_WRONG,
        "generation_video_missing": _REQUEST_WRONG,
        "generation_input_asset_type_mismatch": _Words(
            "Video and speech are mixed up, or a file is not what it seems",
            "Press Change, choose a video as the video and audio as the speech.",
        ),
        "generation_input_too_many_visual": _REQUEST_WRONG,
        "generation_input_dub_audio_conflict": _REQUEST_WRONG,
        "project_not_found": _REQUEST_WRONG,
        "batch_plan_required": _PLAN,
        "dialogue_edit_retime_required": _REQUEST_WRONG,
        "dialogue_edit_removal_too_large": _REQUEST_WRONG,
        # Files at sync.so
        "asset_not_found": _UPLOAD_AGAIN,
        "asset_forbidden": _UPLOAD_AGAIN,
        "invalid_asset_id_format": _UPLOAD_AGAIN,
        "uploaded_file_not_found": _UPLOAD_AGAIN,
        "file_not_in_org_storage": _UPLOAD_AGAIN,
        "file_size_exceeds_plan_limit": _Words(
            "The file is larger than the plan of the sync.so account allows",
            "Use a smaller file, or ask whoever looks after the account to upgrade it.",
        ),
        # Voices
        "voice_not_found": _NO_VOICE,
        "voice_sample_not_accessible": _SPEECH_ACCOUNT,
        "voice_sample_type_unsupported": _SPEECH_ACCOUNT,
        "voice_sample_upload_required": _SPEECH_ACCOUNT,
        "voice_sample_extraction_failed": _SPEECH_ACCOUNT,
        "voice_sample_source_too_large": _SPEECH_ACCOUNT,
        "voice_sample_too_short": _SPEECH_ACCOUNT,
        "voice_sample_invalid": _SPEECH_ACCOUNT,
        "voice_name_conflict": _SPEECH_ACCOUNT,
        "voice_clone_limit_reached": _SPEECH_ACCOUNT,
        "voice_clone_busy": _SPEECH_DOWN,
        "elevenlabs_quota_exceeded": _SPEECH_ACCOUNT,
        "elevenlabs_api_key_invalid": _SPEECH_ACCOUNT,
        "elevenlabs_service_unavailable": _SPEECH_DOWN,
        # The account
        "sync_not_authorised": _KEY,
        "account_payment_required": _BILLING,
        "account_on_hold": _BILLING,
        "free_tier_generations_exhausted": _Words(
            "The free videos of the sync.so account are used up",
            "Wait for next month, or ask whoever looks after the account to upgrade it.",
        ),
        "plan_feature_unavailable": _PLAN,
        "concurrency_limit_reached": _WAITED,
        "rate_limit_exceeded": _WAITED,
        # The work
        "generation_failed": _FAILED_THERE,
        "generation_pipeline_failed": _FAILED_THERE,
        "generation_unknown_error": _FAILED_THERE,
        "generation_unhandled_error": _FAILED_THERE,
        "generation_timeout": _FAILED_THERE,
        "generation_rejected": _Words(
            "sync.so refused to make this video",
            "It may break sync.so's rules, or a file may be damaged. Try another video or speech.",
        ),
        "generation_infra_storage_error": _LATER,
        "generation_infra_resource_exhausted": _LATER,
        "generation_infra_service_unavailable": _LATER,
        "generation_media_probe_timeout": _LATER,
        "generation_media_probe_unavailable": _LATER,
        "generation_database_error": _LATER,
        "generation_internal_auth": _LATER,
        "controller_timeout": _LATER,
        "controller_unavailable": _LATER,
        "controller_dependency_error": _LATER,
        "internal_error": _LATER,
        "usage_dependency_unavailable": _LATER,
        "sync_api_error": _LATER,
        "sync_unavailable": _LATER,
        "sync_unreadable": _LATER,
        "sync_refused": _REQUEST_WRONG,
        "generation_not_deletable_while_processing": _Words(
            "sync.so is still making this video",
            "Wait until it is done.",
        ),
        "invalid_generation_id": _UNKNOWN_THERE,
        "unsupported_generation_id_format": _UNKNOWN_THERE,
        "generation_not_found": _UNKNOWN_THERE,
        "generation_conflict": _FAILED_THERE,
        "cost_estimate_unavailable": _Words(
            "sync.so could not say what this will cost",
            "Press Try again, or choose another model.",
        ),
        "INVALID_IDEMPOTENCY_KEY": _BUG,
        "IDEMPOTENCY_OUTCOME_UNKNOWN": _Words(
            "I never learnt whether sync.so took this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        "outcome_unknown": _Words(
            "I never learnt whether sync.so took this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        "given_up": _Words(
            "You gave up on this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        # Files in Slack, and on their way
        "slack_file_deleted": _Words("This file was deleted in Slack", "Send it again."),
        "slack_file_gone": _Words("Slack no longer has this file", "Send it again."),
        "slack_file_not_visible": _Words(
            "Slack does not let me see this file",
            "Invite me into the channel it was shared in, or {send}.",
            uninvited_step="Download it, {send}, and ask again.",
        ),
        "slack_file_html": _Words(
            "Slack gave me a web page in place of the file",
            "Download it, {send}, and ask again.",
        ),
        "slack_file_external": _Words(
            "This file only stands as a link in Slack; its content is elsewhere",
            "Download it there and upload the file itself.",
        ),
        "slack_file_hidden": _Words(
            "Slack hides this file, since the workspace has passed its plan's limit for old files",
            "Send it again, or ask a workspace admin.",
        ),
        "slack_file_not_found": _Words("I cannot find this file", "Send it again."),
        "slack_file_not_ready": _Words(
            "Slack is still looking at this file",
            "Wait a moment and try again.",
        ),
        "slack_file_picture": _Words("This is a picture, not a video or audio", _TAKEN),
        "slack_file_wrong_video": _Words("This is a kind of video that sync.so does not take", _TAKEN_VIDEO),
        "slack_file_wrong_audio": _Words("This is a kind of audio that sync.so does not take", _TAKEN_AUDIO),
        "slack_file_no_pictures": _Words("This file has sound, but no pictures", _TAKEN_VIDEO),
        "slack_file_wrong_type": _Words("This is not a kind of file I can use", _TAKEN),
        "slack_file_empty": _Words("This file is empty", "Check it and send it again."),
        "slack_file_too_large": _Words(
            "This file is over 1 GB", "Shorten it or save it smaller, and send it again."
        ),
        "script_unreadable": _Words(
            "I cannot read this file as text", "Save it as plain text (UTF-8) and send it again."
        ),
        "script_empty": _Words("This text file holds no words", "Check it and send it again."),
        "script_too_long": _Words(
            "This script is too long: a video can say 5,000 characters", "Shorten it and send it again."
        ),
        "media_wrong_type": _Words(
            "The file is not what its name says",
            "Save it as MP4 (video) or MP3 (audio) and send it again.",
        ),
        "media_empty": _Words("The file is empty", "Check it and send it again."),
        "media_too_large": _Words(
            "The file is too large", "Shorten it or save it smaller, and send it again."
        ),
        "media_wrong_length": _Words(
            "The file is not as large as Slack says", "Send the file again, so that Slack has all of it."
        ),
        "media_no_length": _Words("Slack did not say how large the file is", "Send the file again."),
        "media_redirected": _Words(
            "Slack sent me somewhere else in place of the file",
            "Download it, {send}, and ask again.",
        ),
        "media_unsafe_address": _Words("The file is at an address I do not open", "Send me the file itself."),
        "media_error": _RELAY_BROKE,
        "media_source_unavailable": _RELAY_BROKE,
        "media_source_cut": _RELAY_BROKE,
        "media_stalled": _RELAY_BROKE,
        "media_sink_unavailable": _Words("sync.so did not take the file", "Try again in a few minutes."),
        "media_sink_refused": _Words(
            "sync.so did not take the file",
            "Try again in a few minutes, or save the file as MP4 (video) or MP3 (audio).",
        ),
        # Our own
        "app_removed": _REMOVED,
        "voice_unknown": _NO_VOICE,
        "voice_ambiguous": _Words(
            "More than one voice could be meant", "Press Change and choose the voice that shall speak."
        ),
        "draft_incomplete": _Words(
            "The video or what it should say is missing", "Press Try again and choose both."
        ),
        "link_to_this_machine": _Words(
            "A link leads to no machine that sync.so could reach",
            "Upload the file somewhere that others can open it, or {send}.",
        ),
        "slack_unavailable": _SLACK_TROUBLE,
        "too_many_open": _Words(
            "This would be more videos than one person can have open at a time",
            "Press Try again when one of yours is done.",
        ),
        "slack_scope_missing": _Words(
            "I lack a permission in this workspace",
            "Ask a workspace admin to install me again with it, then press Try again.",
        ),
        "slack_not_allowed": _Words(
            "This workspace does not let me do what this takes",
            "Ask a workspace admin to allow it, then press Try again.",
        ),
        "slack_call_broken": _Words(
            "Slack did not take what I sent it", "That is a fault of mine: tell whoever looks after me."
        ),
        "internal": _BUG,
    },
)
"""What happened and what to do, for every code that can end a job before it has a video."""

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
        "slack_file_deleted",
        "slack_file_hidden",
        "slack_file_not_found",
        "slack_file_external",
        "slack_file_picture",
        "slack_file_no_pictures",
        "slack_file_wrong_video",
        "slack_file_wrong_audio",
        "slack_file_wrong_type",
        "slack_file_empty",
        "slack_file_too_large",
        "media_wrong_type",
        "media_empty",
        "media_too_large",
    }
)
"""What stays wrong with an input however often it is tried."""
_OF_FILES = frozenset(code for code in WORDS if code.startswith(("slack_file_", "media_")))

_CHARGE_UNKNOWN = frozenset({"IDEMPOTENCY_OUTCOME_UNKNOWN", "outcome_unknown", "given_up"})
_OUR_DETAIL: Mapping[str, str] = MappingProxyType(
    {
        "result_too_long": "{}",
        "voice_unknown": "These can speak: {}.",
        "voice_ambiguous": "It could be one of these: {}.",
        "script_too_long": "It has {} characters.",
        "slack_scope_missing": "The permission is called `{}`.",
        "slack_not_allowed": "Slack's reason: `{}`.",
        "slack_call_broken": "Slack's reason: `{}`.",
    }
)
"""How the detail of a failure is told that sync.so has said nothing of."""
_BY_SLACK = frozenset({"slack_scope_missing", "slack_not_allowed", "slack_call_broken"})
"""Failures whose detail is Slack's, and is told as well where only bringing the video failed."""
_NO_LINK = frozenset({"output_missing"})
"""After these no link can be had."""

_DELIVERY: Mapping[str, _Words] = MappingProxyType(
    {
        "slack_uploads_disabled": _Words(
            "Your video is made, but this workspace does not allow apps to upload files",
            "For the next time, ask a workspace admin to allow it.",
        ),
        "slack_upload_too_large": _Words(
            "Your video is made, but it is larger than this workspace allows",
            "",
        ),
        "slack_storage_full": _Words(
            "Your video is made, but this workspace has no storage left",
            "For the next time, delete old files or ask a workspace admin.",
        ),
        "slack_scope_missing": _Words(
            "Your video is made, but I lack a permission to bring it here",
            "For the next time, ask a workspace admin to install me again with that permission.",
        ),
        "slack_not_allowed": _Words(
            "Your video is made, but this workspace does not let me bring it",
            "For the next time, ask a workspace admin to allow it.",
        ),
        "slack_call_broken": _Words(
            "Your video is made, but Slack did not take it from me",
            "That is a fault of mine: tell whoever looks after me.",
        ),
        "output_missing": _Words(
            "sync.so says your video is made, but does not give it out",
            "Look for it on sync.so, where it may appear later.",
        ),
        "app_removed": _Words(
            "Your video is made, but I was removed from this workspace before I could bring it",
            "",
        ),
    },
)
"""What happened, and what else to do, where the video exists but did not reach Slack."""
