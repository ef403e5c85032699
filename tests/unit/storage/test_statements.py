"""The statements as text: portable, locked where it matters, and built once."""

from dataclasses import fields
from decimal import Decimal
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ClauseElement
from sqlalchemy.dialects import postgresql, sqlite

from storage import job_cards, job_claims, job_store
from storage.job_statements import COLUMNS, move_update, rest_update
from storage.jobs import Changes, Job, JobStatus, Scheduled, sources_of
from storage.schema import Usd, jobs, shared_files
from storage.upserts import insert_into

CLAIMS = [job_claims._CLAIM, job_claims._CLAIM_POLLS, job_cards._CLAIM]
NONE: frozenset[str] = frozenset()


def on_postgresql(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def on_sqlite(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=sqlite.dialect()))


def test_the_record_is_the_table() -> None:
    assert [column.key for column in jobs.c] == [field.name for field in fields(Job)]
    assert [column.key for column in COLUMNS] == [field.name for field in fields(Job)]


def test_a_change_is_of_the_columns_own_type() -> None:
    of_the_record = get_type_hints(Job)
    assert get_type_hints(Scheduled) == {name: of_the_record[name] for name in Scheduled.__annotations__}


def test_a_misspelt_change_and_one_of_another_type_do_not_pass_the_type_check() -> None:
    """Their comments are errors themselves as soon as mypy has nothing to say."""
    Scheduled(failure_cod="x")  # type: ignore[typeddict-unknown-key]
    Scheduled(estimate_usd=0.4)  # type: ignore[typeddict-item]
    Changes(due_at=1.0)  # type: ignore[typeddict-unknown-key]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_skips_what_others_hold_on_postgresql_and_compiles_to_nothing_on_sqlite(
    claim: ClauseElement,
) -> None:
    assert "FOR UPDATE SKIP LOCKED" in on_postgresql(claim)
    assert "FOR UPDATE" not in on_sqlite(claim)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_repeated_request_is_no_error_on_either_engine(engine: str) -> None:
    insert = insert_into(jobs, engine).on_conflict_do_nothing(index_elements=["team_id", "request_key"])
    text = on_postgresql(insert) if engine == "postgresql" else on_sqlite(insert)
    assert "ON CONFLICT (team_id, request_key) DO NOTHING" in text


@pytest.mark.parametrize("target", sorted({to for to in JobStatus if to is not JobStatus.DRAFT}))
def test_a_move_names_the_statuses_it_may_leave(target: JobStatus) -> None:
    sources = sources_of(target)
    text = on_postgresql(move_update(target, sources, frozenset({"lease_token"}), NONE, visible=True))
    assert text.partition("WHERE")[2].count("jobs.status =") == len(sources)
    assert "jobs.lease_token =" in text


def test_a_statement_is_built_once() -> None:
    changes = frozenset({"due_at"})
    assert rest_update(changes, visible=False, failed=True) is rest_update(
        changes, visible=False, failed=True
    )
    assert job_store._insert_new("sqlite") is job_store._insert_new("sqlite")


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
