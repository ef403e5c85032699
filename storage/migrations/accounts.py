"""The first tables of sync.so's accounts: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_accounts() -> None:
    """Make them."""
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
    _create_keys()
    _create_links()


def _create_keys() -> None:
    op.create_table(
        "sync_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text()),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("connected_at", sa.Double(), nullable=False),
        sa.Column("replaced_at", sa.Double()),
        sa.Column("refused_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_sync_keys"),
    )
    op.create_index(
        "uq_sync_keys_in_use",
        "sync_keys",
        ["owner_id"],
        unique=True,
        sqlite_where=sa.text("replaced_at IS NULL"),
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_index("ix_sync_keys_owner", "sync_keys", ["owner_id"])
    op.create_index("ix_sync_keys_changed", "sync_keys", ["replaced_at", "connected_at"])


def _create_links() -> None:
    op.create_table(
        "connect_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_connect_tokens"),
    )
    op.create_table(
        "connect_sessions",
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name="pk_connect_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_connect_sessions_token_hash"),
    )
