"""A Slack workspace on loopback: Web API, Socket Mode, signed HTTP, files, and the page's own API.

Written from Slack's documentation alone (it imports nothing of ours), so that a misreading in the app shows.
Strict: what Slack refuses is refused here with Slack's own error names.
"""

from bot.sandbox.fake_slack.config import (
    ChannelConfig,
    FakeSlackConfig,
    OrganisationConfig,
    Role,
    Sample,
    SampleKind,
    TeamConfig,
    Timings,
    UserConfig,
    UsergroupConfig,
)
from bot.sandbox.fake_slack.server import FakeSlack, create_fake_slack

__all__ = [
    "ChannelConfig",
    "FakeSlack",
    "FakeSlackConfig",
    "OrganisationConfig",
    "Role",
    "Sample",
    "SampleKind",
    "TeamConfig",
    "Timings",
    "UserConfig",
    "UsergroupConfig",
    "create_fake_slack",
]
