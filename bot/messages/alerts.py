"""What is wrong with a form as a whole: Slack's alert above its fields, which stay as they were filled in."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.messages.blocks import Block, mrkdwn, section
from bot.messages.text import cut, width

ALERT_LIMIT = 200
"""Slack: alert block."""
_ALERT, _MORE = "alert", "alert_more"
_SENTENCE_END = re.compile(r"(?<=[.!?。؟])\s+")


def alert(text: str) -> list[Block]:
    """The words, in mrkdwn; the sentences that an alert has no room for stand below it."""
    said, more = _parted(text)
    shown: Block = {"type": "alert", "block_id": _ALERT, "level": "error", "text": mrkdwn(said)}
    return [shown, {**section(more), "block_id": _MORE}] if more else [shown]


def with_alert(view: Mapping[str, Any], text: str) -> Block:
    """A form with the words above its fields, in place of what an alert there said before."""
    return {**view, "blocks": [*alert(text), *without_alert(view["blocks"])]}


def without_alert(shown: Iterable[Mapping[str, Any]]) -> list[Block]:
    """The blocks of a form but for those that an alert is of."""
    return [dict(block) for block in shown if block.get("block_id") not in {_ALERT, _MORE}]


def _parted(text: str) -> tuple[str, str]:
    """Between two sentences, but in no link and in nothing that is bold or code."""
    if width(text) <= ALERT_LIMIT:
        return text, ""
    ends = [
        found
        for found in _SENTENCE_END.finditer(text)
        if width(text[: found.start()]) <= ALERT_LIMIT and _is_whole(text[: found.start()])
    ]
    if not ends:
        return cut(text, ALERT_LIMIT), text
    return text[: ends[-1].start()], text[ends[-1].end() :]


def _is_whole(text: str) -> bool:
    return text.count("*") % 2 == text.count("`") % 2 == 0 and text.count("<") == text.count(">")
