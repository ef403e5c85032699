"""A night's videos, as the app and as sync.so have them: made by the thousand, held against each other."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, insert, select

from bot.sandbox.fake_sync import FakeSync, FakeSyncConfig, Org, Rates, create_fake_sync
from storage.columns import to_micro
from storage.jobs import JobStatus, Money, Phase, job_id
from storage.money import DifferenceKind
from storage.schema import bills, budgets, differences, elsewhere, jobs, sync_keys
from storage.schema import ledger as ledger_rows
from storage.upserts import adding
from tests.integration.core.world import KEY, SYNC, World
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH

OTHER_KEY = "sk-of-another-program-01234"
ACCOUNT = "org:org_app"
MONTH = "2026-09"
_ESTIMATE = Decimal("0.40")


@asynccontextmanager
async def fake_sync(there: World, folder: Path) -> AsyncIterator[FakeSync]:
    """The sandbox's sync.so in place of the scripted one, with one account."""
    async with there.db.write() as conn:
        await conn.execute(sync_keys.delete().where(sync_keys.c.owner_id == SOUTH.id))
    org = Org("org_app", "App")
    config = FakeSyncConfig(
        base_url=SYNC,
        folder=folder,
        orgs={KEY: org, OTHER_KEY: org},
        costs_after_s=0.0,
        rates=Rates(other=10_000),
        clock=there.clock,
    )
    fake = create_fake_sync(config)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fake.asgi), base_url=SYNC) as http:
        there.sync.route(path__startswith="/v2/").mock(side_effect=http.send)
        yield fake


@dataclass
class Made:
    """One video: what sync.so has of it, and what the app."""

    charged: Decimal = _ESTIMATE
    """By sync.so."""
    told: Decimal | None = None
    """What its own bill has said before; None: it is still asked for."""
    recorded: str = "complete"
    made_by: str | None = KEY
    is_ours: bool = True
    is_listed: bool = True
    failed: bool = False
    ago_s: float = 2 * 3600.0


@dataclass
class Night:
    """Puts videos into both books."""

    there: World
    fake: FakeSync
    made: list[tuple[str, Made]] = field(default_factory=list)
    """By the ids that sync.so gave them, or would have."""

    async def add(self, some: Sequence[Made]) -> list[str]:
        """Have these finished, and their ids."""
        now, state = self.there.clock(), self.fake.state
        ids: list[str] = []
        for each in some:
            made = state.made_elsewhere("org_app", each.charged, each.made_by, now - each.ago_s)
            made.recorded = each.recorded
            made.status = "FAILED" if each.failed and not each.charged else "COMPLETED"
            if not each.is_listed:
                del state.generations[made.id]
            ids.append(made.id)
        ours = [(made, each) for made, each in zip(ids, some, strict=True) if each.is_ours]
        if ours:
            await self.book(ours)
        self.made += zip(ids, some, strict=True)
        return ids

    async def book(self, ours: Sequence[tuple[str, Made]]) -> None:
        """Have the app know of these."""
        now = self.there.clock()
        async with self.there.db.write() as conn:
            await conn.execute(insert(jobs), [_job(which, each, now) for which, each in ours])
            await conn.execute(insert(bills), [_bill(which, each, now) for which, each in ours])
            entries = [entry for which, each in ours for entry in _entries(which, each, now)]
            await conn.execute(insert(ledger_rows), entries)
            sums = {name: sum(entry[f"{name}_delta"] for entry in entries) for name in ("held", "spent")}
            scopes = ("team", f"user:{ADA}", "channel:C1", "model:lipsync-2")
            of_night = {"owner_id": NORTH.id, "month": MONTH, "raised": 0, **sums}
            rows = [of_night | {"scope": scope} for scope in scopes]
            await conn.execute(adding(budgets, conn.dialect.name, "held", "spent"), rows)

    async def unexplained(self) -> list[str]:
        """What of sync.so's record and of the app's books the other does not explain; money to the cent."""
        async with self.there.db.read() as conn:
            booked = Counter(
                {
                    order_id: int(spent)
                    for order_id, spent in await conn.execute(
                        select(ledger_rows.c.order_id, func.sum(ledger_rows.c.spent_delta)).group_by(
                            ledger_rows.c.order_id
                        )
                    )
                }
            )
            named: dict[str, dict[str, int | None]] = {}
            for which, kind, theirs in await conn.execute(
                select(differences.c.generation_id, differences.c.kind, differences.c.theirs)
            ):
                named.setdefault(which, {})[kind] = theirs
            rows = await conn.execute(select(elsewhere.c.generation_id, elsewhere.c.known))
            strange = {row.generation_id: row.known for row in rows}
            asked = set(
                (
                    await conn.execute(select(bills.c.generation_id).where(bills.c.due_at.is_not(None)))
                ).scalars()
            )
        return [
            f"{which}: {wrong}"
            for which, each in self.made
            for wrong in _wrong(which, each, booked[which], named.get(which, {}), strange, asked)
        ]


def _wrong(
    which: str,
    each: Made,
    booked: int,
    named: dict[str, int | None],
    strange: dict[str, int],
    asked: set[str],
) -> Iterator[str]:
    total = to_micro(each.charged)
    if not each.is_ours:
        told = named.get(DifferenceKind.UNKNOWN_TO_US, strange.get(which))
        known = {"complete": total, "partial": total // 2}.get(each.recorded, 0)
        if told != known:
            yield f"made elsewhere for {known}, and {told} is told"
    elif not each.is_listed:
        if each.ago_s > 48 * 3600 and DifferenceKind.ABSENT not in named:
            yield "nobody says that it is absent"
    elif each.recorded == "complete":
        if booked != total:
            yield f"charged {total}, booked {booked}"
    elif each.recorded == "unavailable":
        if DifferenceKind.UNTOLD not in named:
            yield "nobody says that its cost is not to be had"
    elif which not in asked:
        yield "its cost is not known, and nobody asks for it"


def _job(which: str, each: Made, now: float) -> dict[str, Any]:
    status = JobStatus.FAILED if each.failed else JobStatus.DELIVERED
    return {
        "id": job_id(which, 0),
        "order_id": which,
        "position": 0,
        "label": "",
        "team_id": NORTH.id,
        "user_id": ADA,
        "account_key": ACCOUNT,
        "status": status,
        "estimate_usd": _ESTIMATE,
        "idempotency_key": f"key-{which}",
        "generation_id": which,
        "generation_status": "FAILED" if each.failed else "COMPLETED",
        "submitted_at": now - each.ago_s - 60,
        "phase": Phase.SHARING,
        "slack_file_id": "F1",
        "cost_usd": each.told,
        "attempts": 0,
        "slow": False,
        "created_at": now - each.ago_s - 90,
        "updated_at": now,
        "ended_at": now - each.ago_s + 5,
    }


def _bill(which: str, each: Made, now: float) -> dict[str, Any]:
    return {
        "job_id": job_id(which, 0),
        "team_id": NORTH.id,
        "account_key": ACCOUNT,
        "generation_id": which,
        "opened_at": now - each.ago_s + 2,
        "availability": "pending" if each.told is None else "complete",
        "total_usd": each.told,
        "due_at": now + 600 if each.told is None else None,
        "attempts": 3,
    }


def _entries(which: str, each: Made, now: float) -> Iterator[dict[str, Any]]:
    estimate = to_micro(_ESTIMATE)
    spent = 0 if each.failed else estimate
    yield _entry(which, Money.HOLD, now, held=estimate)
    yield _entry(which, Money.RELEASE if each.failed else Money.CHARGE, now, held=-estimate, spent=spent)
    if each.told is not None and to_micro(each.told) != spent:
        total = to_micro(each.told)
        yield _entry(which, Money.CORRECTION, now, ref=f"1:{total}", spent=total - spent)


def _entry(
    which: str, kind: Money, now: float, *, ref: str = "", held: int = 0, spent: int = 0
) -> dict[str, Any]:
    return {
        "order_id": which,
        "position": 0,
        "kind": kind,
        "ref": ref,
        "at": now,
        "month": MONTH,
        "owner_id": NORTH.id,
        "team_id": NORTH.id,
        "user_id": ADA,
        "channel_id": "C1",
        "model": "lipsync-2",
        "held_delta": held,
        "spent_delta": spent,
    }
