"""The rules of a team or organisation: one row of JSON, changed by whoever has seen its latest revision."""

from dataclasses import dataclass, fields

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import rules
from storage.upserts import insert_into


@dataclass(frozen=True, slots=True)
class StoredRules:
    """One row of `rules`."""

    installation_id: str
    rules: str
    """JSON of `bot.teams.rules.Rules`."""
    revision: int
    """Counts the changes, from 1 on."""
    changed_by: str


_COLUMNS = tuple(rules.c[part.name] for part in fields(StoredRules))
_FIND = select(*_COLUMNS).where(rules.c.installation_id == bindparam("installation_id"))
_IS_LATEST = (
    select(rules.c.revision)
    .where(rules.c.installation_id == bindparam("installation_id"))
    .with_for_update(read=True)
)
_EVERY = select(rules.c.installation_id, rules.c.rules)
_CHANGE = (
    update(rules)
    .where(rules.c.installation_id == bindparam("of"), rules.c.revision == bindparam("seen"))
    .values(
        rules=bindparam("new"),
        revision=rules.c.revision + 1,
        changed_by=bindparam("by"),
    )
)


async def find(conn: AsyncConnection, installation_id: str) -> StoredRules | None:
    """The rules that hold there; None: nobody ever made any."""
    row = (await conn.execute(_FIND, {"installation_id": installation_id})).mappings().one_or_none()
    return None if row is None else StoredRules(**row)


async def is_latest(conn: AsyncConnection, installation_id: str, revision: int) -> bool:
    """Whether the rules are in that revision, and stay so until the writing transaction ends.

    To be asked before orders are locked: whoever changes the rules goes on to these.
    """
    row = (await conn.execute(_IS_LATEST, {"installation_id": installation_id})).one_or_none()
    return revision == (0 if row is None else row.revision)


async def every(conn: AsyncConnection) -> dict[str, str]:
    """The JSON of all that were ever made, by installation."""
    rows = await conn.execute(_EVERY)
    return {installation_id: told for installation_id, told in rows}  # noqa: C416 - rows are no pairs to mypy


async def change(conn: AsyncConnection, installation_id: str, new: str, *, seen: int, by: str) -> bool:
    """Put new rules in place of those that were seen. False: somebody has changed them since.

    Args:
        conn: a writing transaction.
        installation_id: whose.
        new: JSON of the rules.
        seen: the revision that the change was made of; 0: there were none.
        by: who changes them.
    """
    if seen == 0:
        first = StoredRules(installation_id, new, 1, by)
        row = {part.name: getattr(first, part.name) for part in fields(first)}
        insert = insert_into(rules, conn.dialect.name).on_conflict_do_nothing(
            index_elements=[rules.c.installation_id]
        )
        return (await conn.execute(insert, row)).rowcount > 0
    values = {"of": installation_id, "seen": seen, "new": new, "by": by}
    return (await conn.execute(_CHANGE, values)).rowcount > 0
