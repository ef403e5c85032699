"""Slack's Web API as the app uses it: its calls, its errors told apart, and when a call is made again."""

from bot.slack.client import Slack, SlackTeam
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
    SlackError,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    ThreadGone,
    TokenDead,
    TooLate,
    UploadRefused,
)
from bot.slack.retries import patiently, until_well

__all__ = [
    "CallBroken",
    "CardFixed",
    "FileDeleted",
    "FileUnreadable",
    "NotAllowed",
    "NotThere",
    "PlaceClosed",
    "ScopeMissing",
    "Slack",
    "SlackBusy",
    "SlackError",
    "SlackRateLimited",
    "SlackRefused",
    "SlackTeam",
    "SlackUnreachable",
    "ThreadGone",
    "TokenDead",
    "TooLate",
    "UploadRefused",
    "patiently",
    "until_well",
]
