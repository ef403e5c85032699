"""Gates: opened with the asker's yes, answered by approvers, and closed once, by whatever moves their order.

Whoever changes a gate has the lock of its order: of several who press at once, one is the last approver.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Insert,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store
from storage.gates import Gate, GateKind, GateState
from storage.orders import Order, OrderStatus
from storage.owners import Owner, of_owner, owner_values
from storage.rows import ORDERS
from storage.schema import gate_answers, gates, orders
from storage.upserts import insert_into

_OF_ANSWERS: Final = {"approved_by", "by_allowance"}
_NAMES: Final = tuple(field.name for field in fields(Gate) if field.name not in _OF_ANSWERS)
_COLUMNS: Final = tuple(gates.c[name] for name in _NAMES)

_OPEN = insert(gates)
_FIND = select(*_COLUMNS).where(gates.c.id == bindparam("gate_id"))
_OF_OWNER = _FIND.where(of_owner(gates))
_OF_ORDERS = select(*_COLUMNS).where(gates.c.order_id.in_(bindparam("order_ids", expanding=True)))
# In the order of their index, so that no more is read than is given.
_PLACE: Final = (gates.c.owner_id, gates.c.opened_at, gates.c.id)
_OPEN_ONES = (
    select(*_COLUMNS).where(gates.c.closed_at.is_(None)).order_by(*_PLACE).limit(bindparam("at_most"))
)
_AFTER = tuple_(*_PLACE) > tuple_(*(bindparam(f"after_{each.key}", type_=each.type) for each in _PLACE))
_OPEN_ONES_AFTER = _OPEN_ONES.where(_AFTER)
_WAITING_FOR = _OPEN_ONES.where(
    gates.c.owner_id == bindparam("owner_id"),
    cast(gates.c.approvers, Text).contains(bindparam("quoted"), escape="/"),
    ~exists().where(gate_answers.c.gate_id == gates.c.id, gate_answers.c.user_id == bindparam("user_id")),
)
_ANSWERS = (
    select(gate_answers.c.gate_id, gate_answers.c.user_id, gate_answers.c.allowance_id)
    .where(gate_answers.c.gate_id.in_(bindparam("gate_ids", expanding=True)))
    .order_by(gate_answers.c.at, gate_answers.c.user_id)
)
_CLOSE = (
    update(gates)
    .where(gates.c.order_id == bindparam("of_order"), gates.c.closed_at.is_(None))
    .values(
        state=bindparam("to"),
        closed_at=bindparam("now"),
        closed_by=bindparam("by"),
        reason=bindparam("why"),
    )
    .returning(*_COLUMNS)
)


_ASK = (
    update(gates)
    .where(gates.c.id == bindparam("of_gate"), gates.c.closed_at.is_(None))
    .values(
        approvers=bindparam("who", type_=gates.c.approvers.type),
        unreached=bindparam("not_reached", type_=gates.c.unreached.type),
    )
)
_WITHDRAW = delete(gate_answers).where(
    gate_answers.c.gate_id == bindparam("of_gate"),
    gate_answers.c.allowance_id.is_not(None),
    gate_answers.c.allowance_id.not_in(bindparam("standing", expanding=True)),
)
_ESCAPED: Final = str.maketrans({each: f"/{each}" for each in "/%_"})
_its_answer = gate_answers.alias("its_answer")
_APPROVED_LATELY = (
    select(*ORDERS.columns)
    .join_from(gate_answers, gates, gates.c.id == gate_answers.c.gate_id)
    .join(orders, and_(orders.c.id == gates.c.order_id, orders.c.offer_id == gates.c.offer_id))
    .where(
        gate_answers.c.user_id == bindparam("user_id"),
        gate_answers.c.at
        <= select(_its_answer.c.at)
        .where(_its_answer.c.gate_id == bindparam("of_gate"), _its_answer.c.user_id == bindparam("user_id"))
        .scalar_subquery(),
        gate_answers.c.allowance_id.is_(None),
        gates.c.owner_id == bindparam("owner_id"),
        gates.c.kind == GateKind.APPROVAL,
        gates.c.state == GateState.APPROVED,
        orders.c.channel_id == bindparam("channel_id"),
        orders.c.forgotten.is_(None),
    )
    .order_by(gate_answers.c.at.desc())
    .limit(bindparam("at_most"))
)
_LOOK = (
    update(orders)
    .where(
        orders.c.status == OrderStatus.AWAITING_APPROVAL,
        orders.c.id.in_(
            select(gates.c.order_id).where(
                gates.c.owner_id == bindparam("of_owner"), gates.c.closed_at.is_(None)
            )
        ),
    )
    .values(due_at=bindparam("now"))
)


async def open_gate(conn: AsyncConnection, gate: Gate) -> None:
    """Store a new gate, in the transaction that spends its asker's yes; its cards are shown last."""
    row = asdict(gate)
    people = {"approvers": list(gate.approvers), "unreached": list(gate.unreached)}
    await conn.execute(_OPEN, {name: row[name] for name in _NAMES} | people)


async def find(conn: AsyncConnection, gate_id: str, owner: Owner) -> Gate | None:
    """The gate, if it is that team's or organisation's: what comes from a person asks by this."""
    row = (await conn.execute(_OF_OWNER, {"gate_id": gate_id, **owner_values(owner)})).one_or_none()
    return None if row is None else (await _with_answers(conn, [row]))[0]


async def get(conn: AsyncConnection, gate_id: str) -> Gate | None:
    """The gate of any team: for the app's own work, never for what a person sent."""
    row = (await conn.execute(_FIND, {"gate_id": gate_id})).one_or_none()
    return None if row is None else (await _with_answers(conn, [row]))[0]


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> dict[str, Gate]:
    """The gates of those orders that came to one, by the order's id."""
    if not order_ids:
        return {}
    rows = await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)})
    return {gate.order_id: gate for gate in await _with_answers(conn, rows)}


async def waiting_for(conn: AsyncConnection, owner_id: str, user_id: str, *, limit: int) -> list[Gate]:
    """The open gates of an installation that wait for one person's answer, the oldest first."""
    values = {"owner_id": owner_id, "user_id": user_id, "quoted": _quoted(user_id), "at_most": limit}
    return await _with_answers(conn, await conn.execute(_WAITING_FOR, values))


def _quoted(user_id: str) -> str:
    """As it stands in a list of people, for a LIKE."""
    return json.dumps(user_id).translate(_ESCAPED)


async def approved_lately(
    conn: AsyncConnection, gate: Gate, user_id: str, channel_id: str, *, limit: int
) -> list[Order]:
    """What somebody had approved by hand in a channel until they did at this gate, the latest first."""
    values = {
        "of_gate": gate.id,
        "owner_id": gate.owner_id,
        "user_id": user_id,
        "channel_id": channel_id,
        "at_most": limit,
    }
    return [ORDERS.record(row) for row in await conn.execute(_APPROVED_LATELY, values)]


async def open_ones(conn: AsyncConnection, *, after: Gate | None, limit: int) -> list[Gate]:
    """Some of the open gates of all teams, by installation and age.

    For the app's own work, never for what a person sent.

    Args:
        conn: a reading transaction.
        after: the last that was given; None: from the first on.
        limit: how many.
    """
    if after is None:
        return await _with_answers(conn, await conn.execute(_OPEN_ONES, {"at_most": limit}))
    values = {f"after_{each.key}": getattr(after, each.key) for each in _PLACE}
    rows = await conn.execute(_OPEN_ONES_AFTER, values | {"at_most": limit})
    return await _with_answers(conn, rows)


async def ask(
    conn: AsyncConnection, gate: Gate, approvers: Sequence[str], *, unreached: Sequence[str]
) -> Gate:
    """Note who is asked from now on, and whom of them the app cannot write to. Returns the gate as it is now.

    Args:
        conn: a writing transaction in which the order is locked.
        gate: one that is open.
        approvers: by user id.
        unreached: those of them.
    """
    values = {"of_gate": gate.id, "who": list(approvers), "not_reached": list(unreached)}
    await conn.execute(_ASK, values)
    return replace(gate, approvers=tuple(approvers), unreached=tuple(unreached))


async def look_at_all(conn: AsyncConnection, owner_id: str, *, now: float) -> None:
    """Have looked at who is asked at an installation's gates, in the transaction that changes its rules."""
    await conn.execute(_LOOK, {"of_owner": owner_id, "now": now})


async def approve(
    conn: AsyncConnection, gate: Gate, user_id: str, *, now: float, allowance_id: str | None = None
) -> Gate:
    """Note somebody's yes, once. Returns the gate with all that were given.

    Args:
        conn: a writing transaction in which the order is locked.
        gate: one that is open.
        user_id: whose.
        now: seconds since the epoch.
        allowance_id: what had said it beforehand; None: they were asked.
    """
    row = {
        "gate_id": gate.id,
        "user_id": user_id,
        "team_id": gate.team_id,
        "at": now,
        "allowance_id": allowance_id,
    }
    await conn.execute(_approve(conn.dialect.name), row)
    return await _answered(conn, gate)


async def keep_allowed(conn: AsyncConnection, gate: Gate, standing: Collection[str]) -> Gate:
    """Forget the yeses that were said beforehand, but for those by these allowances. Returns what is left."""
    await conn.execute(_WITHDRAW, {"of_gate": gate.id, "standing": sorted(standing)})
    return await _answered(conn, gate)


async def _answered(conn: AsyncConnection, gate: Gate) -> Gate:
    return (await _with_answers(conn, [[getattr(gate, name) for name in _NAMES]]))[0]


async def close(
    conn: AsyncConnection,
    order_id: str,
    state: GateState,
    *,
    now: float,
    by: str | None = None,
    reason: str | None = None,
) -> Gate | None:
    """Close the gate that an order waits at.

    Args:
        conn: a writing transaction in which the order is locked.
        order_id: which.
        state: how it is closed.
        now: seconds since the epoch.
        by: who declines; None: nobody does.
        reason: why they do.

    Returns:
        The gate as it is now; None: the order waits at none.
    """
    values = {"of_order": order_id, "to": state, "now": now, "by": by, "why": reason}
    row = (await conn.execute(_CLOSE, values)).one_or_none()
    return None if row is None else (await _with_answers(conn, [row]))[0]


async def show(conn: AsyncConnection, gate: Gate, order: Order, *, now: float) -> None:
    """Have a card ask each approver, or show them what has changed; for locks' sake as late as any card."""
    for user_id in sorted(gate.approvers):
        await card_store.show_approval(conn, gate.id, user_id, order, now=now)


async def _with_answers(conn: AsyncConnection, rows: Iterable[Any]) -> list[Gate]:
    found = [dict(zip(_NAMES, row, strict=True)) for row in rows]
    if not found:
        return []
    yeses: defaultdict[str, list[str]] = defaultdict(list)
    unasked: defaultdict[str, list[str]] = defaultdict(list)
    answered = await conn.execute(_ANSWERS, {"gate_ids": [row["id"] for row in found]})
    for gate_id, user_id, allowance_id in answered:
        yeses[gate_id].append(user_id)
        if allowance_id is not None:
            unasked[gate_id].append(user_id)
    return [
        Gate(
            **row
            | {
                "approvers": tuple(row["approvers"]),
                "unreached": tuple(row["unreached"]),
                "approved_by": tuple(yeses[row["id"]]),
                "by_allowance": tuple(unasked[row["id"]]),
            }
        )
        for row in found
    ]


@cache
def _approve(engine: str) -> Insert:
    return insert_into(gate_answers, engine).on_conflict_do_nothing()
