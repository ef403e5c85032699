"""The statements as text: portable, locked where it matters, and built once."""

from dataclasses import fields
from decimal import Decimal
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage import card_store, claims, leftovers, order_store, relays
from storage.cards import Card
from storage.columns import Usd
from storage.encryption import Sealed, SealedFor
from storage.jobs import BIRTH, Job, JobChanges, JobStatus
from storage.orders import Order, OrderChanges, OrderStatus
from storage.rows import JOBS, ORDERS
from storage.schema import cards, jobs, orders, shared_files
from storage.upserts import insert_into

CLAIMS = [
    claims._CLAIM_ORDERS,
    claims._CLAIM_JOBS,
    claims._CLAIM_POLLS,
    card_store._CLAIM,
    relays._CLAIM,
    leftovers._CLAIM,
]
NONE: frozenset[str] = frozenset()


def on_postgresql(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def on_sqlite(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=sqlite.dialect()))


@pytest.mark.parametrize(("table", "record"), [(orders, Order), (jobs, Job), (cards, Card)])
def test_the_record_is_the_table(table: Table, record: type) -> None:
    assert [column.key for column in table.c] == [field.name for field in fields(record)]


def test_no_column_is_kept_from_a_change_by_mistake() -> None:
    fixed = {"id", "order_id", "position", "label", "enterprise_id", "team_id", "user_id", "created_at"}
    own = {"status", "lease_token", "attempts", "updated_at", "ended_at", "forgotten"}
    of_jobs = {field.name for field in fields(Job)} - fixed - own
    of_the_yes = {"account_key", "estimate_usd", "idempotency_key"}
    assert JobChanges.__optional_keys__ == of_jobs - of_the_yes - {"cost_usd", "billed_frames"}
    of_orders = {field.name for field in fields(Order)} - fixed - own
    asked = {"request_key", "channel_id", "thread_ts", "conversation", "accepted_usd"}
    assert OrderChanges.__optional_keys__ == of_orders - asked


@pytest.mark.parametrize(("changes", "record"), [(JobChanges, Job), (OrderChanges, Order)])
def test_a_change_is_of_the_columns_own_type(changes: type, record: type) -> None:
    """But a secret is stored sealed for its place, and what was read is not."""
    stored = get_type_hints(record)
    stored |= {name: SealedFor | None for name, kind in stored.items() if kind == Sealed | None}
    told = get_type_hints(changes)
    assert told == {name: stored[name] for name in told}


def test_a_misspelt_change_and_one_of_another_type_do_not_pass_the_type_check() -> None:
    """The lines that mypy would refuse are marked, and it complains of a mark that it does not need."""
    JobChanges(generation_ids="g")  # type: ignore[typeddict-unknown-key]
    JobChanges(priced_at="now")  # type: ignore[typeddict-item]
    OrderChanges(status=OrderStatus.OFFERED)  # type: ignore[typeddict-unknown-key]
    OrderChanges(addresses=Sealed("as another row has it"))  # type: ignore[typeddict-item]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_skips_what_others_hold_on_postgresql_and_compiles_to_nothing_on_sqlite(
    claim: ClauseElement,
) -> None:
    assert "FOR UPDATE SKIP LOCKED" in on_postgresql(claim)
    assert "FOR UPDATE" not in on_sqlite(claim)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_repeated_request_is_no_error_on_either_engine(engine: str) -> None:
    insert = insert_into(orders, engine).on_conflict_do_nothing(index_elements=["team_id", "request_key"])
    text = on_postgresql(insert) if engine == "postgresql" else on_sqlite(insert)
    assert "ON CONFLICT (team_id, request_key) DO NOTHING" in text


@pytest.mark.parametrize("target", sorted(set(JobStatus) - BIRTH.keys()))
def test_a_move_names_the_statuses_it_may_leave(target: JobStatus) -> None:
    sources = JOBS.sources_of(target)
    text = on_postgresql(JOBS.move_update(target, sources, frozenset({"lease_token"}), NONE))
    assert text.partition("WHERE")[2].count("jobs.status =") == len(sources)
    assert "jobs.lease_token =" in text


def test_a_statement_is_built_once() -> None:
    changes = frozenset({"due_at"})
    assert JOBS.rest_update(changes, failed=True) is JOBS.rest_update(changes, failed=True)
    assert JOBS.rest_update(changes, failed=True) is not ORDERS.rest_update(changes, failed=True)
    assert order_store._insert_new("sqlite") is order_store._insert_new("sqlite")


def test_the_upsert_names_the_key_of_its_table() -> None:
    insert = insert_into(shared_files, "postgresql").on_conflict_do_nothing(
        index_elements=list(shared_files.primary_key.columns),
    )
    assert "ON CONFLICT (team_id, user_id, file_id)" in on_postgresql(insert)


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_money_is_stored_whole_and_comes_back_exactly(dollars: Decimal) -> None:
    stored = Usd().process_bind_param(dollars, sqlite.dialect())
    assert isinstance(stored, int)
    assert Usd().process_result_value(stored, sqlite.dialect()) == dollars


def test_a_fraction_of_a_micro_dollar_is_rounded_half_up() -> None:
    assert Usd().process_bind_param(Decimal("0.0000015"), sqlite.dialect()) == 2
