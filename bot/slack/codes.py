"""Slack's error codes, method by method, and what each of them means for the app.

Source: the lists of errors in Slack's documentation of each method. What a test of ours or a public report
has met beside them stands under the same method. What a code means depends on the method: `channel_not_found`
closes a place for a message, and hides a file.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bot.slack.errors import (
    CallBroken,
    CardFixed,
    FileDeleted,
    FileUnreadable,
    NotAllowed,
    NotThere,
    PlaceClosed,
    ScopeMissing,
    SlackBusy,
    SlackRateLimited,
    SlackRefused,
    ThreadGone,
    TokenDead,
    TooLate,
    UploadRefused,
)

_Meanings = Mapping[type[SlackRefused], str]
"""Codes, with blanks between them, by what they mean."""

_EVERY_METHOD: _Meanings = {
    SlackRateLimited: "ratelimited rate_limited",
    SlackBusy: "fatal_error internal_error request_timeout service_unavailable unreadable_answer",
    TokenDead: "account_inactive invalid_auth not_authed token_expired token_revoked",
    ScopeMissing: "missing_scope no_permission not_allowed_token_type",
    NotAllowed: """access_denied accesslimited ekm_access_denied enterprise_is_restricted org_login_required
        team_access_not_granted team_added_to_org two_factor_setup_required""",
    CallBroken: """deprecated_endpoint invalid_arg_name invalid_arguments invalid_array_arg invalid_charset
        invalid_form_data invalid_post_type is_bot method_deprecated missing_post_type unknown_method""",
}
_MESSAGE_BROKEN = """as_user_not_supported invalid_attachments invalid_blocks invalid_blocks_format
    invalid_metadata_format invalid_metadata_schema markdown_text_conflict metadata_must_be_sent_from_app
    metadata_too_large msg_blocks_too_long msg_too_long no_text team_not_found too_many_attachments"""
_NO_MESSAGES_HERE = """app_access_restricted channel_not_found ekm_access_denied is_archived is_inactive
    messages_tab_disabled no_permission not_in_channel posting_to_channel_denied restricted_action
    restricted_action_non_threadable_channel restricted_action_read_only_channel
    restricted_action_thread_locked restricted_action_thread_only_channel"""
_NO_ROOT = "cannot_reply_to_message invalid_thread_ts message_not_found thread_not_found"

_EACH_METHOD: Mapping[str, _Meanings] = {
    "apps.connections.open": {
        NotAllowed: "forbidden_team",
        CallBroken: "insecure_request missing_args",
    },
    "chat.getPermalink": {PlaceClosed: "channel_not_found", CardFixed: "message_not_found"},
    "chat.postEphemeral": {
        SlackBusy: "message_limit_exceeded",
        PlaceClosed: f"{_NO_MESSAGES_HERE} user_not_in_channel",
        ThreadGone: _NO_ROOT,
        CallBroken: _MESSAGE_BROKEN,
    },
    "chat.postMessage": {
        SlackBusy: "message_limit_exceeded",
        PlaceClosed: f"""{_NO_MESSAGES_HERE} slack_connect_canvas_sharing_blocked
            slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked user_not_found""",
        ThreadGone: _NO_ROOT,
        CallBroken: f"""{_MESSAGE_BROKEN} attachment_payload_limit_exceeded draft_already_deleted
            draft_already_sent draft_has_conflict draft_not_found duplicate_channel_not_found
            duplicate_message_not_found missing_file_data send_on_behalf_not_allowed
            too_many_contact_cards""",
    },
    "chat.update": {
        SlackBusy: "external_channel_migrating message_limit_exceeded update_failed",
        PlaceClosed: f"""{_NO_MESSAGES_HERE} slack_connect_canvas_sharing_blocked
            slack_connect_clip_sharing_blocked slack_connect_file_link_sharing_blocked
            slack_connect_file_upload_sharing_blocked""",
        CardFixed: """cant_update_message edit_window_closed message_not_found streaming_state_conflict""",
        CallBroken: f"""{_MESSAGE_BROKEN} block_mismatch blocked_file_type cant_broadcast_message file_deleted
            file_is_deleted file_not_found file_share_limit_reached max_file_sharing_exceeded
            no_dual_broadcast_content_update slack_connect_blocked_file_type unable_to_share_files""",
    },
    "conversations.info": {PlaceClosed: "channel_is_limited_access channel_not_found"},
    "conversations.open": {
        PlaceClosed: """channel_not_found invalid_user_combination user_disabled user_not_found
            user_not_visible""",
        CallBroken: """method_not_supported_for_channel_type not_enough_users too_many_users
            users_list_not_supplied""",
    },
    "conversations.replies": {
        SlackBusy: "list_record_comment_fetch_failed",
        PlaceClosed: "channel_not_found method_not_supported_for_channel_type not_in_channel",
        ThreadGone: _NO_ROOT,
        CallBroken: "invalid_cursor invalid_metadata_filter_keys invalid_ts_latest invalid_ts_oldest",
    },
    "files.completeUploadExternal": {
        SlackBusy: "file_update_failed",
        PlaceClosed: f"{_NO_MESSAGES_HERE} invalid_channel",
        ThreadGone: _NO_ROOT,
        FileUnreadable: "access_denied file_not_found",
        UploadRefused: """file_type_not_allowed file_upload_size_restricted file_uploads_disabled
            file_uploads_except_images_disabled storage_limit_reached""",
        CallBroken: "channels_limit_exceeded invalid_blocks",
    },
    "files.delete": {
        FileDeleted: "file_deleted",
        FileUnreadable: "access_denied channel_not_found file_not_found not_visible",
        NotAllowed: "cant_delete_file delete_not_allowed file_deleting_disabled",
    },
    "files.getUploadURLExternal": {
        UploadRefused: """file_type_not_allowed file_upload_size_restricted file_uploads_disabled
            file_uploads_except_images_disabled storage_limit_reached""",
        CallBroken: """alt_txt_too_large missing_argument snippet_too_large unknown_snippet_type
            unknown_subtype""",
    },
    "files.info": {
        FileDeleted: "file_deleted",
        FileUnreadable: """access_denied canvas_disabled_file_team canvas_disabled_user_team
            canvas_globally_disabled channel_not_found file_not_found not_visible
            slack_connect_canvas_sharing_blocked template_not_visible""",
    },
    "oauth.v2.access": {
        TooLate: "invalid_code",
        TokenDead: "invalid_refresh_token",
        NotAllowed: "cannot_install_an_org_installed_app user_email_unverified",
        CallBroken: """bad_client_secret bad_redirect_uri invalid_client_id invalid_code_verifier
            invalid_grant_type no_scopes oauth_authorization_url_mismatch pkce_not_allowed
            preview_feature_not_available""",
    },
    "oauth.v2.exchange": {
        TokenDead: "authorization_not_found",
        NotAllowed: "token_already_exchanged token_rotation_not_enabled",
        CallBroken: "bad_client_secret invalid_client_id invalid_token",
    },
    "response_url": {TooLate: "http_400 http_401 http_403 http_404 http_410"},
    "usergroups.list": {
        NotAllowed: "plan_upgrade_required",
        CallBroken: "invalid_cursor invalid_team missing_argument users_not_found",
    },
    "usergroups.users.list": {
        NotAllowed: "plan_upgrade_required",
        NotThere: "no_such_subteam",
        CallBroken: "invalid_cursor",
    },
    "users.info": {
        NotThere: "user_not_found user_not_visible",
        CallBroken: "too_many_users",
    },
    "views.open": {
        TooLate: "exchanged_trigger_id expired_trigger_id invalid_trigger_id",
        CallBroken: "duplicate_external_id view_too_large",
    },
    "views.publish": {
        TooLate: "hash_conflict",
        NotAllowed: "not_enabled",
        CallBroken: "duplicate_external_id missing_profile_id not_implemented view_too_large",
    },
    "views.push": {
        TooLate: "exchanged_trigger_id expired_trigger_id invalid_trigger_id not_found",
        CallBroken: "duplicate_external_id push_limit_reached view_too_large",
    },
    "views.update": {
        TooLate: "hash_conflict not_found",
        CallBroken: "duplicate_external_id view_too_large",
    },
}
_SCOPES: Mapping[str, str] = {
    "chat.getPermalink": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
}
"""What each method needs, for a Slack that does not say what was missing."""


def _by_code(meanings: _Meanings) -> Iterator[tuple[str, type[SlackRefused]]]:
    return ((code, meaning) for meaning, codes in meanings.items() for code in codes.split())


def _flat(meanings: _Meanings) -> Mapping[str, type[SlackRefused]]:
    return MappingProxyType({**dict(_by_code(_EVERY_METHOD)), **dict(_by_code(meanings))})


MEANINGS: Mapping[str, Mapping[str, type[SlackRefused]]] = MappingProxyType(
    {method: _flat(meanings) for method, meanings in {"auth.test": {}, **_EACH_METHOD}.items()}
)
"""What each code of each method means that the app calls."""
_OF_ANY = _flat({})


def refusal(
    method: str, code: str, retry_after_s: float | None = None, *, needed: str | None = None
) -> SlackRefused:
    """The error for a refusal. A code that is not in the table makes a plain `SlackRefused`."""
    if code.startswith("http_5"):
        kind: type[SlackRefused] = SlackBusy
    else:
        kind = MEANINGS.get(method, _OF_ANY).get(code, SlackRefused)
    if issubclass(kind, ScopeMissing):
        needed = needed or _SCOPES.get(method)
    return kind(method, code, retry_after_s, needed=needed)
