"""The table of the switch that stops all new spending.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Boolean, Column, Double, Table

from storage.columns import AnyText
from storage.metadata import metadata

# A row stops, its absence lets go on: there is nothing to be remembered, and nothing to be stale.
pauses = Table(
    "pauses",
    metadata,
    Column("scope_id", AnyText, primary_key=True),  # an installation's id; empty: of all
    Column("by_operator", Boolean, primary_key=True),  # theirs stands beside an admin's, and ends by itself
    Column("by", AnyText, nullable=False),  # a user's id, or the operator's name in the audit log
    Column("at", Double, nullable=False),
    Column("reason", AnyText),  # NULL: none was given
)
