"""`/lipsync usage`: people see what they spent themselves, admins what their team did."""

import csv
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from bot.messages.ids import Action
from bot.slack import naming
from bot.teams.rules import Rules
from storage.columns import from_micro
from storage.jobs import Money
from storage.money import Entry, correction, month_of
from storage.reports import entries
from storage.schema import ledger
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import Front, block_action
from tests.integration.handlers.test_own_videos import told
from tests.integration.handlers.test_rules import everybody, setting

__all__ = ["everybody"]


def charged(app: Front, usd: str, **given: Any) -> Entry:
    """What one video cost, as its charge alone."""
    usual = Entry(
        order_id=f"order-of-{usd}",
        position=0,
        kind=Money.CHARGE,
        ref="",
        at=app.there.clock(),
        month=month_of(app.there.clock()),
        owner_id=NORTH.id,
        team_id=NORTH.id,
        user_id=ADA,
        channel_id=VIDEOS,
        model="sync-3",
        held_delta=0,
        spent_delta=int(float(usd) * 100) * 10_000,
        why=None,
    )
    return replace(usual, **given)


@pytest.fixture(autouse=True)
async def booked(app: Front) -> None:
    entries = [
        charged(app, "1.25"),
        charged(app, "2.50", user_id=BEN),
        charged(app, "64", owner_id=SOUTH.id, team_id=SOUTH.id),
        charged(app, "16", month="2001-01"),
    ]
    async with app.there.db.write() as conn:
        await conn.execute(insert(ledger), [asdict(entry) for entry in entries])


def shared_in(app: Front) -> str:
    """The kind of the conversation that the one file came to, which has nobody else in it but Ada."""
    [call] = [
        call for call in app.there.slack.records().calls if call.method == "files.completeUploadExternal"
    ]
    channel = app.there.slack.workspace(NORTH.id).channels[call.args["channel_id"]]
    assert channel.user == ADA
    return str(channel.kind)


def rows(app: Front) -> list[dict[str, str]]:
    """What is in the file."""
    files = app.there.slack.parts.files.kept()
    assert isinstance(files, dict)
    [file] = [each for each in files.values() if each.name.startswith("lipsync-usage-")]
    return list(csv.DictReader(file.path.read_text().splitlines()))


async def test_people_see_their_own(app: Front) -> None:
    message = await told(app, "usage")

    assert message.text.startswith("*You in ")
    assert ":* $1.25 for 1 video." in message.text
    assert "2.50" not in message.text
    assert BEN not in message.text


async def test_admins_see_the_teams_and_no_other_teams(app: Front) -> None:
    await setting(app, Rules(admins=(ADA,)))

    message = await told(app, "usage")

    assert message.text.startswith("*Your team in ")
    assert ":* $3.75 for 2 videos." in message.text
    assert f"• <@{BEN}>: $2.50 for 1 video\n• <@{ADA}>: $1.25 for 1 video" in message.text
    assert "64" not in message.text


@pytest.mark.parametrize("way", ["command", "button"])
async def test_it_comes_as_a_file_to_the_direct_message_alone(app: Front, way: str) -> None:
    if way == "command":
        assert (await told(app, "usage csv")).text == "The CSV is in our direct message."
    else:
        await app.interaction(block_action(Action.USAGE_CSV, "team"))
        await app.settled()

    assert shared_in(app) == "im"
    told_of = [(row["person"], row["person_name"], row["spent_usd"]) for row in rows(app)]
    assert told_of == [(ADA, "Ada Moreau", "1.250000")]


@pytest.mark.parametrize(("value", "people"), [("own", {ADA}), ("team", {ADA, BEN})])
async def test_an_admin_gets_as_a_file_whose_figures_they_were_shown(
    app: Front, value: str, people: set[str]
) -> None:
    await setting(app, Rules(admins=(ADA,)))

    await app.interaction(block_action(Action.USAGE_CSV, value))
    await app.settled()

    assert {row["person"] for row in rows(app)} == people


async def test_the_file_comes_to_what_the_ledger_does(app: Front) -> None:
    await setting(app, Rules(admins=(ADA,)))
    dear, now = charged(app, "8", project="Spring"), app.there.clock()
    record = list(correction(dear, total_usd=Decimal("7.123456"), booked=dear.spent_delta, at=now))
    waiting = charged(app, "0", kind=Money.HOLD, held_delta=420_001)
    async with app.there.db.write() as conn:
        await conn.execute(insert(ledger), [asdict(each) for each in (dear, *record, waiting)])

    await told(app, "usage csv")

    async with app.there.db.read() as conn:
        booked = [each async for each in entries(conn, NORTH.id) if each.month > "2001-01"]
    file = rows(app)
    for column, sum_of in (
        ("spent_usd", sum(each.spent_delta for each in booked)),
        ("set_aside_usd", sum(each.held_delta for each in booked)),
    ):
        assert sum(Decimal(row[column]) for row in file) == from_micro(sum_of)


async def test_people_are_named_in_the_file_as_far_as_slack_names_them(app: Front) -> None:
    await setting(app, Rules(admins=(ADA,)))
    gone = [charged(app, "4", user_id=f"UGONE{number}") for number in range(6)]
    async with app.there.db.write() as conn:
        await conn.execute(
            insert(ledger), [asdict(replace(each, position=at)) for at, each in enumerate(gone)]
        )

    await told(app, "usage csv")

    named = {row["person"]: row["person_name"] for row in rows(app)}
    assert named == {ADA: "Ada Moreau", BEN: "Ben Okafor", **{each.user_id: "" for each in gone}}


async def test_where_slack_names_nobody_in_time_the_file_comes_with_ids_alone(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "WITHIN_S", 0.2)
    app.there.slack.faults.set("rate_limited", {"method": "users.info", "times": 0, "retry_after": 30})

    assert (await told(app, "usage csv")).text == "The CSV is in our direct message."

    assert [(row["person"], row["person_name"]) for row in rows(app)] == [(ADA, "")]


async def test_where_slack_does_not_take_the_file_that_is_said(app: Front) -> None:
    app.there.slack.faults.set("api_error", {"method": "files.getUploadURLExternal", "times": 0})

    message = await told(app, "usage csv")

    assert (
        message.text == "Slack does not take the file just now. Nothing was changed. Try again in a minute."
    )
