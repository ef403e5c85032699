"""Presses on a card that Slack shows though its job has moved on: true words, and the card mends itself."""

from decimal import Decimal
from typing import Any

import pytest

from bot.asking.room import MOST_OPEN
from bot.messages.ids import Action, button_value
from bot.steps.show import Show
from storage import refused_keys, sync_keys
from storage.jobs import JobStatus
from storage.orders import Conversation, OrderStatus
from storage.sync_keys import APP
from tests.integration.core.rows import order_id_of
from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import Front, block_action

ASK, S = OrderStatus, JobStatus


async def stale_card(app: Front, status: OrderStatus | JobStatus, **columns: Any) -> Any:
    """An order or its job whose card stands in Slack and, as far as the app knows, shows the truth."""
    standing: dict[str, Any] = {
        "offer_id": "e1",
        "card_revision": 1,
        "card_ts": "1790000000.000001",
        "card_channel": VIDEOS,
        "card_shown": 1,
        "card_due_at": None,
        **columns,
    }
    if isinstance(status, OrderStatus):
        return await app.there.order(status, **standing)
    return await app.there.job(status, **standing)


OF_JOBS = {Action.CHECK, Action.GIVE_UP, Action.DOWNLOAD}


async def press(app: Front, action: str, row: Any, **changes: Any) -> str:
    """Press a button, and give what only the presser is told."""
    channel = app.there.box.dm()
    before = len(app.there.messages(channel))
    detail = "e1" if action == Action.GENERATE else row.id if action in OF_JOBS else None
    value = button_value(order_id_of(row), detail)
    assert (await app.interaction(block_action(action, value, **changes))).status_code == 200
    await app.settled()
    return " ".join(message.text for message in app.there.messages(channel)[before:])


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        (Action.GENERATE, S.CANCELLED, "already cancelled, and nothing was charged"),
        (Action.GENERATE, S.FAILED, "ended without a video"),
        (Action.GENERATE, S.DELIVERED, "in the thread"),
        (Action.GENERATE, S.QUEUED, "on its way"),
        (Action.GENERATE, S.UNRESOLVED, "not known yet"),
        (Action.GENERATE, ASK.EXPIRED, "offer has ended"),
        (Action.CANCEL, S.CANCELLED, "already cancelled, and nothing was charged"),
        (Action.CANCEL, ASK.EXPIRED, "has expired, and nothing was charged"),
        (Action.CANCEL, S.PROCESSING, "sync.so is making it already"),
        (Action.CANCEL, S.UNRESOLVED, "not known yet"),
        (Action.CHANGE, S.QUEUED, "has moved on"),
        (Action.CHECK, S.PROCESSING, "has moved on"),
        (Action.GIVE_UP, S.DELIVERED, "has moved on"),
    ],
)
async def test_a_press_on_a_stale_card_gets_true_words_and_a_fresh_card(
    app: Front, action: str, status: OrderStatus | JobStatus, words: str
) -> None:
    job = await stale_card(app, status)

    assert words in await press(app, action, job)

    now = await app.there.now(job)
    assert (now.status, (await app.there.card(now)).due_at) == (status, app.there.clock())
    assert app.there.woken


async def test_the_second_of_two_presses_is_told_what_the_first_did(app: Front) -> None:
    job = await stale_card(app, ASK.OFFERED)

    assert await press(app, Action.GENERATE, job) == ""
    assert "on its way" in await press(app, Action.GENERATE, job)


async def test_words_come_in_the_direct_message_where_the_response_url_is_dead(app: Front) -> None:
    job = await stale_card(app, S.CANCELLED)
    dead = f"{app.there.box.slack.parts.config.base_url}/actions/gone"

    assert "already cancelled" in await press(app, Action.GENERATE, job, response_url=dead)


async def test_a_second_look_is_confirmed(app: Front) -> None:
    job = await stale_card(app, S.UNRESOLVED)

    assert "asking sync.so again" in await press(app, Action.CHECK, job)

    assert (await app.there.now(job)).due_at == app.there.clock()


@pytest.mark.parametrize("action", [Action.RERUN, Action.ANOTHER, Action.DOWNLOAD])
async def test_people_of_another_organisation_neither_spend_nor_take(app: Front, action: str) -> None:
    """A channel shared with them shows them the card with its buttons."""
    job = await stale_card(app, S.DELIVERED)
    visitor = {"id": BEN, "team_id": "T0ELSEWHERE"}

    await press(app, action, job, user=visitor)

    assert await app.orders(user_id=BEN) == []
    told = [message.text for message in app.there.messages(app.there.box.dm(BEN))]
    assert [text for text in told if "Only people of the workspace" in text] == told
    assert len(told) == 1


@pytest.mark.parametrize("home", [NORTH.id, None])
async def test_a_colleague_may_run_it_again(app: Front, home: str | None) -> None:
    job = await stale_card(app, S.DELIVERED)

    await press(app, Action.RERUN, job, user={"id": BEN} | ({"team_id": home} if home else {}))

    assert len(await app.orders(user_id=BEN)) == 1


async def test_in_a_group_message_that_the_app_is_in_its_people_may_as_well(app: Front) -> None:
    """They read the card there."""
    job = await stale_card(app, S.DELIVERED, conversation=Conversation.GROUP_MESSAGE)

    await press(app, Action.RERUN, job, user={"id": BEN, "team_id": NORTH.id})

    assert len(await app.orders(user_id=BEN)) == 1


async def test_mashing_a_dead_button_takes_one_redraw_and_one_answer(app: Front) -> None:
    _, ts = await app.there.tools.slack.team(installation()).post(VIDEOS, "The card", None)
    job = await app.there.change(await stale_card(app, S.CANCELLED), card_ts=ts)
    show = Show(app.there.tools, ask_again_from_usd=Decimal(10))
    container = {"type": "message", "channel_id": VIDEOS, "message_ts": ts}

    for _ in range(25):
        await press(app, Action.GENERATE, job, container=container)
        if (await app.there.card(job)).due_at is not None:
            await app.there.show(show, job)

    assert len(app.there.calls("chat.update")) == 1
    assert len(app.there.messages(app.there.box.dm())) == 1


@pytest.mark.parametrize(("action", "more"), [(Action.RERUN, 1), (Action.ANOTHER, 1)])
async def test_mashing_a_button_that_makes_a_job_makes_one(app: Front, action: str, more: int) -> None:
    job = await stale_card(app, S.FAILED)

    for _ in range(10):
        await press(app, action, job)

    assert len(await app.orders()) == 1 + more


async def test_mashing_change_opens_one_form(app: Front) -> None:
    voices = app.there.sync.get("/v2/voices").respond(json=[])
    app.there.sync.get("/v2/models").respond(json=[])
    job = await stale_card(app, ASK.OFFERED)
    told = [await press(app, Action.CHANGE, job) for _ in range(10)]

    assert voices.call_count == 1
    assert len([words for words in told if words]) == 1  # the one trigger was none that Slack knows


async def test_whoever_has_too_many_open_is_told_so_on_every_way_in(app: Front) -> None:
    for _ in range(MOST_OPEN):
        await app.there.job(S.PROCESSING, card_revision=1)
    ended = await stale_card(app, S.FAILED)
    words = f"One person can have {MOST_OPEN} videos open at a time"

    assert words in (await app.command('https://media.example/a.mp4 say "One more"')).json()["text"]
    assert words in (await app.command()).json()["text"]
    assert words in await press(app, Action.RERUN, ended)
    dm = app.there.box.dm()
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": dm,
        "user": ADA,
        "ts": "1790000000.000200",
        "text": 'https://media.example/a.mp4 say "One more"',
    }
    before = len(app.there.messages(dm))
    assert (await app.event(event)).status_code == 200
    await app.settled()
    assert words in app.there.messages(dm)[before].text
    assert len(await app.orders()) == MOST_OPEN + 1


async def test_generate_on_a_price_of_an_account_that_pays_no_more_says_so_and_makes_nothing(
    app: Front,
) -> None:
    order = await stale_card(app, ASK.OFFERED)
    await app.there.connect("sk-another-0123456789", "org_another")

    told = await press(app, Action.GENERATE, order)

    assert "Another sync.so account pays here now, so nothing was charged." in told
    assert (await app.there.now(order)).status is ASK.PREPARING
    assert (await app.there.state(order)).jobs == ()


async def test_generate_where_nobody_pays_says_whom_to_ask(app: Front) -> None:
    order = await stale_card(app, ASK.OFFERED)
    await app.there.keys.take_away(APP, by=None, now=app.there.clock())
    app.there.tools.accounts._own = None

    told = await press(app, Action.GENERATE, order)

    assert "No sync.so account is connected here, so nothing was charged." in told
    assert (await app.there.now(order)).status is ASK.OFFERED


async def test_generate_where_the_key_is_refused_says_whom_to_ask_and_keeps_the_offer(app: Front) -> None:
    order = await stale_card(app, ASK.OFFERED)
    async with app.there.db.write() as conn:
        key = await sync_keys.in_use(conn, [APP])
        assert key is not None
        assert await refused_keys.refused(conn, key, now=app.there.clock())
    app.there.keys.forget()

    told = await press(app, Action.GENERATE, order)

    assert "sync.so no longer accepts this workspace's key, so nothing was charged." in told
    assert (await app.there.now(order)).status is ASK.OFFERED
