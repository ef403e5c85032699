"""The first tables of where the app is installed: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_installs() -> None:
    """Make them."""
    op.create_table(
        "installations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text()),
        sa.Column("team_name", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("bot_id", sa.Text(), nullable=False),
        sa.Column("bot_user_id", sa.Text(), nullable=False),
        sa.Column("bot_token", sa.Text()),
        sa.Column("refresh_token", sa.Text()),
        sa.Column("expires_at", sa.Double()),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.Text()),
        sa.Column("installed_at", sa.Double(), nullable=False),
        sa.Column("removed_at", sa.Double()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.CheckConstraint("id = coalesce(team_id, enterprise_id)", name=op.f("ck_installations_owner")),
        sa.PrimaryKeyConstraint("id", name="pk_installations"),
    )
    op.create_index("ix_installations_due", "installations", ["due_at"])
    op.create_table(
        "team_access",
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", "team_id", name="pk_team_access"),
    )
    op.create_table(
        "install_states",
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_install_states"),
    )
    op.create_index("ix_install_states_old", "install_states", ["expires_at"])
