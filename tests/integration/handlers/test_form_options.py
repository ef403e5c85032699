"""The form for options: what is sent there stands in the form below before it closes, and nothing is lost."""

import json
from typing import Any

import httpx
import pytest

from bot.asking.drafts import Draft, Script
from bot.messages.ids import Action, Callback, Field, Source, button_value
from bot.slack import SlackTeam, SlackUnreachable
from storage.orders import OrderStatus
from tests.integration.core.world import SCRIPT
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.integration.handlers.front import Front, Json, alert_in, block_action, view_payload


@pytest.fixture(autouse=True)
def lists(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[{"name": "sync-3"}, {"name": "lipsync-2"}])


def stack(app: Front) -> list[Any]:
    return list(app.there.slack.parts.modals.stack(app.there.slack.workspace(NORTH.id), ADA))


def shown(app: Front) -> Json:
    """The view on top."""
    modals, workspace = app.there.slack.parts.modals, app.there.slack.workspace(NORTH.id)
    view: Json = modals.as_json(modals.stack(workspace, ADA)[-1], workspace)
    return view


def filled(view: Json, **fields: Any) -> Json:
    values = {
        name: {name: {**of[name], **fields.pop(name, {})}} for name, of in view["state"]["values"].items()
    }
    assert not fields
    return {**view, "state": {"values": values}}


def option(value: str) -> Json:
    return {"selected_option": {"text": {"type": "plain_text", "text": value}, "value": value}}


async def opened(app: Front, draft: Draft = SCRIPT) -> Any:
    """Ada's form, with words that she has typed into it, and the form for options above it."""
    order = await app.there.order(OrderStatus.DRAFT, draft=draft)
    mint = app.there.slack.parts.triggers.mint
    change = block_action(Action.CHANGE, button_value(order.id), trigger_id=mint(NORTH.id, ADA))
    await app.interaction(change)
    await app.settled()
    (below,) = stack(app)
    if Field.SCRIPT in below.state:
        below.state[Field.SCRIPT][Field.SCRIPT]["value"] = "What Ada typed"
    ticket = mint(NORTH.id, ADA, view_id=below.id)
    await app.interaction(block_action(Action.FORM_MORE, order.id, view=shown(app), trigger_id=ticket))
    await app.settled()
    assert shown(app)["callback_id"] == Callback.FORM_OPTIONS
    return order


async def sent(app: Front, view: Json) -> Json:
    response = await app.interaction(view_payload("view_submission", view))
    await app.settled()
    answer: Json = response.json() if response.content else {}
    return answer


def closed(app: Front) -> None:
    app.there.slack.parts.modals.close_top(app.there.slack.workspace(NORTH.id), ADA)


async def test_what_is_chosen_there_and_typed_below_makes_the_order(app: Front) -> None:
    order = await opened(app)

    wish = {"model": option("lipsync-2"), "name": {"value": "Spring"}, "stability": {"value": "0.3"}}
    assert await sent(app, filled(shown(app), **wish)) == {}
    closed(app)
    assert "Name of the result: Spring" in str(shown(app)["blocks"])
    await sent(app, shown(app))

    draft = Draft.model_validate_json((await app.there.now(order)).draft)
    assert isinstance(draft.speech, Script)
    assert (draft.model, draft.name) == ("lipsync-2", "Spring")
    assert (draft.speech.text, draft.speech.stability) == ("What Ada typed", 0.3)


async def test_opened_again_it_holds_what_was_sent_and_going_back_changes_nothing(app: Front) -> None:
    await opened(app)
    assert await sent(app, filled(shown(app), project={"value": "Mars"})) == {}
    closed(app)
    app.services.once.forget("options", ADA)
    ticket = app.there.slack.parts.triggers.mint(NORTH.id, ADA, view_id=shown(app)["id"])
    order_id = json.loads(shown(app)["private_metadata"])["order"]
    app.services.once.forget("options", ADA, order_id)

    await app.interaction(block_action(Action.FORM_MORE, order_id, view=shown(app), trigger_id=ticket))
    await app.settled()

    assert shown(app)["state"]["values"][Field.PROJECT][Field.PROJECT]["value"] == "Mars"
    closed(app)
    assert "Project: Mars" in str(shown(app)["blocks"])


async def test_the_form_below_stays_as_its_menus_stand(app: Front) -> None:
    order = await opened(app)
    closed(app)
    below = stack(app)[0]
    below.state[Field.SPEECH][Field.SPEECH] |= option(Source.LINK)
    app.services.once.forget("options", ADA, order.id)
    ticket = app.there.slack.parts.triggers.mint(NORTH.id, ADA, view_id=below.id)
    await app.interaction(block_action(Action.FORM_MORE, order.id, view=shown(app), trigger_id=ticket))
    await app.settled()

    assert await sent(app, filled(shown(app), name={"value": "Spring"})) == {}

    closed(app)
    assert Field.AUDIO_LINK in shown(app)["state"]["values"]


@pytest.mark.parametrize(
    "error", [SlackUnreachable("views.update", httpx.ReadTimeout("late")), TimeoutError()]
)
async def test_it_stays_open_where_slack_does_not_take_it(
    app: Front, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await opened(app)

    async def breaks(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(SlackTeam, "update_view", breaks)
        answer = await sent(app, filled(shown(app), name={"value": "Spring"}))

    assert "Press Save once more" in alert_in(answer)
    assert await sent(app, filled(shown(app), name={"value": "Spring"})) == {}


async def test_what_is_wrong_is_told_at_its_field(app: Front) -> None:
    await opened(app)

    answer = await sent(app, filled(shown(app), similarity={"value": "7"}))

    assert set(answer["errors"]) == {Field.SIMILARITY}
