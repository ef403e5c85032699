"""Length and picture size of an uploaded file, as Slack finds them after an upload."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a media file says of itself; None where it does not."""

    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None


def probe(path: Path) -> MediaFacts:
    """Read a file's header. Blocking: call it in a thread. A file that is no media has no facts."""
    try:
        with av.open(str(path)) as container:
            video = next(iter(container.streams.video), None)
            return MediaFacts(
                # PyAV counts a container's duration in microseconds.
                duration_ms=None if container.duration is None else round(container.duration / 1000),
                width=video.width if video else None,
                height=video.height if video else None,
            )
    except (FFmpegError, OSError, ValueError):
        return MediaFacts()
