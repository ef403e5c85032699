"""A text file that was sent as a script: its bytes at Slack, and their text."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.asking.drafts import SlackFile
from bot.asking.file_inputs import SCRIPT_MAX_BYTES, private_address
from bot.media import Expect, MediaRelay
from bot.slack import SlackTeam

_SCRIPT_FILE = Expect(kinds=frozenset({"text"}), max_bytes=SCRIPT_MAX_BYTES)


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


def decode_script(raw: bytes) -> str | None:
    """The text of a script file, None if it is no text: UTF-8, or UTF-16 with its mark."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text
