"""Drafts: the files of an unfinished ask are looked at while it still asks, trouble or not."""

from typing import Any

import pytest

from bot.asking.drafts import DRAFT_LIFE_S, Draft, Script, SlackFile
from bot.asking.joining import put_into
from bot.messages.ids import Action
from bot.steps.drafts import Drafts
from storage.inputs import InputKind
from storage.orders import Conversation, Order, OrderStatus
from tests.integration.core.bringing import claim_inputs, inputs_of
from tests.integration.core.world import CIPHER, LINKS, World
from tests.unit.messages.builders import a_card

MP4 = b"\0\0\0\x18ftypisom" + b"v" * 2_000
PDF, PAGE = b"%PDF-1.7\n" + b"x" * 200, b"<!doctype html><html><p>Hello"


@pytest.fixture
def drafts(there: World) -> Drafts:
    return Drafts(there.tools)


async def dropped(
    there: World, data: bytes, name: str, mimetype: str, *, as_speech: bool = False, **columns: Any
) -> Order:
    """A file of Ada's in her direct message, and the draft whose card asks for the rest."""
    raw = await there.box.upload(data, name, mimetype)
    await there.box.as_ada("/ui/message", channel=there.box.dm(), text="", file_ids=[raw["id"]])
    file = SlackFile(file_id=raw["id"], name=name, mimetype=mimetype, size=len(data))
    draft = Draft(speech=file) if as_speech else Draft(video=file)
    return await there.order(OrderStatus.DRAFT, draft=draft, prepared="{}", **{"card_revision": 1} | columns)


@pytest.mark.parametrize(
    ("data", "name", "code", "words", "button"),
    [
        (PDF, "fake.mp4", "slack_file_wrong_type", "not a kind of file", "Choose another video"),
        (PAGE, "fake.mp4", "media_web_page", "is a web page", "Choose another video"),
        (
            b"ID3\4" + b"a" * 200,
            "a.mp4",
            "slack_file_no_pictures",
            "no pictures",
            "Choose another",
        ),
        (PAGE, "fake.mp3", "media_web_page", "is a web page", "Choose what it says"),
        (PDF, "fake.mp3", "slack_file_wrong_type", "not a kind of", "Choose what it says"),
    ],
)
async def test_what_is_not_what_it_is_called_is_refused_before_anything_else(
    there: World, drafts: Drafts, data: bytes, name: str, code: str, words: str, button: str
) -> None:
    mimetype = {"mp4": "video/mp4", "mp3": "audio/mpeg"}[name[-3:]]
    asking = await dropped(there, data, name, mimetype, as_speech=mimetype.startswith("audio/"))

    job = await there.run(drafts, asking)

    assert (job.status, job.failure_code, (await there.card(job)).revision) == (OrderStatus.FAILED, code, 2)
    shown = a_card(await there.state(job))
    assert name in shown.text
    assert words in shown.text
    assert "Nothing was charged" in shown.text
    [only] = [one for one in shown.blocks[-1]["elements"] if one["type"] == "button"]
    assert only["action_id"] == Action.ANOTHER
    assert only["text"]["text"].startswith(button)


@pytest.mark.parametrize("fault", ["nothing", "file_html", "file_gone", "file_length_untold"])
async def test_what_can_be_used_or_cannot_be_read_now_goes_on_asking(
    there: World, drafts: Drafts, fault: str
) -> None:
    asking = await dropped(there, MP4, "clip.mp4", "video/mp4")
    if fault != "nothing":
        there.slack.faults.set(fault)

    job = await there.run(drafts, asking)

    assert (job.status, (await there.card(job)).revision, job.attempts) == (OrderStatus.DRAFT, 1, 0)
    assert job.due_at == job.created_at + DRAFT_LIFE_S


async def test_slack_in_trouble_says_nothing_against_the_file(there: World, drafts: Drafts) -> None:
    asking = await dropped(there, PDF, "fake.mp4", "video/mp4")
    there.slack.faults.set("api_error", {"method": "files.info", "error": "internal_error"})

    job = await there.run(drafts, asking)

    assert (job.status, job.due_at) == (OrderStatus.DRAFT, job.created_at + DRAFT_LIFE_S)


async def test_an_answer_that_comes_during_the_look_wins(there: World, drafts: Drafts) -> None:
    asking = await dropped(there, PDF, "fake.mp4", "video/mp4")
    held = await there.claim(asking)
    answered = Draft.model_validate_json(asking.draft).model_copy(
        update={"speech": Script(text="Hello", voice_id=None)}
    )
    async with there.db.write() as conn:
        await put_into(conn, asking, answered, CIPHER, now=there.clock())

    await drafts(held)

    assert (await there.now(asking)).status is OrderStatus.PREPARING


async def test_links_and_words_are_not_looked_at(there: World, drafts: Drafts) -> None:
    job = await there.run(drafts, await there.order(OrderStatus.DRAFT, draft=LINKS, card_revision=1))

    assert (job.status, job.due_at) == (OrderStatus.DRAFT, job.created_at + DRAFT_LIFE_S)
    assert there.calls("files.info") == []


@pytest.mark.parametrize("revision", [0, 1])
async def test_what_nobody_finished_ends_and_says_so_only_where_it_was_shown(
    there: World, drafts: Drafts, revision: int
) -> None:
    job = await there.order(OrderStatus.DRAFT, card_revision=revision)
    there.clock.pass_by(DRAFT_LIFE_S)

    job = await there.run(drafts, job)

    assert (job.status, (await there.card(job)).revision) == (OrderStatus.EXPIRED, 2 * revision)


async def test_what_is_dropped_into_the_direct_message_is_on_its_way_at_once(
    there: World, drafts: Drafts
) -> None:
    at_home = Conversation.DIRECT_MESSAGE
    order = await dropped(there, MP4, "clip.mp4", "video/mp4", conversation=at_home)

    order = await there.run(drafts, order)

    assert (order.status, order.due_at) == (OrderStatus.DRAFT, order.created_at + DRAFT_LIFE_S)
    (held,) = await claim_inputs(there)
    assert (held.kind, [held.id]) == (InputKind.VIDEO, [each.id for each in await inputs_of(there, order)])


@pytest.mark.parametrize(
    "columns",
    [
        {"conversation": Conversation.CHANNEL},
        {"conversation": Conversation.DIRECT_MESSAGE, "card_revision": 0},
    ],
    ids=["in a channel", "a form that was merely opened"],
)
async def test_elsewhere_it_waits_for_what_it_shall_say(
    there: World, drafts: Drafts, columns: dict[str, Any]
) -> None:
    await there.run(drafts, await dropped(there, MP4, "clip.mp4", "video/mp4", **columns))

    assert await claim_inputs(there) == []


async def test_what_cannot_be_used_is_not_sent(there: World, drafts: Drafts) -> None:
    at_home = Conversation.DIRECT_MESSAGE
    await there.run(drafts, await dropped(there, PDF, "clip.mp4", "video/mp4", conversation=at_home))

    assert await claim_inputs(there) == []
