"""The first tables of who is shown in videos: a part of revision 0001."""

import sqlalchemy as sa
from alembic import op


def create_consents() -> None:
    """Make them."""
    op.create_table(
        "consents",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double()),
        sa.CheckConstraint(
            "ground IN ('own', 'colleague', 'release', 'not_real')", name=op.f("ck_consents_ground")
        ),
        sa.CheckConstraint(
            "(ground IN ('own', 'colleague')) = (user_id IS NOT NULL)", name=op.f("ck_consents_user")
        ),
        sa.CheckConstraint("(ground = 'release') = (name IS NOT NULL)", name=op.f("ck_consents_name")),
        sa.PrimaryKeyConstraint("order_id", "position", name="pk_consents"),
    )
    op.create_table(
        "consent_videos",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "source", name="pk_consent_videos"),
    )
    op.create_index("ix_consent_videos_source", "consent_videos", ["team_id", "source", "at"])
