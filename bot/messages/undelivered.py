"""The words of every failure after which the video exists, but did not reach Slack, by its code."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.messages.catalogue import N_
from bot.messages.failure_words import FailureWords

DELIVERY: Mapping[str, FailureWords] = MappingProxyType(
    {
        "slack_uploads_disabled": FailureWords(
            N_("Your video is made, but this workspace does not allow apps to upload files"),
            N_("For the next time, ask a workspace admin to allow it."),
        ),
        "slack_upload_too_large": FailureWords(
            N_("Your video is made, but it is larger than this workspace allows"),
            "",
        ),
        "slack_storage_full": FailureWords(
            N_("Your video is made, but this workspace has no storage left"),
            N_("For the next time, delete old files or ask a workspace admin."),
        ),
        "slack_scope_missing": FailureWords(
            N_("Your video is made, but I lack a permission to bring it here"),
            N_("For the next time, ask a workspace admin to install me again with that permission."),
        ),
        "slack_not_allowed": FailureWords(
            N_("Your video is made, but this workspace does not let me bring it"),
            N_("For the next time, ask a workspace admin to allow it."),
        ),
        "slack_call_broken": FailureWords(
            N_("Your video is made, but Slack did not take it from me"),
            N_("That is a fault of mine: tell whoever looks after me."),
        ),
        "output_missing": FailureWords(
            N_("sync.so says your video is made, but does not give it out"),
            N_("Look for it on sync.so, where it may appear later."),
        ),
        "not_connected": FailureWords(
            N_("Your video is made, but its sync.so account is not connected any more"),
            N_("Look for it on sync.so."),
        ),
        "app_removed": FailureWords(
            N_("Your video is made, but I was removed from this workspace before I could bring it"),
            "",
        ),
    },
)
"""What happened, and what else to do, where the video exists but did not reach Slack."""
