"""Reading Slack's messages and forms as people read them, and filling in forms."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]


def shown(message: Mapping[str, Any]) -> str:
    """All words of a message or a form, of its text and its blocks."""
    return "\n".join([message.get("text") or "", *_texts(message.get("blocks") or [])])


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for child in node.values():
            yield from _texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _texts(child)


class NoButton(AssertionError):
    """It is not there, or not any more."""


def find_button(message: Mapping[str, Any], action_id: str) -> tuple[Json, Json]:
    """A button of a message or form, and the block it stands in. Raises NoButton."""
    for block in message.get("blocks") or []:
        for element in [*(block.get("elements") or []), block.get("accessory")]:
            if isinstance(element, dict) and element.get("action_id") == action_id:
                return block, element
    raise NoButton(f"no button {action_id} in: {shown(message)}")


def buttons(message: Mapping[str, Any]) -> set[str]:
    """The action ids of a message's buttons."""
    return {
        element["action_id"]
        for block in message.get("blocks") or []
        if block["type"] == "actions"
        for element in block["elements"]
    }


def typed(value: str) -> Json:
    """What Slack sends of a filled text field."""
    return {"type": "plain_text_input", "value": value}


def link(value: str) -> Json:
    """What Slack sends of a filled link field."""
    return {"type": "url_text_input", "value": value}


def files(*uploaded: Json) -> Json:
    """What Slack sends of a file field."""
    return {"type": "file_input", "files": [{"id": file["id"]} for file in uploaded]}


def select(view: Mapping[str, Any], field: str, value: str) -> Json:
    """What Slack sends of a menu in which an option was chosen, by its value or by its label."""
    return chosen_in(_element(view, field), value)


def chosen_in(menu: Mapping[str, Any], value: str) -> Json:
    """As above, of a menu that was found already."""
    for option in _options(menu):
        if value in {option["value"], option["text"]["text"]}:
            return {"type": menu["type"], "selected_option": option}
    raise AssertionError(f"no option {value}; there are {[each['text']['text'] for each in _options(menu)]}")


def labels(view: Mapping[str, Any], field: str) -> list[str]:
    """The options of a menu, as people read them."""
    return [option["text"]["text"] for option in _options(_element(view, field))]


def chosen(view: Mapping[str, Any], field: str) -> str:
    """What a menu shows as chosen, as people read it."""
    option = initial_values(view)[field]["selected_option"]
    return str(option["text"]["text"])


def fields(view: Mapping[str, Any]) -> set[str]:
    """The ids of the fields that a form has now."""
    return {block["block_id"] for block in view["blocks"] if block["type"] == "input"}


def initial_values(view: Mapping[str, Any]) -> dict[str, Json]:
    """What a form holds: what was filled in before it last changed, else what it proposes."""
    values: dict[str, Json] = {}
    known = view.get("state", {}).get("values", {})
    for block in view["blocks"]:
        if block["type"] == "input":
            field = block["block_id"]
            values[field] = dict(known[field][block["element"]["action_id"]])
    return values


def _element(view: Mapping[str, Any], field: str) -> Json:
    for block in view["blocks"]:
        if block["block_id"] == field:
            element: Json = block.get("element") or block["accessory"]
            return element
    raise AssertionError(f"the form has no field {field}")


def _options(element: Mapping[str, Any]) -> list[Json]:
    groups = element.get("option_groups")
    return [option for group in groups or [element] for option in group["options"]]
