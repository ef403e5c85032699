"""Words that have a person's data deleted: one's own, and for admins that of somebody who has left."""

import pytest
from sqlalchemy import select

from bot.asking.asks import Asker
from bot.messages.ids import Action
from bot.teams.rules import Rules
from storage import people_store
from storage.jobs import JobStatus
from storage.people import Membership, Profile
from storage.schema import departures
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.handlers.front import Front
from tests.integration.handlers.test_home import press as press_on_home
from tests.integration.handlers.test_own_videos import told

ADA_ASKS = Asker(None, NORTH.id, ADA)


async def to_go(app: Front) -> set[tuple[str, str]]:
    """Whose data is to be deleted, and where."""
    async with app.there.db.read() as conn:
        return {(row.team_id, row.user_id) for row in await conn.execute(select(departures))}


async def be_admin(app: Front) -> None:
    rulebook = app.there.tools.roles.rulebook
    await rulebook.change(await rulebook.latest(ADA_ASKS), Rules(admins=(ADA,)), by=ADA)


async def ben_has_left(app: Front) -> None:
    """After his last video."""
    await app.there.job(JobStatus.DELIVERED, user_id=BEN)
    async with app.there.db.write() as conn:
        await people_store.keep(conn, Profile(NORTH.id, BEN, Membership.GONE, app.there.clock()))


async def press(app: Front, action: Action, value: str) -> str:
    """What is told on it."""
    await press_on_home(app, action, value)
    return str(app.there.calls("chat.postMessage")[-1].args["text"])


async def test_ones_own_data_goes_after_a_question(app: Front) -> None:
    await app.there.job(JobStatus.UNRESOLVED, card_revision=1)
    asked = await told(app, "Delete my data!")
    assert Action.FORGET_ME in str(asked.blocks)
    assert await to_go(app) == set()

    answer = await press(app, Action.FORGET_ME, Action.FORGET_ME)

    assert "Of one nobody knows whether sync.so has made it" in answer
    assert await to_go(app) == {(NORTH.id, ADA)}


@pytest.mark.parametrize("named", [BEN, f"<@{BEN}|ben>", f"<@{BEN}>", BEN.lower()])
async def test_an_admin_is_asked_about_somebody_who_has_left(app: Front, named: str) -> None:
    await be_admin(app)
    await ben_has_left(app)

    asked = await told(app, f"delete data of {named}")

    assert f"Shall I delete the data of <@{BEN}>, who has left?" in asked.text
    assert await to_go(app) == set()
    assert f"I am deleting the data of <@{BEN}>" in await press(app, Action.FORGET_PERSON, BEN)
    assert await to_go(app) == {(NORTH.id, BEN)}


async def test_nobody_else_has_it_deleted_by_word_or_press(app: Front) -> None:
    await ben_has_left(app)

    assert "Only your team's admins" in (await told(app, f"delete data of {BEN}")).text
    assert "Only your team's admins" in await press(app, Action.FORGET_PERSON, BEN)
    assert await to_go(app) == set()


async def test_whoever_is_still_here_is_left_to_do_it_themselves(app: Front) -> None:
    await be_admin(app)
    await app.there.job(JobStatus.DELIVERED, user_id=BEN)

    assert "Slack does not say" in (await told(app, f"delete data of {BEN}")).text
    assert "Slack does not say" in await press(app, Action.FORGET_PERSON, BEN)
    assert await to_go(app) == set()


async def test_of_another_workspace_nothing_is_known(app: Front) -> None:
    await be_admin(app)
    await app.there.job(JobStatus.DELIVERED, user_id="U0SOUTHEVE", team_id=SOUTH.id)

    foreign = await told(app, "delete data of U0SOUTHEVE")
    missing = await told(app, "delete data of U0NOBODY00")

    assert foreign.text == missing.text
    assert "I keep nothing of a member with that ID" in foreign.text
    assert "I keep nothing" in await press(app, Action.FORGET_PERSON, "U0SOUTHEVE")
    assert await to_go(app) == set()
