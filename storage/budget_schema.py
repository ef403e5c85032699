"""The tables of the budgets: what is held and spent by month, the limits that admins have set, what is told.

For what comments say see `storage.schema`.
"""

from sqlalchemy import BigInteger, Column, Double, Index, String, Table

from storage.columns import AnyText, Usd
from storage.metadata import metadata

# Always the sums of the ledger's two columns, for each thing that money may be counted by.
budgets = Table(
    "budgets",
    metadata,
    Column("owner_id", AnyText, primary_key=True),  # an installation's id
    Column("scope", AnyText, primary_key=True),  # team, user:U…, channel:C… or model:…
    Column("month", String(7), primary_key=True),
    Column("raised_micro_usd", BigInteger, nullable=False, key="raised"),  # what the limit is more this month
    Column("held_micro_usd", BigInteger, nullable=False, key="held"),
    Column("spent_micro_usd", BigInteger, nullable=False, key="spent"),
)

# What may be held and spent in any month; whatever has no row has no limit.
limits = Table(
    "limits",
    metadata,
    Column("owner_id", AnyText, primary_key=True),  # an installation's id
    Column("scope", AnyText, primary_key=True),  # as above
    Column("limit_micro_usd", Usd, nullable=False, key="limit_usd"),
    Column("set_by", AnyText, nullable=False),
    Column("set_at", Double, nullable=False),
)

# That a month's budget is nearly used up, for the admins to be told once.
budget_warnings = Table(
    "budget_warnings",
    metadata,
    Column("owner_id", AnyText, primary_key=True),  # an installation's id
    Column("scope", AnyText, primary_key=True),  # as above
    Column("month", String(7), primary_key=True),
    Column("limit_micro_usd", Usd, nullable=False, key="limit_usd"),
    Column("used_micro_usd", Usd, nullable=False, key="used_usd"),
    Column("due_at", Double),  # NULL: it was told
)

Index("ix_budget_warnings_due", budget_warnings.c.due_at, sqlite_where=budget_warnings.c.due_at.is_not(None))

# Of an installation that has its weekly figures told in a channel: of which week they were told last.
digests = Table(
    "digests",
    metadata,
    Column("owner_id", AnyText, primary_key=True),  # an installation's id
    Column("week", String(10), nullable=False),  # its Monday: 2026-11-23
    Column("due_at", Double, nullable=False),
    Column("refused_at", Double),  # NULL: the channel takes them, as far as known
    Column(
        "posting_at", Double
    ),  # when the post of that week was begun; NULL: it has come to an end, or none was
)

Index("ix_digests_due", digests.c.due_at)
