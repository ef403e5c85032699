"""The end of a Matroska or WebM file that does not tell its length, as browsers record it. In the child.

Its blocks stand in clusters, each with a clock (RFC 9559, 5.1.3); the last block is the end, nearly.
"""

from collections.abc import Iterator
from typing import Final

_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_CLOCK: Final = 0xE7
_BEFORE_CLOCK: Final = frozenset({0xBF, 0xEC})  # a checksum, and nothing (RFC 9559, 5.1.3; RFC 8794, 11.3)
_BLOCK, _GROUP = 0xA3, 0xA0
_LONGEST_CLOCK: Final = 8


def last_clock(tail: bytes) -> int | None:
    """The clock of the last block in these bytes, in the file's own ticks; None: there is no cluster.

    Args:
        tail: The end of the file. The last cluster has to begin in it.
    """
    at = len(tail)
    while (at := tail.rfind(_CLUSTER, 0, at)) >= 0:
        clock = _clock(tail, at)
        if clock is not None:
            return clock
    return None


def _clock(data: bytes, cluster: int) -> int | None:
    began: int | None = None
    latest = 0
    for name, begin, end in _elements(data, cluster + len(_CLUSTER)):
        if name == _CLOCK and began is None and end - begin <= _LONGEST_CLOCK:
            began = int.from_bytes(data[begin:end], "big")
        elif began is None and name not in _BEFORE_CLOCK:
            return None  # four bytes of a picture that look like a cluster
        elif name == _BLOCK:
            latest = max(latest, _relative(data, begin))
        elif name == _GROUP:
            latest = max(latest, _in_group(data, begin, end))
    return None if began is None else began + latest


def _in_group(data: bytes, begin: int, end: int) -> int:
    """The clock of a block that stands in a group: the group's first element, mostly."""
    if begin < len(data) and data[begin] == 0xA1:  # noqa: PLR2004 - a block (RFC 9559, 5.1.3.5.1)
        size = _number(data, begin + 1)
        if size is not None and size[1] < end:
            return _relative(data, size[1])
    return 0


def _relative(data: bytes, block: int) -> int:
    """A block's clock, counted from its cluster's: two bytes behind the number of its track."""
    track = _number(data, block)
    if track is None or track[1] + 2 > len(data):
        return 0
    return int.from_bytes(data[track[1] : track[1] + 2], "big", signed=True)


def _elements(data: bytes, header: int) -> Iterator[tuple[int, int, int]]:
    """Name, begin and end of a cluster's elements, whose names are all one byte long."""
    size = _number(data, header)
    if size is None:
        return
    at = size[1]
    while at < len(data):
        content = _number(data, at + 1)
        if content is None or not data[at] & 0x80:
            return
        length, begin = content
        yield data[at], begin, begin + length
        at = begin + length


def _number(data: bytes, at: int) -> tuple[int, int] | None:
    """A number of variable length and where it ends (RFC 8794, 4); None: it is cut, or none."""
    if at >= len(data) or not data[at]:
        return None
    width = 9 - data[at].bit_length()
    if at + width > len(data):
        return None
    return int.from_bytes(data[at : at + width], "big") - (1 << 7 * width), at + width
