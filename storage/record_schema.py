"""The tables of sync.so's record of what generations cost, and of how the ledger is held against it.

For what comments say see `storage.schema`.
"""

from sqlalchemy import BigInteger, Column, Double, Index, Integer, Table

from storage.columns import AnyText, Usd, named
from storage.metadata import metadata
from storage.money import DifferenceKind

# A bill outlives its job, and is no part of it: what is due here is due for days.
bills = Table(
    "bills",
    metadata,
    Column("job_id", AnyText, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("account_key", AnyText, nullable=False),
    Column("generation_id", AnyText, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("availability", AnyText),  # NULL: never read
    Column("total_micro_usd", Usd, key="total_usd"),  # NULL: the record is not complete
    Column("billed_frames", Integer),  # NULL: the record does not tell
    Column("finished_at", Double),  # by sync.so's clock; NULL: the export has not told
    Column("listed_at", Double),  # when the export first had it; NULL: it has not
    Column("due_at", Double),  # NULL: not asked for any more
    Column("lease_token", AnyText),  # NULL: nobody asks for it now
    Column("attempts", Integer, nullable=False),
)

Index("ix_bills_due", bills.c.due_at, sqlite_where=bills.c.due_at.is_not(None))
Index("ix_bills_generation", bills.c.generation_id)
# What the export has listed, nearly all after a night, is not in it.
Index("ix_bills_unlisted", bills.c.account_key, bills.c.opened_at, sqlite_where=bills.c.listed_at.is_(None))

# How far the export of each account was read; of no team, since several may share one account.
reviews = Table(
    "reviews",
    metadata,
    Column("account_key", AnyText, primary_key=True),
    Column("since_at", Double),  # where the first range began; NULL: none was read yet
    Column("until_at", Double),  # where the last one ended; NULL: as above
    Column("start_at", Double),  # of the range that is being read; NULL: none is
    Column("end_at", Double),
    Column("cursor", AnyText),  # asks for its next page; NULL: for the first
    Column("due_at", Double, nullable=False),
    Column("lease_token", AnyText),  # NULL: nobody reads it now
    Column("attempts", Integer, nullable=False),
)

Index("ix_reviews_due", reviews.c.due_at)

# How the export names the API keys with which jobs of an installation were made, past ones included.
export_keys = Table(
    "export_keys",
    metadata,
    Column("account_key", AnyText, primary_key=True),
    Column("name", AnyText, primary_key=True),  # a digest of what names it there
    Column("owner_id", AnyText, primary_key=True),  # an installation's id
    Column("learnt_at", Double, nullable=False),
)

# What the export has and no job of ours: made in Studio, or with a key that was never ours. Of no team.
elsewhere = Table(
    "elsewhere",
    metadata,
    Column("account_key", AnyText, primary_key=True),
    Column("generation_id", AnyText, primary_key=True),
    Column("key_name", AnyText),  # as above; NULL: made with none, or the export does not say
    Column("known_micro_usd", BigInteger, nullable=False, key="known"),  # as far as the record tells
    Column("finished_at", Double),  # NULL: the export does not say
    Column("night_at", Double, nullable=False),  # the end of the range that had it first
)

Index("ix_elsewhere_night", elsewhere.c.account_key, elsewhere.c.night_at)

# Where the ledger and sync.so's record do not meet, kept until a person closes it.
differences = Table(
    "differences",
    metadata,
    Column("generation_id", AnyText, primary_key=True),
    Column("kind", named(DifferenceKind, "kind", length=16), primary_key=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id; empty: whoever runs the app
    Column("account_key", AnyText, nullable=False),
    Column("order_id", AnyText),  # NULL: no job of ours
    Column("position", Integer),  # NULL: as above
    Column("ours_micro_usd", BigInteger, nullable=False, key="ours"),  # what the ledger counted as spent
    Column("theirs_micro_usd", BigInteger, key="theirs"),  # NULL: the record does not tell
    Column("found_at", Double, nullable=False),
    Column("told_at", Double),  # NULL: nobody was told of it yet
    Column("closed_at", Double),  # NULL: it is open
    Column("closed_by", AnyText),  # NULL: as above
    Column("reason", AnyText),  # NULL: as above, or what people wrote was deleted
)

Index("ix_differences_open", differences.c.owner_id, sqlite_where=differences.c.closed_at.is_(None))
Index("ix_differences_untold", differences.c.found_at, sqlite_where=differences.c.told_at.is_(None))
