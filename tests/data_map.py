"""The docs that are written from the map of the data; run as a module, it writes them."""

from collections.abc import Iterator
from pathlib import Path

from storage.data_map import PERSONAL, Life

DATA = Path(__file__).parents[1] / "docs" / "data.md"


def text() -> str:
    """What the docs have to say."""
    return "\n".join((_HEADING, *_lives(), _TABLES, *_columns(), ""))


_HEADING = """\
# What the app holds about people

Written by `make data` from `storage/data_map.py`; a test fails for a column that is not there.
Videos, audio and pictures are never on the app's machine: they are in Slack and, for a while, at sync.so.

## Who has it

**Whoever runs the app** has the database below. It goes by time, when a person asks, and when the app is
removed from the workspace; `lipsync-bot purge` deletes at once what is over by time, and with `--dry-run`
counts it.

**Slack** has messages, cards, files and finished videos, for as long as your workspace's own settings say.
Deleting an order deletes its finished video there, and what its card says.

**sync.so** has the files that it was sent, what it made of them, and its record of what that cost. The files
are deleted by time, see `inputs`. What it made is in your team's own account and stays there until its order
is deleted, or its asker has their data deleted; then it goes once the record of its cost is complete, a week
later at the latest. The record itself cannot be deleted, nor can what sync.so has given on: scripts that are
spoken, to ElevenLabs. Ask sync.so about these.

## How long

| life | at the latest | when a person has their data deleted | when the app is removed |
|---|---|---|---|"""
_TABLES = """
## Every column that tells of people

All others hold ids that the app makes, states, times, sums of money, and the app's own secrets, which are
encrypted."""


def _lives() -> Iterator[str]:
    for life in Life:
        ends = life.value
        yield f"| {_name(life)} | {ends.by_time} | {ends.by_person} | {ends.by_removal} |"


def _columns() -> Iterator[str]:
    for table, columns in PERSONAL.items():
        yield f"\n### `{table}`\n\n| column | what for | life |\n|---|---|---|"
        for column, held in columns.items():
            yield f"| `{column}` | {held.why} | {_name(held.life)} |"


def _name(life: Life) -> str:
    return life.name.lower().replace("_", " ")


if __name__ == "__main__":
    DATA.write_text(text())
