"""Strict on sending: what costs money is refused here when sync.so is documented to refuse it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from bot.sync_api.models import (
    SCRIPT_LIMIT,
    ActiveSpeakerDetection,
    AudioInput,
    CreateGeneration,
    DubParams,
    ElevenLabs,
    GenerationOptions,
    ImageInput,
    SegmentAudio,
    SegmentOptions,
    TextInput,
    VideoInput,
)
from tests.unit.sync_api.builders import AUDIO, IMAGE, TEXT, VIDEO, named, request, segment


def wire(body: CreateGeneration) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(body.to_wire())
    return parsed


def test_names_are_camel_case_but_inside_options() -> None:
    body = request(
        input=(VIDEO, TEXT),
        options=GenerationOptions(
            sync_mode="cut_off",
            active_speaker_detection=ActiveSpeakerDetection(frame_number=0, coordinates=(10, 20)),
        ),
        webhook_url="https://bot.example/hook",
        output_file_name="take_1",
        project_id="p",
    )

    assert wire(body) == {
        "model": "lipsync-2",
        "input": [
            {"type": "video", "url": "https://media.example/talk.mp4"},
            {
                "type": "text",
                "provider": {"name": "elevenlabs", "voiceId": "voice-1", "script": "Guten Morgen, Zürich"},
            },
        ],
        "options": {
            "sync_mode": "cut_off",
            "active_speaker_detection": {"frame_number": 0, "coordinates": [10, 20]},
        },
        "webhookUrl": "https://bot.example/hook",
        "outputFileName": "take_1",
        "projectId": "p",
    }


def test_what_was_not_said_is_not_sent() -> None:
    assert wire(request()).keys() == {"model", "input"}


def test_frames_without_a_face_stay_null() -> None:
    detection = ActiveSpeakerDetection(bounding_boxes=((1, 2, 3, 4), None))
    body = request(options=GenerationOptions(active_speaker_detection=detection))

    assert wire(body)["options"]["active_speaker_detection"]["bounding_boxes"] == [[1, 2, 3, 4], None]


def test_a_stored_body_reads_back_and_renders_to_the_same_bytes() -> None:
    body = request(
        input=(VIDEO, named("a"), named("b")),
        segments=(segment(0, 1.5, "a"), segment(1.5, 3, "b")),
    ).to_wire()

    assert CreateGeneration.model_validate_json(body).to_wire() == body


def test_dubbing_always_names_its_provider() -> None:
    body = request(input=(VIDEO,), dub_params=DubParams(target_lang="de"))

    assert wire(body)["dubParams"] == {"targetLang": "de", "providerName": "elevenlabs"}


def test_a_segment_may_override_options() -> None:
    louder = segment(0, 1).model_copy(update={"options_override": SegmentOptions(temperature=0.9)})
    body = request(input=(VIDEO, named("a")), segments=(louder,))

    assert wire(body)["segments"] == [
        {
            "startTime": 0,
            "endTime": 1,
            "audioInput": {"refId": "a"},
            "optionsOverride": {"temperature": 0.9},
        }
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no picture": ({"input": (AUDIO,)}, "exactly one video or image, and has 0"),
    "two pictures": ({"model": "sync-3", "input": (VIDEO, IMAGE, AUDIO)}, "exactly one video or image"),
    "no sound": ({"input": (VIDEO,)}, "exactly one audio or text item without segments, and has 0"),
    "two sounds": ({"input": (VIDEO, AUDIO, TEXT)}, "exactly one audio or text item"),
    "nothing": ({"input": ()}, "at least 1 item"),
    "no model": ({"model": ""}, "at least 1 character"),
    "image with a video model": ({"input": (IMAGE, AUDIO)}, "lipsync-2 takes video only"),
    "image with auto-detection": (
        {
            "model": "sync-3",
            "input": (IMAGE, AUDIO),
            "options": {"active_speaker_detection": {"auto_detect": True}},
        },
        "auto_detect does not work on an image",
    ),
    "dubbing with sound": ({"dub_params": DubParams(target_lang="de")}, "neither audio nor text"),
    "dubbing an image": (
        {"model": "sync-3", "input": (IMAGE,), "dub_params": DubParams(target_lang="de")},
        "dubbing takes one video",
    ),
    "no segment": ({"input": (VIDEO, named("a")), "segments": ()}, "at least 1 item"),
    "unnamed sound": ({"input": (VIDEO, AUDIO), "segments": (segment(0, 1),)}, "refId of its own"),
    "twins": ({"input": (VIDEO, named("a"), named("a")), "segments": (segment(0, 1),)}, "refId of its own"),
    "stranger": ({"input": (VIDEO, named("b")), "segments": (segment(0, 1),)}, "not in the input: a"),
    "overlap": (
        {"input": (VIDEO, named("a")), "segments": (segment(2, 4), segment(0, 2.5))},
        "must not overlap",
    ),
    "name with ending": ({"output_file_name": "take.mp4"}, "match pattern"),
    "name with a line feed": ({"output_file_name": "take\n"}, "match pattern"),
    "name too long": ({"output_file_name": "x" * 256}, "match pattern"),
    "hook in the open": ({"webhook_url": "http://bot.example/hook"}, "https address"),
    "hook without a host": ({"webhook_url": "https:///hook"}, "http or https address"),
    "unknown part": ({"pads": [0, 0]}, "Extra inputs are not permitted"),
    "unknown option": ({"options": {"fps": 25}}, "Extra inputs are not permitted"),
    "unknown mode": ({"options": {"sync_mode": "stretch"}}, "Input should be 'bounce'"),
    "too hot": ({"options": {"temperature": 1.01}}, "less than or equal to 1"),
    "not a number": ({"options": {"temperature": float("nan")}}, "finite number"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED)
def test_a_composition_that_sync_refuses_is_refused_in_clear_words(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        request(**changes)

    assert words in str(refusal.value)


BROKEN: dict[str, tuple[type[BaseModel], dict[str, Any], str]] = {
    "no source": (VideoInput, {}, "either url or assetId, and has neither"),
    "two sources": (AudioInput, {"url": "https://a.example", "asset_id": "x"}, "has both"),
    "empty id": (ImageInput, {"asset_id": ""}, "at least 1 character"),
    "a path": (VideoInput, {"url": "/tmp/talk.mp4"}, "http or https address"),
    "another scheme": (VideoInput, {"url": "file:///etc/passwd"}, "http or https address"),
    "a space": (VideoInput, {"url": "https://a.example/my talk.mp4"}, "without spaces"),
    "a broken host": (VideoInput, {"url": "https://[half/talk.mp4"}, "Invalid IPv6"),
    "silence": (ElevenLabs, {"voice_id": "v", "script": " \n"}, "hold words"),
    "a speech": (ElevenLabs, {"voice_id": "v", "script": "x" * (SCRIPT_LIMIT + 1)}, "at most 5000"),
    "no voice": (ElevenLabs, {"voice_id": "", "script": "x"}, "at least 1 character"),
    "shaky": (ElevenLabs, {"voice_id": "v", "script": "x", "stability": -0.1}, "greater than or equal"),
    "half a crop": (SegmentAudio, {"ref_id": "a", "start_time": 1}, "both startTime and endTime"),
    "a crop backwards": (SegmentAudio, {"ref_id": "a", "start_time": 2, "end_time": 1}, "after startTime"),
    "a point without a frame": (ActiveSpeakerDetection, {"coordinates": (1, 2)}, "go together"),
    "a point and boxes": (
        ActiveSpeakerDetection,
        {"frame_number": 0, "coordinates": (1, 2), "bounding_boxes": (None,)},
        "not by several",
    ),
    "a box of three corners": (ActiveSpeakerDetection, {"bounding_boxes": ((1, 2, 3),)}, "Field required"),
}


@pytest.mark.parametrize(("model", "values", "words"), BROKEN.values(), ids=BROKEN)
def test_a_part_that_makes_no_sense_is_refused(
    model: type[BaseModel], values: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        model(**values)

    assert words in str(refusal.value)


def test_segments_that_run_backwards_are_refused() -> None:
    with pytest.raises(ValidationError, match="after startTime"):
        segment(2, 2)


def test_a_refusal_does_not_quote_the_script() -> None:
    with pytest.raises(ValidationError) as refusal:
        ElevenLabs(voice_id="v", script="confidential " * 1000)

    assert "confidential" not in str(refusal.value)


def test_a_model_we_do_not_know_may_take_images() -> None:
    assert wire(request(model="sync-4", input=(IMAGE, AUDIO)))["input"][0]["type"] == "image"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9"])
def test_the_sandbox_may_be_called_back_over_plain_http(host: str) -> None:
    assert wire(request(webhook_url=f"http://{host}/hook"))["webhookUrl"] == f"http://{host}/hook"


def test_links_go_out_exactly_as_they_came() -> None:
    link = "https://Media.Example:443/a%20b/../c.mp4?sig=A%2Fb==&x#t"

    assert wire(request(input=(VideoInput(url=link), AUDIO)))["input"][0]["url"] == link


@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_script_reaches_the_wire_unchanged(script: str) -> None:
    said = TextInput(provider=ElevenLabs(voice_id="v", script=script))

    assert wire(request(input=(VIDEO, said)))["input"][1]["provider"]["script"] == script


def test_half_a_character_is_refused_before_it_breaks_the_body() -> None:
    with pytest.raises(ValidationError, match="valid string"):
        ElevenLabs(voice_id="v", script="cut \ud83d")
