"""When a form cannot be built: words with a reference, never nothing and never a form that waits forever."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, SlackFile
from bot.asking.recent_files import RecentFiles
from bot.messages.form import form_metadata
from bot.messages.ids import Action, Field, button_value
from bot.slack import SlackRefused, SlackTeam
from bot.teams.accounts import Accounts
from storage.errors import StorageBusy
from storage.orders import Conversation, OrderStatus
from tests.integration.core.world import UNHURRIED
from tests.integration.fake_slack.harness import ADA, NORTH, RANDOM
from tests.integration.handlers.front import Front, block_action

SENT = SlackFile(file_id="F0SENT0001", name="sent.mp4", mimetype="video/mp4", size=10)
REFERENCE = re.compile(r"`([0-9a-f]{8})`")


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Slack is asked to show in a form, in order."""
    shown: list[str] = []

    async def open_view(_slack: SlackTeam, _trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
        shown.append(str(view))
        return {"id": "V1"}

    async def update_view(_slack: SlackTeam, _view_id: str, view: dict[str, Any], **_: Any) -> None:
        shown.append(str(view))

    monkeypatch.setattr(SlackTeam, "open_view", open_view)
    monkeypatch.setattr(SlackTeam, "update_view", update_view)
    return shown


@pytest.fixture(params=[StorageBusy("locked"), RuntimeError("a bug")], ids=["storage", "a bug"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any) -> None:
        await asyncio.sleep(0.05)
        raise request.param

    monkeypatch.setattr(RecentFiles, "of", breaks)


@pytest.fixture(autouse=True)
def lists(app: Front) -> None:
    for path in ("/v2/voices", "/v2/models"):
        app.there.sync.get(path).respond(json=[])


async def press_change(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT)
    await app.interaction(block_action(Action.CHANGE, button_value(job.id)))
    await app.settled()


def told(app: Front) -> list[str]:
    return [message.text for message in app.there.messages(app.there.box.dm())]


def assert_has_logged_reference(text: str, logged: str) -> None:
    found = REFERENCE.search(text)
    assert found, text
    assert found[1] in logged


@pytest.mark.usefixtures("broken")
async def test_who_gets_no_form_is_told(
    app: Front, views: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    await press_change(app)

    assert views == []
    assert_has_logged_reference(told(app)[-1], capsys.readouterr().out)


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("patience", [replace(UNHURRIED, form_s=0.0)])
async def test_a_form_that_is_being_built_ends_with_words(
    app: Front, views: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    await press_change(app)

    loading, words = views
    assert "one moment" in loading
    assert_has_logged_reference(words, capsys.readouterr().out)


@pytest.mark.parametrize("patience", [replace(UNHURRIED, form_s=0.0)])
async def test_what_is_read_for_a_form_that_slack_does_not_open_is_ended_first(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, given_back = asyncio.Event(), asyncio.Event()

    async def reads(*_: Any) -> None:
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)  # as a connection takes its time to go back to its pool
            given_back.set()

    async def refuses(*_: Any) -> None:
        await reading.wait()
        raise SlackRefused("views.open", "expired_trigger_id")

    monkeypatch.setattr(RecentFiles, "of", reads)
    monkeypatch.setattr(SlackTeam, "open_view", refuses)
    await press_change(app)

    assert given_back.is_set()


@pytest.mark.usefixtures("broken")
async def test_what_is_read_beside_what_breaks_is_ended_before_the_person_is_told(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = asyncio.Event()

    async def reads(*_: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            given_back.set()

    monkeypatch.setattr(Accounts, "of_team", reads)
    await press_change(app)

    assert given_back.is_set()
    assert REFERENCE.search(told(app)[-1])


@pytest.mark.usefixtures("broken")
async def test_a_form_that_cannot_be_changed_stays_and_the_person_is_told(
    app: Front, views: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    job = await app.there.order(OrderStatus.DRAFT)
    view = {"id": "V1", "type": "modal", "state": {"values": {}}, "private_metadata": form_metadata(job.id)}

    await app.interaction(block_action(Field.VIDEO, view=view))
    await app.settled()

    assert views == []
    assert_has_logged_reference(told(app)[-1], capsys.readouterr().out)


@pytest.mark.parametrize("conversation", [Conversation.CHANNEL, Conversation.GROUP_MESSAGE])
async def test_a_file_out_of_sight_asks_for_an_invite_only_where_slack_allows_one(
    app: Front, views: list[str], conversation: Conversation
) -> None:
    file = await app.there.box.upload(b"\0\0 ftypisom", "clip.mp4")
    await app.there.box.as_ada("/ui/message", channel=RANDOM, text="look", file_ids=[file["id"]])
    video = SlackFile(file_id=file["id"], name="clip.mp4", mimetype="video/mp4", size=10)
    job = await app.there.order(
        OrderStatus.DRAFT, draft=Draft(video=video), channel_id=RANDOM, conversation=conversation
    )

    await app.interaction(block_action(Action.CHANGE, button_value(job.id)))
    await app.settled()

    [form] = views
    assert "I cannot see the files in" in form
    assert ("/invite" in form) is (conversation is Conversation.CHANNEL)


async def form_for(app: Front, views: list[str], **columns: Any) -> str:
    """The form of Ada's that one of her drafts opens, after she has sent a video to the app."""
    await app.services.recent_files.remember(Asker(None, NORTH.id, ADA), SENT)
    job = await app.there.order(OrderStatus.DRAFT, **{"draft": Draft()} | columns)
    await app.interaction(block_action(Action.CHANGE, button_value(job.id)))
    await app.settled()
    return views[-1]


@pytest.mark.parametrize("conversation", [Conversation.CHANNEL, Conversation.NONE])
async def test_in_a_channel_nothing_is_chosen_that_was_sent_to_the_app(
    app: Front, views: list[str], conversation: Conversation
) -> None:
    form = await form_for(app, views, conversation=conversation)

    offered, chosen = 1, conversation is Conversation.NONE
    assert form.count(SENT.file_id) == offered + chosen


async def test_a_file_that_just_failed_leaves_the_menu(app: Front, views: list[str]) -> None:
    assert SENT.file_id in await form_for(app, views)

    failed = {"failure_code": "slack_file_no_pictures", "prepared": "{}", "ended_at": app.there.clock()}
    await app.there.order(OrderStatus.FAILED, draft=Draft(video=SENT), **failed)

    assert SENT.file_id not in await form_for(app, views)
