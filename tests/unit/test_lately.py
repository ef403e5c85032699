"""What a person's latest jobs tell of their direct message with the app, and of files that failed."""

from typing import Any

import pytest

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, SlackFile
from bot.lately import is_home, spoiled_files, without_spoiled
from bot.messages.ids import Action
from storage.jobs import Job, JobStatus
from tests.unit.messages.builders import SCRIPT, VIDEO, a_card, a_job

AUDIO = SlackFile(file_id="F2", name="voice.mp3", mimetype="audio/mpeg", size=1_000)
LINK = Link(url="https://example.com/secret/v.mp4")
TAKEN_IN = PreparedInput(asset_id="a")


def failed(code: str, draft: Draft, prepared: Prepared | None = None, **changes: Any) -> Job:
    return a_job(
        JobStatus.FAILED,
        draft,
        prepared=(prepared or Prepared()).model_dump_json(),
        failure_code=code,
        **changes,
    )


@pytest.mark.parametrize(
    ("job", "part"),
    [
        (failed("slack_file_empty", Draft(video=VIDEO, speech=AUDIO)), "video"),
        (failed("slack_file_empty", Draft(video=VIDEO, speech=AUDIO), Prepared(video=TAKEN_IN)), "speech"),
        (failed("generation_input_video_invalid", Draft(video=VIDEO, speech=SCRIPT)), "video"),
        (failed("generation_input_audio_invalid", Draft(video=VIDEO, speech=AUDIO)), "speech"),
    ],
)
def test_an_input_that_cannot_be_used_leaves_form_and_menus(job: Job, part: str) -> None:
    draft = Draft.model_validate_json(job.draft)
    spoiled = getattr(draft, part)

    assert without_spoiled(job, draft) == draft.model_copy(update={part: None})
    assert spoiled_files([job]) == {spoiled.file_id}


@pytest.mark.parametrize("code", ["slack_file_html", "media_source_cut", "generation_failed", None])
def test_what_may_do_better_another_time_stays(code: str | None) -> None:
    draft = Draft(video=VIDEO, speech=AUDIO)
    job = failed(code or "", draft)
    assert without_spoiled(job, draft) == draft
    assert spoiled_files([job]) == frozenset()


def test_a_job_that_did_not_fail_spoils_nothing() -> None:
    job = a_job(JobStatus.DELIVERED, Draft(video=VIDEO))
    assert spoiled_files([job]) == frozenset()


def words_of(job: Job) -> str:
    return a_card(job).text


def buttons_of(job: Job) -> list[tuple[str, str]]:
    message = a_card(job)
    return [
        (element["text"]["text"], element["action_id"])
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_a_corrupt_file_is_named_and_offers_another_file_not_another_try() -> None:
    job = failed("generation_input_video_invalid", Draft(video=VIDEO, speech=SCRIPT))

    assert "clip.mp4: sync.so cannot read this video" in words_of(job)
    assert "link" not in words_of(job)
    assert buttons_of(job) == [("Choose another video", Action.ANOTHER)]


def test_a_link_that_cannot_be_used_stays_in_the_form_to_be_mended() -> None:
    draft = Draft(video=LINK, speech=SCRIPT)
    assert without_spoiled(failed("generation_input_video_invalid", draft), draft) == draft


def test_a_link_to_something_else_is_told_about_links_and_shows_no_path() -> None:
    job = failed("generation_input_video_invalid", Draft(video=LINK, speech=SCRIPT))

    assert "v.mp4: sync.so cannot read this video" in words_of(job)
    assert "A link has to lead to the file itself" in words_of(job)
    assert "secret" not in words_of(job)


def test_audio_that_cannot_be_used_is_named_as_what_it_is() -> None:
    job = failed("slack_file_wrong_audio", Draft(video=VIDEO, speech=AUDIO), Prepared(video=TAKEN_IN))

    assert "voice.mp3: This is a kind of audio that sync.so does not take" in words_of(job)
    assert buttons_of(job) == [("Choose what it says", Action.ANOTHER)]


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
    job = failed("slack_file_not_visible", Draft(video=VIDEO, speech=SCRIPT), **place)
    assert advice in words_of(job)


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
    job = a_job(JobStatus.DRAFT, channel_id=channel_id, card_channel=None)
    assert is_home(job, [a_job(JobStatus.DELIVERED, **one) for one in lately]) is at_home
