"""The child that reads strangers' bytes: what it may not, and what becomes of one that misbehaves."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.probe.facts import Facts
from bot.probe.ranges import Unread
from bot.probe.reader import Reader
from tests import films
from tests.integration.media_servers import reply, saying, serving
from tests.integration.probe.parts import Parts, Silent

FILM = films.film("mp4", frames=40, sound="aac")
MB = 1024 * 1024


def running(code: str, *, within_s: float = 10) -> Reader:
    """A reader whose child runs that code instead of ours."""
    return Reader(command=(sys.executable, "-c", code), within_s=within_s)


@pytest.fixture
def children() -> Callable[[], set[str]]:
    """The processes that the test has started and not yet reaped, without those that earlier tests left."""
    before = all_children()
    return lambda: all_children() - before


def all_children() -> set[str]:
    """The processes that this one has started and not yet reaped."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread may end meanwhile
            found |= set((task / "children").read_text().split())
    return found


LOCKED_IN = """
import sys
sys.path[:0] = {path}
import json, os, socket
from bot.probe import child
from bot.probe.wire import ANSWER, ASK
channel = socket.socket(fileno=0)
child.lock_in()
try:
    {attempt}
except (OSError, MemoryError) as trouble:
    why = type(trouble).__name__
else:
    why = "done"
content = json.dumps({{"why": why}}).encode()
channel.sendall(ASK.pack(ANSWER, len(content)) + content)
"""


@pytest.mark.parametrize(
    ("attempt", "trouble"),
    [
        ("open('/etc/hostname')", "OSError"),
        ("open('/tmp/x', 'w')", "OSError"),
        ("socket.socket()", "OSError"),
        ("os.pipe()", "OSError"),
        ("channel.dup()", "OSError"),
        ("os.write(os.memfd_create('x'), b'x')", "OSError"),
        ("bytearray(300_000_000)", "MemoryError"),
        ("os.execv('/no/such', ['x'])", "FileNotFoundError"),
        ("pass", "done"),
    ],
)
async def test_it_can_open_nothing(attempt: str, trouble: str) -> None:
    with pytest.raises(Unread, match=f"^{trouble}$"):
        await running(LOCKED_IN.format(path=sys.path, attempt=attempt)).read(Parts(FILM))


@pytest.fixture
def held_open() -> Iterator[None]:
    with Path(__file__).open() as held:
        os.set_inheritable(held.fileno(), True)
        yield


@pytest.mark.usefixtures("held_open")
async def test_it_inherits_neither_environment_nor_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    listing = """
import json, os, socket
from struct import pack
opened = [each for each in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + each)]
why = "files" * (len(opened) - 3) + "variables" * len(os.environ.keys() - {"LC_CTYPE"}) + "nothing"
content = json.dumps({"why": why}).encode()
socket.socket(fileno=0).sendall(pack("!QI", 2**64 - 1, len(content)) + content)
"""
    with pytest.raises(Unread, match=r"^nothing$"):
        await running(listing).read(Parts(FILM))


STUBBORN = """
import signal, socket, struct, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
channel = socket.socket(fileno=0)
channel.sendall(struct.pack("!QI", 0, 1))
time.sleep(60)
"""


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", "while True: pass"])
async def test_one_that_hangs_is_killed_and_reaped(code: str, children: Callable[[], set[str]]) -> None:
    with pytest.raises(Unread, match="too slow"):
        await running(code, within_s=0.5).read(Parts(FILM))
    assert not children()


async def test_one_that_does_not_want_to_end_is_ended_all_the_same(children: Callable[[], set[str]]) -> None:
    parts = Parts(FILM)
    async with asyncio.timeout(30):
        with pytest.raises(Unread, match="too slow"):
            await running(STUBBORN, within_s=5).read(parts)
    assert parts.asked
    assert not children()


async def test_a_server_that_never_answers_costs_no_more_than_the_time_limit(
    children: Callable[[], set[str]],
) -> None:
    with pytest.raises(Unread, match="too slow"):
        await Reader(within_s=1).read(Silent(FILM))
    assert not children()


async def test_whoever_no_longer_wants_to_know_leaves_no_child_behind(
    children: Callable[[], set[str]],
) -> None:
    silent = Silent(FILM)
    reading = asyncio.create_task(Reader().read(silent))
    await silent.begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not children()


async def test_trouble_with_the_file_reaches_whoever_asked(children: Callable[[], set[str]]) -> None:
    class Broken(Parts):
        async def read(self, offset: int, length: int) -> bytes:
            raise ConnectionResetError(f"{offset} {length}")

    with pytest.raises(ConnectionResetError):
        await Reader().read(Broken(FILM))
    assert not children()


ASKING = """
import socket, struct
channel = socket.socket(fileno=0)
for offset, length in {asked}:
    channel.sendall(struct.pack("!QI", offset, length))
    (given,) = struct.unpack("!I", channel.recv(4, socket.MSG_WAITALL))
    if given != 2**32 - 1:
        channel.recv(given, socket.MSG_WAITALL)
"""


@pytest.mark.parametrize("asked", [(0, 0), (0, 2 * MB), (4 * MB - 1, 2), (2**63, 1), (2**64 - 2, 2**32 - 1)])
async def test_one_that_was_taken_over_gets_nothing_beyond_the_file(asked: tuple[int, int]) -> None:
    parts = Parts(b"\0" * 4 * MB)
    with pytest.raises(Unread, match="the child ended"):
        await running(ASKING.format(asked=[asked])).read(parts)
    assert not parts.asked


@pytest.mark.parametrize(
    ("asked", "trips"), [([(0, MB)] * 40, 16), ([(0, 1)] * 40, 32), ([(0, MB)] * 15 + [(0, 1)] * 9, 24)]
)
async def test_one_that_was_taken_over_gets_no_more_than_the_budget(
    asked: list[tuple[int, int]], trips: int
) -> None:
    parts = Parts(b"\0" * 4 * MB)
    with pytest.raises(Unread, match="the child ended"):
        await running(ASKING.format(asked=asked)).read(parts)
    assert len(parts.asked) == trips


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}" * 9_000,
        b"nonsense",
        b'{"facts": {}',
        b'{"facts": {"container": "mov", "duration_s": 1e300}',
        b'{"facts": {"container": "mov", "duration_s": -1}',
        b'{"facts": {"container": "mov", "fps": 12800}',
        b'{"facts": {"container": "mov", "frames": 4294967295}',
        b'{"facts": {"container": "mov", "width": 0}',
        b'{"facts": {"container": "<!channel>"}',
        b'{"facts": {"container": "mov", "codecs": ["%s"]}' % (b"x" * 99),
        b'{"why": "<!channel>"}',
    ],
)
async def test_what_cannot_be_is_not_believed(answer: bytes) -> None:
    code = f"""
import socket, struct
content = {answer!r}
socket.socket(fileno=0).sendall(struct.pack("!QI", 2**64 - 1, len(content)) + content)
"""
    with pytest.raises(Unread, match=r"not to be believed|the child ended"):
        await running(code).read(Parts(FILM))


async def test_few_run_at_once(children: Callable[[], set[str]]) -> None:
    reader, silent = Reader(within_s=3), [Silent(FILM) for _ in range(5)]
    reading = [asyncio.create_task(reader.read(each)) for each in silent]
    for first in silent[:2]:
        await first.begun.wait()
    await asyncio.sleep(0.3)
    assert len(children()) == 2
    for each in reading:
        each.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    assert not children()


async def test_a_packed_index_does_not_unfold_beyond_the_memory_limit() -> None:
    with pytest.raises(Unread, match=r"MemoryError|InvalidDataError|the child ended"):
        await Reader().read(Parts(films.packed_bomb(300)))


async def test_a_playlist_that_calls_itself_a_film_leads_nowhere() -> None:
    async with serving(saying(reply(body=FILM))) as server:
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{server.base}/x.ts\n#EXT-X-ENDLIST\n"
        with pytest.raises(Unread):
            await Reader().read(Parts(playlist.encode()))
    assert not server.requests


async def test_nothing_of_the_library_is_loaded_here() -> None:
    code = "import sys, bot.app, bot.probe.reader as it; assert it.is_installed(); print('av' in sys.modules)"
    ran = subprocess.run(  # noqa: ASYNC221 - nothing else runs here
        (sys.executable, "-c", code), capture_output=True, text=True, check=True, env=os.environ
    )
    assert ran.stdout.strip() == "False"


SEEDS = {
    "mp4": FILM,
    "fragments": films.film("mp4", frames=40, sound="aac", options=films.FRAGMENTS),
    "mkv": films.film("matroska", frames=40, sound="aac"),
    "avi": films.film("avi", frames=40, sound="libmp3lame"),
    "ts": films.film("mpegts", frames=40, sound="aac"),
    "mp3": films.speech("mp3", "libmp3lame", seconds=2),
    "wav": films.speech("wav", "pcm_s16le", seconds=1),
    "ogg": films.speech("ogg", "libopus", seconds=2),
    "flac": films.speech("flac", "flac", seconds=1),
    "aac": films.speech("adts", "aac", seconds=2),
    "packed": films.packed_bomb(1),
}
BLOWS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x80", b"\x7f\xff", b"moov"])
    ),
    max_size=12,
)


@settings(
    max_examples=settings().max_examples * 6 // 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.sampled_from(sorted(SEEDS)),
    blows=BLOWS,
    near=st.sampled_from([200, 4_000, 10**9]),
    length=st.floats(0.02, 1),
)
def test_damaged_files_tell_something_credible_or_nothing(
    seed: str, blows: list[tuple[float, bytes]], near: int, length: float, children: Callable[[], set[str]]
) -> None:
    content = bytearray(SEEDS[seed])
    for place, blow in blows:
        at = int(place * (min(near, len(content)) - 1))
        content[at : at + len(blow)] = blow
    del content[max(1, int(length * len(content))) :]

    async def read() -> Facts | None:
        with suppress(Unread):
            return await Reader().read(Parts(bytes(content)))
        return None

    facts = asyncio.run(read())
    assert facts is None or facts.container
    assert not children()
