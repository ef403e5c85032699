"""The ledger in Home: admins see what does not meet and close it with a reason; of others nothing exists."""

import json
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.messages.ids import Action, Callback, Reply
from bot.teams.accounts import OwnKey
from storage import differences, ledger
from storage.audit import Action as Audited
from storage.audit_check import read
from storage.differences import NOBODYS, Difference
from storage.jobs import Job, JobStatus, Money
from storage.money import DifferenceKind, Entry
from storage.schema import differences as rows
from storage.schema import elsewhere
from storage.schema import ledger as entries
from tests.integration.core.world import KEY
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front, Json, alert_in, view_payload
from tests.integration.handlers.test_rules import AMY, everybody
from tests.integration.handlers.test_settings import account, pressed, sent, shown, texts, trigger

__all__ = ["account", "everybody"]


def difference(generation_id: str, owner_id: str = NORTH.id, **given: Any) -> Difference:
    usual: dict[str, Any] = {
        "kind": DifferenceKind.UNKNOWN_TO_US,
        "account_key": "org:1",
        "ours": 0,
        "theirs": 3_330_000,
        "found_at": 1_790_000_000.0,
    }
    return Difference(generation_id=generation_id, owner_id=owner_id, **usual | given)


OURS: dict[str, Any] = {"kind": DifferenceKind.UNLIKE, "order_id": "o1", "position": 0, "ours": 400_000}


@pytest.fixture(autouse=True)
async def found(app: Front) -> None:
    async with app.there.db.write() as conn:
        await differences.note(
            conn,
            [
                difference("gen-a"),
                difference("gen-b", kind=DifferenceKind.ABSENT, ours=400_000, theirs=None),
                difference("gen-south", SOUTH.id),
                difference("gen-nobodys", NOBODYS),
            ],
        )


def asks_for_sum(view: Json) -> bool:
    return any(block.get("block_id") == Reply.SUM for block in view["blocks"])


def form(view: Json, value: str, why: str | None = "It was the trailer", *, usd: str | None = None) -> Json:
    answers = {Reply.REASON: {"type": "plain_text_input", "value": why}}
    if asks_for_sum(view):
        answers[Reply.SUM] = {"type": "number_input", "value": usd}
    return {
        **view,
        "private_metadata": json.dumps({"difference": value}),
        "state": {"values": {field: {field: answer} for field, answer in answers.items()}},
    }


async def asked_why(app: Front, value: str, person: str = AMY) -> Json:
    await pressed(app, person, Action.LEDGER)
    view_id = shown(app, person)["id"]
    ticket = await trigger(app, person, view_id=view_id)
    await pressed(app, person, Action.CLOSE_DIFFERENCE, value, trigger_id=ticket)
    return shown(app, person)


async def open_ones(app: Front) -> set[str]:
    async with app.there.db.read() as conn:
        return set(
            (await conn.execute(select(rows.c.generation_id).where(rows.c.closed_at.is_(None)))).scalars()
        )


async def test_an_admin_sees_what_is_open_and_both_sums(app: Front) -> None:
    await pressed(app, AMY, Action.LEDGER)
    told = texts(shown(app, AMY))
    assert "gen-a" in told
    assert "sync.so: $3.33 · counted here: $0.00" in told
    assert "sync.so: not told · counted here: $0.40" in told
    assert "gen-south" not in told
    assert "gen-nobodys" not in told


@pytest.mark.parametrize(
    ("theirs", "words"), [(None, "never told what this video cost"), (430_000, "told only after days")]
)
async def test_what_was_told_after_all_is_said_to_be(app: Front, theirs: int | None, words: str) -> None:
    async with app.there.db.write() as conn:
        late = difference("gen-late", kind=DifferenceKind.UNTOLD, ours=400_000, theirs=theirs)
        await differences.note(conn, [late])
    await pressed(app, AMY, Action.LEDGER)
    assert words in texts(shown(app, AMY))


async def test_it_names_who_asked_for_a_video_of_ours_and_what_can_be_done(app: Front) -> None:
    booked = Entry(
        order_id="o1",
        position=0,
        kind=Money.HOLD,
        ref="",
        at=1.0,
        month="2026-09",
        owner_id=NORTH.id,
        team_id=NORTH.id,
        user_id=ADA,
        channel_id=VIDEOS,
        model="lipsync-2",
        held_delta=400_000,
        spent_delta=0,
        why=None,
    )
    async with app.there.db.write() as conn:
        await conn.execute(insert(entries), asdict(booked))
        await differences.note(conn, [difference("gen-ours", **OURS)])
    await pressed(app, AMY, Action.LEDGER)
    told = texts(shown(app, AMY))
    assert told.count("Asked for by") == 1
    assert f"Asked for by <@{ADA}> in <#{VIDEOS}> · " in told
    assert "ask sync.so's support with the id below" in told
    assert "give me a new one by *Connect sync.so*" in told
    assert f"Asked for by <@{ADA}>" in texts(await asked_why(app, "unlike:gen-ours"))


async def test_one_is_closed_with_a_reason_which_the_audit_log_keeps(app: Front) -> None:
    view = await asked_why(app, "unknown_to_us:gen-a")
    assert view["callback_id"] == Callback.CLOSE_DIFFERENCE

    assert await sent(app, form(view, "unknown_to_us:gen-a")) == {}

    assert await open_ones(app) == {"gen-b", "gen-south", "gen-nobodys"}
    async with app.there.db.read() as conn:
        kept = await differences.find(conn, NORTH.id, "gen-a", DifferenceKind.UNKNOWN_TO_US)
        (entry,) = [row async for row in read(conn, NORTH.id) if row.action == Audited.DIFFERENCE_CLOSED]
    assert kept is not None
    assert (kept.closed_by, kept.reason) == (AMY, "It was the trailer")
    assert entry.subject == "gen-a"
    assert json.loads(entry.details) == {
        "kind": "unknown_to_us",
        "ours_usd": "0.000000",
        "theirs_usd": "3.330000",
        "named_usd": None,
    }
    assert json.loads(entry.personal or "") == {"actor": AMY, "reason": "It was the trailer"}


async def untold(app: Front) -> Job:
    """A video of Ada's of which the record will never tell; what it may cost at most counts as spent."""
    job = await app.there.job(JobStatus.DELIVERING, estimate_usd=Decimal("576.72"))
    before = replace(job, status=JobStatus.PROCESSING)
    ours = OURS | {"kind": DifferenceKind.UNTOLD, "order_id": job.order_id, "ours": 576_720_000}
    async with app.there.db.write() as conn:
        await ledger.close(conn, [(before, job.status)], now=app.there.clock())
        await differences.note(conn, [difference("gen-dear", **ours, theirs=None)])
    return job


async def test_the_sum_of_what_sync_so_never_told_may_be_named(app: Front) -> None:
    job = await untold(app)
    view = await asked_why(app, "untold:gen-dear")
    assert "Left empty, $576.72 stays." in texts(view)

    answer = await sent(app, form(view, "untold:gen-dear", usd="1.9876543"))

    assert answer == {}
    async with app.there.db.read() as conn:
        booked = await ledger.of_part(conn, job.order_id, 0)
        (entry,) = [row async for row in read(conn, NORTH.id) if row.action == Audited.DIFFERENCE_CLOSED]
    assert sum(each.spent_delta for each in booked) == 1_987_654
    assert json.loads(entry.details)["named_usd"] == "1.987654"


async def test_of_what_the_record_tells_no_sum_is_asked_for(app: Front) -> None:
    await untold(app)
    async with app.there.db.write() as conn:
        await differences.learn(conn, {"gen-dear": 430_000})
    for value in ("untold:gen-dear", "absent:gen-b", "unknown_to_us:gen-a"):
        assert not asks_for_sum(await asked_why(app, value))


@pytest.mark.parametrize("usd", ["-1", "10001", "NaN", "a lot"])
async def test_a_sum_that_the_field_does_not_take_books_nothing(app: Front, usd: str) -> None:
    job = await untold(app)
    view = await asked_why(app, "untold:gen-dear")
    payload = form(view, "untold:gen-dear", usd=usd)
    user = {"id": AMY, "team_id": NORTH.id}
    refused = await app.interaction(view_payload("view_submission", payload, user=user))
    assert refused.status_code == 400
    async with app.there.db.read() as conn:
        assert len(await ledger.of_part(conn, job.order_id, 0)) == 2
    assert "gen-dear" in await open_ones(app)


async def test_what_sync_so_has_told_meanwhile_takes_no_sum(app: Front) -> None:
    await untold(app)
    view = await asked_why(app, "untold:gen-dear")
    async with app.there.db.write() as conn:
        await differences.learn(conn, {"gen-dear": 430_000})
    answer = await sent(app, form(view, "untold:gen-dear", usd="2"))
    assert list(answer["errors"]) == [Reply.SUM]
    assert "gen-dear" in await open_ones(app)


@pytest.mark.parametrize("value", ["unknown_to_us:gen-south", "unknown_to_us:gen-none", "absent:gen-a"])
async def test_what_is_anothers_does_not_exist(app: Front, value: str) -> None:
    view = await asked_why(app, value)
    assert "callback_id" not in view or view["callback_id"] != Callback.CLOSE_DIFFERENCE
    answer = await sent(app, form(view | {"callback_id": Callback.CLOSE_DIFFERENCE}, value))
    assert "closed already, or it was never yours" in alert_in(answer)
    assert len(await open_ones(app)) == 4


@pytest.mark.parametrize("why", [None, "", " \n "])
async def test_none_is_closed_without_a_reason(app: Front, why: str | None) -> None:
    view = await asked_why(app, "unknown_to_us:gen-a")
    answer = await sent(app, form(view, "unknown_to_us:gen-a", why))
    assert list(answer["errors"]) == [Reply.REASON]
    assert len(await open_ones(app)) == 4


async def test_nobody_but_admins_sees_or_closes_anything(app: Front) -> None:
    await pressed(app, ADA, Action.LEDGER)
    assert "Only admins of this workspace" in texts(shown(app, ADA))
    view = shown(app, ADA) | {"callback_id": Callback.CLOSE_DIFFERENCE}
    answer = await sent(app, form(view, "unknown_to_us:gen-a"), ADA)
    assert "Only admins of this workspace" in texts(answer["view"])
    assert len(await open_ones(app)) == 4


@pytest.mark.parametrize("shared", ["with none", "with all", "with one that has a key of its own"])
async def test_what_others_made_is_told_where_no_other_team_pays_with_the_account(
    app: Front, monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    own = OwnKey(KEY, NORTH.id, for_all=shared == "with all")
    monkeypatch.setattr(app.services.accounts, "_own", own)
    if shared == "with one that has a key of its own":
        await app.there.connect("sk-souths-other-0123456789", "org_app", SOUTH.id)
    async with app.there.db.write() as conn:
        row = {"account_key": "org:org_app", "generation_id": "e", "known": 7_770_000, "night_at": 86_400.0}
        await conn.execute(elsewhere.insert(), row)
    await pressed(app, AMY, Action.LEDGER)
    assert ("1 video, $7.77" in texts(shown(app, AMY))) is (shared == "with none")
