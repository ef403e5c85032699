"""Show: the card in Slack follows the row, wherever it may stand, and never stops a job."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from bot.app import new_id
from bot.slack import Slack
from bot.slack.paces import Edit
from bot.steps.show import Show
from storage import card_store, endings, job_store, order_store
from storage.cards import Card
from storage.jobs import Job, JobStatus
from storage.leases import LEASE_S
from storage.orders import Conversation, Order, OrderStatus
from tests.integration.core.world import LINKS, World, installation
from tests.integration.fake_slack.harness import ADA, NORTH, RANDOM, SOUTH, VIDEOS


@pytest.fixture
def show(there: World) -> Show:
    return Show(there.tools, ask_again_from_usd=Decimal(10))


async def fresh(there: World, **columns: Any) -> Order:
    return await there.order(OrderStatus.PREPARING, **{"card_revision": 1} | columns)


def texts(there: World, channel: str = VIDEOS) -> list[str]:
    return [message.text for message in there.messages(channel)]


async def test_the_first_time_it_is_posted_where_it_was_asked(there: World, show: Show) -> None:
    job = await there.show(show, await fresh(there))

    (card,) = there.messages(VIDEOS)
    assert ((await there.card(job)).channel, (await there.card(job)).ts, (await there.card(job)).shown) == (
        VIDEOS,
        card.ts,
        1,
    )
    assert (await there.card(job)).due_at is None
    assert card.text
    assert card.blocks


async def test_in_a_thread_it_is_posted_into_the_thread(there: World, show: Show) -> None:
    _, root = await there.tools.slack.team(installation()).post(VIDEOS, "root", None)

    await there.show(show, await fresh(there, thread_ts=root))

    assert there.messages(VIDEOS)[-1].thread_ts == root


async def test_afterwards_the_same_message_is_changed(there: World, show: Show) -> None:
    job = await there.show(show, await fresh(there))
    before = texts(there)

    await there.change(job, status=OrderStatus.CANCELLED)
    await there.show(show, job)

    assert len(there.messages(VIDEOS)) == 1
    assert texts(there) != before


async def test_news_between_the_claim_and_the_showing_is_shown_with_the_rest(
    there: World, show: Show
) -> None:
    job = await fresh(there, card_due_at=there.clock())
    async with there.db.write() as conn:
        (held,) = await card_store.claim_cards(conn, now=there.clock(), lease_s=90, token="t")
        await order_store.move(conn, job, OrderStatus.CANCELLED, now=there.clock())

    await show([held])

    assert "Cancelled" in there.messages(VIDEOS)[-1].text
    card = await there.card(job)
    assert (card.due_at, card.shown) == (None, card.revision)


async def test_a_holder_that_stood_still_does_not_leave_older_words_standing(
    there: World, show: Show
) -> None:
    job = await there.show(show, await fresh(there))
    there.clock.pass_by(5)
    await there.change(job, card_due_at=there.clock())
    async with there.db.write() as conn:
        (stood_still,) = await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token="t")
        await order_store.move(conn, job, OrderStatus.CANCELLED, now=there.clock())
    there.clock.pass_by(LEASE_S + 1)
    await there.show(show, job)

    there.clock.pass_by(5)
    await show([stood_still])

    there.clock.pass_by(5)
    async with there.db.write() as conn:
        due = await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token="u")
    assert [card.id for card in due] == [job.id], "what it has shown may have come over newer words"
    await show(due)
    assert "Cancelled" in there.messages(VIDEOS)[0].text


@pytest.mark.parametrize("gone", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_card_that_somebody_deleted_is_posted_anew(there: World, show: Show, gone: str) -> None:
    job = await there.show(show, await fresh(there))
    first_ts = (await there.card(job)).ts
    await there.change(job, card_link="https://north.slack.com/archives/C1/p1")
    there.slack.faults.set("api_error", {"method": "chat.update", "error": gone})

    job = await there.show(show, job)

    assert (await there.card(job)).ts != first_ts
    assert (await there.card(job)).link is None
    assert [message.ts for message in there.messages(VIDEOS)] == [first_ts, (await there.card(job)).ts]


async def test_where_the_app_is_not_in_the_channel_the_card_moves_to_the_person(
    there: World, show: Show
) -> None:
    job = await there.show(show, await fresh(there, channel_id=RANDOM))

    dm = there.box.dm(ADA)
    (card,) = there.messages(dm)
    assert ((await there.card(job)).moved, (await there.card(job)).channel, (await there.card(job)).ts) == (
        True,
        dm,
        card.ts,
    )
    assert (await there.state(job)).thread == (dm, card.ts)  # the video will follow it
    assert "/invite" in card.text
    assert f"<#{RANDOM}>" in card.text


@pytest.mark.parametrize("closed", ["/delete-channel", "/archive"])
async def test_a_channel_that_was_closed_under_the_card_sends_it_to_the_person(
    there: World, show: Show, closed: str
) -> None:
    job = await there.show(show, await fresh(there))
    await there.box.as_ada("/ui/message", channel=VIDEOS, text=closed)

    job = await there.show(show, job)

    assert ((await there.card(job)).moved, (await there.card(job)).channel) == (True, there.box.dm(ADA))


async def test_a_card_that_moved_stays_with_the_person(there: World, show: Show) -> None:
    job = await there.show(show, await fresh(there, channel_id=RANDOM))
    there.slack.faults.set("api_error", {"method": "chat.update", "error": "message_not_found"})

    job = await there.show(show, job)

    assert len(there.messages(there.box.dm(ADA))) == 2
    assert texts(there, RANDOM) == []


async def test_a_global_ask_has_its_card_in_the_direct_message(there: World, show: Show) -> None:
    job = await there.show(show, await fresh(there, channel_id=ADA))

    assert ((await there.card(job)).channel, (await there.card(job)).moved) == (there.box.dm(ADA), False)


async def test_a_first_card_that_may_stand_already_is_not_posted_again_at_once(
    there: World, show: Show
) -> None:
    there.slack.faults.set("lose_reply", {"method": "chat.postMessage", "broken": True})
    job = await there.order(OrderStatus.PREPARING, channel_id=VIDEOS, card_revision=1)

    job = await there.show(show, job)

    assert (await there.card(job)).ts is None
    assert (await there.card(job)).due_at == there.clock() + 10.0


async def test_a_rate_limit_is_waited_out(there: World, show: Show) -> None:
    there.slack.faults.set("rate_limited", {"method": "chat.postMessage", "retry_after": 12})

    job = await there.show(show, await fresh(there))

    assert (await there.card(job)).due_at == there.clock() + 12
    assert ((await there.card(job)).ts, (await there.card(job)).lease_token) == (None, None)


async def test_a_card_that_cannot_be_shown_is_tried_less_and_less_often(there: World, show: Show) -> None:
    there.slack.faults.set("api_error", {"method": "chat.postMessage", "error": "fatal_error", "times": 0})
    job = await fresh(there)
    asked_at = job.updated_at
    waits: list[float | None] = []
    for age_s in (0, 100, 1_000, 100_000, 1_000_000):
        there.clock.now = asked_at + age_s
        job = await there.show(show, job)
        due_at = (await there.card(job)).due_at
        waits.append(due_at and due_at - there.clock())

    assert waits == [1, 30, 1_000, 3600, None]


async def test_without_a_token_it_is_looked_now_and_then_whether_the_app_is_back(
    there: World, show: Show
) -> None:
    job = await fresh(there)
    there.slack.faults.set("token_dead", {"error": "account_inactive"})
    assert (await there.card(await there.show(show, job))).due_at == there.clock() + 3600

    await there.uninstall(NORTH.id)
    assert (await there.card(await there.show(show, job))).due_at == there.clock() + 3600

    there.slack.faults.reset()
    await there.tools.teams.save(installation())
    assert (await there.card(await there.show(show, job))).ts is not None


async def test_a_card_whose_thread_was_deleted_moves_to_the_person(there: World, show: Show) -> None:
    job = await there.show(show, await fresh(there, thread_ts="1700000000.000100"))

    assert ((await there.card(job)).moved, (await there.card(job)).channel) == (True, there.box.dm(ADA))
    assert (
        "or the message you asked at is gone, so I answer here" in there.messages(there.box.dm(ADA))[0].text
    )


async def test_a_card_whose_message_was_deleted_from_the_direct_message_says_no_more_than_that(
    there: World, show: Show
) -> None:
    place: dict[str, Any] = {"channel_id": there.box.dm(ADA), "conversation": Conversation.DIRECT_MESSAGE}
    job = await there.show(show, await fresh(there, thread_ts="1700000000.000100", **place))
    gone = "The message that you sent for this is gone, so I answer here."
    assert there.messages(there.box.dm(ADA))[0].text.split("\n")[-2] == gone

    job = await there.show(show, await there.change(job, card_revision=2))

    assert there.messages(there.box.dm(ADA))[0].text.split("\n")[-2] == gone


async def test_a_card_that_is_gone_from_a_closed_channel_does_not_speak_of_a_message(
    there: World, show: Show
) -> None:
    job = await there.show(show, await fresh(there))
    await there.box.as_ada("/ui/message", channel=VIDEOS, text="/archive")

    await there.show(show, await there.change(job, card_revision=2))

    assert f"I am not in <#{VIDEOS}>, or it is closed, so" in there.messages(there.box.dm(ADA))[0].text


async def test_a_card_that_cannot_be_drawn_does_not_stop_the_others(there: World, show: Show) -> None:
    broken = await there.change(await fresh(there), draft='{"unheard": "of"}')
    fine = await fresh(there)
    for job in (broken, fine):
        await there.change(job, card_due_at=there.clock())
    async with there.db.write() as conn:
        held = await card_store.claim_cards(conn, now=there.clock(), lease_s=90, token="t")

    await show(sorted(held, key=lambda card: card.id))

    assert len(texts(there)) == 1
    assert (await there.card(broken)).due_at is not None


async def in_line(there: World, **columns: Any) -> Job:
    return await there.queued(**{"card_revision": 1} | columns)


async def test_a_queued_card_tells_its_place_and_follows_the_line(there: World, show: Show) -> None:
    first = await in_line(there, created_at=there.clock() - 2)
    second = await in_line(there, created_at=there.clock() - 1)
    job = await there.show(show, await in_line(there))
    assert "You are number 3 in line." in texts(there)[-1]
    due_at = (await there.card(job)).due_at
    assert due_at is not None
    assert 5 <= due_at - there.clock() <= 60

    await there.show(show, job)
    assert len(there.calls("chat.update")) == 0, "the line has not moved"

    await there.change(first, status=JobStatus.PROCESSING)
    await there.change(second, status=JobStatus.CANCELLED)
    job = await there.show(show, await there.now(job))
    assert "You are next in line." in texts(there)[-1]

    job = await there.show(show, await there.change(job, status=JobStatus.PROCESSING, card_revision=2))
    assert "You are" not in texts(there)[-1]
    assert ((await there.card(job)).place, (await there.card(job)).due_at) == (None, None)


async def test_an_installation_keeps_its_pace_when_its_token_is_another(there: World) -> None:
    standing_still = Slack(there.box.http, base_url=there.box.slack.api_url, clock=lambda: 0.0)
    before = standing_still.team(installation())
    renewed = standing_still.team(installation(bot_token="xoxb-renewed"))
    assert before.turn_to_post(VIDEOS, "first") == 0

    assert renewed.turn_to_post(VIDEOS, "second") == 1
    assert standing_still.team(installation(SOUTH)).turn_to_post(VIDEOS, "third") == 0


async def test_progress_waits_its_turn_and_a_result_does_not(there: World) -> None:
    standing_still = Slack(there.box.http, base_url=there.box.slack.api_url, clock=lambda: 0.0)
    show = Show(replace(there.tools, slack=standing_still), ask_again_from_usd=Decimal(10))
    working = await there.job(JobStatus.PROCESSING, card_revision=1, card_channel=VIDEOS, card_ts="1.1")
    _, ts = await standing_still.team(installation()).post(VIDEOS, "card", None)
    done = await there.job(JobStatus.CANCELLED, card_revision=1, card_channel=VIDEOS, card_ts=ts)
    while standing_still.team(installation()).turn_to_update("others", Edit.PROGRESS) == 0:
        pass

    working = await there.show(show, working)
    done = await there.show(show, done)

    assert len(there.calls("chat.update")) == 1
    assert ((await there.card(done)).shown, (await there.card(done)).due_at) == (1, None)
    assert ((await there.card(working)).due_at or 0.0) > there.clock()


async def test_two_cards_of_one_channel_come_a_second_apart(there: World) -> None:
    standing_still = Slack(there.box.http, base_url=there.box.slack.api_url, clock=lambda: 0.0)
    show = Show(replace(there.tools, slack=standing_still), ask_again_from_usd=Decimal(10))

    await there.show(show, await fresh(there))
    late = await there.show(show, await fresh(there))

    assert len(there.messages(VIDEOS)) == 1
    assert (await there.card(late)).due_at == there.clock() + 1


class SlowAtFirst(Show):
    """Whose first read takes longer than those that begin after it."""

    reads = 0

    async def _read(self, cards: Sequence[Card]) -> list[Any]:
        self.reads += 1
        if self.reads == 1:
            await asyncio.sleep(0.1)
        return await super()._read(cards)


async def test_first_cards_stand_in_the_order_of_asking_and_before_later_edits(there: World) -> None:
    older = await there.job(JobStatus.CANCELLED, card_revision=2, card_channel=VIDEOS, card_ts="1.1")
    await there.change(older, card_due_at=there.clock())
    asked = []
    for number in range(7):
        there.clock.pass_by(0.01)
        draft = LINKS.model_copy(update={"name": f"Clip {number}"})
        due_at = there.clock()
        asked.append(await there.order(OrderStatus.DRAFT, draft=draft, card_revision=1, card_due_at=due_at))
    there.clock.pass_by(1.0)

    first, second = await claimed(there), await claimed(there)
    assert {card.id for card in first} == {order.id for order in asked[:5]}
    assert {card.id for card in second} == {*(order.id for order in asked[5:]), older.order_id}
    patient = Slack(there.box.http, base_url=there.box.slack.api_url, clock=there.clock)
    show = SlowAtFirst(replace(there.tools, slack=patient), ask_again_from_usd=Decimal(10))
    second = [card for card in second if card.id != older.order_id]
    await asyncio.gather(show(first), show(second))
    for _ in range(6):
        there.clock.pass_by(1.0)
        await show(await claimed(there))

    stand = [message.text for message in there.messages(VIDEOS)]
    assert [f"Clip {number}" in text for number, text in enumerate(stand)] == [True] * 7


async def claimed(there: World) -> list[Card]:
    """What the worker claims in one go."""
    async with there.db.write() as conn:
        return await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token=new_id(), limit=5)


async def test_a_dead_buttons_redraw_waits_for_everything_else(there: World) -> None:
    standing_still = Slack(there.box.http, base_url=there.box.slack.api_url, clock=lambda: 0.0)
    show = Show(replace(there.tools, slack=standing_still), ask_again_from_usd=Decimal(10))
    team = standing_still.team(installation())
    while team.turn_to_update("others", Edit.REDRAW) == 0:
        pass
    _, ts = await team.post(VIDEOS, "card", None)
    stands: dict[str, Any] = {"card_channel": VIDEOS, "card_ts": ts, "card_revision": 2}

    dead = await there.show(show, await there.job(JobStatus.CANCELLED, card_shown=2, **stands))
    news = await there.show(show, await there.job(JobStatus.CANCELLED, card_shown=1, **stands))

    assert (await there.card(dead)).due_at is not None
    assert ((await there.card(news)).due_at, (await there.card(news)).shown) == (None, 2)


async def test_a_redraw_of_a_place_in_line_is_drawn_though_nothing_moved(there: World, show: Show) -> None:
    job = await there.queued(card_revision=1, card_due_at=there.clock())
    job = await there.show(show, job)
    before = len(there.calls("chat.update"))

    async with there.db.write() as conn:
        await card_store.redraw(conn, job.order_id, now=there.clock())
    await show([card for card in await claimed(there) if card.id == job.order_id])

    assert len(there.calls("chat.update")) == before + 1


async def run_due(there: World, show: Show) -> None:
    """Show what is due now, as the worker does."""
    async with there.db.write() as conn:
        held = await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token=new_id())
    await show(held)


async def test_a_card_of_several_is_edited_every_three_seconds_at_most_and_shows_the_last(
    there: World, show: Show
) -> None:
    first = await there.job(JobStatus.PROCESSING, card_revision=1)
    jobs = [first]
    for _ in range(9):
        jobs.append(await there.sister(jobs[-1], JobStatus.PROCESSING))
    await there.show(show, first)
    edited: list[float] = []
    for job in [*jobs, None, None, None, None, None, None]:
        if job is not None:
            async with there.db.write() as conn:
                assert await endings.end(conn, job, JobStatus.FAILED, now=there.clock())
        await run_due(there, show)
        edited += [there.clock()] * (len(there.calls("chat.update")) - len(edited))
        there.clock.pass_by(0.6)

    pauses = [later - earlier for earlier, later in pairwise(edited)]
    assert 2 <= len(edited) <= 4
    assert min(pauses) >= card_store.EDIT_EVERY_S
    card = await there.card(first)
    assert (card.shown, card.due_at) == (card.revision, None), "the last state is shown"
    assert (await there.order_of(first)).status is OrderStatus.ENDED


async def test_a_card_of_one_video_is_edited_as_soon_as_it_changes(there: World, show: Show) -> None:
    job = await there.show(show, await there.job(JobStatus.PROCESSING, card_revision=1))
    for words in ("PROCESSING", "COMPLETED"):
        async with there.db.write() as conn:
            changed = await job_store.save(
                conn,
                await there.now(job),
                now=there.clock(),
                lease_token=None,
                visible=True,
                generation_status=words,
            )
        assert changed is not None
        await run_due(there, show)

    assert len(there.calls("chat.update")) == 2
