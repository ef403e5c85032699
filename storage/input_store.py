"""Inputs: what orders name, kept for a team and account, and forgotten after a while."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from storage import leftovers
from storage.inputs import Input, InputStatus, NewInput
from storage.schema import inputs, order_inputs, orders
from storage.sync_keys import is_left_behind
from storage.upserts import insert_into

_NAMES: Final = tuple(field.name for field in fields(Input))
COLUMNS: Final = tuple(inputs.c[name] for name in _NAMES)
_KEY = (inputs.c.team_id, inputs.c.account_key, inputs.c.source, inputs.c.kind)

_NAMED = (
    select(*COLUMNS)
    .join(order_inputs, order_inputs.c.input_id == inputs.c.id)
    .where(
        order_inputs.c.order_id == bindparam("order_id"),
        *(column == bindparam(f"of_{column.name}") for column in _KEY),
    )
)
_OF_ORDERS = (
    select(order_inputs.c.order_id, *COLUMNS)
    .join(order_inputs, order_inputs.c.input_id == inputs.c.id)
    .where(order_inputs.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(inputs.c.kind.desc(), inputs.c.id)
)
_COMING = (
    select(inputs.c.id, inputs.c.found)
    .where(
        inputs.c.id.in_(bindparam("input_ids", expanding=True)),
        inputs.c.status == InputStatus.WANTED,
    )
    .order_by(inputs.c.id)
    .with_for_update()
)


def is_named() -> ColumnElement[bool]:
    """Whether an order names it that has not ended; of an input, in a statement."""
    return exists().where(
        order_inputs.c.input_id == inputs.c.id,
        orders.c.id == order_inputs.c.order_id,
        orders.c.ended_at.is_(None),
    )


def _begun_anew() -> dict[str, Any]:
    return {
        "status": InputStatus.WANTED,
        "sent_bytes": 0,
        "begun_at": None,
        "come_at": None,
        "failure_code": None,
        "failure_detail": None,
        "attempts": 0,
        "due_at": bindparam("now", type_=inputs.c.due_at.type),
    }


_WANT = (
    update(inputs)
    .where(
        inputs.c.id == bindparam("input_id"),
        inputs.c.lease_token.is_(None),
        # What is behind a link may have changed since somebody else's look.
        or_(inputs.c.status != InputStatus.THERE, inputs.c.address.is_not(None)),
    )
    .values(_begun_anew())
    .returning(*COLUMNS)
)
_LOST = (
    update(inputs)
    .where(
        inputs.c.team_id == bindparam("of_team"),
        inputs.c.account_key == bindparam("of_account"),
        inputs.c.asset_id.in_(bindparam("assets", expanding=True)),
        inputs.c.status == InputStatus.THERE,
    )
    .values(_begun_anew() | {"asset_id": None})
    .returning(inputs.c.id)
)
_KEEP = (
    update(inputs)
    .where(
        inputs.c.id.in_(
            select(order_inputs.c.input_id).where(order_inputs.c.order_id == bindparam("order_id"))
        ),
        inputs.c.delete_at < bindparam("until"),
    )
    .values(delete_at=bindparam("until"))
)
_NAME_AS = insert(order_inputs).from_select(
    ["order_id", "input_id"],
    select(bindparam("new_order", type_=order_inputs.c.order_id.type), order_inputs.c.input_id).where(
        order_inputs.c.order_id == bindparam("like_order")
    ),
)
_UNNAME_FAILED = delete(order_inputs).where(
    order_inputs.c.order_id == bindparam("order_id"),
    order_inputs.c.input_id.in_(select(inputs.c.id).where(inputs.c.status == InputStatus.FAILED)),
)
_IS_OLD = select(inputs.c.id).where(
    inputs.c.delete_at <= bindparam("now"), inputs.c.lease_token.is_(None), ~is_named()
)
_COUNT_OLD = select(func.count()).select_from(_IS_OLD.subquery())
_OLD = _IS_OLD.order_by(inputs.c.delete_at).limit(bindparam("at_most")).with_for_update(skip_locked=True)
_BEHIND = (
    select(inputs.c.id)
    .where(inputs.c.delete_at > bindparam("now"), is_left_behind(inputs))
    .order_by(inputs.c.id)
    .with_for_update(skip_locked=True)
    .cte("behind")
)
_LET_GO = (
    update(inputs)
    .where(inputs.c.id.in_(select(_BEHIND.c.id)))
    .values(delete_at=bindparam("now", type_=inputs.c.delete_at.type))
)
_FORGET = (
    delete(inputs)
    .where(inputs.c.id.in_(bindparam("input_ids", expanding=True)))
    .returning(inputs.c.asset_id, inputs.c.enterprise_id, inputs.c.team_id, inputs.c.account_key)
)
_UNNAME = delete(order_inputs).where(order_inputs.c.input_id.in_(bindparam("input_ids", expanding=True)))


async def named(conn: AsyncConnection, order_id: str, new: NewInput) -> Input | None:
    """The input as it is now, if that order names it already."""
    values = {f"of_{column.name}": getattr(new, column.name) for column in _KEY}
    row = (await conn.execute(_NAMED, {"order_id": order_id, **values})).one_or_none()
    return None if row is None else input_of(row)


async def name(conn: AsyncConnection, order_id: str, new: NewInput, *, now: float, keep_s: float) -> Input:
    """Have an order name an input, which is made if the team has it not in that account.

    Where that is news, what has failed or was left is due anew, and a link is looked at again.

    Args:
        conn: a writing transaction.
        order_id: of an open order, whose person may use the file.
        new: the input.
        now: seconds since the epoch.
        keep_s: for how long it is kept at least.

    Returns:
        The input as it is now.
    """
    row = asdict(new) | {"address": new.address, "due_at": now, "delete_at": now + keep_s}
    row |= {"status": InputStatus.WANTED, "found": "{}", "sent_bytes": 0, "attempts": 0}
    found = input_of((await conn.execute(_make(conn.dialect.name), row)).one())
    naming = {"order_id": order_id, "input_id": found.id}
    if (await conn.execute(_name(conn.dialect.name), naming)).first() is None:
        return found
    wanted = (await conn.execute(_WANT, {"input_id": found.id, "now": now})).one_or_none()
    return found if wanted is None else input_of(wanted)


async def name_as(conn: AsyncConnection, order_id: str, *, like: str) -> None:
    """Have a new order name the inputs of an old one."""
    await conn.execute(_NAME_AS, {"new_order": order_id, "like_order": like})


async def try_failed_anew(conn: AsyncConnection, order_id: str) -> None:
    """Have an order that is prepared again name its failed inputs as if for the first time."""
    await conn.execute(_UNNAME_FAILED, {"order_id": order_id})


async def keep(conn: AsyncConnection, order_id: str, *, until: float) -> None:
    """Keep what an order names at least until a time."""
    await conn.execute(_KEEP, {"order_id": order_id, "until": until})


async def coming(conn: AsyncConnection, input_ids: Collection[str]) -> dict[str, str]:
    """Those of them that are still on their way, with what was found of each.

    In the transaction that gave back the order that waits for them.
    """
    rows = await conn.execute(_COMING, {"input_ids": list(input_ids)})
    return {input_id: found for input_id, found in rows}  # noqa: C416 - rows are no pairs to mypy


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> dict[str, tuple[Input, ...]]:
    """The inputs that orders name, videos first."""
    by_order: defaultdict[str, tuple[Input, ...]] = defaultdict(tuple)
    if order_ids:
        for order_id, *row in await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)}):
            by_order[order_id] += (input_of(row),)
    return by_order


async def lost(
    conn: AsyncConnection, team_id: str, account_key: str, asset_ids: Collection[str], *, now: float
) -> None:
    """Have inputs brought again that sync.so no longer has."""
    values = {"of_team": team_id, "of_account": account_key, "assets": list(asset_ids), "now": now}
    await conn.execute(_LOST, values)


async def let_go_of_left_behind(conn: AsyncConnection, *, now: float) -> None:
    """Have deleted what is in an account that pays for its workspace no more.

    Its key goes as soon as nothing is left there; nobody could delete it afterwards.
    """
    await conn.execute(_LET_GO, {"now": now})


async def forget_old(conn: AsyncConnection, *, now: float, limit: int) -> int:
    """Forget inputs whose time is over and that no open order names, and leave them to be deleted.

    Whoever names one from here on has it brought anew. Returns how many there were.
    """
    old = (await conn.execute(_OLD, {"now": now, "at_most": limit})).scalars().all()
    if not old:
        return 0
    forgotten = (await conn.execute(_FORGET, {"input_ids": old})).all()
    await conn.execute(_UNNAME, {"input_ids": old})
    left = [leftovers.NewLeftover(*row) for row in forgotten if row[0] is not None]
    await leftovers.leave(conn, left, now=now)
    return len(old)


async def count_old(conn: AsyncConnection, *, now: float) -> int:
    """How many inputs are still to be forgotten; see `forget_old`."""
    return int((await conn.execute(_COUNT_OLD, {"now": now})).scalar_one())


def input_of(row: Sequence[Any]) -> Input:
    """The record of a row of `COLUMNS`."""
    return Input(**dict(zip(_NAMES, row, strict=True)))


@cache
def _make(engine: str) -> ReturningInsert[Any]:
    made = insert_into(inputs, engine)
    later = made.excluded.delete_at > inputs.c.delete_at
    kept = {"delete_at": case((later, made.excluded.delete_at), else_=inputs.c.delete_at)}
    return made.on_conflict_do_update(index_elements=list(_KEY), set_=kept).returning(*COLUMNS)


@cache
def _name(engine: str) -> ReturningInsert[Any]:
    return insert_into(order_inputs, engine).on_conflict_do_nothing().returning(order_inputs.c.order_id)
