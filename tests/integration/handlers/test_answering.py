"""What is said in words comes once: on whatever process a message is delivered again, whoever dies."""

from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from bot.background import Background
from bot.steps.forgetting import Forgetting
from bot.use_cases import answering as answering_module
from bot.use_cases.answering import LASTING_S, OLD_S, SELDOM_S, TAKEN_OVER_AFTER_S, Answering
from storage import answers, schema
from storage.answers import Answer
from storage.data_map import ANSWERS_KEPT_S
from storage.jobs import JobStatus
from tests.integration.fake_slack.harness import ADA, NORTH, VIDEOS
from tests.integration.handlers.front import Front, Json, front, message_event


def said(app: Front) -> list[str]:
    """What the app has said in Ada's direct message."""
    return [message.text for message in app.there.messages(app.there.box.dm())]


def greeting(app: Front, words: str = "hi") -> Json:
    return message_event(words, channel=app.there.box.dm())


def answer(app: Front, **changes: object) -> Answer:
    usual: dict[str, object] = {
        "team_id": NORTH.id,
        "key": "D1:1.0:a",
        "enterprise_id": None,
        "channel_id": app.there.box.dm(),
        "user_id": ADA,
        "thread_ts": None,
        "private": False,
        "text": "Hello there",
        "blocks": [],
        "asked_at": app.there.clock(),
    }
    return Answer(**usual | changes)  # type: ignore[arg-type]


def answering(app: Front) -> tuple[Answering, Background]:
    """Those of another process."""
    tools, background = app.there.tools, Background()
    return Answering(tools.database, tools.teams, tools.slack, background, clock=app.there.clock), background


async def left_unsaid(app: Front, **changes: object) -> None:
    """An answer that was stored by a process that died before it said it."""
    async with app.there.db.write() as conn:
        due_at = app.there.clock() + TAKEN_OVER_AFTER_S
        assert await answers.begin(conn, answer(app, **changes), due_at=due_at)


async def later(app: Front, seconds: float, processes: int = 1) -> None:
    """What so many processes do after a while."""
    app.there.clock.pass_by(seconds)
    others = [answering(app) for _ in range(processes)]
    for other, _ in others:
        await other.turn()
    for _, background in others:
        await background.drain(within_s=5)


@pytest.mark.parametrize("words", ["hi", "list", "make me a sandwich"])
async def test_a_message_that_comes_again_to_other_processes_is_answered_once(app: Front, words: str) -> None:
    await app.there.done_order(JobStatus.DELIVERED)
    message = greeting(app, words)
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(front(app.there)) for _ in range(2)]
        for process in (app, *others):
            assert (await process.event(message)).status_code == 200
            await process.settled()

    assert len(said(app)) == 1


async def test_the_same_words_in_another_message_are_answered_again(app: Front) -> None:
    for _ in range(2):
        await app.event(greeting(app))
    await app.settled()

    assert len(said(app)) == 2


async def test_what_a_process_died_before_it_said_is_said_once_by_those_that_live(app: Front) -> None:
    await left_unsaid(app)
    await later(app, TAKEN_OVER_AFTER_S - 1, processes=3)
    assert said(app) == []

    await later(app, 1, processes=3)
    await later(app, TAKEN_OVER_AFTER_S, processes=3)

    assert said(app) == ["Hello there"]


async def test_what_was_said_leaves_no_words_behind_and_is_not_said_again(app: Front) -> None:
    await app.event(greeting(app))
    await app.settled()
    await later(app, TAKEN_OVER_AFTER_S + 1)

    assert len(said(app)) == 1
    async with app.there.db.read() as conn:
        assert await answers.next_due(conn) is None
        rows = await conn.execute(select(schema.answers.c.text, schema.answers.c.blocks))
        assert [tuple(row) for row in rows] == [("", [])]


async def test_a_refusal_ends_it_and_so_does_its_age(app: Front) -> None:
    refused = {"method": "chat.postMessage", "error": "is_archived", "times": 0}
    app.there.slack.faults.set("api_error", refused)
    await left_unsaid(app)
    await later(app, TAKEN_OVER_AFTER_S)
    app.there.slack.faults.reset()
    await later(app, TAKEN_OVER_AFTER_S)
    assert said(app) == []  # a refusal is an answer, too

    await left_unsaid(app, key="D1:2.0:a")
    await later(app, OLD_S)
    assert said(app) == []


async def test_while_slack_is_away_it_is_tried_again(app: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering_module, "TRY_S", 0.05)
    app.there.slack.faults.set("server_error", {"method": "chat.postMessage", "times": 0})
    await left_unsaid(app)
    await later(app, TAKEN_OVER_AFTER_S)
    assert said(app) == []

    app.there.slack.faults.reset()
    monkeypatch.undo()
    await later(app, TAKEN_OVER_AFTER_S)

    assert said(app) == ["Hello there"]


async def test_what_people_must_learn_is_tried_for_a_day_while_slack_is_away(
    app: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.there.slack.faults.set("server_error", {"method": "chat.postMessage", "times": 0})
    monkeypatch.setattr(answering_module, "TRY_S", 0.05)
    await left_unsaid(app, lasting=True)
    began = app.there.clock()
    await later(app, OLD_S)
    async with app.there.db.read() as conn:
        assert await answers.next_due(conn) == app.there.clock() + SELDOM_S
    app.there.clock.now = began + LASTING_S - SELDOM_S - 1
    await later(app, 0)
    await Forgetting(app.there.db, clock=app.there.clock).turn()
    assert said(app) == []

    app.there.slack.faults.reset()
    monkeypatch.undo()
    await later(app, SELDOM_S)
    assert said(app) == ["Hello there"]


async def test_what_people_must_learn_ends_after_a_day(app: Front) -> None:
    await left_unsaid(app, lasting=True)
    await later(app, LASTING_S)
    assert said(app) == []
    async with app.there.db.read() as conn:
        assert await answers.next_due(conn) is None


async def test_what_is_for_one_persons_eyes_is_whispered_by_whoever_takes_it_over(app: Front) -> None:
    await left_unsaid(app, private=True, channel_id=VIDEOS)

    await later(app, TAKEN_OVER_AFTER_S)

    whispered = app.there.slack.workspace(NORTH.id).ephemerals.values()
    assert [each.message.text for each in whispered] == ["Hello there"]
    assert said(app) == []


async def test_a_message_whose_answer_cannot_be_stored_is_delivered_again(app: Front) -> None:
    """Slack sends it again only where it was not acknowledged."""
    message = greeting(app)
    async with app.there.db.write():  # somebody else's, for longer than a message waits
        response = await app.event(message)
    assert response.status_code == 503

    assert (await app.event(message)).status_code == 200
    await app.settled()

    assert [text for text in said(app) if text.startswith("Hello")] != []


async def test_what_slack_delivers_no_more_is_forgotten(app: Front) -> None:
    await left_unsaid(app)
    async with app.there.db.write() as conn:
        await answers.said(conn, answer(app))
        assert not await answers.begin(conn, answer(app), due_at=0.0)

    app.there.clock.pass_by(ANSWERS_KEPT_S)
    await Forgetting(app.there.db, clock=app.there.clock).turn()

    async with app.there.db.write() as conn:
        assert await answers.begin(conn, answer(app), due_at=0.0)
