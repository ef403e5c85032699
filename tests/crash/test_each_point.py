"""A death at every commit and every outside call of jobs' whole lives, once before it and once after it."""

from pathlib import Path
from typing import Any

from tests.crash.matrix import MATRIX_LEASE_S, Matrix, matrix
from tests.crash.run import WAYS, Storm, tell
from tests.postgres import PostgresServer

EACH: dict[str, Any] = {"jobs": 12, "kills": 0, "seed": 5, "lease_s": MATRIX_LEASE_S}

MILESTONES = {
    "commit: Conversations.take < Hearing._take",
    "commit: take < or_its_problem < preparing",
    "call: GET /files-pri/*/download/* < relay",
    "call: PUT /storage/*/* < relay",
    "call: POST /v2/assets < relay",
    "commit: Relay._store < Relay._guarded < relay",
    "call: POST /v2/analyze/cost < preparing",
    "commit: Prepare._offer < Prepare._prepare < preparing",
    "call: POST /api/chat.postMessage < preparing",
    "commit: Orders._confirm < while_rules_stay",
    "commit: wait < Confirmed._go_on < confirmed",
    "commit: Confirmed._begin < Confirmed._go_on < confirmed",
    "commit: Submit._use_slot < Submit._make_ready < queued",
    "call: POST /v2/generate < submitting",
    "commit: Tools.move < Submit._taken < submitting",
    "commit: Webhooks.take < _webhook.<locals>.webhook",
    "call: GET /v2/generations?ids",
    "commit: Settle._store < Settle._settle",
    "call: POST /upload/v1/* < delivering",
    "commit: Tools.save < Deliver._upload < delivering",
    "call: POST /api/files.completeUploadExternal < delivering",
    "commit: Tools._give_back < Tools.later < delivering",
    "call: GET /api/files.info < delivering",
    "commit: Tools.move < Deliver._go_on < delivering",
    "commit: Show._done < Show._show < running",
    "commit: Bills._ask",
}
"""What a job's life is made of, from the dropped files to the last word on its card."""


async def test_a_death_before_every_commit_and_every_call_loses_nothing_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    played = await matrix(Storm(**EACH), url, tmp_path, points=("before commit", "before call"))
    no_promise_is_broken(played)
    assert not missed(played, "before")


async def test_a_death_after_every_commit_and_every_call_loses_nothing_with_three_replicas(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    storm = Storm(**EACH, **WAYS["postgresql"])
    played = await matrix(
        storm, await postgres.new_database(), tmp_path, points=("after commit", "after call")
    )
    no_promise_is_broken(played)
    assert not missed(played, "after")


def missed(played: Matrix, when: str) -> list[str]:
    return [what for what in MILESTONES if not any(f"{when} {what}" in death for death in played.deaths)]


def no_promise_is_broken(played: Matrix) -> None:
    tell(played.report.verdict, played.report.timelines)
    assert played.report.verdict.violations == []
    assert played.report.verdict.counts["videos"] >= 8, played.report.line
