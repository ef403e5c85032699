"""Messages and forms that use everything the page can draw."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str = "", description: str = "") -> Json:
    """An option; its value is its text unless given."""
    more = {"description": plain(description)} if description else {}
    return {"text": plain(text), "value": value or text, **more}


def button(action_id: str, text: str, **more: Any) -> Json:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def input_block(block_id: str, label: str, element: Json, **more: Any) -> Json:
    """An input block; its element's action_id is the block's id."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": block_id, **element},
        **more,
    }


CANCEL_CONFIRM: Json = {
    "title": plain("Cancel this lip-sync?"),
    "text": mrkdwn("Nothing was *charged*."),
    "confirm": plain("Yes, cancel"),
    "deny": plain("Keep it"),
    "style": "danger",
}

EVERY_BLOCK: list[Json] = [
    {"type": "header", "text": plain("Every block :tada:")},
    {
        "type": "section",
        "text": mrkdwn(
            "*bold* _italic_ ~struck~ `code` <https://example.com/a?b=1&amp;c=2|a link> "
            "snake_case 2*3*4 &lt;kept&gt; <!date^1893456000^in {date_num}|fallback>\n> quoted\nafter"
        ),
        "accessory": {
            "type": "overflow",
            "action_id": "more",
            "options": [option("Copy", "copy"), option("Delete", "delete")],
        },
    },
    {"type": "section", "fields": [mrkdwn("*Length*\n0:05"), plain("Price $0.25")]},
    {"type": "divider"},
    {
        "type": "image",
        "image_url": "http://127.0.0.1/gone.png",
        "alt_text": "A lost picture",
        "title": plain("Picture"),
    },
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Rich"},
                    {"type": "text", "text": " bold", "style": {"bold": True}},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "first item"}]}
                ],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "as it is"}]},
        ],
    },
    {
        "type": "data_visualization",
        "title": "Spent by month",
        "chart": {
            "type": "bar",
            "series": [
                {"name": "Spent", "data": [{"label": "May", "value": 1.5}, {"label": "Jun", "value": 3}]}
            ],
            "axis_config": {"categories": ["May", "Jun"], "y_label": "US dollars"},
        },
    },
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": each} for each in row] for row in (("Model", "Spent"), ("A", "$3"))
        ],
    },
    {
        "type": "actions",
        "elements": [
            button("generate", "Generate", style="primary", value="job-1:estimate-1"),
            button("cancel", "Cancel", style="danger", value="job-1", confirm=CANCEL_CONFIRM),
            {
                "type": "static_select",
                "action_id": "model",
                "placeholder": plain("Choose a model"),
                "option_groups": [
                    {"label": plain("New"), "options": [option("lipsync-2")]},
                    {"label": plain("Old"), "options": [option("lipsync-1.9")]},
                ],
            },
        ],
    },
    {"type": "context", "elements": [mrkdwn("An *estimate*, not a promise"), plain("for you")]},
]


def form(speech: str = "script", *, note: str = "") -> Json:
    """A form with every kind of field, whose fields change with the choice of speech."""
    script = {"type": "plain_text_input", "multiline": True, "max_length": 100}
    spoken = (
        input_block("script", "Script", script)
        if speech == "script"
        else input_block("audio", "Audio link", {"type": "url_text_input"})
    )
    kinds = [option("A script", "script", "Typed words"), option("An audio file", "audio")]
    return {
        "type": "modal",
        "callback_id": "stub_form",
        "title": plain("Create a lip-sync"),
        "submit": plain("Show the price"),
        "close": plain("Cancel"),
        "notify_on_close": True,
        "blocks": [
            {"type": "section", "block_id": "intro", "text": mrkdwn(f"You see the *price* first. {note}")},
            {
                "type": "alert",
                "block_id": "alert",
                "level": "warning",
                "text": mrkdwn("One file is *hidden*."),
            },
            input_block("name", "Name", {"type": "plain_text_input"}, hint=plain("Shown on the card")),
            input_block(
                "speech",
                "What should it say?",
                {"type": "radio_buttons", "initial_option": kinds[0], "options": kinds},
                dispatch_action=True,
            ),
            spoken,
            input_block(
                "voice",
                "Voice",
                {
                    "type": "static_select",
                    "option_groups": [
                        {"label": plain("English"), "options": [option("Rachel"), option("Adam")]}
                    ],
                },
                optional=True,
            ),
            input_block(
                "extras",
                "Extras",
                {"type": "checkboxes", "options": [option("Fast"), option("Watermark")]},
                optional=True,
            ),
            input_block(
                "heat",
                "Heat",
                {"type": "number_input", "is_decimal_allowed": True, "min_value": "0", "max_value": "1"},
                optional=True,
            ),
            input_block(
                "upload",
                "Upload",
                {"type": "file_input", "filetypes": ["mp4", "wav"], "max_files": 1},
                optional=True,
            ),
            {"type": "actions", "block_id": "buttons", "elements": [button("again", "Try again")]},
        ],
    }
