"""The tables of what orders wait at until somebody else has said yes.

For what comments say see `storage.schema`.
"""

from sqlalchemy import JSON, Column, Double, Index, Integer, Table, UniqueConstraint

from storage.columns import AnyText, Usd, named
from storage.gates import GateKind, GateState
from storage.metadata import metadata

gates = Table(
    "gates",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("order_id", AnyText, nullable=False, unique=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("offer_id", AnyText, nullable=False),
    Column("kind", named(GateKind, "kind", length=16), nullable=False),
    Column("state", named(GateState, "state", length=16), nullable=False),
    Column("needed", Integer, nullable=False),
    Column("approvers", JSON, nullable=False),  # ids of people
    Column("unreached", JSON, nullable=False),  # of them those that the app cannot write to
    Column("opened_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("closed_at", Double),  # NULL: it is open
    Column("closed_by", AnyText),  # who declined; NULL: nobody did
    Column("reason", AnyText),  # NULL: as above
    Column(
        "raised", JSON
    ),  # what the last yes raised budgets by, in micro-dollars by scope; NULL: by nothing
)

# What is open is little beside what is not; an installation's oldest first.
Index(
    "ix_gates_open",
    gates.c.owner_id,
    gates.c.opened_at,
    gates.c.id,
    sqlite_where=gates.c.closed_at.is_(None),
)

# Who has said yes there.
gate_answers = Table(
    "gate_answers",
    metadata,
    Column("gate_id", AnyText, primary_key=True),
    Column("user_id", AnyText, primary_key=True),
    Column("team_id", AnyText, nullable=False),
    Column("at", Double, nullable=False),
    Column("allowance_id", AnyText),  # which had said it beforehand; NULL: they were asked
)

# What somebody has approved lately.
Index("ix_gate_answers_person", gate_answers.c.user_id, gate_answers.c.at)

# What approvers have said yes to beforehand.
allowances = Table(
    "allowances",
    metadata,
    Column("id", AnyText, primary_key=True),
    Column("owner_id", AnyText, nullable=False),  # an installation's id
    Column("enterprise_id", AnyText),  # NULL: the workspace belongs to no Enterprise organisation
    Column("team_id", AnyText, nullable=False),
    Column("user_id", AnyText, nullable=False),
    Column("channel_id", AnyText, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("most_micro_usd", Usd, key="most_usd", nullable=False),
    Column("at", Double, nullable=False),
    UniqueConstraint("owner_id", "channel_id", "model", "user_id"),
)

# What somebody allows.
Index("ix_allowances_person", allowances.c.user_id)
