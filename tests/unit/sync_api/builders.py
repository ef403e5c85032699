"""Bodies and requests of sync.so for the tests of its client."""

from typing import Any

from bot.sync_api.models import (
    AudioInput,
    CreateGeneration,
    ElevenLabs,
    GenerationOptions,
    ImageInput,
    Segment,
    SegmentAudio,
    TextInput,
    VideoInput,
)

KEY = "sk-live-0123456789abcdef"
BASE = "https://api.sync.so"
VIDEO = VideoInput(url="https://media.example/talk.mp4")
AUDIO = AudioInput(url="https://media.example/voice.wav")
IMAGE = ImageInput(asset_id="asset-image")
TEXT = TextInput(provider=ElevenLabs(voice_id="voice-1", script="Guten Morgen, Zürich"))


def request(**changes: Any) -> CreateGeneration:
    """A plain lip-sync request with some parts changed."""
    return CreateGeneration(**({"model": "lipsync-2", "input": (VIDEO, AUDIO)} | changes))


def segment(start: float, end: float, ref_id: str = "a") -> Segment:
    return Segment(start_time=start, end_time=end, audio_input=SegmentAudio(ref_id=ref_id))


def named(ref_id: str) -> AudioInput:
    return AudioInput(asset_id=f"asset-{ref_id}", ref_id=ref_id)


def options(**values: Any) -> GenerationOptions:
    return GenerationOptions(**values)


def generation(**changes: Any) -> dict[str, Any]:
    """A generation as sync.so answers it."""
    return {
        "id": "gen-1",
        "createdAt": "2026-10-01T10:00:00.000Z",
        "status": "PROCESSING",
        "model": "lipsync-2",
        "input": [{"type": "video", "url": "https://media.example/talk.mp4"}],
        "options": {"sync_mode": "loop"},
        "error": None,
        "errorCode": None,
        "outputUrl": None,
        "outputDuration": None,
    } | changes


def fault(status: int, code: str | None = None, **more: Any) -> dict[str, Any]:
    """The JSON of an error."""
    body = {"message": "Something about it", "statusCode": status} | more
    return body | ({"errorCode": code} if code else {})
