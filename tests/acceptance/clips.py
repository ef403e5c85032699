"""Clips of any length and frame rate, as phones and screen recorders make them."""

import io

import av
import numpy as np

_WIDTH, _HEIGHT = 160, 120


def clip(*, fps: int, seconds: float) -> bytes:
    """An MP4 (H.264) without sound, whose picture changes from frame to frame."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as out:
        pictures = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for number in range(round(fps * seconds)):
            grey = np.full((_HEIGHT, _WIDTH, 3), number % 256, dtype=np.uint8)
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(pictures.encode(None))
    return sink.getvalue()
