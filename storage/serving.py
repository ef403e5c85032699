"""Where the app is: a workspace is served by its own installation, or by that of its organisation."""

from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, or_

from storage.schema import installations, team_access


def is_served(table: Table) -> ColumnElement[bool]:
    """Whether the app is installed where a row belongs to; in a statement."""
    return exists().where(_serves(table)).correlate(table)


def is_served_by(table: Table, owner_id: ColumnElement[Any], of: Table) -> ColumnElement[bool]:
    """Whether this very installation, which a row of another table names, serves it; in a statement."""
    return exists().where(installations.c.id == owner_id, _serves(table)).correlate(table, of)


def is_shut_out(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether its organisation has taken the app out of a row's workspace; in a statement."""
    # Said, since SQLAlchemy by itself looks out no further than one statement.
    return (
        exists()
        .where(
            team_access.c.team_id == table.c.team_id,
            team_access.c.enterprise_id == table.c.enterprise_id,
            team_access.c.granted.is_(False),
            *conditions,
        )
        .correlate(table)
    )


def _serves(table: Table) -> ColumnElement[bool]:
    of_team = installations.c.id == table.c.team_id
    of_all = and_(installations.c.id == table.c.enterprise_id, installations.c.team_id.is_(None))
    return and_(installations.c.removed_at.is_(None), or_(of_team, and_(of_all, ~is_shut_out(table))))
