"""What a person has filled in: the state of each element, and whether a form may be sent."""

from typing import Any

from bot.sandbox.fake_slack.block_kit.blocks import elements
from bot.sandbox.fake_slack.block_kit.elements import MAX_FORM_FILE_BYTES, MAX_INPUT_TEXT, STATELESS
from bot.sandbox.fake_slack.records import Json

_EMPTY: dict[str, tuple[str, Any]] = {
    "channels_select": ("selected_channel", None),
    "checkboxes": ("selected_options", []),
    "conversations_select": ("selected_conversation", None),
    "datepicker": ("selected_date", None),
    "datetimepicker": ("selected_date_time", None),
    "external_select": ("selected_option", None),
    "file_input": ("files", []),
    "multi_channels_select": ("selected_channels", []),
    "multi_conversations_select": ("selected_conversations", []),
    "multi_static_select": ("selected_options", []),
    "multi_users_select": ("selected_users", []),
    "radio_buttons": ("selected_option", None),
    "static_select": ("selected_option", None),
    "timepicker": ("selected_time", None),
    "users_select": ("selected_user", None),
}
_INITIAL = {
    "channels_select": "initial_channel",
    "checkboxes": "initial_options",
    "conversations_select": "initial_conversation",
    "datepicker": "initial_date",
    "datetimepicker": "initial_date_time",
    "external_select": "initial_option",
    "multi_channels_select": "initial_channels",
    "multi_conversations_select": "initial_conversations",
    "multi_static_select": "initial_options",
    "multi_users_select": "initial_users",
    "radio_buttons": "initial_option",
    "static_select": "initial_option",
    "timepicker": "initial_time",
    "users_select": "initial_user",
}


def value_key(kind: str) -> str:
    """The key under which an element's state holds its value."""
    return _EMPTY.get(kind, ("value", None))[0]


def initial_state(element: Json) -> Json:
    """The state of an element that nobody has touched."""
    kind = element["type"]
    key, empty = _EMPTY.get(kind, ("value", None))
    return {"type": kind, key: element.get(_INITIAL.get(kind, "initial_value"), empty)}


def filled(blocks: list[Json], known: dict[str, Json]) -> dict[str, Json]:
    """The state of all elements: what is known where block_id and action_id are the same, else initial."""
    state: dict[str, Json] = {}
    for block, element in elements(blocks):
        if element["type"] in STATELESS:
            continue
        kept = known.get(block["block_id"], {}).get(element["action_id"])
        same_kind = isinstance(kept, dict) and kept.get("type") == element["type"]
        state.setdefault(block["block_id"], {})[element["action_id"]] = (
            kept if same_kind else initial_state(element)
        )
    return state


def complaints(blocks: list[Json], state: dict[str, Json]) -> dict[str, str]:
    """What Slack's own form refuses before the app hears of it: words for each block_id."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = state[block["block_id"]][element["action_id"]].get(value_key(element["type"]))
        words = _complaint(element, value, optional=bool(block.get("optional")))
        if words:
            errors[block["block_id"]] = words
    return errors


def _complaint(element: Json, value: Any, *, optional: bool) -> str | None:
    if value in (None, "", []):
        return None if optional else "Please complete this required field."
    match element["type"]:
        case "plain_text_input":
            return _text_complaint(element, str(value))
        case "url_text_input":
            is_link = str(value).startswith(("http://", "https://"))
            return None if is_link else "Please enter a valid URL."
        case "file_input":
            return _files_complaint(element, value)
    return None


def _text_complaint(element: Json, value: str) -> str | None:
    longest = element.get("max_length", MAX_INPUT_TEXT)
    shortest = element.get("min_length", 0)
    if len(value) > longest:
        return f"Please enter at most {longest} characters ({len(value)} now)."
    if len(value) < shortest:
        return f"Please enter at least {shortest} characters."
    return None


def _files_complaint(element: Json, files: list[Json]) -> str | None:
    if len(files) > element.get("max_files", 10):
        return f"Please choose at most {element.get('max_files', 10)} files."
    if any(file["size"] > MAX_FORM_FILE_BYTES for file in files):
        return "That file is larger than 10 MB, the most a form takes."
    allowed = element.get("filetypes")
    if allowed and any(file["filetype"] not in allowed for file in files):
        return f"Please choose a file of type {', '.join(allowed)}."
    return None
