"""The words of every failure, by its code: sync.so's and ours. Which of them fit is for `failures` to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, without a full stop, and what to do next, in mrkdwn."""

    happened: str
    next_step: str
    """`{send}` stands for the advice to send a file to the app, which differs where one is there already."""
    link_step: str | None = None
    """In place of `next_step` where the input is a link."""
    uninvited_step: str | None = None
    """In place of `next_step` where nobody can invite the app."""


# --- words that several codes share ---------------------------------------------------------------------

_LATER = Words("sync.so is having trouble", "Try again in a few minutes.")
_UPLOAD_AGAIN = Words(
    "sync.so could not find the uploaded file",
    "Press Try again: I upload it once more.",
)
_SLACK_TROUBLE = Words("Slack did not answer for a long time", "Try again in a few minutes.")
_RELAY_BROKE = Words("The file did not come through in one piece", "Try again in a few minutes.")
_BILLING = Words(
    "The sync.so account has a billing problem",
    "Ask whoever looks after the account to open the billing page on sync.so, then press Try again.",
)
_KEY = Words(
    "sync.so does not accept the app's key",
    "Ask whoever set me up to renew the sync.so API key, then press Try again.",
)
_TOO_LONG = Words(
    "The video would be too long",
    "Shorten the video or the speech, or choose another model, and ask again.",
)
_NO_VOICE = Words("There is no such voice", "Press Change and choose another voice.")
_SPEECH_ACCOUNT = Words(
    "The voices of the sync.so account cannot speak now",
    "Ask whoever looks after the account to check its voices on sync.so, or use an audio file instead.",
)
_SPEECH_DOWN = Words(
    "The speaking voices are out of service",
    "Try again in a few minutes, or use an audio file instead.",
)
_REQUEST_WRONG = Words(
    "sync.so does not accept this combination",
    "Press Change, check the video, the speech and the model, and ask again.",
)
_UNKNOWN_THERE = Words("sync.so no longer knows this video", "Press Try again to have it made anew.")
_WAITED = Words("sync.so is too busy now", "Try again in a few minutes.")
_FAILED_THERE = Words(
    "sync.so could not finish this video",
    "Press Try again. If it fails again, use a video in which one face is well in view.",
)
_BUG = Words(
    "Something went wrong on my side",
    "Press Try again. If it happens again, tell whoever looks after me.",
)
_PLAN = Words(
    "The plan of the sync.so account does not include this",
    "Choose another model, or ask whoever looks after the account to upgrade it.",
)
_REMOVED = Words(
    "I was removed from this workspace while I worked",
    "Install me again, then press Try again.",
)

_TAKEN_VIDEO = "Use an MP4, MOV, WebM or AVI video."
_TAKEN_AUDIO = "Use MP3, WAV, M4A, OGG or FLAC audio."
_TAKEN = "Use an MP4, MOV, WebM or AVI video, and MP3, WAV, M4A, OGG or FLAC audio."

WORDS: Mapping[str, Words] = MappingProxyType(
    {
        # The inputs (sync.so: error codes)
        "generation_unsupported_model": Words(
            "This model cannot do that",
            "Press Change and choose another model.",
        ),
        "generation_input_validation_failed": _REQUEST_WRONG,
        "generation_input_video_inaccessible": Words(
            "sync.so could not open the video's link",
            "Check that anybody can open it without signing in, or send me the video itself.",
        ),
        "generation_input_audio_inaccessible": Words(
            "sync.so could not open the audio's link",
            "Check that anybody can open it without signing in, or send me the audio itself.",
        ),
        "generation_input_image_inaccessible": Words(
            "sync.so could not open the picture's link",
            "Check that anybody can open it without signing in, or send me the picture itself.",
        ),
        "generation_input_video_invalid": Words(
            "sync.so cannot read this video",
            "It may be damaged. Save it as MP4 (H.264) and choose the new file.",
            "A link has to lead to the file itself, not to a page; MP4 (H.264) works best.",
        ),
        "generation_input_audio_invalid": Words(
            "sync.so cannot read this audio",
            "It may be damaged. Save it as MP3 or WAV and choose the new file.",
            "A link has to lead to the file itself, not to a page; MP3 and WAV work best.",
        ),
        "generation_media_metadata_missing": Words(
            "The file does not say how long it is",
            "Save the video as MP4 (H.264), or the audio as WAV, and send it again.",
        ),
        "generation_input_segments_invalid": _REQUEST_WRONG,
        "generation_input_trim_invalid": _REQUEST_WRONG,
        "generation_input_face_selection_invalid": Words(
            "sync.so found no face where it was told to look",
            "Use a video in which the speaking face is well in view.",
        ),
        "generation_input_resolution_unsupported": Words(
            "The picture is too small or too large",
            "Use a video between 480p and 4K (4096 by 2160).",
        ),
        "generation_input_duration_greater_than_max_duration": _TOO_LONG,
        "generation_model_duration_exceeded": Words(
            "The video is too long for this model",
            "Press Change and choose another model, or shorten the video.",
        ),
        "generation_plan_duration_exceeded": Words(
            "The video is longer than the plan of the sync.so account allows",
            "Shorten the video or the speech, or ask whoever looks after the account to upgrade it.",
        ),
        "result_too_long": Words(
            "The result would be longer than the plan of the sync.so account allows",
            "Use a shorter clip or speech, or ask whoever looks after the account to upgrade it.",
        ),
        "dubbing_duration_exceeded": _TOO_LONG,
        "generation_audio_length_exceeded": Words("The audio is too long", "Shorten it and ask again."),
        "generation_text_length_exceeded": Words(
            "The script is too long",
            "Press Change and shorten it to 5,000 characters.",
        ),
        "generation_audio_missing": _REQUEST_WRONG,
        "generation_video_missing": _REQUEST_WRONG,
        "generation_input_asset_type_mismatch": Words(
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
        "file_size_exceeds_plan_limit": Words(
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
        "free_tier_generations_exhausted": Words(
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
        "generation_rejected": Words(
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
        "generation_not_deletable_while_processing": Words(
            "sync.so is still making this video",
            "Wait until it is done.",
        ),
        "invalid_generation_id": _UNKNOWN_THERE,
        "unsupported_generation_id_format": _UNKNOWN_THERE,
        "generation_not_found": _UNKNOWN_THERE,
        "generation_conflict": _FAILED_THERE,
        "cost_estimate_unavailable": Words(
            "sync.so could not say what this will cost",
            "Press Try again, or choose another model.",
        ),
        "INVALID_IDEMPOTENCY_KEY": _BUG,
        "IDEMPOTENCY_OUTCOME_UNKNOWN": Words(
            "I never learnt whether sync.so took this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        "outcome_unknown": Words(
            "I never learnt whether sync.so took this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        "given_up": Words(
            "You gave up on this video",
            "Look for it on sync.so before you press Try again, or you may pay twice.",
        ),
        # Files in Slack, and on their way
        "slack_file_deleted": Words("This file was deleted in Slack", "Send it again."),
        "slack_file_gone": Words("Slack no longer has this file", "Send it again."),
        "slack_file_not_visible": Words(
            "Slack does not let me see this file",
            "Invite me into the channel it was shared in, or {send}.",
            uninvited_step="Download it, {send}, and ask again.",
        ),
        "slack_file_html": Words(
            "Slack gave me a web page in place of the file",
            "Download it, {send}, and ask again.",
        ),
        "slack_file_external": Words(
            "This file only stands as a link in Slack; its content is elsewhere",
            "Download it there and upload the file itself.",
        ),
        "slack_file_hidden": Words(
            "Slack hides this file, since the workspace has passed its plan's limit for old files",
            "Send it again, or ask a workspace admin.",
        ),
        "slack_file_not_found": Words("I cannot find this file", "Send it again."),
        "slack_file_not_ready": Words(
            "Slack is still looking at this file",
            "Wait a moment and try again.",
        ),
        "slack_file_picture": Words("This is a picture, not a video or audio", _TAKEN),
        "slack_file_wrong_video": Words("This is a kind of video that sync.so does not take", _TAKEN_VIDEO),
        "slack_file_wrong_audio": Words("This is a kind of audio that sync.so does not take", _TAKEN_AUDIO),
        "slack_file_no_pictures": Words("This file has sound, but no pictures", _TAKEN_VIDEO),
        "media_no_sound": Words("This file has nothing to hear", _TAKEN_AUDIO),
        "slack_file_wrong_type": Words("This is not a kind of file I can use", _TAKEN),
        "slack_file_empty": Words("This file is empty", "Check it and send it again."),
        "slack_file_too_large": Words(
            "This file is over 1 GB", "Shorten it or save it smaller, and send it again."
        ),
        "script_unreadable": Words(
            "I cannot read this file as text", "Save it as plain text (UTF-8) and send it again."
        ),
        "script_empty": Words("This text file holds no words", "Check it and send it again."),
        "script_too_long": Words(
            "This script is too long: a video can say 5,000 characters", "Shorten it and send it again."
        ),
        "media_wrong_type": Words(
            "The file is not what its name says",
            "Save it as MP4 (video) or MP3 (audio) and send it again.",
        ),
        "media_web_page": Words(
            "This is a web page, not a video or audio",
            _TAKEN,
            link_step="A link has to lead to the file itself: many sites have one behind “Download”.",
        ),
        "media_empty": Words("The file is empty", "Check it and send it again."),
        "media_too_large": Words(
            "The file is too large", "Shorten it or save it smaller, and send it again."
        ),
        "media_wrong_length": Words(
            "The file is not as large as Slack says", "Send the file again, so that Slack has all of it."
        ),
        "media_no_length": Words("Slack did not say how large the file is", "Send the file again."),
        "media_redirected": Words(
            "Slack sent me elsewhere instead of giving me the file",
            "Download it, {send}, and ask again.",
        ),
        "media_unsafe_address": Words(
            "The file is at an address I do not open", "Download it, {send}, and ask again."
        ),
        "media_error": _RELAY_BROKE,
        "media_source_unavailable": _RELAY_BROKE,
        "media_source_cut": _RELAY_BROKE,
        "media_stalled": _RELAY_BROKE,
        "media_no_ranges": _RELAY_BROKE,
        "media_sink_unavailable": Words("sync.so did not take the file", "Try again in a few minutes."),
        "media_sink_refused": Words(
            "sync.so did not take the file",
            "Try again in a few minutes, or save the file as MP4 (video) or MP3 (audio).",
        ),
        # Our own
        "app_removed": _REMOVED,
        "voice_unknown": _NO_VOICE,
        "voice_ambiguous": Words(
            "More than one voice could be meant", "Press Change and choose the voice that should speak."
        ),
        "draft_incomplete": Words(
            "The video or what it should say is missing", "Press Try again and choose both."
        ),
        "link_to_this_machine": Words(
            "A link leads to a machine that sync.so cannot reach",
            "Upload the file somewhere that others can open it, or {send}.",
        ),
        "slack_unavailable": _SLACK_TROUBLE,
        "too_many_open": Words(
            "This would be more videos than one person can have open at a time",
            "Press Try again when one of yours is done.",
        ),
        "slack_scope_missing": Words(
            "I lack a permission in this workspace",
            "Ask a workspace admin to install me again with it, then press Try again.",
        ),
        "slack_not_allowed": Words(
            "This workspace does not let me do what this takes",
            "Ask a workspace admin to allow it, then press Try again.",
        ),
        "slack_call_broken": Words(
            "Slack did not take what I sent it", "That is a fault of mine: tell whoever looks after me."
        ),
        "internal": _BUG,
    },
)
"""What happened and what to do, for every code that can end a job before it has a video."""

DELIVERY: Mapping[str, Words] = MappingProxyType(
    {
        "slack_uploads_disabled": Words(
            "Your video is made, but this workspace does not allow apps to upload files",
            "For the next time, ask a workspace admin to allow it.",
        ),
        "slack_upload_too_large": Words(
            "Your video is made, but it is larger than this workspace allows",
            "",
        ),
        "slack_storage_full": Words(
            "Your video is made, but this workspace has no storage left",
            "For the next time, delete old files or ask a workspace admin.",
        ),
        "slack_scope_missing": Words(
            "Your video is made, but I lack a permission to bring it here",
            "For the next time, ask a workspace admin to install me again with that permission.",
        ),
        "slack_not_allowed": Words(
            "Your video is made, but this workspace does not let me bring it",
            "For the next time, ask a workspace admin to allow it.",
        ),
        "slack_call_broken": Words(
            "Your video is made, but Slack did not take it from me",
            "That is a fault of mine: tell whoever looks after me.",
        ),
        "output_missing": Words(
            "sync.so says your video is made, but does not give it out",
            "Look for it on sync.so, where it may appear later.",
        ),
        "app_removed": Words(
            "Your video is made, but I was removed from this workspace before I could bring it",
            "",
        ),
    },
)
"""What happened, and what else to do, where the video exists but did not reach Slack."""
