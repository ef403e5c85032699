"""The first tables of the budgets: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_budgets() -> None:
    """Make them."""
    op.create_table(
        "budgets",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("raised_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("held_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("spent_micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "scope", "month", name="pk_budgets"),
    )
    op.create_table(
        "limits",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("limit_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "scope", name="pk_limits"),
    )
    op.create_table(
        "budget_warnings",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("limit_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("used_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.Double()),
        sa.PrimaryKeyConstraint("owner_id", "scope", "month", name="pk_budget_warnings"),
    )
    op.create_index(
        "ix_budget_warnings_due",
        "budget_warnings",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    _create_digests()


def _create_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("refused_at", sa.Double()),
        sa.Column("posting_at", sa.Double()),
        sa.PrimaryKeyConstraint("owner_id", name="pk_digests"),
    )
    op.create_index("ix_digests_due", "digests", ["due_at"])
