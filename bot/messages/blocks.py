"""The few Block Kit parts the app uses, built so that Slack cannot refuse them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from bot.messages.text import cut, one_line, width

Block = dict[str, Any]
Style = Literal["primary", "danger"]

# Slack: Block Kit reference, limits of the parts.
BUTTON_LIMIT = 75
SECTION_LIMIT = 3_000
OPTION_LIMIT = 75
OPTIONS_LIMIT = 100
OPTION_VALUE_LIMIT = 150
INPUT_LIMIT = 3_000
URL_LIMIT = 3_000


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: `text` says all of it for screen readers and notifications, `blocks` show it."""

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu: `value` comes back, `label` is shown, `hint` stands small below it."""

    value: str
    label: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of a menu under one heading."""

    label: str
    choices: tuple[Choice, ...]


def plain(text: str, limit: int) -> Block:
    """A plain text object, in which no markup and no mention works."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def mrkdwn(text: str) -> Block:
    """A mrkdwn object; verbatim, so that Slack makes no links or mentions of its own out of user text."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def carried(known: Mapping[str, Any]) -> str:
    """What a modal is given to bring back (Slack: `private_metadata`, up to 3,000 characters).

    Letters stay as they are: written as ASCII each one of Japanese or Arabic would take six characters.
    """
    return json.dumps(known, ensure_ascii=False)


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def header(text: str) -> Block:
    """A heading, in plain text."""
    return {"type": "header", "text": plain(text, 150)}


def context(text: str) -> Block:
    """A small line."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(buttons: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(
    label: str,
    action_id: str,
    value: str,
    *,
    style: Style | None = None,
    confirm: Block | None = None,
) -> Block:
    """A button; its label makes sense when it is read alone."""
    made: Block = {
        "type": "button",
        "text": plain(label, BUTTON_LIMIT),
        "action_id": action_id,
        "value": value,
    }
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def about(pressed: Block, what: str) -> Block:
    """A button that several of a view are called like; a screen reader says, too, what it is about.

    Args:
        pressed: The button.
        what: What it is about, as plain text.
    """
    heard = f"{pressed['text']['text']}: {one_line(what)}"
    return pressed | {"accessibility_label": cut(heard, BUTTON_LIMIT)}


def link_button(label: str, action_id: str, url: str) -> Block:
    """A button that opens a page."""
    return {"type": "button", "text": plain(label, BUTTON_LIMIT), "action_id": action_id, "url": url}


def confirm(title: str, text: str, *, yes: str, no: str, style: Style = "primary") -> Block:
    """The question that Slack asks before it sends a press."""
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        "style": style,
    }


def input_field(
    block_id: str,
    label: str,
    element: Block,
    *,
    hint: str | None = None,
    optional: bool = False,
    live: bool = False,
) -> Block:
    """An input block; block and element share one id. `live` sends each choice to the app at once."""
    made: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2_000),
        "element": {**element, "action_id": block_id},
    }
    if hint:
        made["hint"] = plain(hint, 2_000)
    if optional:
        made["optional"] = True
    if live:
        made["dispatch_action"] = True
    return made


def option(choice: Choice) -> Block:
    """One entry of a menu."""
    made: Block = {"text": plain(one_line(choice.label) or choice.value, OPTION_LIMIT), "value": choice.value}
    return made | ({"description": plain(choice.hint, OPTION_LIMIT)} if choice.hint else {})


def menu(choices: Sequence[Choice] | Sequence[Group], *, initial: str | None = None) -> Block:
    """A menu of up to 100 entries, or of groups of up to 100 each.

    Args:
        choices: Entries, or groups of entries.
        initial: The value that is chosen at first; one that is not offered is left out.
    """
    made: Block = {"type": "static_select"}
    flat: list[Choice] = []
    groups: list[Block] = []
    for entry in choices:
        if isinstance(entry, Group):
            flat += entry.choices
            groups.append({"label": plain(entry.label, 75), "options": [option(c) for c in entry.choices]})
        else:
            flat.append(entry)
    made |= {"option_groups": groups} if groups else {"options": [option(choice) for choice in flat]}
    chosen = next((choice for choice in flat if choice.value == initial), None)
    return made | ({"initial_option": option(chosen)} if chosen else {})


def many(choices: Sequence[Choice], *, initial: Collection[str]) -> Block:
    """A menu of up to 100 entries of which several may be chosen."""
    return _chosen("multi_static_select", choices, initial)


def checkboxes(choices: Sequence[Choice], *, initial: Collection[str]) -> Block:
    """Up to ten boxes to tick."""
    return _chosen("checkboxes", choices, initial)


def _chosen(kind: str, choices: Sequence[Choice], initial: Collection[str]) -> Block:
    made: Block = {"type": kind, "options": [option(choice) for choice in choices]}
    chosen = [option(choice) for choice in choices if choice.value in initial]
    return made | ({"initial_options": chosen} if chosen else {})


def many_people(initial: Sequence[str], *, most: int) -> Block:
    """A field for people; their ids come back."""
    made: Block = {"type": "multi_users_select", "max_selected_items": most}
    return made | ({"initial_users": list(initial)} if initial else {})


def one_person(initial: str | None) -> Block:
    """A field for one person."""
    made: Block = {"type": "users_select"}
    return made | ({"initial_user": initial} if initial else {})


def many_channels(initial: Sequence[str]) -> Block:
    """A field for channels, private ones too, as far as whoever fills it in is in them."""
    made: Block = {
        "type": "multi_conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
        "max_selected_items": 100,
    }
    return made | ({"initial_conversations": list(initial)} if initial else {})


def one_channel(initial: str | None) -> Block:
    """A field for a channel of the team's own, a private one too, as far as whoever fills it in is in it."""
    made: Block = {
        "type": "conversations_select",
        "filter": {
            "include": ["public", "private"],
            "exclude_bot_users": True,
            "exclude_external_shared_channels": True,
        },
    }
    return made | ({"initial_conversation": initial} if initial else {})


def text_input(*, initial: str | None, limit: int, multiline: bool = False, placeholder: str = "") -> Block:
    """A text field of at most `limit` characters."""
    made: Block = {"type": "plain_text_input", "multiline": multiline, "max_length": limit}
    if placeholder:
        made["placeholder"] = plain(placeholder, 150)
    return made | ({"initial_value": initial} if initial else {})


def share_input(*, initial: float | None) -> Block:
    """A field for a number from 0 to 1."""
    made: Block = {
        "type": "number_input",
        "is_decimal_allowed": True,
        "min_value": "0",
        "max_value": "1",
    }
    return made | ({"initial_value": f"{initial:g}"} if initial is not None else {})


def money_input(*, initial: Decimal | None, most: int) -> Block:
    """A field for an amount of money up to `most`, in cents."""
    made: Block = {
        "type": "number_input",
        "is_decimal_allowed": True,
        "min_value": "0",
        "max_value": str(most),
    }
    return made | ({"initial_value": f"{initial:.2f}"} if initial is not None else {})


def url_input(*, initial: str | None, placeholder: str) -> Block:
    """A field for a link."""
    made: Block = {"type": "url_text_input", "placeholder": plain(placeholder, 150)}
    return made | ({"initial_value": initial} if initial else {})


def file_input(extensions: Iterable[str] | None) -> Block:
    """A field for one file of up to 10 MB, of any kind for None (Slack: file input element)."""
    made: Block = {"type": "file_input", "max_files": 1}
    return made | ({"filetypes": list(extensions)} if extensions else {})


def offerable(choices: Iterable[Choice]) -> list[Choice]:
    """Those that Slack can carry: one empty or over-long value would make it refuse the whole view.

    Nor one of controls: of these a form that carries the value has no room for as many.
    """
    return [
        choice
        for choice in choices
        if choice.value.strip() and choice.value.isprintable() and width(choice.value) <= OPTION_VALUE_LIMIT
    ]
