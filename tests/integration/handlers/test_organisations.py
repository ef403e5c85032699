"""Enterprise organisations: Slack may name any of their workspaces for a view, a person or an install."""

import json

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Link, Script
from bot.messages import presses
from bot.messages.catalogue import ENGLISH
from bot.messages.form import FormState, form
from bot.messages.ids import Action, Callback, Field, Source, button_value
from storage import people_store
from storage.cards import Statuses
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.people import Membership, Profile
from storage.states import NEWEST
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH, VIDEOS
from tests.integration.handlers.front import (
    VIDEO_FILE,
    Front,
    Json,
    block_action,
    command,
    message_event,
    view_payload,
)

ORG = "E1"
OF_NO_INSTALL = "T0THIRD001"
"""A workspace without an installation of its own."""


@pytest.fixture(autouse=True)
async def organisation(app: Front) -> None:
    """Both workspaces are of one organisation, with the app installed in each."""
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[])
    for team in (NORTH, SOUTH):
        await app.there.tools.teams.save(installation(team, enterprise_id=ORG))


def chosen(value: str) -> Json:
    return {"value": value, "text": {"type": "plain_text", "text": value}}


def filled(job: Order) -> Json:
    state = {
        Field.VIDEO: {"selected_option": chosen(Source.LINK)},
        Field.VIDEO_LINK: {"value": "https://example.com/v.mp4"},
        Field.SPEECH: {"selected_option": chosen(Source.SCRIPT)},
        Field.SCRIPT: {"value": "Hello"},
    }
    values = {str(name): {str(name): value} for name, value in state.items()}
    view = form(ENGLISH, FormState(job.id)) | {"state": {"values": values}, "callback_id": Callback.FORM}
    return {**view, "app_installed_team_id": SOUTH.id}


async def draft(app: Front, **columns: object) -> Order:
    return await app.there.order(OrderStatus.DRAFT, draft=Draft(), enterprise_id=ORG, **columns)


def told(app: Front, user: str = ADA) -> list[str]:
    return [message.text for message in app.there.messages(app.there.box.dm(user))]


@pytest.mark.parametrize("enterprise", [{"enterprise": {"id": ORG}}, {}], ids=["named", "not named"])
async def test_a_view_that_names_a_sister_workspace_is_sent(app: Front, enterprise: Json) -> None:
    job = await draft(app)

    response = await app.interaction(view_payload("view_submission", filled(job), **enterprise))

    assert json.loads(response.content)["view"]["callback_id"] == Callback.CONSENT
    sent = await app.there.now(job)
    assert (sent.status, sent.team_id) == (OrderStatus.PREPARING, NORTH.id)


async def test_a_view_that_is_closed_under_a_sisters_name_drops_its_draft(app: Front) -> None:
    job = await draft(app)

    await app.interaction(view_payload("view_closed", filled(job)))

    assert (await app.there.now(job)).status is OrderStatus.CANCELLED


async def test_a_job_of_another_organisation_is_not_there(app: Front) -> None:
    await app.there.tools.teams.save(installation(SOUTH, enterprise_id="E2"))
    job = await draft(app)

    response = await app.interaction(view_payload("view_submission", filled(job)))

    assert "no longer know this video" in str(json.loads(response.content))
    assert (await app.there.now(job)).status is OrderStatus.DRAFT


async def test_without_an_organisation_only_the_workspace_counts(app: Front) -> None:
    for team in (NORTH, SOUTH):
        await app.there.tools.teams.save(installation(team))
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    response = await app.interaction(view_payload("view_submission", filled(job)))

    assert "no longer know this video" in str(json.loads(response.content))


@pytest.mark.parametrize("enterprise", [{"enterprise": {"id": ORG}}, {}], ids=["named", "not named"])
async def test_a_choice_that_is_made_under_a_sisters_name_counts(app: Front, enterprise: Json) -> None:
    choices = (Script(text="Hello", voice_id=None), Script(text="Good morning", voice_id=None))
    asking = Draft(video=Link(url="https://example.com/v.mp4"), choices=choices)
    job = await app.there.order(OrderStatus.DRAFT, draft=asking, enterprise_id=ORG, card_revision=1)

    await app.interaction(block_action(Action.PICK, f"{job.id}:1", team={"id": SOUTH.id}, **enterprise))

    now = await app.there.now(job)
    assert (now.status, Draft.model_validate_json(now.draft).speech) == (OrderStatus.PREPARING, choices[1])


def press_by(user: str, home: str, job: Order, **changes: object) -> Json:
    usual = {
        "enterprise": {"id": ORG, "name": "Org"},
        "team": {"id": NORTH.id, "domain": NORTH.domain, "enterprise_id": ORG},
        "user": {"id": user, "team_id": home},
    }
    return block_action(Action.RERUN, button_value(job.id), **usual | changes)


async def done(app: Front) -> Order:
    return await app.there.done_order(JobStatus.DELIVERED, enterprise_id=ORG)


async def reruns(app: Front, user: str = BEN) -> list[Order]:
    return await app.there.orders_of(Asker(ORG, NORTH.id, user))


@pytest.mark.parametrize("home", [NORTH.id, SOUTH.id, ORG], ids=["the job's", "a sister", "the organisation"])
async def test_a_colleague_of_the_organisation_makes_another_version(app: Front, home: str) -> None:
    await app.interaction(press_by(BEN, home, await done(app)))

    [again] = await reruns(app)
    assert (again.team_id, again.enterprise_id, again.status) == (NORTH.id, ORG, OrderStatus.PREPARING)


async def test_a_rerun_under_a_sisters_name_is_of_the_jobs_own_workspace(app: Front) -> None:
    press = press_by(BEN, NORTH.id, await done(app), team={"id": SOUTH.id, "enterprise_id": ORG})

    await app.interaction(press)

    [again] = await reruns(app)
    assert (again.team_id, again.enterprise_id) == (NORTH.id, ORG)
    assert await app.there.orders_of(Asker(None, SOUTH.id, BEN)) == []


@pytest.mark.parametrize(("home", "jobs"), [(SOUTH.id, 1), (ORG, 1), (OF_NO_INSTALL, 0)])
async def test_a_mention_in_a_shared_channel_is_heard_from_all_of_the_organisation(
    app: Front, home: str, jobs: int
) -> None:
    mention = message_event('say "Hello"', channel=VIDEOS, files=[VIDEO_FILE], user_team=home)
    event = mention | {"type": "app_mention", "channel_type": "channel"}

    await app.event(event, enterprise_id=ORG, is_ext_shared_channel=True)
    await app.settled()

    assert len(await app.orders()) == jobs


async def test_who_has_used_the_command_here_is_a_colleague_wherever_their_home(
    app: Front,
) -> None:
    job = await done(app)
    await app.interaction(press_by(BEN, OF_NO_INSTALL, job))
    await app.settled()
    assert await reruns(app) == []
    assert told(app, BEN)[-1] == presses.only_this_workspace(ENGLISH).text

    line = command('https://x.test/v.mp4 say "Hi"', user_id=BEN, enterprise_id=ORG)
    await app.command(line.pop("text"), **line)
    await app.interaction(press_by(BEN, OF_NO_INSTALL, job))

    assert len(await reruns(app)) == 2


@pytest.mark.parametrize("home", [OF_NO_INSTALL, "T0OUTSIDE1"])
async def test_a_guest_from_a_shared_channel_does_not_spend_their_money(app: Front, home: str) -> None:
    """The organisation that a press names is the app's, not the person's."""
    await app.there.tools.teams.save(
        installation(SOUTH, id="T0OUTSIDE1", team_id="T0OUTSIDE1", enterprise_id="E2")
    )

    await app.interaction(press_by(BEN, home, await done(app)))
    await app.settled()

    assert await reruns(app) == []
    assert told(app, BEN)[-1] == presses.only_this_workspace(ENGLISH).text


async def test_where_the_app_is_installed_for_all_the_persons_workspace_may_stand_for_it(app: Front) -> None:
    """An organisation-wide install has no team in its payloads: Bolt takes the person's."""
    await app.there.uninstall(NORTH.id)
    await app.there.uninstall(SOUTH.id)
    await app.there.tools.teams.save(installation(NORTH, id=ORG, team_id=None, enterprise_id=ORG))
    job = await draft(app)
    submission = view_payload("view_submission", filled(job), team=None, enterprise={"id": ORG})
    del submission["view"]["app_installed_team_id"]
    submission["user"]["team_id"] = OF_NO_INSTALL

    response = await app.interaction(submission)
    assert json.loads(response.content)["view"]["callback_id"] == Callback.CONSENT

    assert (await app.there.now(job)).status is OrderStatus.PREPARING


async def test_a_guest_of_an_app_that_is_installed_for_all_is_a_guest_still(app: Front) -> None:
    await app.there.uninstall(NORTH.id)
    await app.there.uninstall(SOUTH.id)
    await app.there.tools.teams.save(installation(NORTH, id=ORG, team_id=None, enterprise_id=ORG))

    await app.interaction(press_by(BEN, OF_NO_INSTALL, await done(app), team=None))
    await app.settled()

    assert await reruns(app) == []
    assert await app.there.orders_of(Asker(ORG, OF_NO_INSTALL, BEN)) == []


async def test_what_names_no_workspace_at_all_is_the_organisations(app: Front) -> None:
    await app.there.uninstall(NORTH.id)
    await app.there.uninstall(SOUTH.id)
    await app.there.tools.teams.save(installation(NORTH, id=ORG, team_id=None, enterprise_id=ORG))
    async with app.there.db.write() as conn:
        await people_store.keep(conn, Profile(ORG, ADA, Membership.MEMBER, app.there.clock()))
    nameless: Json = {"team": None, "user": {"id": ADA}, "enterprise": {"id": ORG}}
    shortcut = block_action("x", **nameless) | {"type": "shortcut", "callback_id": Callback.GLOBAL_SHORTCUT}

    assert (await app.interaction(shortcut)).status_code == 200

    [job] = await app.there.orders_of(Asker(ORG, ORG, ADA))
    assert (job.team_id, job.enterprise_id) == (ORG, ORG)
    waits = await draft(app, team_id=ORG)
    await app.interaction(view_payload("view_submission", filled(waits), **nameless))
    assert (await app.there.now(waits)).status is OrderStatus.PREPARING


async def test_what_was_sent_under_a_sisters_name_is_offered_in_the_form_and_completed_in_the_talk(
    app: Front,
) -> None:
    """A clip today, under one workspace's name; the words for it a moment later, under another's."""
    for team, said in ((SOUTH, message_event(files=[VIDEO_FILE])), (NORTH, message_event('say "Hello"'))):
        serves = {"enterprise_id": ORG, "team_id": team.id, "user_id": team.bot_user_id, "is_bot": True}
        await app.event(said, team_id=team.id, enterprise_id=ORG, authorizations=[serves])
    await app.settled()

    under_north, under_south = Asker(ORG, NORTH.id, ADA), Asker(ORG, SOUTH.id, ADA)
    [whole] = await app.there.orders_of(under_north)
    assert (whole.team_id, whole.status) == (SOUTH.id, OrderStatus.PREPARING)
    assert await app.there.orders_of(under_south) == [whole]
    offered = [await app.services.recent_files.of(one, "video") for one in (under_north, under_south)]
    assert [[file.file_id for file in files] for files in offered] == [[VIDEO_FILE["id"]]] * 2


async def test_the_list_of_ones_own_videos_is_of_the_whole_organisation_and_of_no_other(app: Front) -> None:
    mine = await done(app)
    await app.there.done_order(JobStatus.DELIVERED, enterprise_id="E2", team_id="T0OTHER")
    statuses = Statuses(frozenset(OrderStatus), frozenset(JobStatus))

    async def listed(asker: Asker) -> list[str]:
        found = await app.services.orders.own(asker, statuses, before=NEWEST, limit=10)
        return [state.order.id for state in found]

    assert await listed(Asker(ORG, SOUTH.id, ADA)) == [mine.id]
    assert await listed(Asker(None, SOUTH.id, ADA)) == []
    assert await listed(Asker(ORG, SOUTH.id, BEN)) == []
