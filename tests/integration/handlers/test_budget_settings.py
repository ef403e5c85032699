"""The page of the budgets: what is saved holds, what is wrong is said at its field, each change is logged."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bot.messages.ids import Action as Press
from bot.messages.ids import Page, Setting, limit_field, limit_value
from bot.teams.rules import Rules
from storage import limits
from storage.audit import Action
from storage.audit_check import read
from storage.orders import OrderStatus
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, Json, alert_in
from tests.integration.handlers.test_cards import press, stale_card
from tests.integration.handlers.test_rules import AMY, everybody
from tests.integration.handlers.test_settings import (
    account,
    choice,
    opened,
    pressed,
    rules,
    sent,
    shown,
    texts,
)

__all__ = ["account", "everybody"]


def filled(view: Json, **fields: Any) -> Json:
    """The page as somebody sends it; a limit by its scope, `user_U1` for that of a person."""
    values = {name: dict(state) for name, state in view["state"]["values"].items()}
    for name, value in fields.items():
        field = str(Setting[name]) if name in Setting.__members__ else limit_field(name.replace("_", ":", 1))
        element = values[field][field]
        key = next(key for key in element if key != "type")
        values[field] = {field: {**element, key: value}}
    return {**view, "state": {"values": values}}


async def limits_now(app: Front) -> dict[str, str]:
    async with app.there.db.read() as conn:
        found = await limits.of_owner(conn, NORTH.id)
    return {each.scope: f"{each.limit_usd:.2f}" for each in found}


async def page_of_budgets(app: Front) -> Json:
    """The page as it is opened now, however often it was a moment ago."""
    app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), AMY).clear()
    for what in ("settings", Page.BUDGETS):
        app.services.once.forget(what, AMY)
    return await opened(app, Page.BUDGETS)


async def change(app: Front, scope: str, usd: str | None) -> Json:
    """Of a limit that holds, by its button on the page."""
    await page_of_budgets(app)
    await pressed(app, AMY, Press.SETTINGS_PAGE, limit_value(scope))
    return await sent(app, filled(shown(app, AMY), **{scope.replace(":", "_", 1): usd}))


async def save(app: Front, **fields: Any) -> Json:
    return await sent(app, filled(await page_of_budgets(app), **fields))


async def test_limits_are_set_changed_and_taken_away(app: Front) -> None:
    assert await save(app, team="50") == {}
    assert await save(app, LIMIT_PEOPLE=[ADA, BEN], LIMIT_USD="12.5") == {}
    assert await save(app, LIMIT_CHANNELS=[VIDEOS], LIMIT_USD="0") == {}
    assert await save(app, LIMIT_MODELS=[choice("sync-3")], LIMIT_USD="20") == {}
    assert await limits_now(app) == {
        "team": "50.00",
        f"user:{ADA}": "12.50",
        f"user:{BEN}": "12.50",
        f"channel:{VIDEOS}": "0.00",
        "model:sync-3": "20.00",
    }

    assert await save(app, team="60.55") == {}
    assert await change(app, f"user:{BEN}", None) == {}
    assert await change(app, "model:sync-3", "25") == {}

    assert await limits_now(app) == {
        "team": "60.55",
        f"user:{ADA}": "12.50",
        f"channel:{VIDEOS}": "0.00",
        "model:sync-3": "25.00",
    }


async def test_a_limit_has_a_form_of_its_own_above_the_page_which_keeps_what_is_typed_there(
    app: Front,
) -> None:
    await save(app, LIMIT_PEOPLE=[ADA], LIMIT_USD="5")
    await page_of_budgets(app)
    (*_, page) = app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), AMY)
    page.state[limit_field("team")][limit_field("team")]["value"] = "50"
    await pressed(app, AMY, Press.SETTINGS_PAGE, limit_value(f"user:{ADA}"))
    form = shown(app, AMY)
    assert [block["block_id"] for block in form["blocks"] if block["type"] == "input"] == [
        limit_field(f"user:{ADA}")
    ]

    assert await sent(app, filled(form, **{f"user_{ADA}": "6"})) == {}
    app.there.slack.parts.modals.close_top(app.there.slack.workspace(NORTH.id), AMY)

    assert f"The budget of <@{ADA}>: $6.00 left of $6.00 this month" in texts(shown(app, AMY))
    assert await sent(app, shown(app, AMY)) == {}
    assert await limits_now(app) == {f"user:{ADA}": "6.00", "team": "50.00"}


async def test_a_limit_that_somebody_else_took_away_says_so(app: Front) -> None:
    await save(app, LIMIT_PEOPLE=[ADA], LIMIT_USD="5")
    await page_of_budgets(app)
    async with app.there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {f"user:{ADA}": None}, by=BEN, now=app.there.clock())

    await pressed(app, AMY, Press.SETTINGS_PAGE, limit_value(f"user:{ADA}"))

    assert "does not hold any more" in texts(shown(app, AMY))


async def test_a_limit_that_was_changed_meanwhile_is_not_overwritten(app: Front) -> None:
    await save(app, LIMIT_PEOPLE=[ADA], LIMIT_USD="5")
    await page_of_budgets(app)
    await pressed(app, AMY, Press.SETTINGS_PAGE, limit_value(f"user:{ADA}"))
    form = shown(app, AMY)
    assert await sent(app, filled(form, **{f"user_{ADA}": "6"})) == {}

    answer = await sent(app, filled(form, **{f"user_{ADA}": "9"}))

    assert "has changed these settings" in texts(answer["view"])
    assert json.loads(answer["view"]["private_metadata"])["limit"] == f"user:{ADA}"
    assert await limits_now(app) == {f"user:{ADA}": "6.00"}


async def test_a_limit_that_was_saved_holds_at_the_next_press_and_the_page_shows_what_is_left(
    app: Front,
) -> None:
    await save(app, team="1", LIMIT_PEOPLE=[ADA], LIMIT_USD="0.50")
    first, second = [
        await stale_card(app, OrderStatus.OFFERED, estimate_usd=Decimal("0.43")) for _ in range(2)
    ]
    assert await press(app, "generate", first) == ""
    assert "Your own budget has $0.07 left of $0.50 this month" in await press(app, "generate", second)

    page = texts(await page_of_budgets(app))
    assert f"The budget of <@{ADA}>: $0.07 left of $0.50 this month ($0.43 set aside, $0.00 spent)." in page
    assert "The team's budget: $0.57 left of $1.00 this month" in page


@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"LIMIT_PEOPLE": [ADA]}, Setting.LIMIT_USD, "how much each of them"),
        ({"LIMIT_USD": "5"}, Setting.LIMIT_PEOPLE, "whom or what this is for"),
        ({"ZONE": "Mars/Olympus"}, Setting.ZONE, "no time zone of this name"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    app: Front, fields: dict[str, Any], at: str, words: str
) -> None:
    answer = await save(app, team="50", **fields)
    assert answer["response_action"] == "errors"
    assert list(answer["errors"]) == [at]
    assert words in answer["errors"][at]
    assert await limits_now(app) == {}


async def test_more_limits_than_one_page_has_room_for_are_told_of_above_its_fields(app: Front) -> None:
    many = {"LIMIT_PEOPLE": [f"U{at:09}" for at in range(31)], "LIMIT_USD": "5"}

    wrong = await save(app, **many, ZONE="Mars/Olympus")
    assert list(wrong["errors"]) == [Setting.ZONE]  # Slack shows either: the fields come first

    assert "too many limits" in alert_in(await save(app, **many))
    assert await limits_now(app) == {}


@pytest.mark.parametrize(
    ("typed", "zone"),
    [("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York"), (None, "UTC")],
)
async def test_the_zone_is_taken_however_it_is_written(app: Front, typed: str | None, zone: str) -> None:
    assert await save(app, ZONE=typed) == {}
    assert await rules(app) == Rules(zone=zone)


async def test_what_the_page_did_not_show_stays(app: Front) -> None:
    await save(app, team="50", ZONE="Asia/Tokyo")
    page = await page_of_budgets(app)

    assert await sent(app, {**page, "state": {"values": {}}}) == {}

    assert await limits_now(app) == {"team": "50.00"}
    assert await rules(app) == Rules(zone="Asia/Tokyo")


async def test_two_admins_at_once_overwrite_nothing(app: Front) -> None:
    page = await opened(app, Page.BUDGETS)
    assert await sent(app, filled(page, team="50")) == {}

    answer = await sent(app, filled(page, team="9"))

    assert "has changed these settings" in alert_in(answer)
    assert await limits_now(app) == {"team": "50.00"}


async def test_nobody_else_saves_a_limit(app: Front) -> None:
    page = await opened(app, Page.BUDGETS)

    answer = await sent(app, filled(page, team="50"), ADA)

    assert "Only admins of this workspace" in texts(answer["view"])
    assert await limits_now(app) == {}


async def test_each_change_is_logged_and_what_tells_of_people_can_be_removed(app: Front) -> None:
    await save(app, team="50", LIMIT_PEOPLE=[ADA], LIMIT_USD="5")
    await save(app, team="50")
    await save(app, team=None, ZONE="Asia/Tokyo")

    async with app.there.db.read() as conn:
        rows = [
            row async for row in read(conn) if row.action in {Action.LIMITS_CHANGED, Action.RULES_CHANGED}
        ]
    details = [json.loads(row.details) for row in rows]
    assert details == [
        {"revision": 1, "limits": ["team=50.00"]},
        {"revision": 2, "changed": ["zone"], "zone": "Asia/Tokyo"},
        {"revision": 2, "limits": ["team=none"]},
    ]
    assert ADA not in rows[0].details
    assert json.loads(rows[0].personal or "")["limits"] == json.dumps([f"user:{ADA}=5.00"])


async def test_the_overview_tells_what_holds(app: Front) -> None:
    await save(app, team="50")
    workspace = app.there.slack.workspace(NORTH.id)
    app.there.slack.parts.modals.close_top(workspace, AMY)
    overview = texts(shown(app, AMY))
    assert "The team's budget: $50.00 left of $50.00 this month ($0.00 set aside, $0.00 spent)." in overview
