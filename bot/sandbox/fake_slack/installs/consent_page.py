"""The HTML of the consent page: plain, without a script, made for a keyboard and a screen reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who may install the app, and where. `place` is a workspace's or an organisation's id."""

    place: str
    place_name: str
    user: str
    user_name: str


_WORDS = {
    "app_mentions:read": "See messages that mention it",
    "channels:read": "See public channels and who joins them",
    "channels:history": "Read messages in public channels that it was added to",
    "chat:write": "Send messages as itself",
    "commands": "Add commands and shortcuts",
    "files:read": "See files that were shared with it",
    "files:write": "Upload and delete its own files",
    "groups:read": "See private channels that it was added to",
    "im:history": "Read its direct messages with people",
    "team:read": "See the workspace's name",
    "usergroups:read": "See user groups and who is in them",
    "users:read": "See who the people of the workspace are",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1d1c1d;background:#f8f8f8;margin:0}
main{max-width:34rem;margin:8vh auto;padding:2rem 2.25rem;background:#fff;border-radius:12px;
box-shadow:0 1px 3px #0002}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1.25rem}
h2{font-size:1rem;margin:1.5rem 0 .25rem}
label{display:block}select{font:inherit;width:100%;padding:.5rem;margin-top:.25rem}
ul{padding-left:1.25rem;margin:.25rem 0}code{color:#616061;font-size:.85em}
.buttons{display:flex;gap:.75rem;justify-content:flex-end;margin-top:2rem}
button{font:inherit;font-weight:600;padding:.55rem 1.5rem;border-radius:8px;border:1px solid #0003;
background:#fff;cursor:pointer}button[value=allow]{background:#007a5a;color:#fff}
:focus-visible{outline:3px solid #1264a3;outline-offset:2px}
"""


def consent_page(
    app: str, request: str, choices: list[Choice], asked: Iterable[str], optional: Iterable[str]
) -> str:
    """What the app asks for, where and for whom, with Allow and Cancel."""
    left_out = set(optional)
    must = "".join(f"<li>{_scope(scope)}</li>" for scope in asked if scope not in left_out)
    may = "".join(_tick(scope) for scope in asked if scope in left_out)
    chosen = f"<h2>You may leave out</h2>{may}" if may else ""
    return _page(
        f"{app} wants to access a workspace",
        f"""<h1>{escape(app)} is requesting permission to access a workspace</h1>
<form method="post"><input type="hidden" name="request" value="{escape(request)}">
<label>Who installs it, and where
<select name="who" required>{_options(choices)}</select></label>
<h2>What {escape(app)} may do</h2><ul>{must}</ul>{chosen}
<div class="buttons"><button name="decision" value="cancel" formnovalidate>Cancel</button>
<button name="decision" value="allow">Allow</button></div></form>""",
    )


def error_page(error: str, words: str) -> str:
    """What Slack shows where it sends nobody back to the app."""
    return _page(
        "Something went wrong",
        f"<h1>Something went wrong when authorizing this app</h1><p>{escape(words)}</p>"
        f"<p>Error details: <code>{escape(error)}</code></p>",
    )


def _options(choices: list[Choice]) -> str:
    groups = groupby(choices, key=lambda choice: (choice.place, choice.place_name))
    return "".join(
        f'<optgroup label="{escape(name)}">'
        + "".join(
            f'<option value="{escape(f"{place}:{choice.user}")}">'
            f"{escape(f'{choice.user_name} ({name})')}</option>"
            for choice in people
        )
        + "</optgroup>"
        for (place, name), people in groups
    )


def _scope(scope: str) -> str:
    words = _WORDS.get(scope)
    return f"{escape(words)} <code>{escape(scope)}</code>" if words else f"<code>{escape(scope)}</code>"


def _tick(scope: str) -> str:
    box = f'<input type="checkbox" name="optional" value="{escape(scope)}" checked>'
    return f"<label>{box} {_scope(scope)}</label>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
