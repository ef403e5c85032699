"""The direct message: what comes one after the other belongs together, and nothing is dropped in silence."""

import asyncio
from typing import Any

import pytest

from bot.asking.addresses import open_draft
from bot.asking.drafts import Arriving, Draft, Link, Script, SlackFile
from bot.asking.plan import plan
from bot.asking.room import MOST_OPEN
from bot.messages.catalogue import ENGLISH
from bot.messages.refusals import ruled_out
from bot.teams.rights import Rule, RuledOut
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.world import CIPHER, World
from tests.integration.handlers.front import VIDEO_FILE, Front, block_action, message_event

AUDIO_FILE = {**VIDEO_FILE, "id": "F2", "name": "voice.mp3", "mimetype": "audio/mpeg", "filetype": "mp3"}
OTHER_AUDIO = {**AUDIO_FILE, "id": "F3", "name": "other.mp3"}
OTHER_VIDEO = {**VIDEO_FILE, "id": "F4", "name": "second.mp4"}
TEXT_FILE = {**VIDEO_FILE, "id": "F5", "name": "script.txt", "mimetype": "text/plain", "filetype": "text"}
Json = dict[str, Any]


def event(app: Front, words: str = "", *files: Json, **changes: Any) -> Json:
    """A message of Ada's in her direct message."""
    with_files = {"subtype": "file_share", "files": list(files)} if files else {}
    return message_event(words, channel=app.there.box.dm(), **with_files, **changes)


async def send(app: Front, words: str = "", *files: Json, **changes: Any) -> Json:
    """Deliver a message of Ada's to the app."""
    sent = event(app, words, *files, **changes)
    assert (await app.event(sent)).status_code == 200
    await app.settled()
    return sent


def answers(there: World) -> list[str]:
    """What the app has said besides its cards."""
    return [message.text for message in there.messages(there.box.dm())]


def draft(job: Order) -> Draft:
    return open_draft(job, CIPHER)


def names(job: Order) -> tuple[str | None, str | None]:
    """What a job's video and speech are called."""
    parts = (draft(job).video, draft(job).speech)
    shown = [part.name if isinstance(part, SlackFile) else getattr(part, "text", None) for part in parts]
    return shown[0], shown[1]


@pytest.mark.parametrize("first", ["video", "audio"])
async def test_a_video_and_audio_sent_one_after_the_other_are_one(app: Front, first: str) -> None:
    files = [VIDEO_FILE, AUDIO_FILE] if first == "video" else [AUDIO_FILE, VIDEO_FILE]

    await send(app, "", files[0])
    [asking] = await app.orders()
    assert asking.status is OrderStatus.DRAFT
    await send(app, "", files[1])

    [job] = await app.orders()
    assert (job.id, job.status) == (asking.id, OrderStatus.PREPARING)
    assert names(job) == ("clip.mp4", "voice.mp3")
    [told] = answers(app.there)
    assert "clip.mp4 will say voice.mp3" in told


async def test_what_was_sent_ten_minutes_ago_stays_by_itself(app: Front) -> None:
    await send(app, "", VIDEO_FILE)
    app.there.clock.pass_by(601)
    await send(app, "", AUDIO_FILE)

    assert [names(job) for job in await app.orders()] == [(None, "voice.mp3"), ("clip.mp4", None)]


async def test_speech_goes_to_the_newest_video_that_lacks_it_and_what_is_whole_takes_no_more(
    app: Front,
) -> None:
    await send(app, "", VIDEO_FILE)
    app.there.clock.pass_by(1)
    await send(app, "", OTHER_VIDEO)
    app.there.clock.pass_by(1)
    await send(app, "", AUDIO_FILE)
    assert [names(job) for job in await app.orders()] == [("second.mp4", "voice.mp3"), ("clip.mp4", None)]

    await send(app, 'say "Hello"')
    await send(app, "", OTHER_AUDIO)
    assert {names(job) for job in await app.orders()} == {
        ("second.mp4", "voice.mp3"),
        ("clip.mp4", "Hello"),
        (None, "other.mp3"),
    }


async def test_clips_that_are_dropped_together_become_one_order(app: Front) -> None:
    clips = [{**VIDEO_FILE, "id": f"F1{number}", "name": f"clip{number}.mp4"} for number in range(10)]
    await send(app, "", *clips, AUDIO_FILE)

    (order,) = await app.orders()
    draft = Draft.model_validate_json(order.draft)
    assert [getattr(video, "name", None) for video in draft.videos] == [clip["name"] for clip in clips]
    assert (order.status, names(order)) == (OrderStatus.PREPARING, ("clip0.mp4", "voice.mp3"))


async def test_what_is_answered_under_a_card_with_several_clips_is_said_by_all(app: Front) -> None:
    sent = await send(app, "", VIDEO_FILE, OTHER_VIDEO)
    (asking,) = await app.orders()
    assert asking.status is OrderStatus.DRAFT

    await send(app, "Hello everybody", thread_ts=sent["ts"])

    (order,) = await app.orders()
    assert (order.id, order.status) == (asking.id, OrderStatus.PREPARING)
    draft = Draft.model_validate_json(order.draft)
    assert [take.label for take in plan(draft)] == ["clip.mp4", "second.mp4"]
    assert [getattr(take.draft.speech, "text", None) for take in plan(draft)] == ["Hello everybody"] * 2


async def test_each_line_that_says_something_makes_a_video_of_each_clip(app: Front) -> None:
    await send(app, 'say "Hello"\nsay "Good bye" voice Adam', VIDEO_FILE, OTHER_VIDEO)

    (order,) = await app.orders()
    draft = Draft.model_validate_json(order.draft)
    assert [take.label for take in plan(draft)] == [
        "clip.mp4 · “Hello”",
        "clip.mp4 · “Good bye”",
        "second.mp4 · “Hello”",
        "second.mp4 · “Good bye”",
    ]


async def test_lines_wait_for_their_clip(app: Front) -> None:
    await send(app, "say Hello\nsay Good bye")
    app.there.clock.pass_by(1)
    await send(app, "", VIDEO_FILE)

    (order,) = await app.orders()
    assert order.status is OrderStatus.PREPARING
    assert [take.label for take in plan(Draft.model_validate_json(order.draft))] == ["“Hello”", "“Good bye”"]
    assert answers(app.there)[-1].startswith("clip.mp4 will say “Hello” and 1 more script.")


async def test_several_audios_beside_several_clips_are_asked_about_once(app: Front) -> None:
    sent = await send(app, "", VIDEO_FILE, OTHER_VIDEO, AUDIO_FILE, OTHER_AUDIO)
    (asking,) = await app.orders()
    await send(app, "2", thread_ts=sent["ts"])

    (order,) = await app.orders()
    draft = Draft.model_validate_json(order.draft)
    assert (order.id, names(order)) == (asking.id, ("clip.mp4", "other.mp3"))
    assert len(plan(draft)) == 2


async def test_a_message_that_is_delivered_again_completes_nothing_twice(app: Front) -> None:
    for video in (VIDEO_FILE, OTHER_VIDEO):
        await send(app, "", video)
        app.there.clock.pass_by(1)
    audio = event(app, "", AUDIO_FILE)
    for _ in range(3):
        await app.event(audio)
    await app.settled()

    assert [names(job) for job in await app.orders()] == [("second.mp4", "voice.mp3"), ("clip.mp4", None)]
    assert len(answers(app.there)) == 1


async def test_a_message_that_comes_again_with_less_told_is_not_taken_anew(app: Front) -> None:
    for video in (VIDEO_FILE, OTHER_VIDEO):
        await send(app, "", video)
        app.there.clock.pass_by(1)
    audio = event(app, "", AUDIO_FILE)
    await app.event(audio)
    await app.event({**audio, "files": [{"id": AUDIO_FILE["id"]}]})
    await app.settled()

    assert [names(job) for job in await app.orders()] == [("second.mp4", "voice.mp3"), ("clip.mp4", None)]


async def test_messages_that_come_at_once_find_each_other(app: Front) -> None:
    await asyncio.gather(
        app.event(event(app, "", VIDEO_FILE)),
        app.event(event(app, "", AUDIO_FILE)),
    )

    [job] = await app.orders()
    assert names(job) == ("clip.mp4", "voice.mp3")


async def test_what_belongs_together_survives_a_restart(app: Front) -> None:
    """Nothing of it is in memory: another app over the same rows takes the second message."""
    from tests.integration.handlers.front import front  # noqa: PLC0415 - a second one in this test alone

    await send(app, "", AUDIO_FILE)
    async with front(app.there) as another:
        await send(another, "", VIDEO_FILE)

    [job] = await app.orders()
    assert names(job) == ("clip.mp4", "voice.mp3")


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "spoken"),
    [
        ("Good morning everybody", "Good morning everybody"),
        ('say "Hello"', "Hello"),
        ("Tom &amp; Ann are *here*", "Tom & Ann are here"),
        ("thanks!", "thanks!"),
    ],
)
async def test_words_beside_a_video_are_what_it_says(app: Front, words: str, spoken: str) -> None:
    await send(app, words, VIDEO_FILE)

    [job] = await app.orders()
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", spoken)


@pytest.mark.parametrize("words", ["please", "Here you go :slightly_smiling_face:"])
async def test_a_courtesy_beside_a_video_is_not_what_it_says(app: Front, words: str) -> None:
    await send(app, words, VIDEO_FILE)

    [job] = await app.orders()
    assert (job.status, *names(job)) == (OrderStatus.DRAFT, "clip.mp4", None)


async def test_words_that_cannot_be_said_are_told_with_some_that_can(app: Front) -> None:
    await send(app, 'say "Hello', VIDEO_FILE)

    [told] = answers(app.there)
    assert "not closed" in told
    assert 'For example: `say "Hello everybody"' in told
    assert "/lipsync" not in told
    [job] = await app.orders()
    assert names(job) == ("clip.mp4", None)


@pytest.mark.parametrize("words", ["Just these words.", 'say "Just these words."', "hi"])
async def test_the_answer_in_the_thread_of_a_card_completes_it_however_late(app: Front, words: str) -> None:
    asked = await send(app, "", VIDEO_FILE)
    app.there.clock.pass_by(3_600)
    await send(app, words, thread_ts=asked["ts"])

    [job] = await app.orders()
    assert job.status is OrderStatus.PREPARING
    assert str(names(job)[1]) in words


@pytest.mark.parametrize("file", [AUDIO_FILE, TEXT_FILE])
async def test_a_file_in_the_thread_of_a_card_completes_it(app: Front, file: Json) -> None:
    asked = await send(app, "", VIDEO_FILE)
    await send(app, "", file, thread_ts=asked["ts"])

    [job] = await app.orders()
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", file["name"])
    assert answers(app.there) == []


@pytest.mark.parametrize("begins_with", ["video", "audio"])
async def test_a_link_in_the_thread_is_what_its_card_asks_for(app: Front, begins_with: str) -> None:
    asked = await send(app, "", VIDEO_FILE if begins_with == "video" else AUDIO_FILE)
    await send(app, "<https://example.com/some/file>", thread_ts=asked["ts"])

    [job] = await app.orders()
    assert job.status is OrderStatus.PREPARING
    link = draft(job).speech if begins_with == "video" else draft(job).video
    assert link == Link(url="https://example.com/some/file")


async def test_a_link_to_audio_waits_for_its_video(app: Front) -> None:
    await send(app, "<https://example.com/voice.mp3>")
    await send(app, "", VIDEO_FILE)

    [job] = await app.orders()
    assert job.status is OrderStatus.PREPARING
    assert draft(job).speech == Link(url="https://example.com/voice.mp3")


async def test_a_link_among_the_choices_keeps_its_address(app: Front) -> None:
    await send(app, "https://example.com/s3cret/voice.mp3", VIDEO_FILE, AUDIO_FILE)
    [job] = await app.orders()
    assert "s3cret" not in job.draft
    await app.interaction(block_action("pick", f"{job.id}:1"))

    assert draft(await app.there.now(job)).speech == Link(url="https://example.com/s3cret/voice.mp3")


async def test_words_to_say_wait_for_their_video(app: Front) -> None:
    await send(app, 'say "Hello"')
    [asking] = await app.orders()
    assert (asking.status, (await app.there.card(asking)).revision) == (OrderStatus.DRAFT, 1)
    await send(app, "", VIDEO_FILE)

    [job] = await app.orders()
    assert names(job) == ("clip.mp4", "Hello")


async def test_a_finished_thread_takes_new_words_for_a_new_version(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=app.there.box.dm(), text="root")
    done = await app.there.done_order(
        JobStatus.DELIVERED,
        draft=Draft(video=SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1_000)),
        channel_id=app.there.box.dm(),
        thread_ts=root["ts"],
        card_revision=3,
    )
    await send(app, "What a nice day it is", thread_ts=done.thread_ts)
    told = answers(app.there)[-1]
    assert "The card here does not ask for words" in told

    await send(app, 'say "Once more"', thread_ts=done.thread_ts)
    new, _ = await app.orders()
    assert (new.status, *names(new)) == (OrderStatus.PREPARING, "clip.mp4", "Once more")
    assert new.thread_ts == done.thread_ts


async def test_words_are_no_answer_to_the_question_for_a_video(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=app.there.box.dm(), text="root")
    asking = await app.there.order(
        OrderStatus.DRAFT,
        draft=Draft(speech=SlackFile(file_id="F2", name="voice.mp3", mimetype="audio/mpeg", size=1_000)),
        channel_id=app.there.box.dm(),
        thread_ts=root["ts"],
        card_revision=1,
    )
    await send(app, "thanks!", thread_ts=root["ts"])
    await send(app, "it comes in a minute", thread_ts=root["ts"])

    assert "You are welcome" in answers(app.there)[-2]
    assert "does not ask for words" in answers(app.there)[-1]
    assert (await app.there.now(asking)).draft == asking.draft


async def test_somebody_elses_card_in_a_thread_is_left_alone(app: Front) -> None:
    """In a direct message there is nobody else; whose message it is decides all the same."""
    other = await app.there.order(
        OrderStatus.DRAFT,
        draft=Draft(video=SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1_000)),
        user_id="UOTHER",
        channel_id=app.there.box.dm(),
        thread_ts="1790000000.000001",
        card_revision=1,
    )
    await send(app, 'say "Mine"', thread_ts=other.thread_ts)

    assert (await app.there.now(other)).draft == other.draft
    [mine] = await app.orders()
    assert names(mine) == ("clip.mp4", "Mine")


# --- more than one thing to say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "files", "offered"),
    [
        ("", [VIDEO_FILE, AUDIO_FILE, OTHER_AUDIO], ["voice.mp3", "other.mp3"]),
        ('say "Hello"', [VIDEO_FILE, AUDIO_FILE], ["voice.mp3", "Hello"]),
        ("Take it away", [AUDIO_FILE], ["voice.mp3", "Take it away"]),
        ("", [VIDEO_FILE, AUDIO_FILE, TEXT_FILE], ["voice.mp3", "script.txt"]),
    ],
)
async def test_what_more_is_sent_than_a_video_can_say_is_asked_about(
    app: Front, words: str, files: list[Json], offered: list[str]
) -> None:
    await send(app, words, *files)

    [job] = await app.orders()
    assert (job.status, draft(job).speech) == (OrderStatus.DRAFT, None)
    assert [getattr(choice, "name", None) or choice.text for choice in draft(job).choices] == offered  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", ["other.mp3", "Other", "2", "press"])
async def test_the_choice_is_made_by_a_press_or_by_its_name_or_number(app: Front, answer: str) -> None:
    asked = await send(app, "", VIDEO_FILE, AUDIO_FILE, OTHER_AUDIO)
    [job] = await app.orders()
    if answer == "press":
        await app.interaction(block_action("pick", f"{job.id}:1"))
    else:
        await send(app, answer, thread_ts=asked["ts"])

    [job] = await app.orders()
    assert (job.status, *names(job)) == (OrderStatus.PREPARING, "clip.mp4", "other.mp3")
    assert draft(job).choices == ()


@pytest.mark.parametrize("value", [":7", ":x", "", ":-1", ":²", f":{'9' * 5_000}"])
async def test_a_press_that_names_no_choice_changes_nothing(app: Front, value: str) -> None:
    await send(app, "", VIDEO_FILE, AUDIO_FILE, OTHER_AUDIO)
    [job] = await app.orders()
    answer = await app.interaction(block_action("pick", f"{job.id}{value}"))

    assert answer.status_code == 200
    assert (await app.there.now(job)).draft == job.draft


async def test_audio_and_a_video_with_words_leave_the_choice(app: Front) -> None:
    await send(app, "", AUDIO_FILE)
    await send(app, "this is the clip from yesterday", VIDEO_FILE)

    [job] = await app.orders()
    assert (job.status, draft(job).video is not None) == (OrderStatus.DRAFT, True)
    assert [type(choice) for choice in draft(job).choices] == [SlackFile, Script]


# --- files that Slack has not told all of -----------------------------------------------------


@pytest.mark.parametrize(
    "stub",
    [
        {"id": "F2"},
        {"id": "F2", "name": "clip.mp4"},
        {"id": "F2", "name": "clip.mp4", "mimetype": "video/mp4"},
        {"id": "F2", "name": "Video from iOS", "mimetype": "", "filetype": ""},
        {"id": "F2", "mode": "file_access", "file_access": "check_file_info", "created": 0},
    ],
)
async def test_a_message_whose_files_are_not_told_yet_is_kept_whole_and_looked_at(
    app: Front, stub: Json
) -> None:
    await send(app, 'say "Hello"', {**stub, "id": "F9"}, AUDIO_FILE)

    [job] = await app.orders()
    assert (job.status, (await app.there.card(job)).revision) == (OrderStatus.PREPARING, 0)
    assert draft(job).arriving == Arriving(file_ids=("F9", "F2"))
    assert answers(app.there) == []


async def test_a_file_of_a_forwarded_message_is_found(app: Front) -> None:
    shared = {"is_share": True, "files": [VIDEO_FILE], "text": "Look at this"}
    await send(app, 'say "Hello"', attachments=[shared])

    [job] = await app.orders()
    assert names(job) == ("clip.mp4", "Hello")


# --- talk -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("help", "I make a video say something else"),
        ("what can you do?", "I make a video say something else"),
        ("thanks!", "You are welcome"),
        ("Hi :wave:", "Hello! Send me a video"),
        ("make me a sandwich", "Send me a video here"),
        ("make &lt;3 of https://example.com/a.mp4", "A line begins with a link to the video"),
    ],
)
async def test_talk_gets_an_answer_that_fits_once(app: Front, words: str, answer: str) -> None:
    said = event(app, words)
    for _ in range(3):
        assert (await app.event(said)).status_code == 200
    await app.settled()

    [told] = answers(app.there)
    assert answer in told
    assert await app.orders() == []


async def test_thanks_are_no_script_for_the_video_that_waits(app: Front) -> None:
    await send(app, "", VIDEO_FILE)
    await send(app, "thanks!")

    [job] = await app.orders()
    assert job.status is OrderStatus.DRAFT


async def test_answers_stand_in_the_thread_that_was_written_in(app: Front) -> None:
    root = await app.there.box.api.chat_postMessage(channel=app.there.box.dm(), text="root")
    await send(app, "help", thread_ts=root["ts"])

    told = app.there.messages(app.there.box.dm())[-1]
    assert told.thread_ts == root["ts"]


@pytest.mark.parametrize(
    "told", [VIDEO_FILE, {"id": "F1"}], ids=["a file", "a file of which nothing is told"]
)
async def test_one_more_than_a_person_may_have_open_is_not_taken_and_they_are_told(
    app: Front, told: Json
) -> None:
    for _ in range(MOST_OPEN):
        await app.there.job(JobStatus.PROCESSING, card_revision=1)

    await send(app, 'say "Hello"', told)

    assert len(await app.orders()) == MOST_OPEN
    [answer] = answers(app.there)
    assert f"One person can have {MOST_OPEN} videos open" in answer


async def test_words_in_a_thread_that_no_row_knows_have_its_root_looked_at(app: Front) -> None:
    await send(app, 'say "Hello"', thread_ts="1790000000.000001")

    [job] = await app.orders()
    assert job.status is OrderStatus.PREPARING
    root = draft(job).arriving
    assert root is not None
    assert (root.root_ts, root.written_in) == ("1790000000.000001", "1790000000.000001")


async def test_somebody_of_another_organisation_is_told_who_may_ask(app: Front) -> None:
    event = message_event('say "Hello"', channel=app.there.box.dm(), files=[VIDEO_FILE], user_team="T_OTHER")

    await app.event(event, is_ext_shared_channel=True)
    await app.settled()

    assert await app.orders() == []
    refusal = ruled_out(ENGLISH, RuledOut(Rule.OUTSIDERS)).text
    assert [message.text for message in app.there.messages(app.there.box.dm())] == [refusal]
