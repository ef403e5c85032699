"""A large file over TLS in both directions: the relay, `curl | curl`, and slack_sdk's `files_upload_v2`."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import IO

import trustme

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
def process(module: str, *arguments: str | Path) -> Iterator[tuple[IO[str], IO[str], str]]:
    """A module of ours in a process of its own; its pipes, and the first line that it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout
        try:
            yield running.stdin, running.stdout, running.stdout.readline().strip()
        finally:
            running.kill()


@contextmanager
def server(role: str, certificate: Path) -> Iterator[str]:
    with process("benchmarks.transfer_servers", role, certificate) as (_, _, port):
        yield f"https://127.0.0.1:{port}"


@contextmanager
def child(way: str, authority: Path) -> Iterator[Way]:
    with process("benchmarks.transfer_child", way, authority) as (to_child, from_child, _):

        def move(transfer: Transfer) -> Measured:
            print(json.dumps(asdict(transfer)), file=to_child, flush=True)
            return Measured(**json.loads(from_child.readline()))

        yield move


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


def table(rows: list[Row]) -> str:
    """The rows as lines of text."""
    lines = ["direction         way            seconds  of curl   CPU s  grows MB  stalls ms"]
    for each in rows:
        growth = "" if each.growth_mb is None else f"{each.growth_mb:.1f}"
        stall = "" if each.stall_ms is None else f"{each.stall_ms:.1f}"
        lines.append(
            f"{DIRECTIONS[each.direction]:<18}{each.way:<14}{each.seconds:>8.2f}{each.of_curl:>9.2f}"
            f"{each.cpu_s:>8.2f}{growth:>10}{stall:>11}",
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=500)
    options = parser.parse_args()
    print(table(run(options.rounds, options.megabytes * 1_000_000)))


if __name__ == "__main__":
    main()
