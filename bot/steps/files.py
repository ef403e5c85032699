"""What Slack says of a file, with the failure of a job where it says nothing."""

from collections.abc import Mapping
from typing import Any

from bot.errors import JobFailed
from bot.slack import FileDeleted, FileUnreadable, SlackTeam


async def file_info(slack: SlackTeam, file_id: str, *, must_be_of: str | None = None) -> Mapping[str, Any]:
    """A file object; what `must_be_of` somebody and cannot be seen is as good as not there.

    Raises:
        JobFailed: the file was deleted, or the app may not see it.
        SlackRefused, SlackUnreachable: Slack cannot say now.
    """
    try:
        return await slack.file_info(file_id)
    except FileDeleted:
        raise JobFailed("slack_file_deleted") from None
    except FileUnreadable:
        shown = must_be_of is None
        raise JobFailed("slack_file_not_visible" if shown else "slack_file_not_found") from None
