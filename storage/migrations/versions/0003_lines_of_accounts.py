"""Accounts with their limits, what a job's place in its account's line is found by, and its second price."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, the indexes, the place that a card shows, and what is known of a price after the yes."""
    op.create_table(
        "accounts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("concurrency", sa.Integer()),
        sa.Column("rate_limited_until", sa.Double()),
        sa.Column("room", sa.Integer()),
        sa.Column("room_until", sa.Double()),
        sa.Column("looked_at", sa.Double()),
        sa.PrimaryKeyConstraint("key", name="pk_accounts"),
    )
    op.add_column("jobs", sa.Column("card_place", sa.Integer()))
    op.add_column("jobs", sa.Column("pricing_since", sa.Double()))
    op.add_column("jobs", sa.Column("priced_at", sa.Double()))
    op.add_column("jobs", sa.Column("repriced_micro_usd", sa.BigInteger()))
    op.add_column("jobs", sa.Column("accepted_micro_usd", sa.BigInteger()))
    op.add_column("jobs", sa.Column("cost_micro_usd", sa.BigInteger()))
    # They wait in no account's line; the step that sends them puts them into the right one.
    op.execute("UPDATE jobs SET account_key = '' WHERE status = 'queued' AND account_key IS NULL")
    op.create_index(
        "ix_jobs_line",
        "jobs",
        ["account_key", "status"],
        sqlite_where=sa.text("confirmed_at IS NOT NULL"),
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_sent",
        "jobs",
        ["account_key", "submitted_at"],
        sqlite_where=sa.text("submitted_at IS NOT NULL"),
        postgresql_where=sa.text("submitted_at IS NOT NULL"),
    )
