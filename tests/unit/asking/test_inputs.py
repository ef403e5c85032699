"""A draft into the request to sync.so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.asking.inputs import output_name, to_request

VIDEO = Link(url="https://example.com/v.mp4?a=1&b=2")
CLIP = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=1)


def test_a_script_request_names_asset_voice_and_mode() -> None:
    draft = Draft(video=CLIP, speech=Script(text="Hi", voice_id="v1"), sync_mode="remap")
    prepared = Prepared(video=PreparedInput(asset_id="a1", duration_s=12))
    request = to_request(draft, prepared, webhook_url="https://bot.example/w/1", output_file_name="n-1")
    assert json.loads(request.to_wire()) == {
        "model": "sync-3",
        "input": [
            {"type": "video", "assetId": "a1"},
            {"type": "text", "provider": {"name": "elevenlabs", "voiceId": "v1", "script": "Hi"}},
        ],
        "options": {"sync_mode": "remap"},
        "webhookUrl": "https://bot.example/w/1",
        "outputFileName": "n-1",
    }


def test_what_was_said_of_the_voice_goes_to_sync_and_nothing_else() -> None:
    speech = Script(text="Hi", voice_id="v1", stability=0.0, similarity=0.8)
    prepared = Prepared(video=PreparedInput(asset_id="a1"))
    for said, sent in (
        (speech, {"stability": 0.0, "similarityBoost": 0.8}),
        (speech.model_copy(update={"similarity": None}), {"stability": 0.0}),
    ):
        request = to_request(
            Draft(video=CLIP, speech=said), prepared, webhook_url=None, output_file_name=None
        )
        provider = {"name": "elevenlabs", "voiceId": "v1", "script": "Hi", **sent}
        assert json.loads(request.to_wire())["input"][1]["provider"] == provider


def test_a_link_that_was_not_registered_goes_as_it_is() -> None:
    draft = Draft(video=VIDEO, speech=Link(url="https://example.com/s.mp3"))
    prepared = Prepared(audio=PreparedInput())
    body = json.loads(to_request(draft, prepared, webhook_url=None, output_file_name=None).to_wire())
    assert [item["url"] for item in body["input"]] == [VIDEO.url, "https://example.com/s.mp3"]
    assert body.keys() == {"model", "input"}


@pytest.mark.parametrize(
    "draft",
    [
        Draft(video=CLIP, speech=Script(text="Hi", voice_id="v1")),
        Draft(speech=Script(text="Hi", voice_id="v1")),
        Draft(video=VIDEO, speech=Script(text="Hi", voice_id=None)),
        Draft(video=VIDEO),
    ],
)
def test_a_draft_that_is_not_ready_makes_no_request(draft: Draft) -> None:
    with pytest.raises(ValueError, match=r"not prepared|no voice"):
        to_request(draft, Prepared(), webhook_url=None, output_file_name=None)


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (Draft(name="Frühling, Gruß!"), "Fruhling-Gru-j_1-x"),
        (Draft(video=CLIP), "clip-j_1-x"),
        (Draft(name="こんにちは"), "lipsync-j_1-x"),
        (Draft(video=VIDEO), "lipsync-j_1-x"),
    ],
)
def test_the_output_is_named_for_people_and_unique_by_its_job(draft: Draft, name: str) -> None:
    assert output_name(draft, "j_1-x") == name


@given(st.text(max_size=400))
def test_sync_takes_every_output_name(text: str) -> None:
    name = output_name(Draft(name=text), "j1")
    assert 1 <= len(name) <= 255
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
