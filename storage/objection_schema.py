"""The tables of people who object to being shown in what others ask for, and of the videos of that.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Column, Double, Index, Table

from storage.columns import AnyText
from storage.metadata import metadata

# An objection stands until whoever made it withdraws it.
objections = Table(
    "objections",
    metadata,
    Column("user_id", AnyText, primary_key=True),
    Column("team_id", AnyText, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("made_at", Double, nullable=False),
    Column("due_at", Double),  # NULL: all that it had to stop when it was made is stopped
    Column("reached", AnyText, nullable=False),  # the last order that was looked at for that; empty: none yet
)

# The videos of which it was said that they show whoever objects, by what tells a file from all others of its
# team: so it holds though whoever asks for one names them no more.
objected_videos = Table(
    "objected_videos",
    metadata,
    Column("source", AnyText, primary_key=True),
    Column("user_id", AnyText, primary_key=True),
    Column("team_id", AnyText, primary_key=True),  # both as in the objection, with which it goes
)

Index("ix_objections_due", objections.c.due_at, sqlite_where=objections.c.due_at.is_not(None))
Index("ix_objected_videos_user", objected_videos.c.user_id, objected_videos.c.team_id)
