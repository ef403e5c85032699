"""For the same wish, the official SDK and our client put the same request on the wire.

Both talk to a local server that records. What the SDK knows is read from the SDK's own types: a newer SDK
with a field that is missing here fails the last tests.
"""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import BaseModel
from sync import AsyncSync, Sync
from sync import common as sdk

from bot.sync_api import models as ours
from bot.sync_api.client import SyncClient

KEY = "sk-wire-equality"
VIDEO_URL = "https://assets.sync.so/docs/example-video.mp4"
AUDIO_URL = "https://assets.sync.so/docs/example-audio.wav"
PLAIN: Mapping[str, Any] = {"trust_env": False, "verify": False}
"""Only loopback is asked, over plain http: no proxy, and no certificates to load for each case."""
GENERATION = {
    "id": "gen-1",
    "createdAt": "2026-10-01T10:00:00Z",
    "status": "PENDING",
    "model": "lipsync-2",
    "input": [],
}
ANSWERS: Mapping[tuple[str, str], Any] = {
    ("POST", "/v2/generate"): GENERATION,
    ("GET", "/v2/generate/gen-1"): GENERATION,
    ("GET", "/v2/generations"): [GENERATION],
    ("POST", "/v2/analyze/cost"): [{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.25}],
    ("GET", "/v2/models"): [{"id": "m", "name": "lipsync-2", "type": "lipsync", "version": "2"}],
    ("GET", "/v2/assets/asset-1"): {"id": "asset-1", "type": "VIDEO", "url": VIDEO_URL, "name": "a"},
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    key: str | None
    idempotency_key: str | None
    content_type: str | None
    body: Any


@dataclass(slots=True)
class Recorder:
    """A server on loopback that answers like sync.so and keeps what it was asked."""

    url: str = ""
    requests: list[Recorded] = field(default_factory=list)

    def pair(self) -> tuple[Recorded, Recorded]:
        """The two requests of a comparison."""
        first, second = self.requests
        return first, second


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            recorder.requests.append(
                Recorded(
                    method=self.command,
                    path=parts.path,
                    query=parse_qs(parts.query),
                    key=self.headers.get("x-api-key"),
                    idempotency_key=self.headers.get("Idempotency-Key"),
                    content_type=self.headers.get("Content-Type"),
                    body=json.loads(content) if content else None,
                )
            )
            answer = json.dumps(ANSWERS[self.command, parts.path]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield recorder
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True)
class Case:
    """One wish: what the SDK's `create` is called with, and the same as ours."""

    theirs: dict[str, Any]
    ours: ours.CreateGeneration


def case(*, theirs: dict[str, Any] | None = None, model: str = "lipsync-2", **same: Any) -> Case:
    """A plain request, changed; `same` holds what both sides spell alike."""
    sdk_call = {"model": model, "input": [sdk.Video(url=VIDEO_URL), sdk.Audio(url=AUDIO_URL)]}
    request = {"model": model, "input": (VIDEO, AUDIO)}
    return Case({**sdk_call, **(theirs or {})}, ours.CreateGeneration(**(request | same)))


VIDEO = ours.VideoInput(url=VIDEO_URL)
AUDIO = ours.AudioInput(url=AUDIO_URL)
SCRIPT = 'Grüezi, “world”, こんにちは 👋\n\tline two \\ "quoted" </script>\u2028'


def with_input(theirs: list[Any], *items: Any, **more: Any) -> Case:
    return case(theirs={"input": theirs}, input=items, **more)


def with_options(**options: Any) -> Case:
    return case(
        theirs={"options": sdk.GenerationOptions(**options)}, options=ours.GenerationOptions(**options)
    )


def with_speaker(**values: Any) -> Case:
    return case(
        theirs={
            "options": sdk.GenerationOptions(active_speaker_detection=sdk.ActiveSpeaker(**values)),
        },
        options=ours.GenerationOptions(active_speaker_detection=ours.ActiveSpeakerDetection(**values)),
    )


def with_voice(**settings: Any) -> Case:
    return with_input(
        [sdk.Video(url=VIDEO_URL), sdk.Tts(provider=sdk.ElevenLabs(voice_id="v", script=SCRIPT, **settings))],
        VIDEO,
        ours.TextInput(provider=ours.ElevenLabs(voice_id="v", script=SCRIPT, **settings)),
    )


def values_of(enum: Any) -> tuple[str, ...]:
    """The words that an open enum of the SDK (`Literal[...] | Any`) knows."""
    words: tuple[str, ...] = get_args(get_args(enum)[0])
    return words


CASES: dict[str, Case] = {
    "links": case(),
    "assets": with_input(
        [sdk.Video(asset_id="asset-v"), sdk.Audio(asset_id="asset-a")],
        ours.VideoInput(asset_id="asset-v"),
        ours.AudioInput(asset_id="asset-a"),
    ),
    "sound before picture": with_input([sdk.Audio(url=AUDIO_URL), sdk.Video(url=VIDEO_URL)], AUDIO, VIDEO),
    "named sound": with_input(
        [sdk.Video(url=VIDEO_URL), sdk.Audio(url=AUDIO_URL, ref_id="a")],
        VIDEO,
        ours.AudioInput(url=AUDIO_URL, ref_id="a"),
    ),
    "deprecated seconds": with_input(
        [sdk.Video(url=VIDEO_URL, segments_secs=[[0, 1.5], [2, 3]]), sdk.Audio(url=AUDIO_URL)],
        ours.VideoInput(url=VIDEO_URL, segments_secs=((0, 1.5), (2, 3))),
        AUDIO,
    ),
    "deprecated frames": with_input(
        [sdk.Video(url=VIDEO_URL, segments_frames=[[0, 25]]), sdk.Audio(url=AUDIO_URL)],
        ours.VideoInput(url=VIDEO_URL, segments_frames=((0, 25),)),
        AUDIO,
    ),
    "script": with_voice(),
    "script with settings": with_voice(stability=0.25, similarity_boost=1),
    "hook and name": case(
        theirs={"webhook_url": "https://bot.example/hook?a=b&c", "output_file_name": "take_1"},
        webhook_url="https://bot.example/hook?a=b&c",
        output_file_name="take_1",
    ),
    "no options said": with_options(),
    "coolest": with_options(temperature=0),
    "a third": with_options(temperature=1 / 3),
    "occlusion": with_options(occlusion_detection_enabled=True),
    "no occlusion": with_options(occlusion_detection_enabled=False),
    "several options": with_options(sync_mode="remap", temperature=0.7, prompt="sad", model_mode="lips"),
    "speaker found": with_speaker(auto_detect=True),
    "speaker not sought": with_speaker(auto_detect=False),
    "speaker at a point": with_speaker(frame_number=0, coordinates=[640, 360]),
    "speaker in boxes": with_speaker(bounding_boxes=[[0, 0, 10, 10], None, [5, 5, 20, 20]]),
    "segments": case(
        theirs={
            "input": [
                sdk.Video(url=VIDEO_URL),
                sdk.Audio(url=AUDIO_URL, ref_id="a"),
                sdk.Tts(provider=sdk.ElevenLabs(voice_id="v", script="Hi"), ref_id="b"),
            ],
            "segments": [
                sdk.GenerationSegment(
                    start_time=0, end_time=2.5, audio_input=sdk.SegmentAudioInput(ref_id="a")
                ),
                sdk.GenerationSegment(
                    start_time=2.5,
                    end_time=4,
                    audio_input=sdk.SegmentAudioInput(ref_id="b", start_time=0, end_time=1.25),
                ),
            ],
        },
        input=(
            VIDEO,
            ours.AudioInput(url=AUDIO_URL, ref_id="a"),
            ours.TextInput(provider=ours.ElevenLabs(voice_id="v", script="Hi"), ref_id="b"),
        ),
        segments=(
            ours.Segment(start_time=0, end_time=2.5, audio_input=ours.SegmentAudio(ref_id="a")),
            ours.Segment(
                start_time=2.5,
                end_time=4,
                audio_input=ours.SegmentAudio(ref_id="b", start_time=0, end_time=1.25),
            ),
        ),
    ),
}
CASES |= {f"mode {word}": with_options(sync_mode=word) for word in values_of(sdk.SyncMode)}
CASES |= {f"region {word}": with_options(model_mode=word) for word in values_of(sdk.ModelMode)}
CASES |= {f"emotion {word}": with_options(prompt=word) for word in values_of(sdk.Emotion)}
CASES |= {f"model {word}": case(model=word) for word in values_of(sdk.Model)}
every_case = pytest.mark.parametrize("wish", CASES.values(), ids=CASES)


async def ask_ours(recorder: Recorder, call: Any) -> None:
    async with httpx.AsyncClient(**PLAIN) as http:
        await call(SyncClient(http, base_url=recorder.url, api_key=KEY))


async def ask_theirs(recorder: Recorder, call: Any) -> None:
    async with httpx.AsyncClient(**PLAIN) as http:
        await call(AsyncSync(base_url=recorder.url, api_key=KEY, httpx_client=http))


async def ask_theirs_in_a_thread(recorder: Recorder, call: Any) -> None:
    def ask() -> None:
        with httpx.Client(**PLAIN) as http:
            call(Sync(base_url=recorder.url, api_key=KEY, httpx_client=http))

    await asyncio.to_thread(ask)


@every_case
@pytest.mark.parametrize("ask_sdk", [ask_theirs, ask_theirs_in_a_thread], ids=["async", "sync"])
async def test_a_create_is_the_same(recorder: Recorder, wish: Case, ask_sdk: Any) -> None:
    options = {"additional_headers": {"Idempotency-Key": "job-1"}}
    await ask_sdk(recorder, lambda sync: sync.generations.create(**wish.theirs, request_options=options))
    await ask_ours(recorder, lambda sync: sync.create(wish.ours.to_wire(), idempotency_key="job-1"))

    theirs, own = recorder.pair()
    assert own == theirs
    assert (own.method, own.path, own.key) == ("POST", "/v2/generate", KEY)


@every_case
async def test_a_question_for_the_price_is_the_same(recorder: Recorder, wish: Case) -> None:
    await ask_theirs(recorder, lambda sync: sync.generations.estimate_cost(**wish.theirs))
    await ask_ours(recorder, lambda sync: sync.estimate_cost(wish.ours))

    theirs, own = recorder.pair()
    assert own == theirs
    assert (own.method, own.path, own.key) == ("POST", "/v2/analyze/cost", KEY)


@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        (lambda sync: sync.generations.get("gen-1"), lambda sync: sync.get("gen-1")),
        (lambda sync: sync.generations.list(), lambda sync: sync.list()),
        (lambda sync: sync.models.list(), lambda sync: sync.models()),
        (lambda sync: sync.assets.get("asset-1"), lambda sync: sync.asset("asset-1")),
    ],
    ids=["get", "list", "models", "asset"],
)
async def test_a_read_is_the_same(recorder: Recorder, theirs: Any, own: Any) -> None:
    await ask_theirs(recorder, theirs)
    await ask_ours(recorder, own)

    first, second = recorder.pair()
    assert second == first
    assert second.key == KEY


async def test_list_filters_differ_in_spelling_only(recorder: Recorder) -> None:
    """The SDK repeats a parameter although its own help, and the newest pages, say comma list."""
    filters = {"ids": ["a", "b"], "status": ["PENDING", "PROCESSING"]}

    await ask_theirs(recorder, lambda sync: sync.generations.list(**filters))
    await ask_ours(recorder, lambda sync: sync.list(**filters))

    theirs, own = recorder.pair()
    assert theirs.query == filters
    assert own.query == {"ids": ["a,b"], "status": ["PENDING,PROCESSING"]}
    assert (own.method, own.path, own.key) == (theirs.method, theirs.path, theirs.key)


def wire_names(model: type[BaseModel]) -> set[str]:
    """The names on the wire of an SDK type's fields."""
    names = set()
    for name, info in model.model_fields.items():
        aliases = [mark.alias for mark in info.metadata if hasattr(mark, "alias")]
        names.add(aliases[0] if aliases else name)
    return names


def keys_under(bodies: list[Any], *path: str) -> set[str]:
    """All keys that any of the bodies has at a path; lists are looked through."""
    for name in path:
        bodies = [value for body in bodies for value in as_list(body.get(name))]
    return {key for body in bodies for key in body}


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def bodies() -> list[Any]:
    return [json.loads(wish.ours.to_wire()) for wish in CASES.values()]


def items_of(kind: str) -> list[Any]:
    return [item for body in bodies() for item in body["input"] if item["type"] == kind]


def test_no_field_that_the_sdk_knows_was_left_out() -> None:
    assert keys_under(bodies()) >= wire_names(sdk.CreateGenerationDto)
    assert keys_under(items_of("video")) >= wire_names(sdk.Video)
    assert keys_under(items_of("audio")) >= wire_names(sdk.Audio)
    assert keys_under(items_of("text")) >= wire_names(sdk.Tts)
    assert keys_under(items_of("text"), "provider") >= wire_names(sdk.ElevenLabs)
    assert keys_under(bodies(), "options") >= wire_names(sdk.GenerationOptions)
    assert keys_under(bodies(), "options", "active_speaker_detection") >= wire_names(sdk.ActiveSpeaker)
    assert keys_under(bodies(), "segments") >= wire_names(sdk.GenerationSegment)
    assert keys_under(bodies(), "segments", "audioInput") >= wire_names(sdk.SegmentAudioInput)


def test_no_kind_of_input_that_the_sdk_knows_was_left_out() -> None:
    assert set(get_args(sdk.Input)) == {sdk.Video, sdk.Audio, sdk.Tts}
    assert set(as_list(sdk.TtsProviderConfig)) == {sdk.ElevenLabs}


def test_our_closed_lists_are_the_sdks() -> None:
    assert get_args(ours.SyncMode) == values_of(sdk.SyncMode)
    assert get_args(ours.ModelMode) == values_of(sdk.ModelMode)
    assert get_args(ours.Emotion) == values_of(sdk.Emotion)
    assert {str(kind) for kind in ours.AssetType} == set(values_of(sdk.AssetType))
    assert {str(status) for status in ours.GenerationStatus} == set(values_of(sdk.GenerationStatus))


def test_the_product_runs_without_the_sdk() -> None:
    loaded = "import sys, bot.sync_api.client, bot.sync_api.webhook; print('sync' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True)

    assert run.stdout == b"False\n"
