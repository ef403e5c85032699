"""A mention in a channel does what the direct message does, or says privately what would work."""

from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, SlackFile
from bot.messages.catalogue import ENGLISH
from bot.messages.refusals import ruled_out
from bot.teams.rights import Rule, RuledOut
from bot.teams.rules import Rules
from storage.jobs import JobStatus
from storage.orders import OrderStatus
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import VIDEO_FILE, Front, message_event
from tests.integration.handlers.test_direct_messages import AUDIO_FILE, names

ME = f"<@{NORTH.bot_user_id}>"
CLIP = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1_000)
Json = dict[str, Any]


async def mention(app: Front, words: str = "", *files: Json, **changes: Any) -> Json:
    """Deliver a message that mentions the app in a channel."""
    envelope = changes.pop("envelope", {})
    event = message_event(words, channel=VIDEOS, files=list(files), **changes) | {"type": "app_mention"}
    del event["channel_type"]
    assert (await app.event(event, **envelope)).status_code == 200
    await app.settled()
    return event


def whispers(app: Front) -> list[Any]:
    return list(app.there.slack.records().ephemerals)


async def test_a_mention_beside_a_video_makes_a_job_in_that_messages_thread(app: Front) -> None:
    event = await mention(app, f'{ME}, say "Hello" ', VIDEO_FILE)

    [job] = await app.orders()
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", "Hello")
    assert (job.channel_id, job.thread_ts) == (VIDEOS, event["ts"])
    assert whispers(app) == []


async def test_a_mention_alone_beside_a_video_asks_what_it_should_say(app: Front) -> None:
    await mention(app, ME, VIDEO_FILE)

    [job] = await app.orders()
    assert (job.status, (await app.there.card(job)).revision, *names(job)) == (
        OrderStatus.DRAFT,
        1,
        "clip.mp4",
        None,
    )


async def test_a_mention_with_a_forward_takes_its_video(app: Front) -> None:
    await mention(app, f'say "Hello" {ME}', attachments=[{"is_share": True, "files": [VIDEO_FILE]}])

    [job] = await app.orders()
    assert names(job) == ("clip.mp4", "Hello")


async def test_a_mention_in_the_thread_of_ones_card_answers_it(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=VIDEOS, text="root")
    asking = await app.there.order(
        OrderStatus.DRAFT, draft=Draft(video=CLIP), channel_id=VIDEOS, thread_ts=root["ts"], card_revision=1
    )
    await mention(app, f"{ME} Good morning everybody", thread_ts=root["ts"])

    job = await app.there.now(asking)
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", "Good morning everybody")


async def test_a_colleagues_mention_in_a_thread_is_an_ask_of_their_own(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=VIDEOS, text="root")
    asking = await app.there.order(
        OrderStatus.DRAFT, draft=Draft(video=CLIP), channel_id=VIDEOS, thread_ts=root["ts"], card_revision=1
    )
    await mention(app, f'{ME} say "Mine"', thread_ts=root["ts"], user=BEN)

    assert (await app.there.now(asking)).draft == asking.draft
    [job] = await app.orders(user_id=BEN)
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", "Mine")


async def test_a_mention_under_a_card_that_began_its_thread_knows_its_video(app: Front) -> None:
    card = await app.there.box.api.chat_postMessage(channel=VIDEOS, text="card")
    await app.there.done_order(
        JobStatus.DELIVERED,
        draft=Draft(video=CLIP),
        channel_id=VIDEOS,
        card_channel=VIDEOS,
        card_ts=card["ts"],
        card_revision=3,
    )
    await mention(app, ME, AUDIO_FILE, thread_ts=card["ts"])

    new, _ = await app.orders()
    assert names(new) == ("clip.mp4", "voice.mp3")


@pytest.mark.parametrize("words", [ME, f'{ME} say "Hello"', f"{ME} make a video please"])
async def test_a_mention_of_nothing_is_told_privately_what_would_work(app: Front, words: str) -> None:
    await mention(app, words)

    assert await app.orders() == []
    [told] = whispers(app)
    assert told.user == ADA
    assert "Lip-sync this video" in told.message.text
    assert ME in told.message.text
    assert app.there.messages(VIDEOS) == []


async def test_words_under_a_card_that_asks_nothing_are_told_privately_in_that_thread(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=VIDEOS, text="root")
    await app.there.done_order(
        JobStatus.DELIVERED,
        draft=Draft(video=CLIP),
        channel_id=VIDEOS,
        thread_ts=root["ts"],
        card_revision=3,
    )
    await mention(app, f"{ME} what a nice day", thread_ts=root["ts"])

    [told] = whispers(app)
    assert told.message.thread_ts == root["ts"]
    assert "to have the video of this thread say something else" in told.message.text


@pytest.mark.parametrize(
    ("words", "answer"), [("help", "I make a video say"), ("thanks!", "You are welcome")]
)
async def test_talk_with_a_mention_is_answered_privately(app: Front, words: str, answer: str) -> None:
    await mention(app, f"{ME} {words}")

    [told] = whispers(app)
    assert answer in told.message.text


async def test_a_mention_that_is_delivered_again_or_edited_makes_one_job(app: Front) -> None:
    event = await mention(app, f'{ME} say "Hello"', VIDEO_FILE)
    edited = {**event, "edited": {"user": ADA, "ts": "1790000009.000000"}, "text": f'{ME} say "Hello!"'}
    for again in (event, edited):
        await app.event(again)

    assert len(await app.orders()) == 1


@pytest.mark.parametrize(
    "changes", [{"bot_id": "B1"}, {"subtype": "bot_message"}, {"subtype": "channel_join"}]
)
async def test_bots_and_notices_are_not_heard(app: Front, changes: Json) -> None:
    await mention(app, f'{ME} say "Hello"', VIDEO_FILE, **changes)

    assert await app.orders() == []
    assert whispers(app) == []


@pytest.mark.parametrize(("team", "is_heard"), [("T_OTHER", False), (NORTH.id, True)])
async def test_people_of_other_organisations_are_told_who_may_ask(
    app: Front,
    team: str,
    is_heard: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    shared = {"is_ext_shared_channel": True}
    await mention(app, f'{ME} say "Hello"', VIDEO_FILE, user_team=team, envelope=shared)

    assert bool(await app.orders()) is is_heard
    refusal = ruled_out(ENGLISH, RuledOut(Rule.OUTSIDERS)).text
    assert [told.message.text for told in whispers(app)] == ([] if is_heard else [refusal])


async def test_what_stands_in_a_channel_is_not_offered_as_sent_to_the_app(app: Front) -> None:
    await mention(app, f'{ME} say "Hello"', VIDEO_FILE)

    assert await app.services.recent_files.of(Asker(None, NORTH.id, ADA), "video") == ()


async def test_people_of_another_organisation_ask_where_the_team_lets_them_in(app: Front) -> None:
    rulebook, asker = app.services.roles.rulebook, Asker(None, NORTH.id, ADA)
    assert await rulebook.change(await rulebook.of(asker), Rules(outsiders=True), by=ADA)
    visitor = {"user": "U0VISITOR", "user_team": "T0ELSEWHERE", "envelope": {"is_ext_shared_channel": True}}

    await mention(app, f'{ME} say "Hello"', VIDEO_FILE, **visitor)

    [order] = await app.orders(user_id="U0VISITOR")
    assert order.status is OrderStatus.PREPARING
    assert whispers(app) == []
