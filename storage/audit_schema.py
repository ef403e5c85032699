"""The tables of the audit log, which `storage.audit` writes and `storage.audit_check` holds together."""

from sqlalchemy import BigInteger, Column, Double, Index, Table

from storage.columns import AnyText
from storage.metadata import metadata

# Never changed, but for the personal part, which goes together with its salt.
audit = Table(
    "audit",
    metadata,
    Column("team_id", AnyText, primary_key=True),
    Column("seq", BigInteger, primary_key=True),  # from 1, with no gaps
    Column("at", Double, nullable=False),
    Column("action", AnyText, nullable=False),
    Column("subject", AnyText, nullable=False),
    Column("details", AnyText, nullable=False),  # JSON with nothing in it that is about a person
    Column("personal", AnyText),  # JSON; NULL: it was removed, or there was none
    Column("salt", AnyText),  # NULL: as its personal part
    Column("personal_hash", AnyText, nullable=False),  # empty: there never was a personal part
    Column("prev_hash", AnyText, nullable=False),  # empty: it is the team's first
    Column("hash", AnyText, nullable=False),
)

Index("ix_audit_personal", audit.c.at, sqlite_where=audit.c.salt.is_not(None))

# The last row of each team's chain, kept apart so that a cut tail shows; who appends locks it.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("team_id", AnyText, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", AnyText, nullable=False),
)
