"""The tables. Comments say what NULL means; times are seconds since the epoch; what is a team's names it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Double,
    Enum,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from storage.encryption import Sealed
from storage.jobs import Conversation, Guessed, JobStatus

MICRO: Final = Decimal("0.000001")


class Usd(TypeDecorator[Decimal]):
    """US dollars as whole micro-dollars: exact sums on every engine, and no float on the way."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Dollars to micro-dollars, rounded half up."""
        return None if value is None else int(value.quantize(MICRO, ROUND_HALF_UP).scaleb(6))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Micro-dollars to dollars."""
        return None if value is None else Decimal(value).scaleb(-6)


class AnyText(TypeDecorator[str]):
    """Whatever people and other systems send as text.

    PostgreSQL takes no NUL, and no engine half a surrogate pair: both become U+FFFD, where they are stored
    and where they are looked for.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text with everything in it storable."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        whole_pairs = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole_pairs.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Secret(TypeDecorator[Sealed]):
    """What nobody may read who has the database alone: sealed and opened by whoever holds the cipher.

    Rows bring it sealed, so that reading many costs nothing; a clear text is refused before it reaches the
    database. `storage.reencryption` finds every column of this type by itself.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """What is stored. Raises TypeError for anything that was not sealed."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("only a sealed secret may be stored here")
        return value.token

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sealed | None:  # noqa: ARG002
        """As it was stored, still sealed."""
        return None if value is None else Sealed(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    },
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("request_key", AnyText, nullable=False),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("channel_id", AnyText, nullable=False),
    Column("thread_ts", AnyText),  # NULL: not asked in a thread, the card begins one
    Column(
        "conversation",
        Enum(
            Conversation,
            native_enum=False,
            create_constraint=True,
            name="conversation",
            length=32,
            values_callable=lambda kinds: [kind.value for kind in kinds],
        ),
        nullable=False,
    ),
    Column(
        "status",
        Enum(
            JobStatus,
            native_enum=False,
            create_constraint=True,
            name="status",
            length=32,
            values_callable=lambda statuses: [status.value for status in statuses],
        ),
        nullable=False,
    ),
    Column("draft", AnyText, nullable=False),
    Column("addresses", Secret),  # NULL: no input is a link, or its address is no longer kept
    Column("prepared", AnyText, nullable=False),
    Column("length_s", Double),  # NULL: not known
    Column("estimate_id", AnyText),  # NULL: nothing was estimated yet
    Column("estimate_micro_usd", Usd, key="estimate_usd"),  # NULL: no price could be had
    Column(
        "guessed",  # NULL: neither length nor price rests on an assumed frame rate
        Enum(
            Guessed,
            native_enum=False,
            create_constraint=True,
            name="guessed",
            length=16,
            values_callable=lambda figures: [figure.value for figure in figures],
        ),
    ),
    Column("expires_at", Double),  # NULL: there is no estimate to expire
    Column("confirmed_by", AnyText),  # NULL: nobody said yes
    Column("confirmed_at", Double),  # NULL: nobody said yes
    Column("idempotency_key", AnyText),  # NULL: nobody said yes
    Column("request_body", Secret),  # NULL: no create call was made ready, or the job has ended
    Column("account_key", AnyText),  # NULL: nobody said yes
    Column("generation_id", AnyText),  # NULL: sync.so is not known to have taken it
    Column("generation_status", AnyText),  # NULL: never read
    Column("submitted_at", Double),  # NULL: sync.so is not known to have taken it
    Column("slack_file_id", AnyText),  # NULL: no upload was begun
    Column("failure_code", AnyText),  # NULL: nothing failed
    Column("failure_detail", AnyText),  # NULL: the code says it all
    Column("card_channel", AnyText),  # NULL: the card is not posted yet
    Column("card_ts", AnyText),  # NULL: the card is not posted yet
    Column("card_moved", Boolean, nullable=False),
    Column("card_revision", Integer, nullable=False),
    Column("card_shown", Integer, nullable=False),
    Column("card_due_at", Double),  # NULL: Slack shows the truth
    Column("card_lease", AnyText),  # NULL: nobody is showing it now
    Column("due_at", Double),  # NULL: nothing to do until somebody acts
    Column("lease_token", AnyText),  # NULL: nobody works on it now
    Column("attempts", Integer, nullable=False),
    Column("slow", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("ended_at", Double),  # NULL: still open
    Column("joined_key", AnyText),  # NULL: one request asked for all of it
    Column("card_place", Integer),  # NULL: the card shows no place in a line
    Column("pricing_since", Double),  # NULL: no price is being asked for before it is sent
    Column("priced_at", Double),  # NULL: its price was not looked at since the yes
    Column("repriced_micro_usd", Usd, key="repriced_usd"),  # NULL: no price was had since the yes
    Column("accepted_micro_usd", Usd, key="accepted_usd"),  # NULL: it replaces no order
    Column("cost_micro_usd", Usd, key="cost_usd"),  # NULL: sync.so's record does not tell, or not yet
    # The team is part of the key, so that no key, however it was made, can lead to another team's job.
    UniqueConstraint("team_id", "request_key"),
    UniqueConstraint("team_id", "joined_key"),
    UniqueConstraint("generation_id"),
)

# Partial: finished jobs, nearly all rows after a while, are in neither, and claims stay as quick as on the
# first day. The worker looks for each status by itself: what one waits for is one look into the index.
#
# SQLAlchemy would load PostgreSQL's dialect for a `postgresql_where`, at 60 ms and 2 MB that SQLite does not
# need; tables are made by the scripts, which name it, and a test compares.
_WAITS = jobs.c.due_at.is_not(None)
_CARD_WAITS = jobs.c.card_due_at.is_not(None)
Index("ix_jobs_due", jobs.c.status, jobs.c.due_at, sqlite_where=_WAITS)
Index("ix_jobs_card_due", jobs.c.card_due_at, sqlite_where=_CARD_WAITS)
Index("ix_jobs_asker", jobs.c.team_id, jobs.c.user_id, jobs.c.created_at)
# By what a message in a thread names its thread: the message it was asked under, or the card that began it.
Index("ix_jobs_thread", jobs.c.team_id, jobs.c.channel_id, jobs.c.thread_ts)
Index("ix_jobs_card", jobs.c.team_id, jobs.c.card_channel, jobs.c.card_ts)
# What has not ended is little beside what has, so that counting a person's is quick for ever.
Index("ix_jobs_open", jobs.c.team_id, jobs.c.user_id, sqlite_where=jobs.c.ended_at.is_(None))
# Partial: a draft, which a person waits for, is in neither. Polls must not find their way by the first: it
# would lead them to jobs that are not due.
_CONFIRMED = jobs.c.confirmed_at.is_not(None)
_SENT = jobs.c.submitted_at.is_not(None)
Index(
    "ix_jobs_line",
    jobs.c.account_key,
    jobs.c.status,
    sqlite_where=_CONFIRMED,
)
Index(
    "ix_jobs_sent",
    jobs.c.account_key,
    jobs.c.submitted_at,
    sqlite_where=_SENT,
)

Index(
    "ix_jobs_addresses",
    jobs.c.ended_at,
    sqlite_where=jobs.c.addresses.is_not(None),
)

# A bill outlives its job, and is no part of it: what is due here is due for days.
bills = Table(
    "bills",
    metadata,
    Column("job_id", AnyText, primary_key=True),
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("generation_id", AnyText, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("availability", AnyText),  # NULL: never read
    Column("total_micro_usd", Usd, key="total_usd"),  # NULL: sync.so's record is not complete
    Column("due_at", Double),  # NULL: not asked for any more
    Column("lease_token", AnyText),  # NULL: nobody asks for it now
    Column("attempts", Integer, nullable=False),
)

Index("ix_bills_due", bills.c.due_at, sqlite_where=bills.c.due_at.is_not(None))

# Of no team: several may share one sync.so account, and with it its limits.
accounts = Table(
    "accounts",
    metadata,
    Column("key", AnyText, primary_key=True),  # the fingerprint of an API key
    Column("concurrency", Integer),  # as last reported; NULL: sync.so has never told
    Column("rate_limited_until", Double),  # NULL: never was
    Column("room", Integer),  # how many jobs of ours may run until `room_until`; NULL: as many as the limit
    Column("room_until", Double),
    Column("looked_at", Double),  # when the limits were asked for; NULL: never, or they may have changed
)

installations = Table(
    "installations",
    metadata,
    Column(
        "id", AnyText, primary_key=True
    ),  # the team's id, or the organisation's where it was installed for all of it
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText),  # NULL: installed for a whole organisation
    Column("team_name", AnyText, nullable=False),
    Column("app_id", AnyText, nullable=False),
    Column("bot_id", AnyText, nullable=False),
    Column("bot_user_id", AnyText, nullable=False),
    Column("bot_token", Secret, nullable=False),
    Column("scopes", AnyText, nullable=False),  # comma-separated, as Slack gives them
    Column("sync_api_key", Secret),  # NULL: the team uses the app's own sync.so key
    Column("installed_at", Double, nullable=False),
    CheckConstraint("id = coalesce(team_id, enterprise_id)", name="owner"),
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
    shared_files.c.team_id,
    shared_files.c.user_id,
    shared_files.c.media,
    shared_files.c.shared_at,
)
