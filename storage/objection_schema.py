"""The table of people who object to being shown in what others ask for.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Column, Double, Table

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
)
