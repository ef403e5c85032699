"""Every side of a comparison is a process of its own; this starts them and talks to them in lines of JSON."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Asked = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Sends one JSON object to a process and waits for its answer."""


@contextmanager
def process(module: str, *arguments: object) -> Iterator[tuple[IO[str], IO[str], str]]:
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
def server(module: str, *arguments: object) -> Iterator[str]:
    """A process that prints the port it serves on; gives its address."""
    with process(module, *arguments) as (_, _, port):
        yield f"http://127.0.0.1:{int(port)}"


@contextmanager
def asked(module: str, *arguments: object) -> Iterator[Asked]:
    """A process that answers each line of JSON with one."""
    with process(module, *arguments) as (to_child, from_child, _):

        def ask(question: Mapping[str, Any]) -> dict[str, Any]:
            print(json.dumps(question), file=to_child, flush=True)
            answer: dict[str, Any] = json.loads(from_child.readline())
            return answer

        yield ask


def counted(stub: str) -> int:
    """Requests that the stub has had since it was last asked."""
    with urllib.request.urlopen(f"{stub}/count") as reply:
        return int(json.load(reply)["requests"])


def resident_mb(pid: int) -> float:
    """Resident memory of a process (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
