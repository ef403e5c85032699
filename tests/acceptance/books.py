"""The app's books against sync.so's record: what of the one the other does not explain."""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from tests.acceptance.blocks import Json

_BOOKED = """
    SELECT jobs.id, jobs.ended_at, jobs.estimate_micro_usd AS estimate, jobs.cost_micro_usd AS cost,
        sum(held_delta_micro_usd) AS held, sum(spent_delta_micro_usd) AS spent,
        sum(kind IN ('charge', 'write_off')) AS charged, sum(kind = 'hold') AS holds
    FROM jobs LEFT JOIN ledger USING (order_id, position)
    WHERE jobs.user_id = ? GROUP BY jobs.id
"""
_WRONG_SUMS = """
    WITH booked AS (
        SELECT owner_id, month, held_delta_micro_usd AS held, spent_delta_micro_usd AS spent,
            'team' AS team, 'user:' || user_id AS user, 'channel:' || channel_id AS channel,
            'model:' || model AS of_model
        FROM ledger
    )
    SELECT scope, month, held_micro_usd, spent_micro_usd FROM budgets
    WHERE (held_micro_usd, spent_micro_usd) <> (
        SELECT coalesce(sum(held), 0), coalesce(sum(spent), 0) FROM booked
        WHERE booked.owner_id = budgets.owner_id AND booked.month = budgets.month
            AND budgets.scope IN (team, user, channel, of_model)
    )
"""


def unexplained(db: sqlite3.Connection, users: Collection[str], generations: Sequence[Json]) -> list[str]:
    """What is wrong with the money of some people, as far as it can be told by now.

    While sync.so has not told what a video did cost, its estimate is what counts as spent.
    """
    wrong = [f"{scope} of {month}: {held}, {spent}" for scope, month, held, spent in db.execute(_WRONG_SUMS)]
    for user in users:
        for job in db.execute(_BOOKED, [user]):
            billed = [made for made in generations if str(made["output_name"]).endswith(job["id"])]
            wrong += [f"{job['id']}: {what}" for what in _of_job(dict(job), billed)]
    return wrong


def _of_job(job: Json, billed: Sequence[Json]) -> Iterator[str]:
    if job["holds"] != 1:
        yield f"{job['holds']} holds"
    if job["ended_at"] is not None and job["held"]:
        yield f"{job['held']} are held for good"
    expected = job["cost"] if job["cost"] is not None else (job["estimate"] or 0) * job["charged"]
    closed = job["ended_at"] is not None or job["charged"]
    if closed and job["spent"] != expected:
        yield f"{job['spent']} are booked as spent, and {expected} were"
    total = sum(round(Decimal(made["charged_usd"]) * 10**6) for made in billed)
    if job["cost"] is not None and billed and job["cost"] != total:
        yield f"cost {job['cost']}, and sync.so billed {total}"
