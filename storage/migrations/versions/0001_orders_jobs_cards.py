"""Orders with jobs, cards and inputs, installations, the files that people showed the app, its processes.

Written out rather than taken from `storage/schema.py`, which moves on while this stays.
"""

import sqlalchemy as sa
from alembic import op

from storage.migrations.accounts import create_accounts
from storage.migrations.answers import create_answers
from storage.migrations.audit import create_audit
from storage.migrations.budgets import create_budgets
from storage.migrations.consents import create_consents
from storage.migrations.departures import create_departures
from storage.migrations.gates import create_gates
from storage.migrations.installs import create_installs
from storage.migrations.lives import create_lives
from storage.migrations.objections import create_objections
from storage.migrations.pauses import create_pauses
from storage.migrations.record import create_record

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("joined_key", sa.Text()),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text()),
        sa.Column("conversation", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text()),
        sa.Column("prepared", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.Text()),
        sa.Column("offer_micro_usd", sa.BigInteger()),
        sa.Column("expires_at", sa.Double()),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("confirmed_at", sa.Double()),
        sa.Column("accepted_micro_usd", sa.BigInteger()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("slow", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("forgotten", sa.String(length=16)),
        sa.CheckConstraint("forgotten IN ('deleted', 'old')", name=op.f("ck_orders_forgotten")),
        sa.CheckConstraint(
            "conversation IN ('channel', 'group_message', 'direct_message', 'none')",
            name=op.f("ck_orders_conversation"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'preparing', 'offered', 'awaiting_approval', 'confirmed', 'running', "
            "'ended', 'failed', 'cancelled', 'expired')",
            name=op.f("ck_orders_status"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("team_id", "request_key", name="uq_orders_team_id_request_key"),
        sa.UniqueConstraint("team_id", "joined_key", name="uq_orders_team_id_joined_key"),
    )
    op.create_index(
        "ix_orders_due",
        "orders",
        ["status", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_orders_asker", "orders", ["user_id", "created_at"])
    if op.get_bind().dialect.name == "postgresql":
        # A person is of one team as a rule: else it expects few rows of theirs, and reads and sorts all.
        op.execute("CREATE STATISTICS st_orders_asker (dependencies) ON user_id, team_id FROM orders")
    op.create_index("ix_orders_thread", "orders", ["channel_id", "thread_ts"])
    op.create_index(
        "ix_orders_open",
        "orders",
        ["user_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_orders_addresses",
        "orders",
        ["ended_at"],
        sqlite_where=sa.text("addresses IS NOT NULL"),
        postgresql_where=sa.text("addresses IS NOT NULL"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("estimate_micro_usd", sa.BigInteger()),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.Text()),
        sa.Column("generation_status", sa.Text()),
        sa.Column("submitted_at", sa.Double()),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("slack_file_id", sa.Text()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("pricing_since", sa.Double()),
        sa.Column("priced_at", sa.Double()),
        sa.Column("repriced_micro_usd", sa.BigInteger()),
        sa.Column("cost_micro_usd", sa.BigInteger()),
        sa.Column("billed_frames", sa.Integer()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("slow", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.CheckConstraint(
            "status IN ('queued', 'submitting', 'processing', 'delivering', 'delivered', 'failed', "
            "'cancelled', 'unresolved')",
            name=op.f("ck_jobs_status"),
        ),
        sa.CheckConstraint("phase IN ('uploading', 'uploaded', 'sharing')", name=op.f("ck_jobs_phase")),
        sa.CheckConstraint("(phase = 'uploading') = (slack_file_id IS NULL)", name=op.f("ck_jobs_upload")),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("order_id", "position", name="uq_jobs_order_id_position"),
    )
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["status", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_line",
        "jobs",
        ["account_key", "status"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_jobs_sent",
        "jobs",
        ["account_key", "submitted_at"],
        sqlite_where=sa.text("submitted_at IS NOT NULL"),
        postgresql_where=sa.text("submitted_at IS NOT NULL"),
    )
    op.create_table(
        "bodies",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_bodies"),
    )
    op.create_table(
        "cards",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text()),
        sa.Column("ts", sa.Text()),
        sa.Column("moved", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("quiet_until", sa.Double()),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("opened_at", sa.Double()),
        sa.Column("page", sa.Text()),
        sa.Column("as_member", sa.Boolean()),
        sa.Column("link", sa.Text()),
        sa.CheckConstraint("kind IN ('order', 'approval', 'home')", name=op.f("ck_cards_kind")),
        sa.CheckConstraint("(kind = 'home') = (order_id IS NULL)", name=op.f("ck_cards_order")),
        sa.CheckConstraint("(kind = 'home') = (opened_at IS NOT NULL)", name=op.f("ck_cards_opened")),
        sa.PrimaryKeyConstraint("id", name="pk_cards"),
    )
    op.create_index(
        "ix_cards_due",
        "cards",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_cards_place", "cards", ["channel", "ts"])
    op.create_index(
        "ix_cards_home",
        "cards",
        ["user_id"],
        sqlite_where=sa.text("opened_at IS NOT NULL"),
        postgresql_where=sa.text("opened_at IS NOT NULL"),
    )
    create_record()
    op.create_table(
        "ledger",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("held_delta_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("spent_delta_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text()),
        sa.Column("finished_at", sa.Double()),
        sa.Column("project", sa.Text()),
        sa.CheckConstraint(
            "kind IN ('hold', 'charge', 'release', 'write_off', 'correction')", name=op.f("ck_ledger_kind")
        ),
        sa.PrimaryKeyConstraint("order_id", "position", "kind", "ref", name="pk_ledger"),
    )
    op.create_index("ix_ledger_report", "ledger", ["owner_id", "month"])
    op.create_index("ix_ledger_week", "ledger", ["owner_id", "at"])
    create_budgets()
    op.create_table(
        "inputs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("asset_id", sa.Text()),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.Double()),
        sa.Column("told_at", sa.Double()),
        sa.Column("come_at", sa.Double()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delete_at", sa.Double(), nullable=False),
        sa.CheckConstraint("kind IN ('VIDEO', 'AUDIO')", name=op.f("ck_inputs_kind")),
        sa.CheckConstraint("status IN ('wanted', 'there', 'failed')", name=op.f("ck_inputs_status")),
        sa.PrimaryKeyConstraint("id", name="pk_inputs"),
        sa.UniqueConstraint(
            "team_id", "account_key", "source", "kind", name="uq_inputs_team_id_account_key_source_kind"
        ),
    )
    op.create_index(
        "ix_inputs_due",
        "inputs",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_inputs_delete", "inputs", ["delete_at"])
    op.create_table(
        "order_inputs",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("input_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "input_id", name="pk_order_inputs"),
    )
    op.create_index("ix_order_inputs_input", "order_inputs", ["input_id"])
    op.create_table(
        "leftovers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_key", sa.Text(), nullable=False),
        sa.Column("left_at", sa.Double(), nullable=False),
        sa.Column("refusal", sa.Text()),
        sa.Column("due_at", sa.Double()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('asset', 'generation', 'file')", name=op.f("ck_leftovers_kind")),
        sa.PrimaryKeyConstraint("id", name="pk_leftovers"),
    )
    op.create_index(
        "ix_leftovers_due",
        "leftovers",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    create_accounts()
    create_installs()
    op.create_table(
        "people",
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("membership", sa.String(length=16), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "membership IN ('owner', 'admin', 'member', 'guest', 'outsider', 'gone')",
            name=op.f("ck_people_membership"),
        ),
        sa.PrimaryKeyConstraint("installation_id", "user_id", name="pk_people"),
    )
    op.create_table(
        "rules",
        sa.Column("installation_id", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("installation_id", name="pk_rules"),
    )
    op.create_table(
        "holders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holders"),
    )
    op.create_table(
        "shared_files",
        sa.Column("enterprise_id", sa.Text()),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("media", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mimetype", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("shared_at", sa.Double(), nullable=False),
        sa.CheckConstraint("media IN ('video', 'audio')", name=op.f("ck_shared_files_media")),
        sa.PrimaryKeyConstraint("team_id", "user_id", "file_id", name="pk_shared_files"),
    )
    op.create_index("ix_shared_files_recent", "shared_files", ["user_id", "media", "shared_at"])
    create_answers()
    create_audit()
    create_lives()
    create_departures()
    create_gates()
    create_consents()
    create_objections()
    create_pauses()
