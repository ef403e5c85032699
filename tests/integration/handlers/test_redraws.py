"""Two quick choices in a form: however slow Slack is, what was chosen last is what the form shows."""

import asyncio
from copy import deepcopy
from itertools import count
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Script
from bot.asking.recent_files import RecentFiles
from bot.messages.blocks import section
from bot.messages.ids import Action, Callback, Field, OfPerson, Page, Source, button_value
from bot.slack import SlackTeam
from bot.sync_api.errors import SyncApiError
from bot.teams.accounts import Accounts
from bot.use_cases.administration import Administration
from bot.use_cases.consents import Consents
from storage.consents import Ground
from storage.orders import Order, OrderStatus
from tests.integration.core.world import LINKS
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.integration.handlers.front import Front, Json, alert_in, block_action, view_payload
from tests.integration.handlers.test_rules import AMY, everybody
from tests.integration.handlers.test_settings import choice, filled, opened

__all__ = ["everybody"]

_moments = count(1_790_000_000)


@pytest.fixture(autouse=True)
def account(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(
        json=[{"id": "v-1", "name": "Rachel"}, {"id": "v-2", "name": "Adam"}]
    )
    app.there.sync.get("/v2/models").respond(json=[{"name": "sync-3"}])


def modals(app: Front) -> Any:
    return app.there.slack.parts.modals


def workspace(app: Front) -> Any:
    return app.there.slack.workspace(NORTH.id)


def shown(app: Front, person: str = ADA) -> Json:
    """The form that somebody sees."""
    view: Json = modals(app).as_json(modals(app).stack(workspace(app), person)[-1], workspace(app))
    return view


def shows(app: Front) -> set[str]:
    return {block["block_id"] for block in shown(app)["blocks"] if block["type"] == "input"}


async def form_of(app: Front, draft: Draft | None = None) -> Order:
    """Ada's form, open."""
    order = await app.there.order(OrderStatus.DRAFT, draft=draft or Draft())
    trigger = app.there.slack.parts.triggers.mint(NORTH.id, ADA)
    await app.interaction(block_action(Action.CHANGE, button_value(order.id), trigger_id=trigger))
    await app.settled()
    return order


def choosing(app: Front, block_id: str, value: str, *, action_id: str | None = None) -> Json:
    """What Slack sends of a choice: the form as it stands then, with what is chosen in all its menus."""
    (view,) = modals(app).stack(workspace(app), ADA)
    action_id = action_id or block_id
    view.state[block_id][action_id]["selected_option"] = choice(value)
    sent = block_action(action_id, view=shown(app), container={"type": "view", "view_id": view.id})
    sent["actions"][0]["action_ts"] = f"{next(_moments)}.000100"
    return deepcopy(sent)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a drawing is on its way to Slack."""
    is_sent, update = asyncio.Event(), SlackTeam.update_view

    async def update_view(*given: Any, **named: Any) -> Any:
        is_sent.set()
        return await update(*given, **named)

    monkeypatch.setattr(SlackTeam, "update_view", update_view)
    return is_sent


async def slow(app: Front, method: str = "views.update", seconds: float = 0.2) -> None:
    params = {"method": method, "seconds": seconds}
    await app.there.box.page.post("/ui/faults", json={"name": "api_delay", "params": params})


async def test_of_two_quick_choices_both_are_drawn(app: Front, sent: asyncio.Event) -> None:
    await form_of(app)
    await slow(app)

    await app.interaction(choosing(app, Field.VIDEO, Source.LINK))
    await sent.wait()
    await app.interaction(choosing(app, Field.SPEECH, Source.UPLOAD))
    await app.settled()

    assert {Field.VIDEO_LINK, Field.AUDIO_UPLOAD} <= shows(app)
    assert len(app.there.calls("views.update")) == 2  # none was refused


async def test_what_takes_longer_to_read_is_not_drawn_over_what_was_chosen_after_it(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    await form_of(app)
    reads, first_reads = RecentFiles.of, asyncio.Event()

    async def the_first_slowly(*given: Any) -> Any:
        if not first_reads.is_set():
            first_reads.set()
            await asyncio.sleep(0.3)
        return await reads(*given)

    monkeypatch.setattr(RecentFiles, "of", the_first_slowly)
    await app.interaction(choosing(app, Field.SPEECH, Source.LINK))
    await first_reads.wait()
    await app.interaction(choosing(app, Field.SPEECH, Source.TEXT_FILE))
    await app.settled()

    assert Field.SCRIPT_FILE in shows(app)
    assert len(app.there.calls("views.update")) == 1


async def test_a_voice_that_was_chosen_is_not_lost_while_sync_so_is_silent(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await form_of(app, Draft(video=LINKS.video))
    choosing(app, Field.VOICE, "v-2")

    async def silent(*_: Any) -> None:
        raise SyncApiError

    monkeypatch.setattr(Accounts, "voices", silent)
    for source in (Source.LONG_SCRIPT, Source.LINK, Source.SCRIPT):  # one of them shows no voice
        await app.interaction(choosing(app, Field.SPEECH, source))
        await app.settled()
    (view,) = modals(app).stack(workspace(app), ADA)
    view.state[Field.SCRIPT][Field.SCRIPT]["value"] = "Hello"
    await app.interaction(view_payload("view_submission", shown(app)))

    speech = Draft.model_validate_json((await app.there.now(order)).draft).speech
    assert isinstance(speech, Script)
    assert speech.voice_id == "v-2"


async def test_a_choice_that_another_has_overtaken_on_its_way_to_us_draws_nothing(app: Front) -> None:
    await form_of(app)
    first = choosing(app, Field.SPEECH, Source.LINK)
    second = choosing(app, Field.SPEECH, Source.TEXT_FILE)

    await app.interaction(second)
    await app.interaction(first)
    await app.settled()

    assert Field.SCRIPT_FILE in shows(app)


async def test_a_drawing_whose_answer_was_lost_does_not_keep_the_next_from_being_drawn(
    app: Front, sent: asyncio.Event
) -> None:
    await form_of(app)
    fault = {"name": "lose_reply", "params": {"method": "views.update", "times": 1, "broken": True}}
    await app.there.box.page.post("/ui/faults", json=fault)

    await app.interaction(choosing(app, Field.VIDEO, Source.LINK))
    await sent.wait()
    await app.interaction(choosing(app, Field.SPEECH, Source.UPLOAD))
    await app.settled()

    assert {Field.VIDEO_LINK, Field.AUDIO_UPLOAD} <= shows(app)


async def test_a_choice_is_drawn_over_what_another_process_has_drawn(app: Front) -> None:
    await form_of(app)
    chosen = choosing(app, Field.SPEECH, Source.LINK)
    (view,) = modals(app).stack(workspace(app), ADA)
    modals(app).update(workspace(app), dict(view.payload), view_id=view.id)

    await app.interaction(chosen)
    await app.settled()

    assert Field.AUDIO_LINK in shows(app)


async def test_but_not_over_what_answers_the_form_that_was_sent_to_it(
    app: Front, sent: asyncio.Event
) -> None:
    order = await form_of(app, LINKS)
    await slow(app)
    await app.interaction(choosing(app, Field.SPEECH, Source.UPLOAD))
    await sent.wait()
    await app.services.orders.submit(order.id, Asker(None, NORTH.id, ADA), LINKS)
    (view,) = modals(app).stack(workspace(app), ADA)
    step = {**view.payload, "callback_id": Callback.CONSENT, "blocks": [section("Who is shown?")]}
    modals(app).update(workspace(app), step, view_id=view.id)
    await app.settled()

    assert shown(app)["callback_id"] == Callback.CONSENT


async def test_a_form_that_is_sent_right_after_a_choice_is_not_drawn_anew_over_the_next_step(
    app: Front, sent: asyncio.Event
) -> None:
    await form_of(app, LINKS)
    await slow(app, seconds=0.5)
    await app.interaction(choosing(app, Field.VIDEO, Source.LINK))
    await sent.wait()

    answer = (await app.interaction(view_payload("view_submission", shown(app)))).json()
    modals(app).update(workspace(app), answer["view"], view_id=shown(app)["id"])
    await app.settled()

    assert shown(app)["callback_id"] == Callback.CONSENT


async def test_a_form_that_is_sent_before_it_shows_the_fields_of_a_choice_shows_them_then(app: Front) -> None:
    await form_of(app, LINKS)
    choosing(app, Field.SPEECH, Source.UPLOAD)  # which never comes

    answer = (await app.interaction(view_payload("view_submission", shown(app)))).json()

    assert "Here are the fields for what you chose" in alert_in(answer)
    assert Field.AUDIO_UPLOAD in {block["block_id"] for block in answer["view"]["blocks"][1:5]}


async def who_is_shown(app: Front) -> str:
    """The form that asks Ada, open, by the field that asks it."""
    order = await app.there.order(OrderStatus.OFFERED)
    trigger = app.there.slack.parts.triggers.mint(NORTH.id, ADA)
    await app.interaction(block_action(Action.CONSENT, button_value(order.id), trigger_id=trigger))
    await app.settled()
    return f"{OfPerson.GROUND}:0"


async def test_of_two_quick_answers_who_is_shown_the_second_is_drawn(app: Front, sent: asyncio.Event) -> None:
    ground = await who_is_shown(app)
    await slow(app)

    for chosen in (Ground.COLLEAGUE, Ground.RELEASE):
        await app.interaction(choosing(app, ground, chosen, action_id=Action.CONSENT_GROUND))
        await sent.wait()
    await app.settled()

    assert shows(app) == {ground, f"{OfPerson.NAME}:0"}


async def test_what_is_said_above_a_form_that_was_sent_stays_there(
    app: Front, sent: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = await who_is_shown(app)
    await slow(app, seconds=0.5)
    await app.interaction(choosing(app, ground, Ground.NOT_REAL, action_id=Action.CONSENT_GROUND))
    await sent.wait()

    async def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Consents, "say", breaks)
    answer = (await app.interaction(view_payload("view_submission", shown(app)))).json()
    modals(app).update(workspace(app), answer["view"], view_id=shown(app)["id"])
    await app.settled()

    assert shown(app)["blocks"][0]["type"] == "alert"


@pytest.mark.usefixtures("everybody")
async def test_of_two_pages_saved_in_a_row_the_overview_shows_the_second(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await opened(app, Page.AFTER)
    modals(app).close_top(workspace(app), AMY)
    reads, first_reads = Administration.budgets, asyncio.Event()

    async def the_first_slowly(*given: Any) -> Any:
        if not first_reads.is_set():
            first_reads.set()
            await asyncio.sleep(0.3)
        return await reads(*given)

    monkeypatch.setattr(Administration, "budgets", the_first_slowly)
    user = {"id": AMY, "team_id": NORTH.id}
    await app.interaction(view_payload("view_submission", filled(page, DAYS=choice("3")), user=user))
    await first_reads.wait()
    again = {**page, "private_metadata": page["private_metadata"].replace('"revision": 0', '"revision": 1')}
    await app.interaction(view_payload("view_submission", filled(again, DAYS=choice("9")), user=user))
    await app.settled()

    assert "9 days" in str(shown(app, AMY)["blocks"])
