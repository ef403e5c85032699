"""The first tables of people who object to being shown: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_objections() -> None:
    """Make them, and the indexes by which what is left to stop is found, and what shows somebody."""
    op.create_table(
        "objections",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double()),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "team_id", name="pk_objections"),
    )
    op.create_table(
        "objected_videos",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "user_id", "team_id", name="pk_objected_videos"),
    )
    op.create_index("ix_objected_videos_user", "objected_videos", ["user_id", "team_id"])
    op.create_index(
        "ix_objections_due",
        "objections",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_consents_user",
        "consents",
        ["user_id"],
        sqlite_where=sa.text("user_id IS NOT NULL"),
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
