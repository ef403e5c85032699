"""Every side of a comparison is a process of its own; this starts them and talks to them in lines of JSON."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class Process:
    """A module of ours that runs by itself."""

    to: IO[str]
    answers: IO[str]
    first: str
    """The first line that it printed: that it is ready, or where."""
    pid: int

    @property
    def address(self) -> str:
        """Where it serves, if the port was its first line."""
        return f"http://127.0.0.1:{int(self.first)}"

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Send one line of JSON, wait for one."""
        print(json.dumps(question), file=self.to, flush=True)
        answer: dict[str, Any] = json.loads(self.answers.readline())
        return answer

    def cpu_s(self) -> float:
        """Processor time of its main thread so far (Linux: proc/PID/schedstat)."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def process(module: str, *arguments: object) -> Iterator[Process]:
    """Start a module of ours, wait for its first line, and end it at the end."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout
        try:
            yield Process(running.stdin, running.stdout, running.stdout.readline().strip(), running.pid)
        finally:
            running.kill()


def counted(stub: str) -> int:
    """Requests that the stub has had since it was last asked."""
    with urllib.request.urlopen(f"{stub}/count") as reply:
        return int(json.load(reply)["requests"])


def resident_mb(pid: int) -> float:
    """Resident memory of a process (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
