"""The tables of who is shown in videos, and on what ground. For what comments say see `storage.schema`."""

from sqlalchemy import CheckConstraint, Column, Double, Index, Integer, Table

from storage.columns import AnyText, named
from storage.consents import Ground
from storage.metadata import metadata

consents = Table(
    "consents",
    metadata,
    Column("order_id", AnyText, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("ground", named(Ground, "ground", length=16), nullable=False),
    Column("user_id", AnyText),  # who is shown; NULL: nobody of the workspace
    Column("name", AnyText),  # who is shown; NULL: `user_id` tells, or it is nobody
    Column("said_by", AnyText, nullable=False),
    Column("said_at", Double, nullable=False),
    Column("told_at", Double),  # when whoever is named heard of this order; NULL: they did not
    CheckConstraint("(ground IN ('own', 'colleague')) = (user_id IS NOT NULL)", name="user"),
    CheckConstraint("(ground = 'release') = (name IS NOT NULL)", name="name"),
)

# The videos that it was said of, by what tells a file from all others of its team.
consent_videos = Table(
    "consent_videos",
    metadata,
    Column("order_id", AnyText, primary_key=True),
    Column("source", AnyText, primary_key=True),
    Column("team_id", AnyText, nullable=False),
    Column("at", Double, nullable=False),
)

# Whoever objects finds what shows them.
Index(
    "ix_consents_user",
    consents.c.user_id,
    sqlite_where=consents.c.user_id.is_not(None),
)

# What was said of a video last is asked for once for each order of it.
Index("ix_consent_videos_source", consent_videos.c.team_id, consent_videos.c.source, consent_videos.c.at)
