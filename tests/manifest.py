"""Files that are written from the app's manifest; run as a module, it writes them."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from bot.terminal.manifest import EVENTS, EVENTS_ON_DEMAND, ON_DEMAND, SCOPES, for_one_team

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "manifest.yml"
PERMISSIONS = ROOT / "docs" / "permissions.md"


def files_of() -> Mapping[Path, str]:
    """What each file has to hold."""
    written = yaml.safe_dump(for_one_team(), sort_keys=False, allow_unicode=True, width=120)
    return {MANIFEST: _HEADING + written, PERMISSIONS: _permissions()}


_HEADING = "# Written by `make manifest` from bot/terminal/manifest.py.\n"


def _permissions() -> str:
    told = {
        "bot scope": SCOPES,
        "scope that only some teams need": ON_DEMAND,
        "event": EVENTS,
        "event that comes by those scopes alone": EVENTS_ON_DEMAND,
    }
    tables = "\n\n".join("\n".join(_table(what, reasons)) for what, reasons in told.items())
    return f"{_PERMISSIONS}\n{tables}\n"


_PERMISSIONS = """\
# What the app asks Slack for

Written by `make manifest` from `bot/terminal/manifest.py`; tests tie it to what the code calls and hears. No
scope of a user is asked for, no history of channels, and no e-mail address. Over Socket Mode the app-level
token needs `connections:write`, which is no part of the manifest.

What only some teams need is asked for at an address of its own, where the installer may leave it out:
`/slack/install?groups` for rules on user groups, `/slack/install?hello` for a hello in channels that the app
is added to. To an app of one team the scopes, and for the hello the event, are added by hand.
"""


def _table(what: str, reasons: Mapping[str, str]) -> list[str]:
    return [f"| {what} | why |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in reasons.items())]


if __name__ == "__main__":
    for path, text in files_of().items():
        path.write_text(text)
