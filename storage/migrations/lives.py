"""The first indexes by which what is over by time is found: a part of revision 0001."""

from typing import Final

import sqlalchemy as sa
from alembic import op

_HAS_WORDS = "forgotten IS NULL AND ended_at IS NOT NULL"
_PARTIAL: Final = (
    ("ix_orders_words", "orders", ["team_id", "ended_at"], _HAS_WORDS),
    (
        "ix_orders_words_of_all",
        "orders",
        ["enterprise_id", "ended_at"],
        f"{_HAS_WORDS} AND enterprise_id IS NOT NULL",
    ),
    ("ix_orders_forgotten", "orders", ["forgotten", "updated_at"], "forgotten IS NOT NULL"),
    ("ix_cards_opened", "cards", ["opened_at"], "opened_at IS NOT NULL"),
    ("ix_audit_personal", "audit", ["at"], "salt IS NOT NULL"),
)


def create_lives() -> None:
    """Make them."""
    for name, table, columns, where in _PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_people_told", "people", ["told_at"])
    op.create_index("ix_shared_files_old", "shared_files", ["shared_at"])
