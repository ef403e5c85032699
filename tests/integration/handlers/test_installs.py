"""An uninstall: both events may come, in any order, more than once, and late; and those of organisations."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import RowMapping, select

from storage import token_store
from storage.errors import StorageBusy
from storage.installations import Installation
from storage.schema import installations
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.handlers.front import Front

REMOVED: dict[str, Any] = {"type": "app_uninstalled"}
REVOKED: dict[str, Any] = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0NORTHBOT"]}}


async def installed(app: Front, team_id: str = NORTH.id) -> bool:
    return await app.services.teams.find(None, team_id) is not None


@pytest.mark.parametrize("events", list(permutations([REMOVED, REVOKED, REMOVED, REVOKED]))[::6], ids=str)
async def test_after_either_event_in_any_order_and_number_the_workspace_is_forgotten(
    app: Front, events: tuple[dict[str, Any], ...]
) -> None:
    answers = [(await app.event(event)).status_code for event in events]

    assert answers == [200] * 4
    assert not await installed(app)
    assert await installed(app, SOUTH.id)


async def test_a_persons_revoked_token_is_no_uninstall(app: Front) -> None:
    await app.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})

    assert await installed(app)


async def test_after_an_uninstall_nothing_is_taken_any_more(app: Front) -> None:
    await app.event(REMOVED)

    answer = await app.command("https://e.com/v.mp4 https://e.com/a.mp3")

    assert answer.status_code == 200
    assert await app.orders() == []


async def test_an_uninstall_that_slack_tells_late_does_not_end_a_newer_install(app: Front) -> None:
    """Slack sends a refused event again after five minutes; an admin is quicker."""
    await app.services.teams.save(installation(installed_at=1_790_000_200.0))

    await app.event(REMOVED, event_time=1_790_000_000)
    assert await installed(app)

    await app.event(REMOVED, event_time=1_790_000_300)
    assert not await installed(app)


# --- organisations ------------------------------------------------------------------------------------------

ORG = "E1"


def of_all(org: str = ORG) -> Installation:
    return installation(id=org, team_id=None, enterprise_id=org)


def as_told(team_id: str | None, *, of_all: bool = False) -> dict[str, Any]:
    """What stands around an event: whose installation it is about."""
    authorization = {"enterprise_id": ORG, "team_id": team_id, "user_id": "U0BOT", "is_bot": True}
    return {
        "team_id": team_id,
        "enterprise_id": ORG,
        "authorizations": [{**authorization, "is_enterprise_install": of_all}],
    }


@pytest.mark.parametrize(
    "around", [as_told(None, of_all=True), as_told(SOUTH.id, of_all=True), as_told(None)], ids=str
)
@pytest.mark.parametrize("event", [REMOVED, REVOKED], ids=str)
async def test_an_organisation_that_removes_it_ends_what_was_for_all(
    app: Front, around: dict[str, Any], event: dict[str, Any]
) -> None:
    await app.services.teams.save(of_all())
    await app.there.uninstall(SOUTH.id)

    for _ in range(2):
        assert (await app.event(event, **around)).status_code == 200

    assert await app.services.teams.find(ORG, SOUTH.id) is None
    assert await installed(app)


async def test_a_second_word_about_a_workspace_does_not_end_its_organisations(app: Front) -> None:
    """Its own installation is gone already; the organisation's serves it, and its token is tried."""
    await app.services.teams.save(of_all())
    await app.services.teams.save(installation(enterprise_id=ORG))

    for event in (REMOVED, REVOKED, REMOVED):
        assert (await app.event(event, **as_told(NORTH.id))).status_code == 200

    serving = await app.services.teams.find(ORG, NORTH.id)
    assert serving is not None
    assert serving.id == ORG
    assert app.services.slack.take_suspects() == {ORG}


async def test_workspaces_come_and_go_without_an_end_of_their_organisations_install(app: Front) -> None:
    await app.services.teams.save(of_all())
    await app.there.uninstall(NORTH.id)
    taken = {"type": "team_access_revoked", "team_ids": [NORTH.id], "event_ts": "1.2"}
    given = {**taken, "type": "team_access_granted"}

    assert (await app.event(taken, **as_told(None, of_all=True))).status_code == 200
    assert await app.services.teams.find(ORG, NORTH.id) is None
    assert await app.services.teams.find(ORG, "T0OTHER") is not None

    assert (await app.event(given, **as_told(None, of_all=True))).status_code == 200
    assert await app.services.teams.find(ORG, NORTH.id) is not None


async def test_workspaces_of_another_organisation_cannot_be_taken_by_this_one(app: Front) -> None:
    await app.services.teams.save(of_all())
    await app.services.teams.save(of_all("E2"))
    now = app.there.clock()
    await app.services.teams.tell_access("E2", ["T0OUT"], granted=False, told_at=now, now=now)
    told = {"team_ids": ["T0OTHER", "T0OUT"], "event_ts": "1.2"}

    await app.event({"type": "team_access_revoked", **told}, **as_told(None, of_all=True))
    assert await app.services.teams.find("E2", "T0OTHER") is not None

    await app.event({"type": "team_access_granted", **told}, **as_told(None, of_all=True))
    assert await app.services.teams.find("E2", "T0OUT") is None


# --- after the app has seen it by itself --------------------------------------------------------------------


async def seen_dead(app: Front, owner: str = NORTH.id) -> None:
    """A call was quicker than the event: Slack did not take the token."""
    now = app.there.clock()
    async with app.there.db.write() as conn:
        held = await token_store.claim_one(conn, owner, now=now, lease_s=90.0, token="t")
        assert held is not None
        assert await token_store.dead(conn, held, now=now, again_at=now + 3600)
    app.services.teams.forget()


async def row(app: Front, owner: str = NORTH.id) -> RowMapping:
    async with app.there.db.read() as conn:
        found = await token_store.find(conn, owner)
    assert found is not None
    return found


@pytest.mark.parametrize("event", [REMOVED, REVOKED], ids=str)
async def test_a_dead_token_is_forgotten_when_slack_tells_that_it_ended(
    app: Front, event: dict[str, Any]
) -> None:
    await seen_dead(app)
    seen_at = app.there.clock()
    app.there.clock.pass_by(5)

    assert (await app.event(event)).status_code == 200

    gone = await row(app)
    assert (gone["bot_token"], gone["removed_at"]) == (None, seen_at)
    assert await due_at(app) is None


async def due_at(app: Front) -> float | None:
    """When the token is tried next."""
    async with app.there.db.read() as conn:
        query = select(installations.c.due_at).where(installations.c.id == NORTH.id)
        told: float | None = (await conn.execute(query)).scalar_one()
    return told


async def test_neither_an_older_end_nor_a_persons_token_forgets_it(app: Front) -> None:
    await seen_dead(app)

    await app.event(REMOVED, event_time=1_000_000_000)
    await app.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})

    assert (await row(app))["bot_token"] is not None


async def test_an_organisations_dead_token_is_forgotten_by_word_of_the_organisation_alone(app: Front) -> None:
    await app.services.teams.save(of_all())
    await app.there.uninstall(NORTH.id)
    await seen_dead(app, ORG)

    await app.event(REMOVED, **as_told(NORTH.id))
    assert (await row(app, ORG))["bot_token"] is not None

    await app.event(REMOVED, **as_told(NORTH.id, of_all=True))
    assert (await row(app, ORG))["bot_token"] is None


async def test_a_workspace_that_was_taken_out_meanwhile_stays_out_when_the_token_is_taken_again(
    app: Front,
) -> None:
    await app.services.teams.save(of_all())
    await app.there.uninstall(NORTH.id)
    await seen_dead(app, ORG)
    taken = {"type": "team_access_revoked", "team_ids": [NORTH.id], "event_ts": "1.2"}

    assert (await app.event(taken, **as_told(None, of_all=True))).status_code == 200

    now = app.there.clock()
    async with app.there.db.write() as conn:
        held = await token_store.claim_one(conn, ORG, now=now, lease_s=90.0, token="t")
        assert held is not None
        await token_store.works(conn, held, of_all(), now=now)
    app.services.teams.forget()
    assert await app.services.teams.find(ORG, NORTH.id) is None
    assert await app.services.teams.find(ORG, "T0OTHER") is not None


async def test_an_end_that_cannot_be_stored_is_to_be_told_again(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    await seen_dead(app)

    async def busy(*_args: object, **_kwargs: object) -> bool:
        raise StorageBusy("locked")

    with monkeypatch.context() as away:
        away.setattr("storage.installations.Installations.remove", busy)
        assert (await app.event(REMOVED)).status_code == 503

    assert (await app.event(REMOVED)).status_code == 200
    assert (await row(app))["bot_token"] is None
