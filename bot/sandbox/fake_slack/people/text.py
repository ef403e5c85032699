"""What a person types, as Slack hands it to apps: escaped, with links and mentions marked up."""

import html
import re
from collections.abc import Iterator

from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.workspace import Workspace

_LINK = r"https?://[^\s<>|]+"
_BEHIND_LINKS = frozenset(".,;:!?…*~'\"’”»")
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_TOKEN = re.compile(rf"(?P<link>{_LINK})|(?P<user>(?<!\w)@[\w.-]+)|(?P<channel>(?<!\w)#[\w-]+)")


def _parts(text: str, workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Split into ("text", …), ("link", url), ("user", id), ("channel", id)."""
    users = {user.name: user.id for user in workspace.config.users}
    users[workspace.bot_name] = workspace.config.bot_user_id
    channels = {channel.name: channel.id for channel in workspace.config.channels}
    end = 0
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        word = match.group()
        known = {"user": users, "channel": channels}.get(kind, {}).get(word[1:])
        if kind != "link" and known is None:
            continue
        if match.start() > end:
            yield "text", text[end : match.start()]
        word = _without_punctuation(word) if kind == "link" else word
        yield kind, known or word
        end = match.start() + len(word)
    if end < len(text):
        yield "text", text[end:]


def _without_punctuation(link: str) -> str:
    """A link ends before the signs of its sentence, and before a bracket that was opened before it."""
    end = len(link)
    while link[end - 1] in _BEHIND_LINKS or (
        (opening := _BRACKETS.get(link[end - 1]))
        and link.count(opening, 0, end) < link.count(link[end - 1], 0, end)
    ):
        end -= 1
    return link[:end]


def escape(text: str) -> str:
    """Slack escapes these three and no more (Slack: formatting text)."""
    return html.escape(text, quote=False)


def marked_up(text: str, workspace: Workspace) -> str:
    """A message's `text`: `<https://…>`, `<@U…>`, `<#C…>`."""
    marks = {"link": "<{}>", "user": "<@{}>", "channel": "<#{}>"}
    return "".join(marks.get(kind, "{}").format(escape(part)) for kind, part in _parts(text, workspace))


def command_text(text: str, workspace: Workspace, *, should_escape: bool) -> str:
    """A command's `text`; with `should_escape` people, channels and links come marked up with their names."""
    if not should_escape:
        return escape(text)
    names = {user.id: user.name for user in workspace.config.users}
    names[workspace.config.bot_user_id] = workspace.bot_name
    names |= {channel.id: channel.name for channel in workspace.config.channels}
    marks = {"link": "<{0}>", "user": "<@{0}|{1}>", "channel": "<#{0}|{1}>"}
    return "".join(
        marks.get(kind, "{0}").format(escape(part), names.get(part, ""))
        for kind, part in _parts(text, workspace)
    )


def rich_text(text: str, workspace: Workspace, block_id: str) -> list[Json]:
    """The rich_text block that Slack's composer makes of what was typed."""
    shapes = {"link": "url", "user": "user_id", "channel": "channel_id", "text": "text"}
    section = [{"type": kind, shapes[kind]: part} for kind, part in _parts(text, workspace)]
    if not section:
        return []
    elements = [{"type": "rich_text_section", "elements": section}]
    return [{"type": "rich_text", "block_id": block_id, "elements": elements}]
