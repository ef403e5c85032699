"""The first tables of what orders wait at for an approver: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_gates() -> None:
    """Make them."""
    op.create_table(
        "gates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("approvers", sa.JSON(), nullable=False),
        sa.Column("unreached", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("raised", sa.JSON()),
        sa.CheckConstraint("kind IN ('approval', 'budget')", name=op.f("ck_gates_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'declined', 'timed_out', 'stopped')",
            name=op.f("ck_gates_state"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gates"),
        sa.UniqueConstraint("order_id", name="uq_gates_order_id"),
    )
    op.create_index(
        "ix_gates_open",
        "gates",
        ["owner_id", "opened_at", "id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    _create_answers()


def _create_answers() -> None:
    op.create_table(
        "gate_answers",
        sa.Column("gate_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("allowance_id", sa.Text()),
        sa.PrimaryKeyConstraint("gate_id", "user_id", name="pk_gate_answers"),
    )
    op.create_index("ix_gate_answers_person", "gate_answers", ["user_id", "at"])
    _create_allowances()


def _create_allowances() -> None:
    op.create_table(
        "allowances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("most_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_allowances"),
        sa.UniqueConstraint(
            "owner_id",
            "channel_id",
            "model",
            "user_id",
            name="uq_allowances_owner_id_channel_id_model_user_id",
        ),
    )
    op.create_index("ix_allowances_person", "allowances", ["user_id"])
