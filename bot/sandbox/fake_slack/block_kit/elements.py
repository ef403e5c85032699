"""The rules of interactive elements and of the small objects within them (Slack: block elements)."""

from typing import Any

from bot.sandbox.fake_slack.block_kit.shapes import (
    Check,
    Problems,
    anything,
    array,
    boolean,
    both,
    by_type,
    choice,
    fields,
    integer,
    plain,
    problem,
    string,
    text,
)

ID = string(255, minimum=1)
MAX_FORM_FILE_BYTES = 10 * 1024 * 1024
MAX_INPUT_TEXT = 3000

_CONFIRM = fields(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
_VALUE: dict[str, Check] = {"value": string(150, minimum=1)}
_OPTION = fields({"text": plain(75), **_VALUE}, {"description": plain(75)})
"""Of a menu. Only those of checkboxes and radio buttons take mrkdwn, and only an overflow menu's links
(Slack: option object)."""
_CHOICE = fields({"text": text(75), **_VALUE}, {"description": text(75)})
_WAY_ON = fields({"text": plain(75), **_VALUE}, {"description": plain(75), "url": string(3000)})
_OPTION_GROUP = fields({"label": plain(75), "options": array(_OPTION, maximum=100)})
_DISPATCH = fields(
    {}, {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), maximum=2)}
)
_FOCUS: dict[str, Check] = {"focus_on_load": boolean}
_COMMON: dict[str, Check] = {"action_id": ID, "confirm": _CONFIRM}
_PLACEHOLDER: dict[str, Check] = {"placeholder": plain(150)}
_SELECT: dict[str, Check] = {**_COMMON, **_PLACEHOLDER, **_FOCUS}


def _options_or_groups(value: Any, at: str, problems: Problems) -> None:
    """A static select has options or option_groups, never both, and its initial choice is one of them."""
    if not isinstance(value, dict):
        return
    given = [key for key in ("options", "option_groups") if key in value]
    if len(given) != 1:
        problem(problems, at, "must provide exactly one of options or option_groups")
        return
    offered = options_of(value)
    values = [option.get("value") for option in offered]
    if len(values) != len(set(values)):
        problem(problems, f"{at}/options", "option values must be unique")
    for initial in _initial_options(value):
        if initial not in offered:
            problem(problems, f"{at}/initial_option", "initial option must match one of the options exactly")


def _initial_options(element: dict[str, Any]) -> list[Any]:
    single = element.get("initial_option")
    return ([single] if single is not None else []) + list(element.get("initial_options") or [])


def options_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Every option that an element offers, groups flattened."""
    groups = element.get("option_groups") or []
    return [
        option
        for options in (element.get("options") or [], *(group.get("options") or [] for group in groups))
        for option in options
        if isinstance(option, dict)
    ]


def _initials_are_offered(value: Any, at: str, problems: Problems) -> None:
    if isinstance(value, dict) and any(
        initial not in options_of(value) for initial in _initial_options(value)
    ):
        problem(problems, at, "initial options must match the options exactly")


def _length_bounds(value: Any, at: str, problems: Problems) -> None:
    if isinstance(value, dict) and len(value.get("initial_value") or "") > value.get(
        "max_length", MAX_INPUT_TEXT
    ):
        problem(problems, f"{at}/initial_value", "initial value is longer than max_length")


def _static_select(*, multi: bool) -> Check:
    initial: dict[str, Check] = (
        {"initial_options": array(_OPTION, maximum=100), "max_selected_items": integer(1, 100)}
        if multi
        else {"initial_option": _OPTION}
    )
    offers: dict[str, Check] = {
        "options": array(_OPTION, maximum=100),
        "option_groups": array(_OPTION_GROUP, maximum=100),
    }
    return both(fields({}, {**_SELECT, **offers, **initial}), _options_or_groups)


def _entity_select(noun: str, *, multi: bool) -> Check:
    initial = f"initial_{noun}s" if multi else f"initial_{noun}"
    more: dict[str, Check] = {initial: anything}
    if multi:
        more["max_selected_items"] = integer(1, 100)
    elif noun != "user":
        more["response_url_enabled"] = boolean
    if noun == "conversation":
        more |= {"default_to_current_conversation": boolean, "filter": anything}
    return fields({}, {**_SELECT, **more})


_BUTTON = fields(
    {"text": plain(75)},
    {
        **_COMMON,
        "url": string(3000),
        "value": string(2000),
        "style": choice("primary", "danger"),
        "accessibility_label": string(75),
    },
)
_PLAIN_INPUT = both(
    fields(
        {},
        {
            **_PLACEHOLDER,
            **_FOCUS,
            "action_id": ID,
            "initial_value": string(MAX_INPUT_TEXT),
            "multiline": boolean,
            "min_length": integer(0, MAX_INPUT_TEXT),
            "max_length": integer(1, MAX_INPUT_TEXT),
            "dispatch_action_config": _DISPATCH,
        },
    ),
    _length_bounds,
)
_TYPED_INPUT: dict[str, Check] = {**_PLACEHOLDER, **_FOCUS, "action_id": ID, "initial_value": string(3000)}


def _choices(maximum: int, initial: dict[str, Check]) -> Check:
    rule = fields({"options": array(_CHOICE, maximum=maximum)}, {**_COMMON, **_FOCUS, **initial})
    return both(rule, _initials_are_offered)


ELEMENTS: dict[str, Check] = {
    "button": _BUTTON,
    "channels_select": _entity_select("channel", multi=False),
    "checkboxes": _choices(10, {"initial_options": array(_CHOICE, maximum=10)}),
    "conversations_select": _entity_select("conversation", multi=False),
    "datepicker": fields({}, {**_SELECT, "initial_date": string(10)}),
    "datetimepicker": fields({}, {**_COMMON, **_FOCUS, "initial_date_time": integer(0, 9_999_999_999)}),
    "email_text_input": fields({}, {**_TYPED_INPUT, "dispatch_action_config": _DISPATCH}),
    "external_select": fields(
        {}, {**_SELECT, "initial_option": _OPTION, "min_query_length": integer(0, 100)}
    ),
    "file_input": fields(
        {},
        {
            "action_id": ID,
            "filetypes": array(string(20, minimum=1), maximum=100),
            "max_files": integer(1, 10),
        },
    ),
    "multi_channels_select": _entity_select("channel", multi=True),
    "multi_conversations_select": _entity_select("conversation", multi=True),
    "multi_static_select": _static_select(multi=True),
    "multi_users_select": _entity_select("user", multi=True),
    "number_input": fields(
        {"is_decimal_allowed": boolean},
        {
            **_TYPED_INPUT,
            "min_value": string(30),
            "max_value": string(30),
            "dispatch_action_config": _DISPATCH,
        },
    ),
    "overflow": fields({"options": array(_WAY_ON, maximum=5)}, _COMMON),
    "plain_text_input": _PLAIN_INPUT,
    "radio_buttons": _choices(10, {"initial_option": _CHOICE}),
    "static_select": _static_select(multi=False),
    "timepicker": fields({}, {**_SELECT, "initial_time": string(5), "timezone": string(100)}),
    "url_text_input": fields({}, {**_TYPED_INPUT, "dispatch_action_config": _DISPATCH}),
    "users_select": _entity_select("user", multi=False),
}

INPUT_ONLY = frozenset(
    {"email_text_input", "file_input", "number_input", "plain_text_input", "url_text_input"}
)
STATELESS = frozenset({"button", "overflow"})

accessory = by_type(ELEMENTS, ELEMENTS.keys() - INPUT_ONLY)
# Multi-selects inside an actions block are refused by Slack (block elements, multi-select menus).
actions_element = by_type(
    ELEMENTS, {kind for kind in ELEMENTS if kind not in INPUT_ONLY and not kind.startswith("multi_")}
)
input_element = by_type(ELEMENTS, ELEMENTS.keys() - STATELESS)
