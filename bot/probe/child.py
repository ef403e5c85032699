"""The process that reads strangers' bytes. It holds one socket to its parent, and can open nothing else.

Import what is needed first: afterwards no file can be opened any more, not even those of modules.
"""

import json
import resource
import socket
from typing import Any, Final

import av.logging
import av.subtitles.stream  # PyAV loads it with the first file
from av.error import FFmpegError

from bot.probe.parse import NoMedia, facts_of
from bot.probe.remote import Refused, RemoteFile
from bot.probe.wire import ANSWER, ASK

_LIMITS: Final = {
    resource.RLIMIT_AS: 256 * 1024 * 1024,  # a few hundred packed kilobytes could ask for all there is
    resource.RLIMIT_CPU: 8,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NPROC: 0,  # root is free of it
    resource.RLIMIT_NOFILE: 0,  # last: the rest may want to open something
}
_TROUBLE: Final = (
    FFmpegError,
    OSError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    MemoryError,
)
"""What PyAV raises over broken files: no width where there is no codec is an AttributeError."""


def main(size: int) -> None:
    """Read the file of that many bytes whose parts come over descriptor 0, and say there what it is."""
    channel = socket.socket(fileno=0)
    av.logging.set_level(None)
    lock_in()
    content = json.dumps(_answer(RemoteFile(channel, size))).encode()
    channel.sendall(ASK.pack(ANSWER, len(content)) + content)


def lock_in() -> None:
    """Give up, for good, opening files and sockets, and most of the machine's memory and time."""
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))


def _answer(file: RemoteFile) -> dict[str, Any]:
    try:
        return {"facts": facts_of(file)}
    except NoMedia:
        return {"why": "nothing to see or to hear"}
    except Refused:
        return {"why": "too much to read"}
    except _TROUBLE as trouble:
        return {"why": "too much to read" if file.is_refused else type(trouble).__name__}
