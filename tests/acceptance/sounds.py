"""Sounds that are known by their pitch, and what a finished video really holds."""

import io
import wave
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt

_RATE = 16_000


def tone(pitch_hz: int, seconds: float) -> bytes:
    """A WAV file with one steady tone."""
    time = np.arange(round(_RATE * seconds)) / _RATE
    samples = (0.5 * 32_767 * np.sin(2 * np.pi * pitch_hz * time)).astype("<i2")
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples.tobytes())
    return sink.getvalue()


@dataclass(frozen=True)
class Film:
    """A finished video, decoded to the end."""

    pictures: int
    picture_s: float
    sound_s: float
    loudness: float
    """Root mean square of the samples, from 0 to 1."""
    pitch_hz: float
    """The strongest frequency."""


def watch(content: bytes) -> Film:
    """Decode an MP4 with picture and sound."""
    with av.open(io.BytesIO(content), "r") as container:
        times = [frame.time or 0.0 for frame in container.decode(video=0)]
    with av.open(io.BytesIO(content), "r") as container:
        resampler = av.AudioResampler("flt", "mono", _RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)
    picture_s = max(times) + (max(times) / max(1, len(times) - 1))
    return Film(len(times), picture_s, len(samples) / _RATE, _loudness(samples), _pitch(samples))


def _loudness(samples: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def _pitch(samples: npt.NDArray[np.float64]) -> float:
    strengths = np.abs(np.fft.rfft(samples))
    return float(np.argmax(strengths) * _RATE / len(samples))
