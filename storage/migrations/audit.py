"""The first tables of the audit log: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_audit() -> None:
    """Make them."""
    op.create_table(
        "audit",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("personal_hash", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "seq", name="pk_audit"),
    )
    op.create_table(
        "audit_heads",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", name="pk_audit_heads"),
    )
