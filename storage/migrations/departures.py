"""The first table of people who want their data deleted: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_departures() -> None:
    """Make it, and the index by which a person's entries in the ledger are found."""
    op.create_table(
        "departures",
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "user_id", name="pk_departures"),
    )
    op.create_index("ix_departures_due", "departures", ["due_at"])
    op.create_index("ix_ledger_person", "ledger", ["user_id", "month"])
