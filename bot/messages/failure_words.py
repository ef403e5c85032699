"""The words of every failure, by its code: sync.so's and ours. Which of them fit is for `failures` to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.messages.catalogue import N_


@dataclass(frozen=True, slots=True)
class FailureWords:
    """What happened, without a full stop, and what to do next, in mrkdwn."""

    happened: str
    next_step: str
    """`{send}` stands for the advice to send a file to the app, which differs where one is there already."""
    link_step: str | None = None
    """In place of `next_step` where the input is a link."""
    uninvited_step: str | None = None
    """In place of `next_step` where nobody can invite the app."""


# --- words that several codes share ---------------------------------------------------------------------

_LATER = FailureWords(N_("sync.so is having trouble"), N_("Try again in a few minutes."))
_UPLOAD_AGAIN = FailureWords(
    N_("sync.so could not find the uploaded file"),
    N_("Press Try again: I upload it once more."),
)
_SLACK_TROUBLE = FailureWords(N_("Slack did not answer for a long time"), N_("Try again in a few minutes."))
_RELAY_BROKE = FailureWords(
    N_("The file did not come through in one piece"), N_("Try again in a few minutes.")
)
_BILLING = FailureWords(
    N_("The sync.so account has a billing problem"),
    N_("Ask whoever looks after the account to open the billing page on sync.so, then press Try again."),
)
_KEY = FailureWords(
    N_("sync.so does not accept the app's key"),
    N_("Ask whoever set me up to renew the sync.so API key, then press Try again."),
)
_TOO_LONG = FailureWords(
    N_("The video would be too long"),
    N_("Shorten the video or the speech, or choose another model, and ask again."),
)
_NO_VOICE = FailureWords(N_("There is no such voice"), N_("Press Change and choose another voice."))
_SPEECH_ACCOUNT = FailureWords(
    N_("The voices of the sync.so account cannot speak now"),
    N_("Ask whoever looks after the account to check its voices on sync.so, or use an audio file instead."),
)
_SPEECH_DOWN = FailureWords(
    N_("The speaking voices are out of service"),
    N_("Try again in a few minutes, or use an audio file instead."),
)
_REQUEST_WRONG = FailureWords(
    N_("sync.so does not accept this combination"),
    N_("Press Change, check the video, the speech and the model, and ask again."),
)
_UNKNOWN_THERE = FailureWords(
    N_("sync.so no longer knows this video"), N_("Press Try again to have it made anew.")
)
_WAITED = FailureWords(N_("sync.so is too busy now"), N_("Try again in a few minutes."))
_FAILED_THERE = FailureWords(
    N_("sync.so could not finish this video"),
    N_("Press Try again. If it fails again, use a video in which one face is well in view."),
)
_NEVER_LEARNT = FailureWords(
    N_("I never learnt whether sync.so took this video"),
    N_("Look for it on sync.so before you press Try again, or you may pay twice."),
)
_BUG = FailureWords(
    N_("Something went wrong on my side"),
    N_("Press Try again. If it happens again, tell whoever looks after me."),
)
_PLAN = FailureWords(
    N_("The plan of the sync.so account does not include this"),
    N_("Choose another model, or ask whoever looks after the account to upgrade it."),
)
_REMOVED = FailureWords(
    N_("I was removed from this workspace while I worked"),
    N_("Install me again, then press Try again."),
)

_TAKEN_VIDEO = N_("Use an MP4, MOV, WebM or AVI video.")
_TAKEN_AUDIO = N_("Use MP3, WAV, M4A, OGG or FLAC audio.")
_TAKEN = N_("Use an MP4, MOV, WebM or AVI video, and MP3, WAV, M4A, OGG or FLAC audio.")

WORDS: Mapping[str, FailureWords] = MappingProxyType(
    {
        # The inputs (sync.so: error codes)
        "generation_unsupported_model": FailureWords(
            N_("This model cannot do that"),
            N_("Press Change and choose another model."),
        ),
        "generation_input_validation_failed": _REQUEST_WRONG,
        "generation_input_video_inaccessible": FailureWords(
            N_("sync.so could not open the video's link"),
            N_("Check that anybody can open it without signing in, or send me the video itself."),
        ),
        "generation_input_audio_inaccessible": FailureWords(
            N_("sync.so could not open the audio's link"),
            N_("Check that anybody can open it without signing in, or send me the audio itself."),
        ),
        "generation_input_image_inaccessible": FailureWords(
            N_("sync.so could not open the picture's link"),
            N_("Check that anybody can open it without signing in, or send me the picture itself."),
        ),
        "generation_input_video_invalid": FailureWords(
            N_("sync.so cannot read this video"),
            N_("It may be damaged. Save it as MP4 (H.264) and choose the new file."),
            N_("A link has to lead to the file itself, not to a page; MP4 (H.264) works best."),
        ),
        "generation_input_audio_invalid": FailureWords(
            N_("sync.so cannot read this audio"),
            N_("It may be damaged. Save it as MP3 or WAV and choose the new file."),
            N_("A link has to lead to the file itself, not to a page; MP3 and WAV work best."),
        ),
        "generation_media_metadata_missing": FailureWords(
            N_("The file does not say how long it is"),
            N_("Save the video as MP4 (H.264), or the audio as WAV, and send it again."),
        ),
        "generation_input_segments_invalid": _REQUEST_WRONG,
        "generation_input_trim_invalid": _REQUEST_WRONG,
        "generation_input_face_selection_invalid": FailureWords(
            N_("sync.so found no face where it was told to look"),
            N_("Use a video in which the speaking face is well in view."),
        ),
        "generation_input_resolution_unsupported": FailureWords(
            N_("The picture is too small or too large"),
            N_("Use a video between 480p and 4K (4096 by 2160)."),
        ),
        "generation_input_duration_greater_than_max_duration": _TOO_LONG,
        "generation_model_duration_exceeded": FailureWords(
            N_("The video is too long for this model"),
            N_("Press Change and choose another model, or shorten the video."),
        ),
        "generation_plan_duration_exceeded": FailureWords(
            N_("The video is longer than the plan of the sync.so account allows"),
            N_("Shorten the video or the speech, or ask whoever looks after the account to upgrade it."),
        ),
        "result_too_long": FailureWords(
            N_("The result would be longer than the plan of the sync.so account allows"),
            N_("Use a shorter clip or speech, or ask whoever looks after the account to upgrade it."),
        ),
        "dubbing_duration_exceeded": _TOO_LONG,
        "generation_audio_length_exceeded": FailureWords(
            N_("The audio is too long"), N_("Shorten it and ask again.")
        ),
        "generation_text_length_exceeded": FailureWords(
            N_("The script is too long"),
            N_("Press Change and shorten it to 5,000 characters."),
        ),
        "generation_audio_missing": _REQUEST_WRONG,
        "generation_video_missing": _REQUEST_WRONG,
        "generation_input_asset_type_mismatch": FailureWords(
            N_("Video and speech are mixed up, or a file is not what it seems"),
            N_("Press Change, choose a video as the video and audio as the speech."),
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
        "file_size_exceeds_plan_limit": FailureWords(
            N_("The file is larger than the plan of the sync.so account allows"),
            N_("Use a smaller file, or ask whoever looks after the account to upgrade it."),
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
        "free_tier_generations_exhausted": FailureWords(
            N_("The free videos of the sync.so account are used up"),
            N_("Wait for next month, or ask whoever looks after the account to upgrade it."),
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
        "generation_rejected": FailureWords(
            N_("sync.so refused to make this video"),
            N_("It may break sync.so's rules, or a file may be damaged. Try another video or speech."),
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
        "generation_not_deletable_while_processing": FailureWords(
            N_("sync.so is still making this video"),
            N_("Wait until it is done."),
        ),
        "invalid_generation_id": _UNKNOWN_THERE,
        "unsupported_generation_id_format": _UNKNOWN_THERE,
        "generation_not_found": _UNKNOWN_THERE,
        "generation_conflict": _FAILED_THERE,
        "cost_estimate_unavailable": FailureWords(
            N_("sync.so could not say what this will cost"),
            N_("Press Try again, or choose another model."),
        ),
        "INVALID_IDEMPOTENCY_KEY": _BUG,
        "IDEMPOTENCY_OUTCOME_UNKNOWN": _NEVER_LEARNT,
        "outcome_unknown": _NEVER_LEARNT,
        "given_up": FailureWords(
            N_("You gave up on this video"),
            N_("Look for it on sync.so before you press Try again, or you may pay twice."),
        ),
        # Files in Slack, and on their way
        "slack_file_deleted": FailureWords(N_("This file was deleted in Slack"), N_("Send it again.")),
        "slack_file_gone": FailureWords(N_("Slack no longer has this file"), N_("Send it again.")),
        "slack_file_not_visible": FailureWords(
            N_("Slack does not let me see this file"),
            N_("Invite me into the channel it was shared in, or {send}."),
            uninvited_step=N_("Download it, {send}, and ask again."),
        ),
        "slack_file_html": FailureWords(
            N_("Slack gave me a web page in place of the file"),
            N_("Download it, {send}, and ask again."),
        ),
        "slack_file_external": FailureWords(
            N_("This file only stands as a link in Slack; its content is elsewhere"),
            N_("Download it there and upload the file itself."),
        ),
        "slack_file_hidden": FailureWords(
            N_("Slack hides this file, since the workspace has passed its plan's limit for old files"),
            N_("Send it again, or ask a workspace admin."),
        ),
        "slack_file_not_found": FailureWords(N_("I cannot find this file"), N_("Send it again.")),
        "slack_file_not_ready": FailureWords(
            N_("Slack is still looking at this file"),
            N_("Wait a moment and try again."),
        ),
        "slack_file_picture": FailureWords(N_("This is a picture, not a video or audio"), _TAKEN),
        "slack_file_wrong_video": FailureWords(
            N_("This is a kind of video that sync.so does not take"), _TAKEN_VIDEO
        ),
        "slack_file_wrong_audio": FailureWords(
            N_("This is a kind of audio that sync.so does not take"), _TAKEN_AUDIO
        ),
        "slack_file_no_pictures": FailureWords(N_("This file has sound, but no pictures"), _TAKEN_VIDEO),
        "media_no_sound": FailureWords(N_("This file has nothing to hear"), _TAKEN_AUDIO),
        "slack_file_wrong_type": FailureWords(N_("This is not a kind of file I can use"), _TAKEN),
        "slack_file_empty": FailureWords(N_("This file is empty"), N_("Check it and send it again.")),
        "slack_file_too_large": FailureWords(
            N_("This file is over 1 GB"), N_("Shorten it or save it smaller, and send it again.")
        ),
        "script_unreadable": FailureWords(
            N_("I cannot read this file as text"), N_("Save it as plain text (UTF-8) and send it again.")
        ),
        "script_empty": FailureWords(N_("This text file holds no words"), N_("Check it and send it again.")),
        "script_too_long": FailureWords(
            N_("This script is too long: a video can say 5,000 characters"),
            N_("Shorten it and send it again."),
        ),
        "media_wrong_type": FailureWords(
            N_("The file is not what its name says"),
            N_("Save it as MP4 (video) or MP3 (audio) and send it again."),
        ),
        "media_web_page": FailureWords(
            N_("This is a web page, not a video or audio"),
            _TAKEN,
            link_step=N_("A link has to lead to the file itself: many sites have one behind “Download”."),
        ),
        "media_empty": FailureWords(N_("The file is empty"), N_("Check it and send it again.")),
        "media_too_large": FailureWords(
            N_("The file is too large"), N_("Shorten it or save it smaller, and send it again.")
        ),
        "media_wrong_length": FailureWords(
            N_("The file is not as large as Slack says"),
            N_("Send the file again, so that Slack has all of it."),
        ),
        "media_no_length": FailureWords(
            N_("Slack did not say how large the file is"), N_("Send the file again.")
        ),
        "media_redirected": FailureWords(
            N_("Slack sent me elsewhere instead of giving me the file"),
            N_("Download it, {send}, and ask again."),
        ),
        "media_unsafe_address": FailureWords(
            N_("The file is at an address I do not open"), N_("Download it, {send}, and ask again.")
        ),
        "media_error": _RELAY_BROKE,
        "media_source_unavailable": _RELAY_BROKE,
        "media_source_cut": _RELAY_BROKE,
        "media_stalled": _RELAY_BROKE,
        "media_no_ranges": _RELAY_BROKE,
        "media_sink_unavailable": FailureWords(
            N_("sync.so did not take the file"), N_("Try again in a few minutes.")
        ),
        "media_sink_refused": FailureWords(
            N_("sync.so did not take the file"),
            N_("Try again in a few minutes, or save the file as MP4 (video) or MP3 (audio)."),
        ),
        # Our own
        "app_removed": _REMOVED,
        "not_connected": FailureWords(
            N_("No sync.so account is connected here"),
            N_("Ask an owner or admin to press Connect sync.so in my Home, then press Try again."),
        ),
        "key_refused": FailureWords(
            N_("sync.so no longer accepts this workspace's key"),
            N_("Ask an owner or admin to press Connect sync.so in my Home, then press Try again."),
        ),
        "not_a_colleague": FailureWords(
            N_("Whoever is named as shown is nobody of your workspace"),
            N_("Press Try again, then say who is shown by the button on the card."),
        ),
        "voice_unknown": _NO_VOICE,
        "voice_ambiguous": FailureWords(
            N_("More than one voice could be meant"),
            N_("Press Change and choose the voice that should speak."),
        ),
        "draft_incomplete": FailureWords(
            N_("The video or what it should say is missing"), N_("Press Try again and choose both.")
        ),
        "link_to_this_machine": FailureWords(
            N_("A link leads to a machine that sync.so cannot reach"),
            N_("Upload the file somewhere that others can open it, or {send}."),
        ),
        "slack_unavailable": _SLACK_TROUBLE,
        "too_many_open": FailureWords(
            N_("This would be more videos than one person can have open at a time"),
            N_("Press Try again when one of yours is done."),
        ),
        "slack_scope_missing": FailureWords(
            N_("I lack a permission in this workspace"),
            N_("Ask a workspace admin to install me again with it, then press Try again."),
        ),
        "slack_not_allowed": FailureWords(
            N_("This workspace does not let me do what this takes"),
            N_("Ask a workspace admin to allow it, then press Try again."),
        ),
        "slack_call_broken": FailureWords(
            N_("Slack did not take what I sent it"),
            N_("That is a fault of mine: tell whoever looks after me."),
        ),
        "internal": _BUG,
    },
)
"""What happened and what to do, for every code that can end a job before it has a video."""
