"""The names of scopes, and the addresses that a person may be sent back to."""

from collections.abc import Iterable
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


def split(listed: str) -> tuple[str, ...]:
    """Scopes as `scope` lists them, each once, in their order."""
    return tuple(dict.fromkeys(listed.replace(",", " ").split()))


# The bot scopes of Slack's reference (docs.slack.dev/reference/scopes) that an app like this could want.
KNOWN = frozenset(
    split(
        """
        app_mentions:read assistant:write bookmarks:read bookmarks:write calls:read calls:write
        canvases:read canvases:write channels:history channels:join channels:manage channels:read
        chat:write chat:write.customize chat:write.public commands
        conversations.connect:manage conversations.connect:read conversations.connect:write
        dnd:read emoji:read files:read files:write groups:history groups:read groups:write
        im:history im:read im:write incoming-webhook links.embed:write links:read links:write lists:read
        lists:write metadata.message:read mpim:history mpim:read mpim:write pins:read pins:write
        reactions:read reactions:write reminders:read reminders:write remote_files:read remote_files:share
        remote_files:write team.billing:read team.preferences:read team:read usergroups:read
        usergroups:write users.profile:read users:read users:read.email users:write workflow.steps:execute
        """
    )
)


def is_registered(address: str, registered: Iterable[str]) -> bool:
    """Whether a redirect URI is a registered one or lies under one (Slack: installing with OAuth).

    It has to be HTTPS; only this fake takes HTTP too, and only on loopback, where it runs itself.
    """
    given = urlsplit(address)
    if given.scheme != "https" and given.hostname not in _LOOPBACK:
        return False
    return any(_lies_under(address, each) for each in registered)


def _lies_under(address: str, registered: str) -> bool:
    given, known = urlsplit(address), urlsplit(registered)
    if (given.scheme, given.netloc) != (known.scheme, known.netloc) or given.fragment:
        return False
    folder = known.path.rstrip("/")
    return given.path == known.path or given.path.startswith(f"{folder}/")
