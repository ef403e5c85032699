"""A history to begin with: finished videos of many people in many teams, stored by SQL alone."""

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Table,
    Text,
    cast,
    insert,
    literal,
    literal_column,
    select,
    text,
)

from benchmarks.seeds import LINK
from storage.cards import CardKind
from storage.columns import to_micro
from storage.database import Database
from storage.jobs import JobStatus, Money, Phase
from storage.money import month_of
from storage.orders import Conversation, OrderStatus, Part
from storage.schema import cards, jobs, ledger, orders

PEOPLE = 20
"""Of each team."""
_COST_USD = Decimal("0.42")
_CHANNEL = "C0000000001"
_LINK_TO = f"https://example.slack.com/archives/{_CHANNEL}/p"
_ORDERS, _TEAMS, _PERSONS, _OF_TEAM = 100_000_000, 1_000_000_001, 1_000_000_000, 1_000_000
"""Added to a number, so that all ids are equally long without an engine's own way to pad them."""


def team_id(number: int) -> str:
    """A workspace, from 0."""
    return f"T{_TEAMS + number}"


def user_id(team: int, person: int) -> str:
    """One of its people, from 0."""
    return f"U{_PERSONS + person * _OF_TEAM + team}"


async def finished_videos(database: Database, count: int, *, teams: int) -> None:
    """Store videos that are there, each the only one of its order, with their cards and what they cost.

    They come by turns from all teams, and from all people of each, one a second until now.
    """
    begun = time.time() - count
    rows = _rows(count, teams, begun)
    for table, constants in _constants(month_of(begun)).items():
        same = {name: literal(value, table.c[name].type) for name, value in constants.items()}
        values: dict[str, Any] = same | _varying(table, rows)
        async with database.write() as conn:
            await conn.execute(insert(table).from_select([*values], select(*values.values())))
    async with database.write() as conn:
        await conn.execute(text("ANALYZE"))


def _rows(count: int, teams: int, begun: float) -> Subquery:
    """Of each video what all its rows share."""
    numbers = select(literal_column("0", Integer).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count - 1))
    n = numbers.c.n
    team, person = n % teams, (n // teams) % PEOPLE
    return select(
        _id("order", _ORDERS + n).label("order_id"),
        _id("T", _TEAMS + team).label("team_id"),
        _id("U", _PERSONS + person * _OF_TEAM + team).label("user_id"),
        (n + begun).label("at"),
        _id("", _ORDERS + n).label("number"),
    ).subquery()


def _id(prefix: str, number: ColumnElement[int]) -> ColumnElement[str]:
    return literal(prefix, Text).concat(cast(number, Text))


def _varying(table: Table, rows: Subquery) -> dict[str, ColumnElement[Any]]:
    """The columns in which a row differs from the others."""
    order_id, at = rows.c.order_id, rows.c.at
    moments = dict.fromkeys(
        ("at", "created_at", "updated_at", "ended_at", "submitted_at", "confirmed_at"), at
    )
    names = {
        "order_id": order_id,
        "team_id": rows.c.team_id,
        "user_id": rows.c.user_id,
        "owner_id": rows.c.team_id,
    }
    keys = {"request_key": order_id, "idempotency_key": order_id, "generation_id": order_id}
    row: dict[str, ColumnElement[Any]] = {
        **moments,
        **names,
        **keys,
        "ts": rows.c.number.concat("0.000100"),
        "link": literal(_LINK_TO).concat(rows.c.number).concat("0000100"),
        "confirmed_by": rows.c.user_id,
        "id": order_id,
    }
    if table is jobs:
        row["id"] = order_id.concat("-00")
    return {name: value for name, value in row.items() if name in table.c}


_IDLE = {"attempts": 0, "slow": False}
_ORDER = {
    **_IDLE,
    "channel_id": _CHANNEL,
    "conversation": Conversation.CHANNEL,
    "status": OrderStatus.ENDED,
    "draft": json.dumps({"video": LINK, "speech": LINK}),
    "prepared": "{}",
    "parts": (Part(usd=_COST_USD, length_s=4.0),),
    "offer_id": "e1",
    "offer_usd": _COST_USD,
}
_JOB = {
    **_IDLE,
    "position": 0,
    "label": "",
    "account_key": "org:1",
    "status": JobStatus.DELIVERED,
    "generation_status": "COMPLETED",
    "phase": Phase.UPLOADING,
    "estimate_usd": _COST_USD,
    "cost_usd": _COST_USD,
}
_CARD = {
    "kind": CardKind.ORDER,
    "channel": _CHANNEL,
    "moved": False,
    "revision": 3,
    "shown": 3,
}
_CHARGE = {
    "position": 0,
    "kind": Money.CHARGE,
    "ref": "",
    "channel_id": _CHANNEL,
    "model": "sync-3",
    "held_delta": -to_micro(_COST_USD),
    "spent_delta": to_micro(_COST_USD),
}


def _constants(month: str) -> Mapping[Table, Mapping[str, Any]]:
    """By table, what its rows have in common; all else is NULL."""
    return {orders: _ORDER, jobs: _JOB, cards: _CARD, ledger: _CHARGE | {"month": month}}
