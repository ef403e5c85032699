"""The first table of what people are told in words: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_answers() -> None:
    """Make it."""
    op.create_table(
        "answers",
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text()),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("lasting", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.Double()),
        sa.PrimaryKeyConstraint("team_id", "key", name="pk_answers"),
    )
    op.create_index(
        "ix_answers_due",
        "answers",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_answers_old", "answers", ["asked_at"])
