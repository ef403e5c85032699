"""People's Homes in the app: each is one more card, of one installation and one person."""

from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.card_store import newer_values
from storage.cards import Card, CardKind
from storage.owners import Person, of_person, person_values
from storage.schema import cards
from storage.upserts import insert_into

LOOKED_AT_S: Final = 900.0
"""Whoever opened their Home so lately may be looking at it; for others it is shown when they come back."""

USAGE: Final = "usage"
"""The page that shows what was spent."""
AUDIT: Final = "audit"
"""The page that shows what was done."""
ALLOWANCES: Final = "allowances"
"""The page that shows what approvers always allow; all others are places in the list of what was made."""

_OF: Final = "of_"
_SHOWS_ORDERS = or_(cards.c.page.is_(None), cards.c.page.not_in([USAGE, AUDIT, ALLOWANCES]))
_CHANGED = (
    update(cards)
    .where(of_person(cards, _OF), cards.c.opened_at > bindparam("since"), _SHOWS_ORDERS)
    .values(newer_values())
)


async def opened(
    conn: AsyncConnection,
    person: Person,
    installation_id: str,
    *,
    page: str | None,
    as_member: bool | None = None,
    now: float,
) -> None:
    """Have a person's Home shown as it is now: they are looking at it.

    Args:
        conn: a writing transaction.
        person: whose.
        installation_id: Slack shows one Home for each installation, which may be a whole organisation's.
        page: which of its pages; None: the first.
        as_member: whether an admin sees it as somebody who is none; None: as they did before.
        now: seconds since the epoch.
    """
    new = {
        "id": f"home:{installation_id}:{person.user_id}",
        **person_values(person),
        "kind": CardKind.HOME,
        "moved": False,
        "revision": 1,
        "shown": 0,
        "due_at": now,
        "updated_at": now,
        "opened_at": now,
        "page": page,
        "as_member": as_member,
        "now": now,
    }
    await conn.execute(_open(conn.dialect.name), new)


async def changed(conn: AsyncConnection, of: Person, *, now: float, though_away: bool = False) -> None:
    """Have a person's Home, if they may be looking at it, show what has changed of their orders.

    `though_away` is for what must not stand there any more, whether or not anybody looks at it.

    Part of showing the order's own card rather than of the change itself: so it costs nothing where somebody
    waits for an answer, and comes behind the card, which matters more. The pages of what was spent, done and
    is allowed stay as they were opened: for the first, months of the ledger are added up.
    """
    whose = {f"{_OF}{name}": value for name, value in person_values(of).items()}
    await conn.execute(_CHANGED, {**whose, "since": 0.0 if though_away else now - LOOKED_AT_S, "now": now})


def is_looked_at(home: Card, now: float) -> bool:
    """Whether it is worth another try to have it shown."""
    return home.opened_at is not None and home.opened_at > now - LOOKED_AT_S


@cache
def _open(engine: str) -> Any:
    who = ("id", "enterprise_id", "team_id", "kind", "user_id")
    what = ("moved", "revision", "shown", "due_at", "updated_at", "opened_at", "page", "as_member")
    new = insert_into(cards, engine).values({name: bindparam(name) for name in (*who, *what)})
    seen = {name: new.excluded[name] for name in ("enterprise_id", "team_id", "opened_at", "page")}
    as_before = {"as_member": func.coalesce(new.excluded.as_member, cards.c.as_member)}
    return new.on_conflict_do_update(index_elements=[cards.c.id], set_=newer_values() | seen | as_before)
