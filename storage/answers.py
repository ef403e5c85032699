"""Answers in words to what people wrote: each stored before Slack is told that the message was heard.

A message may be delivered again, to another process; and a process may die before it has answered. So the
row says that there is an answer, and for how long it is still to be said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import Insert, bindparam, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import answers
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said once, where a message stands."""

    team_id: str
    key: str
    """Names the message, and which of its answers this is."""
    enterprise_id: str | None
    channel_id: str
    user_id: str
    """Who is answered."""
    thread_ts: str | None
    private: bool
    """For that person's eyes alone."""
    text: str
    blocks: Sequence[Mapping[str, Any]]
    asked_at: float
    """Seconds since the epoch."""
    lasting: bool = False
    """Whether they must learn of it all the same where it cannot be said for hours."""


_COLUMNS = [answers.c[each.name] for each in fields(Answer)]
_ID = tuple_(answers.c.team_id, answers.c.key)
_DUE = (
    select(answers.c.team_id, answers.c.key)
    .where(answers.c.due_at <= bindparam("now"))
    .order_by(answers.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_TAKE = (
    update(answers)
    .where(_ID.in_(select(_DUE.c.team_id, _DUE.c.key)))
    .values(due_at=bindparam("again_at"))
    .returning(*_COLUMNS)
)
_SAID = (
    update(answers)
    .where(answers.c.team_id == bindparam("of_team"), answers.c.key == bindparam("of_key"))
    .values(due_at=None, text="", blocks=[])
)
_NEXT_DUE = select(func.min(answers.c.due_at)).where(answers.c.due_at.is_not(None))
_LATER = (
    update(answers)
    .where(
        answers.c.team_id == bindparam("of_team"),
        answers.c.key == bindparam("of_key"),
        answers.c.due_at.is_not(None),
    )
    .values(due_at=bindparam("when"))
)
_FORGET = delete(answers).where(answers.c.asked_at <= bindparam("before"), answers.c.due_at.is_(None))


async def begin(conn: AsyncConnection, answer: Answer, *, due_at: float) -> bool:
    """Store that this is said by whoever calls; False: it is said, or being said, already.

    Args:
        conn: a writing transaction.
        answer: what is said.
        due_at: when somebody else takes it over, in seconds since the epoch.
    """
    made = await conn.execute(_begin(conn.dialect.name), asdict(answer) | {"due_at": due_at})
    return made.first() is not None


async def take_over(conn: AsyncConnection, *, now: float, again_at: float, limit: int) -> list[Answer]:
    """Those that nobody has said in time; whoever takes them has until `again_at`."""
    values = {"now": now, "again_at": again_at, "at_most": limit}
    return [Answer(**row) for row in (await conn.execute(_TAKE, values)).mappings()]


async def said(conn: AsyncConnection, answer: Answer) -> None:
    """It was said, or never will be: only that there was one is remembered."""
    await conn.execute(_SAID, {"of_team": answer.team_id, "of_key": answer.key})


async def later(conn: AsyncConnection, answer: Answer, *, due_at: float) -> None:
    """It could not be said, and is tried again then; not if somebody has said it meanwhile."""
    values = {"of_team": answer.team_id, "of_key": answer.key, "when": due_at}
    await conn.execute(_LATER, values)


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next one may be taken over; None: all are said."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def forget(conn: AsyncConnection, *, before: float) -> None:
    """Delete those to messages older than this, which Slack delivers no more; not what is yet to be said."""
    await conn.execute(_FORGET, {"before": before})


@cache
def _begin(engine: str) -> Insert:
    return insert_into(answers, engine).on_conflict_do_nothing().returning(answers.c.key)
