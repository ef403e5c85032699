"""The first table of what is paused: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_pauses() -> None:
    """Make it."""
    op.create_table(
        "pauses",
        sa.Column("scope_id", sa.Text(), nullable=False),
        sa.Column("by_operator", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("scope_id", "by_operator", name="pk_pauses"),
    )
