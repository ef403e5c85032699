"""Slack's files, opened and looked at before any of their bytes is used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.asking.drafts import SlackFile
from bot.asking.file_inputs import (
    MAX_BYTES,
    SERVED_AS,
    FileProblem,
    found,
    private_address,
    seen,
    served_as_other,
)
from bot.asking.file_kinds import HEAD_BYTES, Medium
from bot.errors import JobFailed
from bot.media import Expect, Source, SourceUnavailable, WrongType
from bot.steps.files import file_info
from bot.steps.tools import Tools
from storage.inputs import Input
from storage.orders import Order

_MEDIA = Expect(kinds=SERVED_AS, max_bytes=MAX_BYTES, head_bytes=HEAD_BYTES)


@dataclass(frozen=True, slots=True)
class Told:
    """A file as Slack describes it now, and the way to its bytes."""

    file: SlackFile
    url: str
    token: str


async def tell(tools: Tools, of: Order | Input, known: SlackFile) -> Told:
    """Ask Slack for a file.

    Raises:
        JobFailed: it cannot be used, or not be had.
        SlackRefused, SlackUnreachable, SourceUnavailable: Slack cannot say now.
    """
    slack = await tools.slack_of(of)
    info = await file_info(slack, known.file_id, must_be_of=known.must_be_of)
    return Told(_usable(found(known, info)), private_address(info), slack.token)


@asynccontextmanager
async def opened(tools: Tools, told: Told, medium: Medium) -> AsyncIterator[tuple[SlackFile, Source]]:
    """A file that can be sent on as `medium`, as its first bytes show it, and its bytes.

    Raises:
        JobFailed: it cannot be used.
        MediaError: it cannot be had now, or is not what it was to be.
    """
    expect = replace(_MEDIA, length=told.file.size or None)
    try:
        async with tools.relay.open(told.url, bearer=told.token, expect=expect) as source:
            yield _usable(seen(told.file, medium, source.head)), source
    except WrongType as error:
        raise JobFailed(served_as_other(error.content_type, told.file.name).code) from None


def _usable(file: SlackFile | FileProblem) -> SlackFile:
    """Raises JobFailed: it cannot be used, SourceUnavailable: not yet."""
    if isinstance(file, FileProblem):
        if file.code == "slack_file_not_ready":
            raise SourceUnavailable("Slack has not looked at the file yet")
        raise JobFailed(file.code)
    return file
