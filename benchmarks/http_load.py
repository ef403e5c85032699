"""Slack's side of the HTTP benchmarks: `python -m benchmarks.http_load`, driven by lines of JSON.

A question is `{"port", "text", "connections", "count"}`; each connection has one request under way. Bytes in,
bytes out, so that this process costs little beside the one that is measured.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import cast

import uvloop

from benchmarks.slack_requests import signed_posts
from benchmarks.timings import timings


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last is answered."""

    def __init__(self, requests: Iterator[bytes], took_s: list[float]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._took_s = took_s
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def start(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if _whole(self._received):
            self._took_s.append(time.perf_counter() - self._sent_at)
            if not self._received.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"refused: {self._received!r}")
            self._received = b""
            self.start()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed by the server"))


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n")
    _, _, length = lower.partition(b"content-length: ")
    return len(body) >= int(length.split(b"\r\n")[0])


async def _run(port: int, text: str, connections: int, count: int) -> dict[str, float]:
    requests = iter(signed_posts(text, count))
    took_s: list[float] = []
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(requests, took_s), "127.0.0.1", port)
        for _ in range(connections)
    ]
    began = time.perf_counter()
    for _, connection in opened:
        connection.start()
    await asyncio.gather(*(connection.done for _, connection in opened))
    whole_s = time.perf_counter() - began
    for transport, _ in opened:
        transport.close()
    return asdict(timings(took_s, whole_s=whole_s))


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(uvloop.run(_run(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
