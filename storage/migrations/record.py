"""The tables of sync.so's record of costs, and of how the books are held against it."""

import sqlalchemy as sa
from alembic import op


def create_record() -> None:
    """From an empty database; a part of revision 0001."""
    _bills()
    _listings()
    _differences()


def _bills() -> None:
    op.create_table(
        "bills",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("availability", sa.Text()),
        sa.Column("total_micro_usd", sa.BigInteger()),
        sa.Column("billed_frames", sa.Integer()),
        sa.Column("finished_at", sa.Double()),
        sa.Column("listed_at", sa.Double()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_bills"),
    )
    op.create_index(
        "ix_bills_due",
        "bills",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_bills_generation", "bills", ["generation_id"])
    op.create_index(
        "ix_bills_unlisted",
        "bills",
        ["account_key", "opened_at"],
        sqlite_where=sa.text("listed_at IS NULL"),
        postgresql_where=sa.text("listed_at IS NULL"),
    )


def _listings() -> None:
    op.create_table(
        "reviews",
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("since_at", sa.Double()),
        sa.Column("until_at", sa.Double()),
        sa.Column("start_at", sa.Double()),
        sa.Column("end_at", sa.Double()),
        sa.Column("cursor", sa.Text()),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_key", name="pk_reviews"),
    )
    op.create_index("ix_reviews_due", "reviews", ["due_at"])
    op.create_table(
        "export_keys",
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("learnt_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account_key", "name", "owner_id", name="pk_export_keys"),
    )
    op.create_table(
        "elsewhere",
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("key_name", sa.Text()),
        sa.Column("known_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.Double()),
        sa.Column("night_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account_key", "generation_id", name="pk_elsewhere"),
    )
    op.create_index("ix_elsewhere_night", "elsewhere", ["account_key", "night_at"])


def _differences() -> None:
    op.create_table(
        "differences",
        sa.Column("generation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("position", sa.Integer()),
        sa.Column("ours_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("theirs_micro_usd", sa.BigInteger()),
        sa.Column("found_at", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double()),
        sa.Column("closed_at", sa.Double()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "kind IN ('untold', 'unknown_to_us', 'unlike', 'absent')", name=op.f("ck_differences_kind")
        ),
        sa.PrimaryKeyConstraint("generation_id", "kind", name="pk_differences"),
    )
    for name, column, condition in (
        ("ix_differences_open", "owner_id", "closed_at IS NULL"),
        ("ix_differences_untold", "found_at", "told_at IS NULL"),
    ):
        op.create_index(
            name,
            "differences",
            [column],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
