"""The tables. Comments say what NULL means; times are seconds since the epoch; what is a team's names it."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from storage.account_schema import accounts, connect_sessions, connect_tokens, sync_keys
from storage.audit_schema import audit, audit_heads
from storage.budget_schema import budget_warnings, budgets, digests, limits
from storage.cards import CardKind
from storage.columns import AnyText, Parts, Secret, Usd, named
from storage.consent_schema import consent_videos, consents
from storage.departure_schema import departures
from storage.gate_schema import allowances, gate_answers, gates
from storage.inputs import InputKind, InputStatus
from storage.install_schema import install_states, installations, team_access
from storage.jobs import JobStatus, Money, Phase
from storage.left import LeftoverKind
from storage.metadata import metadata
from storage.objection_schema import objected_videos, objections
from storage.orders import Conversation, Forgotten, OrderStatus
from storage.pause_schema import pauses
from storage.people import Membership
from storage.record_schema import bills, differences, elsewhere, export_keys, reviews

__all__ = [
    "accounts",
    "allowances",
    "audit",
    "audit_heads",
    "bills",
    "budget_warnings",
    "budgets",
    "connect_sessions",
    "connect_tokens",
    "consent_videos",
    "consents",
    "departures",
    "differences",
    "digests",
    "elsewhere",
    "export_keys",
    "gate_answers",
    "gates",
    "install_states",
    "installations",
    "limits",
    "metadata",
    "objected_videos",
    "objections",
    "pauses",
    "reviews",
    "sync_keys",
    "team_access",
]
"""What stands in other files, so that all tables can be had here."""

orders = Table(
    "orders",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("request_key", AnyText, nullable=False),
    Column("joined_key", AnyText),  # NULL: one request asked for all of it
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("channel_id", AnyText, nullable=False),
    Column("thread_ts", AnyText),  # NULL: not asked in a thread, the card begins one
    Column("conversation", named(Conversation, "conversation"), nullable=False),
    Column("status", named(OrderStatus, "status"), nullable=False),
    Column("draft", AnyText, nullable=False),
    # NULL: no input is a link, or its address is no longer kept
    Column("addresses", Secret("orders", "addresses")),
    Column("prepared", AnyText, nullable=False),
    Column("parts", Parts, nullable=False),
    Column("offer_id", AnyText),  # NULL: nothing was offered yet
    Column("offer_micro_usd", Usd, key="offer_usd"),  # NULL: no price could be had
    Column("expires_at", Double),  # NULL: there is no offer to expire, and no wait to end
    Column("confirmed_by", AnyText),  # NULL: nobody said yes
    Column("confirmed_at", Double),  # NULL: nobody said yes
    Column("accepted_micro_usd", Usd, key="accepted_usd"),  # NULL: it replaces no order
    Column("failure_code", AnyText),  # NULL: nothing failed, or stands in the way
    Column("failure_detail", AnyText),  # NULL: the code says it all
    Column("due_at", Double),  # NULL: nothing to do until somebody acts
    Column("lease_token", AnyText),  # NULL: nobody works on it now
    Column("attempts", Integer, nullable=False),
    Column("slow", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("ended_at", Double),  # NULL: still open
    Column("forgotten", named(Forgotten, "forgotten", length=16)),  # NULL: what it says is kept
    # The team is part of the key, so that no key, however it was made, can lead to another team's order.
    UniqueConstraint("team_id", "request_key"),
    UniqueConstraint("team_id", "joined_key"),
)

# Partial: what has ended, nearly all rows after a while, is in none, and claims stay as quick as on the first
# day. The worker looks for each status by itself: what one waits for is one look into the index.
#
# SQLAlchemy would load PostgreSQL's dialect for a `postgresql_where`, at 60 ms and 2 MB that SQLite does not
# need; tables are made by the scripts, which name it, and a test compares.
_ORDER_WAITS = orders.c.due_at.is_not(None)
Index("ix_orders_due", orders.c.status, orders.c.due_at, sqlite_where=_ORDER_WAITS)
# By the person first: of an organisation, whichever of its workspaces Slack named (see `storage.owners`).
Index("ix_orders_asker", orders.c.user_id, orders.c.created_at)
# By what a message in a thread names its thread: the message it was asked under, or the card that began it.
Index("ix_orders_thread", orders.c.channel_id, orders.c.thread_ts)
# What has not ended is little beside what has, so that counting a person's is quick for ever.
Index("ix_orders_open", orders.c.user_id, sqlite_where=orders.c.ended_at.is_(None))
# By whoever keeps their words for how long; and those without, for their rows.
_HAS_WORDS = orders.c.forgotten.is_(None) & orders.c.ended_at.is_not(None)
Index("ix_orders_words", orders.c.team_id, orders.c.ended_at, sqlite_where=_HAS_WORDS)
Index(
    "ix_orders_words_of_all",
    orders.c.enterprise_id,
    orders.c.ended_at,
    sqlite_where=_HAS_WORDS & orders.c.enterprise_id.is_not(None),
)
Index(
    "ix_orders_forgotten",
    orders.c.forgotten,
    orders.c.updated_at,
    sqlite_where=orders.c.forgotten.is_not(None),
)
Index("ix_orders_addresses", orders.c.ended_at, sqlite_where=orders.c.addresses.is_not(None))

# Narrow, since many are claimed at once: what is wide is in `orders` and `bodies`.
jobs = Table(
    "jobs",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("order_id", AnyText, nullable=False),
    Column("position", Integer, nullable=False),
    Column("label", AnyText, nullable=False),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("account_key", AnyText, nullable=False),
    Column("status", named(JobStatus, "status"), nullable=False),
    Column("estimate_micro_usd", Usd, key="estimate_usd"),  # NULL: no price could be had
    Column("idempotency_key", AnyText, nullable=False),
    Column("generation_id", AnyText),  # NULL: sync.so is not known to have taken it
    Column("generation_status", AnyText),  # NULL: never read
    Column("submitted_at", Double),  # NULL: sync.so is not known to have taken it
    Column("phase", named(Phase, "phase", length=16), nullable=False),
    Column("slack_file_id", AnyText),  # NULL: no upload was begun
    Column("failure_code", AnyText),  # NULL: nothing failed
    Column("failure_detail", AnyText),  # NULL: the code says it all
    Column("pricing_since", Double),  # NULL: no price is being asked for before it is sent
    Column("priced_at", Double),  # NULL: its price was not looked at since the yes
    Column("repriced_micro_usd", Usd, key="repriced_usd"),  # NULL: no price was had since the yes
    Column("cost_micro_usd", Usd, key="cost_usd"),  # NULL: sync.so's record does not tell, or not yet
    Column("billed_frames", Integer),  # NULL: as above
    Column("due_at", Double),  # NULL: nothing to do until somebody acts
    Column("lease_token", AnyText),  # NULL: nobody works on it now
    Column("attempts", Integer, nullable=False),
    Column("slow", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("ended_at", Double),  # NULL: still open
    UniqueConstraint("order_id", "position"),
    CheckConstraint("(phase = 'uploading') = (slack_file_id IS NULL)", name="upload"),
)

_JOB_WAITS = jobs.c.due_at.is_not(None)
_SENT = jobs.c.submitted_at.is_not(None)
Index("ix_jobs_due", jobs.c.status, jobs.c.due_at, sqlite_where=_JOB_WAITS)
# Polls must not find their way by this one, which would lead them to jobs that are not due: they do not say
# that what they look for is open.
Index("ix_jobs_line", jobs.c.account_key, jobs.c.status, sqlite_where=jobs.c.ended_at.is_(None))
Index("ix_jobs_sent", jobs.c.account_key, jobs.c.submitted_at, sqlite_where=_SENT)

# Read by who sends it alone, and deleted with the job's end: it may hold what only sync.so was to see.
bodies = Table(
    "bodies",
    metadata,
    Column("job_id", AnyText, primary_key=True),
    Column("request_body", Secret("bodies", "request_body"), nullable=False),
)

cards = Table(
    "cards",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("kind", named(CardKind, "kind", length=16), nullable=False),
    Column("order_id", AnyText),  # NULL: it is a person's Home
    Column("user_id", AnyText, nullable=False),
    Column("channel", AnyText),  # NULL: it is not posted yet
    Column("ts", AnyText),  # NULL: it is not posted yet
    Column("moved", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("place", Integer),  # NULL: it shows no place in a line
    Column("due_at", Double),  # NULL: Slack shows the truth
    Column("lease_token", AnyText),  # NULL: nobody is showing it now
    Column("quiet_until", Double),  # NULL: it may be edited at any time
    Column("updated_at", Double, nullable=False),
    Column("opened_at", Double),  # NULL: it is no Home
    Column("page", AnyText),  # NULL: the first page of a Home, or it is none
    Column("as_member", Boolean),  # NULL: an admin sees their Home as one, or it is none
    Column("link", AnyText),  # NULL: the address of its message was not asked for yet
    CheckConstraint("(kind = 'home') = (order_id IS NULL)", name="order"),
    CheckConstraint("(kind = 'home') = (opened_at IS NOT NULL)", name="opened"),
)

Index("ix_cards_due", cards.c.due_at, sqlite_where=cards.c.due_at.is_not(None))
Index("ix_cards_place", cards.c.channel, cards.c.ts)
# Whoever has none, as most people, costs a look into an index that is small.
Index("ix_cards_home", cards.c.user_id, sqlite_where=cards.c.opened_at.is_not(None))

Index("ix_cards_opened", cards.c.opened_at, sqlite_where=cards.c.opened_at.is_not(None))

# It outlives its orders, so of what people wrote it has the project alone, which goes with a team's data.
# What a row is, is its key: a second hold of the same part cannot be stored. Whole micro-dollars, signed.
ledger = Table(
    "ledger",
    metadata,
    Column("order_id", AnyText, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", named(Money, "kind", length=16), primary_key=True),
    # Of a correction which of the part's it is, and sync.so's total; else empty, for NULLs never collide.
    Column("ref", AnyText, primary_key=True),
    Column("at", Double, nullable=False),
    Column("month", String(7), nullable=False),  # of the hold, in its team's zone: 2026-11
    Column("owner_id", AnyText, nullable=False),  # the installation in whose budgets it counts
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),  # the asker
    Column("channel_id", AnyText, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("held_delta_micro_usd", BigInteger, nullable=False, key="held_delta"),
    Column("spent_delta_micro_usd", BigInteger, nullable=False, key="spent_delta"),
    Column("why", AnyText),  # a code; NULL: the kind says it all
    Column("finished_at", Double),  # of the generation, by sync.so's clock; NULL: its export has not told
    Column("project", AnyText),  # what the asker called it; NULL: nothing
)

Index("ix_ledger_report", ledger.c.owner_id, ledger.c.month)
Index("ix_ledger_week", ledger.c.owner_id, ledger.c.at)
Index("ix_ledger_person", ledger.c.user_id, ledger.c.month)

# What sync.so gets, or has got, of the files that orders name: once for a team and account.
inputs = Table(
    "inputs",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("account_key", AnyText, nullable=False),
    Column("source", AnyText, nullable=False),
    Column("kind", named(InputKind, "kind", length=16), nullable=False),
    Column("status", named(InputStatus, "status", length=16), nullable=False),
    Column("address", Secret("inputs", "address")),  # NULL: it is no link
    Column("asset_id", AnyText),  # NULL: sync.so does not have it, or a link could not be registered
    Column("found", AnyText, nullable=False),
    Column("size", BigInteger),  # NULL: not known, or it is a link
    Column("sent_bytes", BigInteger, nullable=False),
    Column("begun_at", Double),  # NULL: its bytes are not on their way
    Column("told_at", Double),  # when `sent_bytes` was; NULL: never
    Column("come_at", Double),  # NULL: it is not there
    Column("failure_code", AnyText),  # NULL: nothing failed
    Column("failure_detail", AnyText),  # NULL: the code says it all
    Column("due_at", Double),  # NULL: nothing to do until an order names it
    Column("lease_token", AnyText),  # NULL: nobody works on it now
    Column("attempts", Integer, nullable=False),
    Column("delete_at", Double, nullable=False),
    # Never shared between teams, even where they share a key.
    UniqueConstraint("team_id", "account_key", "source", "kind"),
)

Index("ix_inputs_due", inputs.c.due_at, sqlite_where=inputs.c.due_at.is_not(None))
Index("ix_inputs_delete", inputs.c.delete_at)

# Which order names which of them; kept as long as the input is.
order_inputs = Table(
    "order_inputs",
    metadata,
    Column("order_id", AnyText, primary_key=True),
    Column("input_id", AnyText, primary_key=True),
)

Index("ix_order_inputs_input", order_inputs.c.input_id)

# What is to be deleted at sync.so and in Slack: no order can come to it any more.
leftovers = Table(
    "leftovers",
    metadata,
    Column("id", AnyText, primary_key=True),  # as sync.so, or Slack, names it
    Column("kind", named(LeftoverKind, "kind", length=16), nullable=False),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("account_key", AnyText, nullable=False),
    Column("left_at", Double, nullable=False),
    Column("refusal", AnyText),  # NULL: nobody has refused to delete it
    Column("due_at", Double),  # NULL: given up, it is kept to be told of
    Column("lease_token", AnyText),  # NULL: nobody deletes it now
    Column("attempts", Integer, nullable=False),
)

Index("ix_leftovers_due", leftovers.c.due_at, sqlite_where=leftovers.c.due_at.is_not(None))

# Of who has met the app in an installation, by its id.
people = Table(
    "people",
    metadata,
    Column("installation_id", AnyText, primary_key=True),
    Column("user_id", AnyText, primary_key=True),
    Column("membership", named(Membership, "membership", length=16), nullable=False),
    Column("told_at", Double, nullable=False),
)

Index("ix_people_told", people.c.told_at)

# Of an installation, by its id: what its admins have set; without a row all is as the app comes.
rules = Table(
    "rules",
    metadata,
    Column("installation_id", AnyText, primary_key=True),
    Column("rules", AnyText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_by", AnyText, nullable=False),
)

# Of no team: the app's processes that work on this database. SQLite has one, which a lock on a file tells of.
holders = Table(
    "holders",
    metadata,
    Column("id", AnyText, primary_key=True),  # what its lease tokens begin with
    Column("beat_at", Double, nullable=False),  # when it last showed that it lives, by the database's clock
)

shared_files = Table(
    "shared_files",
    metadata,
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, primary_key=True),
    Column("user_id", AnyText, primary_key=True),
    Column("file_id", AnyText, primary_key=True),
    Column("media", String(16), nullable=False),
    Column("name", AnyText, nullable=False),
    Column("mimetype", AnyText, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("shared_at", Double, nullable=False),
    CheckConstraint("media IN ('video', 'audio')", name="media"),
)

Index(
    "ix_shared_files_recent",
    shared_files.c.user_id,
    shared_files.c.media,
    shared_files.c.shared_at,
)

Index("ix_shared_files_old", shared_files.c.shared_at)

# What was answered in words, so that no second delivery of a message, to whatever process, is answered again.
answers = Table(
    "answers",
    metadata,
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, primary_key=True),
    Column("key", AnyText, primary_key=True),  # names the message, and which of its answers it is
    Column("channel_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("thread_ts", AnyText),  # NULL: the message stands in no thread
    Column("private", Boolean, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("lasting", Boolean, nullable=False),  # whether it is tried for long
    Column("due_at", Double),  # NULL: it was said, or never will be
)

Index("ix_answers_due", answers.c.due_at, sqlite_where=answers.c.due_at.is_not(None))
Index("ix_answers_old", answers.c.asked_at)
