"""Where Slack puts the files of a message, and what it has not told of them yet."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.message_files import files_in, is_told

CLIP = {
    "id": "F1",
    "name": "clip.mp4",
    "mimetype": "video/mp4",
    "filetype": "mp4",
    "size": 1_000,
    "url_private": "https://files.slack.com/clip.mp4",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "files",
                    "file",
                    "file_id",
                    "blocks",
                    "type",
                    "attachments",
                    "message_blocks",
                    "message",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize(
    "message",
    [
        {"files": [CLIP]},
        {"file": CLIP},
        {"attachments": [{"is_share": True, "files": [CLIP]}]},
        {"attachments": [{"message_blocks": [{"team": "T1", "message": {"files": [CLIP]}}]}]},
        {"attachments": [{"attachments": [{"files": [CLIP]}]}]},
        {"files": [{"id": "F1"}, CLIP, CLIP]},
        {"blocks": [{"type": "file", "file_id": "F1", "source": "remote"}], "files": [CLIP]},
    ],
)
def test_a_file_is_found_once_wherever_it_stands(message: dict[str, Any]) -> None:
    assert files_in(message) == [CLIP]


def test_a_file_that_is_only_named_is_found_by_its_id() -> None:
    named = {"file_id": "F2", "filename": "voice.mp3", "is_file_attachment": True}

    assert files_in({"attachments": [named]}) == [{"id": "F2", "name": "voice.mp3"}]
    assert files_in({"blocks": [{"type": "file", "file_id": "F3"}]}) == [{"id": "F3"}]


@pytest.mark.parametrize(("forwards", "found"), [(1, [CLIP]), (4, [CLIP]), (5, []), (900, [])])
def test_forwards_of_forwards_are_looked_into_so_far(forwards: int, found: list[Any]) -> None:
    message: dict[str, Any] = {"files": [CLIP]}
    for _ in range(forwards):
        message = {"attachments": [message]}

    assert files_in(message) == found


def test_files_keep_their_order() -> None:
    other = {**CLIP, "id": "F2"}

    assert [file["id"] for file in files_in({"files": [other], "attachments": [{"files": [CLIP]}]})] == [
        "F2",
        "F1",
    ]


@given(json_values)
def test_whatever_stands_there_is_walked(message: Any) -> None:
    found = files_in(message if isinstance(message, dict) else {"files": message})

    assert all(isinstance(file["id"], str) for file in found)


@pytest.mark.parametrize(
    "file",
    [
        CLIP,
        {**CLIP, "size": 0},
        {"id": "F1", "mode": "tombstone"},
        {"id": "F1", "mode": "hidden_by_limit"},
        {**CLIP, "is_external": True, "size": None},
        {**CLIP, "mimetype": ""},
    ],
)
def test_of_these_there_is_no_more_to_tell(file: dict[str, Any]) -> None:
    assert is_told(file)


@pytest.mark.parametrize(
    "file",
    [
        {"id": "F1"},
        {"id": "F1", "name": "clip.mp4"},
        {"id": "F1", "name": "clip.mp4", "mimetype": "video/mp4"},
        {**CLIP, "mimetype": "", "filetype": ""},
        {**CLIP, "url_private": None},
        {"id": "F1", "mode": "file_access", "file_access": "check_file_info"},
        {**CLIP, "file_access": "access_denied"},
    ],
)
def test_of_these_slack_tells_more_when_it_is_asked(file: dict[str, Any]) -> None:
    assert not is_told(file)
