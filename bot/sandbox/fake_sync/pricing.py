"""What the models are and what a generation costs: price by frame of the output."""

import math
from dataclasses import dataclass
from decimal import Decimal

from bot.sandbox.fake_sync.requests import SyncMode


@dataclass(frozen=True)
class ModelCard:
    """A model as GET /v2/models tells it, with its price (official price list as stored in August 2026)."""

    name: str
    kind: str
    usd_per_frame: Decimal
    description: str
    max_output_s: float | None = None


MODELS: dict[str, ModelCard] = {
    card.name: card
    for card in (
        ModelCard("sync-3", "lipsync", Decimal("0.00534"), "Best quality; videos and images"),
        ModelCard("lipsync-2-pro", "lipsync", Decimal("0.00333"), "lipsync-2 with super-resolution"),
        ModelCard("lipsync-2", "lipsync", Decimal("0.002"), "General model"),
        ModelCard("lipsync-1.9.0-beta", "lipsync", Decimal("0.001"), "Legacy, fastest"),
        ModelCard("react-1", "react", Decimal("0.00667"), "Emotion and head movement", max_output_s=15),
    )
}


@dataclass(frozen=True)
class Price:
    """Frames of the output and US dollars."""

    frames: int
    usd: Decimal


def price(model: str, length_s: float, fps: float) -> Price:
    """Price an output of this length; `model` must be one of `MODELS`."""
    frames = math.ceil(round(length_s * fps, 3))
    return Price(frames, frames * MODELS[model].usd_per_frame)


def output_length(mode: SyncMode, video_s: float, sound_s: float) -> float:
    """Seconds of the output: the sound, with `cut_off` the shorter and with `silence` the longer of the two.

    So says the documentation of Comfy-Org's sync.so node of August 2026; for `silence` with a longer sound
    the service's own words make no sense.
    """
    if mode == "cut_off":
        return min(video_s, sound_s)
    return max(video_s, sound_s) if mode == "silence" else sound_s
