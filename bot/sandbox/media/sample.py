"""The sample clip: a talking face drawn by arithmetic, its mouth moved by the loudness of its own voice."""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from bot.sandbox.media import sound
from bot.sandbox.media.voice import Voice, speak

_WIDTH, _HEIGHT, _FPS, _SECONDS = 640, 360, 25, 5
_FRAMES = _FPS * _SECONDS
_SMOOTH = 2  # drawn this much larger, then scaled down: smooth edges
_BLINKS = (31, 88)  # frames at which the eyes are shut

_WALL, _GLOW = (38, 46, 74), (64, 78, 122)
_SKIN, _SHADE, _BLUSH = (244, 202, 168), (222, 172, 138), (238, 178, 152)
_HAIR, _SHIRT, _COLLAR = (66, 43, 36), (52, 152, 139), (238, 242, 240)
_WHITE, _IRIS, _DARK = (252, 252, 250), (58, 102, 140), (36, 28, 32)
_LIP, _MOUTH, _TONGUE = (190, 92, 88), (92, 30, 38), (206, 104, 104)

_VIDEO_WORDS = "Hello! I am the sample clip. Give me other words, and watch me say them."
_AUDIO_WORDS = "This sentence is the sample audio. Soon the face in the video will be saying it."

Box = tuple[float, float, float, float]


def make_sample(path: Path) -> None:
    """Write the sample video: a face that speaks, 640x360, 25 frames a second, 5 s, H.264 and AAC in MP4."""
    spoken, rate = speak(_VIDEO_WORDS, Voice("en-us", 175, 45))
    voice = path.with_suffix(".voice.mp3")
    sound.write_mp3(spoken, rate, voice)
    try:
        with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
            pictures = out.add_stream("libx264", rate=_FPS, options={"preset": "fast", "crf": "20"})
            pictures.width, pictures.height, pictures.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
            sounds = out.add_stream("aac", rate=sound.RATE, layout="stereo")
            for image in _frames(_loudness(spoken, rate)):
                frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
                out.mux(pictures.encode(frame))
            out.mux(pictures.encode(None))
            for packet in sound.encode(sounds, sound.play([sound.Clip(voice, 0, _SECONDS)], _SECONDS)):
                out.mux(packet)
    finally:
        voice.unlink(missing_ok=True)


def make_sample_image(path: Path) -> None:
    """Write the sample picture: the same face with its mouth shut, 640x360, PNG."""
    _Face(sway=0, nod=0, blink=0, mouth=0).draw().save(path)


def make_sample_audio(path: Path) -> None:
    """Write the sample audio: one spoken sentence of some 4 to 5 s, MP3."""
    spoken, rate = speak(_AUDIO_WORDS, Voice("en-us+f3", 170, 55))
    sound.write_mp3(spoken, rate, path)


def _loudness(samples: npt.NDArray[np.int16], rate: int) -> list[float]:
    """How loud each frame's stretch of sound is, 0 to 1, eased so that the mouth does not flicker."""
    step = rate // _FPS
    padded = np.pad(samples.astype(np.float64), (0, max(0, _FRAMES * step - len(samples))))
    blocks = padded[: _FRAMES * step].reshape(_FRAMES, step)
    levels = np.sqrt((blocks**2).mean(axis=1))
    eased = np.convolve(levels, (0.2, 0.6, 0.2), mode="same")
    return [float(level) for level in np.clip(eased / (np.percentile(eased, 95) or 1), 0, 1)]


def _frames(mouth: list[float]) -> Iterator[Image.Image]:
    for number in range(_FRAMES):
        turn = 2 * math.pi * number / _FRAMES  # one whole turn: the clip loops without a jump
        yield _Face(
            sway=9 * math.sin(turn), nod=4 * math.sin(2 * turn), blink=number, mouth=mouth[number]
        ).draw()


class _Face:
    """One frame: everything that moves hangs on sway, nod (pixels) and mouth (0 to 1)."""

    def __init__(self, *, sway: float, nod: float, blink: int, mouth: float) -> None:
        self._x, self._y = _WIDTH / 2 + sway, 172 + nod
        self._shut = any(abs(blink - at) <= 1 for at in _BLINKS)
        self._mouth = mouth
        self._image = Image.new("RGB", (_WIDTH * _SMOOTH, _HEIGHT * _SMOOTH), _WALL)
        self._draw = ImageDraw.Draw(self._image)

    def draw(self) -> Image.Image:
        self._room()
        self._body()
        self._head()
        for side in (-1, 1):
            self._eye(side)
        self._nose_and_mouth()
        return self._image.reduce(_SMOOTH)

    def _at(self, x: float, y: float, width: float, height: float) -> Box:
        """A box of this size around a point measured from the middle of the head."""
        left, top = self._x + x - width / 2, self._y + y - height / 2
        return (left * _SMOOTH, top * _SMOOTH, (left + width) * _SMOOTH, (top + height) * _SMOOTH)

    def _room(self) -> None:
        middle, radius = (_WIDTH / 2 * _SMOOTH, 190 * _SMOOTH), 230 * _SMOOTH
        self._draw.circle(middle, radius, fill=_GLOW)

    def _body(self) -> None:
        self._draw.rounded_rectangle(self._at(0, 222, 330, 170), 80 * _SMOOTH, fill=_SHIRT)
        self._draw.rounded_rectangle(self._at(0, 112, 74, 90), 26 * _SMOOTH, fill=_SHADE)
        self._draw.ellipse(self._at(0, 146, 112, 38), fill=_COLLAR)
        self._draw.ellipse(self._at(0, 138, 92, 34), fill=_SHADE)

    def _head(self) -> None:
        self._draw.ellipse(self._at(0, -34, 206, 196), fill=_HAIR)
        for side in (-1, 1):
            self._draw.ellipse(self._at(side * 92, 6, 34, 50), fill=_SHADE)
        self._draw.rounded_rectangle(self._at(0, 8, 178, 204 + 8 * self._mouth), 86 * _SMOOTH, fill=_SKIN)
        self._draw.chord(self._at(0, -62, 190, 104), 180, 360, fill=_HAIR)
        self._draw.pieslice(self._at(-34, -64, 108, 46), 0, 180, fill=_HAIR)
        for side in (-1, 1):
            self._draw.ellipse(self._at(side * 56, 42, 38, 22), fill=_BLUSH)

    def _eye(self, side: int) -> None:
        x = side * 38
        self._draw.arc(self._at(x, -24, 46, 26), 200, 340, fill=_HAIR, width=6 * _SMOOTH)
        if self._shut:
            self._draw.arc(self._at(x, -4, 34, 14), 10, 170, fill=_DARK, width=4 * _SMOOTH)
            return
        self._draw.ellipse(self._at(x, -2, 36, 28), fill=_WHITE)
        self._draw.ellipse(self._at(x, -1, 19, 21), fill=_IRIS)
        self._draw.ellipse(self._at(x, -1, 10, 11), fill=_DARK)
        self._draw.ellipse(self._at(x + 4, -6, 6, 6), fill=_WHITE)

    def _nose_and_mouth(self) -> None:
        self._draw.arc(self._at(0, 22, 24, 24), 30, 150, fill=_SHADE, width=4 * _SMOOTH)
        width, height = 62 - 12 * self._mouth, 6 + 36 * self._mouth
        self._draw.ellipse(self._at(0, 64, width + 12, height + 12), fill=_LIP)
        self._draw.ellipse(self._at(0, 64, width, height), fill=_MOUTH)
        if height > 16:  # noqa: PLR2004 (a nearly shut mouth shows neither tongue nor teeth)
            self._draw.chord(self._at(0, 64, width - 10, height - 4), 205, 335, fill=_WHITE)
            self._draw.ellipse(self._at(0, 64 + height * 0.28, width * 0.55, height * 0.34), fill=_TONGUE)
