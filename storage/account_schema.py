"""The tables of sync.so's accounts: their limits, their keys, and how a team connects one.

For what comments say see `storage.schema`.
"""

from sqlalchemy import Column, Double, Index, Integer, String, Table

from storage.columns import AnyText, Secret
from storage.metadata import metadata

# Of no team: several may share one sync.so account, and with it its limits.
accounts = Table(
    "accounts",
    metadata,
    Column("key", AnyText, primary_key=True),  # sync.so's organisation, or the fingerprint of an API key
    Column("concurrency", Integer),  # as last reported; NULL: sync.so has never told
    Column("rate_limited_until", Double),  # NULL: never was
    Column("room", Integer),  # how many jobs of ours may run until `room_until`; NULL: as many as the limit
    Column("room_until", Double),
    Column("looked_at", Double),  # when the limits were asked for; NULL: never, or they may have changed
)

# The API keys of those accounts: one in use for an installation, and those that it has replaced.
sync_keys = Table(
    "sync_keys",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id; empty: the key of the settings
    Column("account_key", AnyText, nullable=False),
    Column("account_name", AnyText),  # as its organisation calls itself; NULL: sync.so did not tell
    Column("api_key", Secret("sync_keys", "api_key"), nullable=False),
    Column("last_four", String(4), nullable=False),
    Column("connected_at", Double, nullable=False),
    Column("replaced_at", Double),  # NULL: it is in use
    Column("refused_at", Double),  # since when sync.so does not accept it; NULL: it does, as far as is known
)

Index(
    "uq_sync_keys_in_use", sync_keys.c.owner_id, unique=True, sqlite_where=sync_keys.c.replaced_at.is_(None)
)
Index("ix_sync_keys_owner", sync_keys.c.owner_id)
# All that tells of a change, so that each look reads no key.
Index("ix_sync_keys_changed", sync_keys.c.replaced_at, sync_keys.c.connected_at)

# Links to the page where an admin connects such an account. Who has the table has no link: it holds hashes.
connect_tokens = Table(
    "connect_tokens",
    metadata,
    Column("token_hash", AnyText, primary_key=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),  # the admin
    Column("user_name", AnyText, nullable=False),
    Column("expires_at", Double, nullable=False),
)

# What such a link became, in the one browser that spent it.
connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("session_hash", AnyText, primary_key=True),
    Column("token_hash", AnyText, nullable=False, unique=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),  # the admin
    Column("user_name", AnyText, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)
