"""A text file that was sent as a script, as Slack has it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.drafts import SlackFile
from bot.file_inputs import private_address
from bot.media import Expect, MediaRelay
from bot.slack import SlackTeam

_SCRIPT_FILE = Expect(kinds=frozenset({"text"}), max_bytes=100 * 1024)


async def script_bytes(
    relay: MediaRelay, slack: SlackTeam, file: SlackFile, info: Mapping[str, Any]
) -> bytes:
    """The whole of a text file; where Slack serves it without its length, of the size that Slack told.

    Args:
        relay: what reads it.
        slack: of the workspace that has the file.
        file: by what `info` tells of it.
        info: its file object.

    Raises:
        MediaError: it is no text, too large, or could not be had now.
    """
    expect = replace(_SCRIPT_FILE, length=file.size or None)
    return await relay.read(private_address(info), bearer=slack.token, expect=expect)
