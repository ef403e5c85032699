"""Whose a row is: one rule for everything that is looked for by who asks.

A row is its workspace's, and its Enterprise organisation's: for an app that is installed for a whole
organisation Slack may name any of its workspaces, and today another one than yesterday.
"""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, bindparam, or_


class Owner(Protocol):
    """A workspace, with the organisation that it belongs to, if any."""

    @property
    def enterprise_id(self) -> str | None: ...  # noqa: D102 - Slack's own words
    @property
    def team_id(self) -> str: ...  # noqa: D102


class Person(Owner, Protocol):
    """Somebody there."""

    @property
    def user_id(self) -> str: ...  # noqa: D102


def of_owner(table: Table, prefix: str = "") -> ColumnElement[bool]:
    """The rows of the owner whose `owner_values` are given; not of an organisation that is not known.

    `prefix` is for an UPDATE, whose values have the names of columns to themselves.
    """
    # NULL equals nothing.
    return or_(
        table.c.team_id == bindparam(f"{prefix}team_id"),
        table.c.enterprise_id == bindparam(f"{prefix}enterprise_id"),
    )


def of_person(table: Table, prefix: str = "") -> ColumnElement[bool]:
    """The rows of the person whose `person_values` are given; the index for it begins with the person."""
    return (table.c.user_id == bindparam(f"{prefix}user_id")) & of_owner(table, prefix)


def owner_values(owner: Owner) -> dict[str, Any]:
    """What `of_owner` asks for."""
    return {"team_id": owner.team_id, "enterprise_id": owner.enterprise_id}


def person_values(person: Person) -> dict[str, Any]:
    """What `of_person` asks for."""
    return {**owner_values(person), "user_id": person.user_id}


def one_name_of(person: Person) -> str:
    """The same for a person under whatever workspace of their organisation: to take turns by."""
    return f"{person.enterprise_id or person.team_id}:{person.user_id}"
