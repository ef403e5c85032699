"""Streaming relay of media bytes in constant memory: Slack to sync.so's assets, sync.so's videos to Slack."""

from bot.media.errors import (
    Empty,
    Gone,
    Interrupted,
    IsPage,
    MediaError,
    NoLength,
    NoRanges,
    NotMedia,
    Redirected,
    SinkRefused,
    SinkUnavailable,
    SourceCut,
    SourceUnavailable,
    Stalled,
    TooLarge,
    UnsafeAddress,
    Unusable,
    WrongLength,
    WrongType,
)
from bot.media.links import LinkFile, Links
from bot.media.looks import Known, Looks
from bot.media.relay import (
    SLACK_FILE_HOSTS,
    MediaRelay,
    Progress,
)
from bot.media.source import Expect, Source

__all__ = [
    "SLACK_FILE_HOSTS",
    "Empty",
    "Expect",
    "Gone",
    "Interrupted",
    "IsPage",
    "Known",
    "LinkFile",
    "Links",
    "Looks",
    "MediaError",
    "MediaRelay",
    "NoLength",
    "NoRanges",
    "NotMedia",
    "Progress",
    "Redirected",
    "SinkRefused",
    "SinkUnavailable",
    "Source",
    "SourceCut",
    "SourceUnavailable",
    "Stalled",
    "TooLarge",
    "UnsafeAddress",
    "Unusable",
    "WrongLength",
    "WrongType",
]
