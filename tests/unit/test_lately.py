"""What a person's latest orders tell of their direct message with the app, and of files that failed."""

from dataclasses import replace
from typing import Any

import pytest

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, SlackFile
from bot.asking.plan import plan
from bot.messages.ids import Action
from bot.use_cases.lately import is_home, spoiled_files, without_spoiled
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import OrderStatus, Part
from tests.unit.messages.builders import SCRIPT, VIDEO, a_card, a_job, a_state

AUDIO = SlackFile(file_id="F2", name="voice.mp3", mimetype="audio/mpeg", size=1_000)
LINK = Link(url="https://example.com/secret/v.mp4")
TAKEN_IN = PreparedInput(asset_id="a")


def failed(code: str, draft: Draft, prepared: Prepared | None = None, **changes: Any) -> OrderState:
    return a_state(
        JobStatus.FAILED,
        draft,
        prepared=(prepared or Prepared()).model_dump_json(),
        failure_code=code,
        **changes,
    )


@pytest.mark.parametrize(
    ("state", "part"),
    [
        (failed("slack_file_empty", Draft(video=VIDEO, speech=AUDIO)), "video"),
        (failed("slack_file_empty", Draft(video=VIDEO, speech=AUDIO), Prepared(video=TAKEN_IN)), "speech"),
        (failed("generation_input_video_invalid", Draft(video=VIDEO, speech=SCRIPT)), "video"),
        (failed("generation_input_audio_invalid", Draft(video=VIDEO, speech=AUDIO)), "speech"),
    ],
)
def test_an_input_that_cannot_be_used_leaves_form_and_menus(state: OrderState, part: str) -> None:
    draft = Draft.model_validate_json(state.order.draft)
    spoiled = getattr(draft, part)

    assert without_spoiled(state, draft, None) == draft.model_copy(update={part: None})
    assert spoiled_files([state]) == {spoiled.file_id}


def test_of_several_each_that_failed_loses_its_own_file_alone() -> None:
    second = VIDEO.model_copy(update={"file_id": "F9", "name": "second.mp4"})
    draft = Draft(video=VIDEO, more_videos=(second,), speech=AUDIO)
    first = failed(
        "generation_failed", draft, Prepared(video=TAKEN_IN, audio=TAKEN_IN, more_videos=(TAKEN_IN,))
    )
    broken = a_job(JobStatus.FAILED, position=1, failure_code="generation_input_video_invalid")
    order = replace(first.order, parts=first.order.parts * 2)
    state = OrderState(order, first.card, (*first.jobs, broken))
    takes = [take.draft for take in plan(draft)]

    assert spoiled_files([state]) == {"F9"}
    assert without_spoiled(state, draft, None) == draft
    assert without_spoiled(state, takes[0], 0) == takes[0]
    assert without_spoiled(state, takes[1], 1) == takes[1].model_copy(update={"video": None})


def test_a_part_that_could_not_be_prepared_loses_its_file() -> None:
    second = VIDEO.model_copy(update={"file_id": "F9", "name": "second.mp4"})
    draft = Draft(video=VIDEO, more_videos=(second,), speech=AUDIO)
    broken = PreparedInput(problem="slack_file_empty")
    whole = Prepared(video=TAKEN_IN, audio=TAKEN_IN, more_videos=(broken,))
    offered = a_state(OrderStatus.OFFERED, draft, prepared=whole.model_dump_json())
    part = Part(label="second.mp4", usd=None, length_s=None, problem="slack_file_empty")
    state = replace(offered, order=replace(offered.order, parts=(*offered.order.parts, part)))

    assert spoiled_files([state]) == {"F9"}
    alone = plan(draft)[1].draft
    assert without_spoiled(state, alone, 1) == alone.model_copy(update={"video": None})


@pytest.mark.parametrize("code", ["slack_file_html", "media_source_cut", "generation_failed", None])
def test_what_may_do_better_another_time_stays(code: str | None) -> None:
    draft = Draft(video=VIDEO, speech=AUDIO)
    state = failed(code or "", draft)
    assert without_spoiled(state, draft, None) == draft
    assert spoiled_files([state]) == frozenset()


def test_a_job_that_did_not_fail_spoils_nothing() -> None:
    state = a_state(JobStatus.DELIVERED, Draft(video=VIDEO))
    assert spoiled_files([state]) == frozenset()


def words_of(state: OrderState) -> str:
    return a_card(state).text


def buttons_of(state: OrderState) -> list[tuple[str, str]]:
    message = a_card(state)
    return [
        (element["text"]["text"], element["action_id"])
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_a_corrupt_file_is_named_and_offers_another_file_not_another_try() -> None:
    state = failed("generation_input_video_invalid", Draft(video=VIDEO, speech=SCRIPT))

    assert "clip.mp4: sync.so cannot read this video" in words_of(state)
    assert "link" not in words_of(state)
    assert buttons_of(state) == [("Choose another video", Action.ANOTHER)]


def test_a_link_that_cannot_be_used_stays_in_the_form_to_be_mended() -> None:
    draft = Draft(video=LINK, speech=SCRIPT)
    assert without_spoiled(failed("generation_input_video_invalid", draft), draft, None) == draft


def test_a_link_to_something_else_is_told_about_links_and_shows_no_path() -> None:
    state = failed("generation_input_video_invalid", Draft(video=LINK, speech=SCRIPT))

    assert "v.mp4: sync.so cannot read this video" in words_of(state)
    assert "A link has to lead to the file itself" in words_of(state)
    assert "secret" not in words_of(state)


def test_audio_that_cannot_be_used_is_named_as_what_it_is() -> None:
    state = failed("slack_file_wrong_audio", Draft(video=VIDEO, speech=AUDIO), Prepared(video=TAKEN_IN))

    assert "voice.mp3: This is a kind of audio that sync.so does not take" in words_of(state)
    assert buttons_of(state) == [("Choose what it says", Action.ANOTHER)]


@pytest.mark.parametrize(
    ("place", "advice"),
    [
        ({"channel_id": "C1"}, "send it to me in our direct message"),
        ({"card_channel": "D1"}, "send it here"),
        ({"channel_id": "D1", "card_channel": None}, "send it here"),
        ({"channel_id": "C1", "card_moved": True}, "send it here"),
    ],
)
def test_nobody_is_sent_where_they_are(place: dict[str, Any], advice: str) -> None:
    state = failed("slack_file_not_visible", Draft(video=VIDEO, speech=SCRIPT), **place)
    assert advice in words_of(state)


@pytest.mark.parametrize(
    ("channel_id", "lately", "at_home"),
    [
        ("C1", [], False),
        ("D1", [], False),
        ("D1", [{"card_channel": "D1"}], True),
        ("D1", [{"request_key": "message:D1:1.2:F1"}], True),
        ("D2", [{"card_channel": "D1"}, {"request_key": "message:D1:1.2:F1"}], False),
        ("C1", [{"card_channel": "C1"}], False),
    ],
)
def test_the_apps_direct_message_is_known_by_what_was_there_before(
    channel_id: str, lately: list[dict[str, Any]], *, at_home: bool
) -> None:
    state = a_state(OrderStatus.DRAFT, channel_id=channel_id, card_channel=None)
    assert is_home(state, [a_state(JobStatus.DELIVERED, **one) for one in lately]) is at_home
