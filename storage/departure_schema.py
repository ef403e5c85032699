"""The table of people who want their data deleted.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Column, Double, Index, Table

from storage.columns import AnyText
from storage.metadata import metadata

# Kept until all of it is done; only as long does the pseudonym lead back to anybody.
departures = Table(
    "departures",
    metadata,
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, primary_key=True),
    Column("user_id", AnyText, primary_key=True),
    Column("pseudonym", AnyText, nullable=False),  # what stands in the books in their place
    Column("asked_at", Double, nullable=False),
    Column("due_at", Double, nullable=False),  # when the next look is
)

Index("ix_departures_due", departures.c.due_at)
