"""A large file over TLS in both directions: the relay, `curl | curl`, and slack_sdk's `files_upload_v2`."""

import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median

import trustme

from benchmarks.figures import Figure
from benchmarks.processes import process
from benchmarks.transfer_child import TOKEN, Direction, Measured, Transfer

SIZE = 500_000_000
CURL = "curl | curl"
DIRECTIONS: dict[Direction, str] = {"to_slack": "sync.so to Slack", "to_sync": "Slack to sync.so"}


@dataclass(frozen=True)
class Row:
    """One way of moving the file in one direction, over all rounds."""

    direction: Direction
    way: str
    seconds: float
    """Median."""
    of_curl: float
    """Ratio of the medians, this way to `curl | curl`."""
    cpu_s: float
    """Median of the processor time that the way itself took, without the two servers."""
    growth_mb: float | None
    """Highest memory above the process at rest; None: not a process that lives on."""
    stall_ms: float | None
    """Longest time that the event loop was late, of all rounds."""


Way = Callable[[Transfer], Measured]
Samples = dict[tuple[Direction, str], list[tuple[float, Measured]]]


def run(rounds: int, size: int = SIZE) -> list[Row]:
    """Move a file by every way, taking turns in each round, over loopback between processes.

    Args:
        rounds: How often each way moves the file in each direction.
        size: Bytes.
    """
    samples: Samples = {}
    with ExitStack() as stack:
        authority, certificate = certificates(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        source = stack.enter_context(server("source", certificate))
        sink = stack.enter_context(server("sink", certificate))
        relay = stack.enter_context(child("relay", authority))
        slack_sdk = stack.enter_context(child("slack_sdk", authority))
        ways: dict[str, Way] = {
            CURL: lambda transfer: pipe_curls(transfer, authority, size),
            "relay": relay,
            "slack_sdk": slack_sdk,
        }
        for _, direction, way in product(range(rounds), DIRECTIONS, ways):
            if (direction, way) != ("to_sync", "slack_sdk"):  # it uploads to Slack only
                transfer = Transfer(f"{source}/{size}/video.mp4", f"{sink}/upload", direction)
                samples.setdefault((direction, way), []).append(timed(ways[way], transfer))
    return [row(direction, way, samples) for direction, way in samples]


def timed(move: Way, transfer: Transfer) -> tuple[float, Measured]:
    begin = time.perf_counter()
    measured = move(transfer)
    return time.perf_counter() - begin, measured


def row(direction: Direction, way: str, samples: Samples) -> Row:
    taken, measured = zip(*samples[direction, way], strict=True)
    curl_taken, _ = zip(*samples[direction, CURL], strict=True)
    return Row(
        direction=direction,
        way=way,
        seconds=median(taken),
        of_curl=median(taken) / median(curl_taken),
        cpu_s=median(each.cpu_s for each in measured),
        growth_mb=max((each.growth_mb for each in measured if each.growth_mb is not None), default=None),
        stall_ms=max((each.stall_ms for each in measured if each.stall_ms is not None), default=None),
    )


def certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate authority of our own, and a certificate with its key for loopback."""
    authority = trustme.CA()
    paths = folder / "authority.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(str(paths[0]))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(paths[1]))
    return paths


@contextmanager
def server(role: str, certificate: Path) -> Iterator[str]:
    with process("benchmarks.transfer_servers", role, certificate) as served:
        yield f"https://127.0.0.1:{served.first}"


@contextmanager
def child(way: str, authority: Path) -> Iterator[Way]:
    with process("benchmarks.transfer_child", way, authority) as mover:
        yield lambda transfer: Measured(**mover.ask(asdict(transfer)))


def pipe_curls(transfer: Transfer, authority: Path, size: int) -> Measured:
    """What a shell would do. The length is told, since neither storage takes a body without it."""
    curl = ["curl", "--silent", "--show-error", "--fail", "--cacert", str(authority)]
    bearer = ["--header", f"Authorization: Bearer {TOKEN}"] if transfer.direction == "to_sync" else []
    lengthy = ["--header", "Transfer-Encoding:", "--header", f"Content-Length: {size}"]
    method = ["--request", "POST" if transfer.direction == "to_slack" else "PUT"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen([*curl, *bearer, transfer.source], stdout=subprocess.PIPE) as download:
        subprocess.run(
            [*curl, *method, *lengthy, "--upload-file", "-", transfer.sink],
            stdin=download.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    if download.returncode:
        raise SystemExit(f"curl ended with {download.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(cpu_s=cpu_s, growth_mb=None, stall_ms=None)


def figures(*, rounds: int, quick: bool) -> list[Figure]:
    """What the relay took and held, against its targets; the peers beside it.

    Args:
        rounds: How often each way moves the file in each direction.
        quick: A fifth of the file.
    """
    rows = run(rounds, SIZE // 5 if quick else SIZE)
    return [figure for each in rows for figure in row_figures(each)]


def row_figures(each: Row) -> list[Figure]:
    what, ours = f"{DIRECTIONS[each.direction]}, {each.way}", each.way == "relay"
    told = [Figure(f"{what}: time", each.seconds, "s"), Figure(f"{what}: processor time", each.cpu_s, "s")]
    if each.way != CURL:
        told.append(Figure(f"{what}: time of {CURL}", each.of_curl, "ratio", at_most=0.8 if ours else None))
    if each.growth_mb is not None:
        told.append(Figure(f"{what}: memory above idle", each.growth_mb, "MB", at_most=16 if ours else None))
    if each.stall_ms is not None:
        told.append(Figure(f"{what}: longest stall", each.stall_ms, "ms", at_most=25 if ours else None))
    return told
