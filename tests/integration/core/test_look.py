"""Look: files that Slack had not told of are asked for, put where they belong, and never lost on the way."""

from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Arriving, Draft, Script, SlackFile
from bot.steps.look import LOOK_AGAIN_S
from bot.steps.prepare import Prepare
from storage.orders import Conversation, Order, OrderStatus
from tests.integration.core.test_prepare import prepare, prepared, sink
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import ADA, NORTH

__all__ = ["prepare", "sink"]

HELLO = Script(text="Hello", voice_id="v-1")
MP4, MP3 = b"\0\0\0\x18ftypisom" + b"v" * 2_000, b"ID3\4" + b"a" * 2_000


async def sent(there: World, *files: tuple[str, str, bytes], thread_ts: str | None = None) -> list[str]:
    """Files of Ada's in her direct message, by their ids."""
    uploaded = [await there.box.upload(data, name, mimetype) for name, mimetype, data in files]
    ids = [str(file["id"]) for file in uploaded]
    body: dict[str, Any] = {"channel": there.box.dm(), "text": "", "file_ids": ids, "thread_ts": thread_ts}
    (await there.box.as_ada("/ui/message", **body)).raise_for_status()
    return ids


async def arriving(there: World, ids: list[str], *, said: Draft | None = None, **parts: Any) -> Order:
    draft = (said or Draft()).model_copy(update={"arriving": Arriving(file_ids=tuple(ids), **parts)})
    ts = there.messages(there.box.dm())[-1].ts
    return await there.order(
        OrderStatus.PREPARING,
        draft=draft,
        prepared="{}",
        channel_id=there.box.dm(),
        thread_ts=ts,
        conversation=Conversation.DIRECT_MESSAGE,
        request_key=f"message:{there.box.dm()}:{ts}:0",
    )


def draft(job: Order) -> Draft:
    return Draft.model_validate_json(job.draft)


async def test_what_was_not_told_is_asked_for_and_priced(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4), ("voice.mp3", "audio/mpeg", MP3))

    job = await there.run(prepare, await arriving(there, ids))

    assert job.status is OrderStatus.OFFERED
    assert (await there.card(job)).revision > 0
    found = draft(job)
    assert isinstance(found.video, SlackFile)
    assert isinstance(found.speech, SlackFile)
    assert (found.video.name, found.speech.name, found.arriving) == ("clip.mp4", "voice.mp3", None)
    assert found.video.size == len(MP4)


async def test_a_video_alone_is_asked_what_it_should_say(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4))

    job = await there.run(prepare, await arriving(there, ids))

    assert (job.status, (await there.card(job)).revision) == (OrderStatus.DRAFT, 1)
    assert job.due_at == there.clock()  # its bytes are looked at next


async def test_slack_is_asked_twice_where_it_is_still_at_it(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4))
    await there.box.page.post("/ui/faults", json={"name": "file_untold", "params": {"times": 1}})

    job = await there.run(prepare, await arriving(there, ids, said=Draft(speech=HELLO)))
    assert (job.status, there.wait_s(job), job.attempts) == (OrderStatus.PREPARING, LOOK_AGAIN_S, 0)
    job = await there.run(prepare, job)

    assert job.status is OrderStatus.OFFERED
    assert len(there.calls("files.info")) == 4  # two looks, one whether Ada may use it, and one for the relay


async def test_what_slack_never_tells_fails_with_its_reason(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4))
    await there.box.page.post("/ui/faults", json={"name": "file_untold", "params": {"times": 0}})

    job = await there.run(prepare, await arriving(there, ids))
    job = await there.run(prepare, job)

    assert job.status is OrderStatus.FAILED
    assert str(job.failure_code).startswith("slack_file_")


@pytest.mark.parametrize("known", ["nobody's file", "deleted"])
async def test_a_file_that_cannot_be_had_is_told_at_once(there: World, prepare: Prepare, known: str) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4))
    if known == "deleted":
        await there.box.as_ada("/ui/file/delete", file=ids[0])
    else:
        ids = ["FNOBODYS"]

    job = await there.run(prepare, await arriving(there, ids))

    assert job.status is OrderStatus.FAILED
    assert job.failure_code == ("slack_file_deleted" if known == "deleted" else "slack_file_not_visible")


async def test_the_videos_of_the_message_come_into_one_order_once(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("one.mp4", "video/mp4", MP4), ("two.mp4", "video/mp4", MP4))
    job = await arriving(there, ids, said=Draft(speech=HELLO))
    [claimed] = await there.claim(job)

    await prepare([claimed])
    await prepare([claimed])  # as a holder would that had stood still

    (order,) = await there.orders_of(Asker(None, NORTH.id, ADA))
    assert [getattr(video, "name", None) for video in draft(order).videos] == ["one.mp4", "two.mp4"]


async def test_audio_that_came_late_is_said_by_all_videos_that_wait(there: World, prepare: Prepare) -> None:
    clips = [
        SlackFile(file_id=f"F{number}", name=f"{number}.mp4", mimetype="video/mp4", size=9)
        for number in range(3)
    ]
    asking = await there.order(
        OrderStatus.DRAFT,
        draft=Draft(video=clips[0], more_videos=tuple(clips[1:])),
        channel_id=there.box.dm(),
        thread_ts="1790000000.000001",
        card_revision=1,
    )

    ids = await sent(there, ("voice.mp3", "audio/mpeg", MP3))
    await there.run(prepare, await arriving(there, ids))

    host = await there.now(asking)
    assert host.status is OrderStatus.PREPARING
    assert draft(host).videos == tuple(clips)
    assert getattr(draft(host).speech, "name", None) == "voice.mp3"
    told = there.messages(there.box.dm())[-1].text
    assert told.startswith("0.mp4 and 2 more videos will say voice.mp3.")


async def test_audio_that_came_late_goes_to_the_video_that_waits(there: World, prepare: Prepare) -> None:
    ids = await sent(there, ("voice.mp3", "audio/mpeg", MP3))
    asking = await there.order(
        OrderStatus.DRAFT,
        draft=Draft(video=SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=9)),
        channel_id=there.box.dm(),
        thread_ts="1790000000.000001",
        card_revision=1,
    )

    own = await there.run(prepare, await arriving(there, ids))

    assert (own.status, own.failure_code, (await there.card(own)).revision) == (
        OrderStatus.CANCELLED,
        "joined",
        0,
    )
    host = await there.now(asking)
    assert host.status is OrderStatus.PREPARING
    assert getattr(draft(host).speech, "name", None) == "voice.mp3"


async def test_words_in_a_thread_that_no_row_knows_find_the_video_of_its_root(
    there: World, prepare: Prepare
) -> None:
    await sent(there, ("clip.mp4", "video/mp4", MP4))
    root = there.messages(there.box.dm())[-1].ts
    said = Draft(speech=HELLO)

    job = await there.run(prepare, await arriving(there, [], said=said, root_ts=root, written_in=root))

    assert job.status is OrderStatus.OFFERED
    assert prepared(job).video is not None
    assert len(there.calls("conversations.replies")) == 1


async def test_a_root_is_read_once_however_often_its_files_have_to_be_asked_for(
    there: World, prepare: Prepare
) -> None:
    await sent(there, ("clip.mp4", "video/mp4", MP4))
    root = there.messages(there.box.dm())[-1].ts
    there.slack.faults.set("server_error", {"method": "files.info", "times": 2})
    job = await arriving(there, [], said=Draft(speech=HELLO), root_ts=root, written_in=root)

    for _ in range(3):
        job = await there.run(prepare, job)

    assert job.status is OrderStatus.OFFERED
    assert len(there.calls("conversations.replies")) == 1


async def test_a_thread_without_a_video_leaves_the_question(there: World, prepare: Prepare) -> None:
    posted = await there.box.api.chat_postMessage(channel=there.box.dm(), text="Hello!")
    root = posted["ts"]

    job = await there.run(
        prepare, await arriving(there, [], said=Draft(speech=HELLO), root_ts=root, written_in=root)
    )

    assert (job.status, draft(job).video, draft(job).speech) == (OrderStatus.DRAFT, None, HELLO)


# --- a text file as a script ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("Grüße an alle!".encode(), None),
        (b"\xff\xfe" + "Hello".encode("utf-16-le"), None),
        (b"\x80\x81 no text", "script_unreadable"),
        (b" \n ", "script_empty"),
        (b"x" * 5_001, "script_too_long"),
    ],
)
async def test_a_text_file_is_the_script(
    there: World, prepare: Prepare, content: bytes, code: str | None
) -> None:
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4), ("script.txt", "text/plain", content))

    job = await there.run(prepare, await arriving(there, ids))

    assert job.failure_code == code
    if code is None:
        assert job.status is OrderStatus.OFFERED
        assert isinstance(draft(job).speech, Script)
        assert draft(job).speech.text in {"Grüße an alle!", "Hello"}  # type: ignore[union-attr]


async def test_a_text_file_that_comes_without_its_length_is_read_with_the_size_that_slack_told(
    there: World, prepare: Prepare
) -> None:
    there.slack.faults.set("file_length_untold")
    ids = await sent(there, ("clip.mp4", "video/mp4", MP4), ("script.txt", "text/plain", b"Hello"))

    job = await there.run(prepare, await arriving(there, ids))

    assert job.status is OrderStatus.OFFERED
    assert isinstance(draft(job).speech, Script)
