"""A Slack app of a few lines behind HTTP: it notes what Slack sends and answers what a test tells it."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

Json = dict[str, Any]
_WAIT_S = 10.0


class StubApp:
    """Notes payloads; `on[kind]` may answer one (kind: a command, or the payload's type)."""

    def __init__(self) -> None:
        self.payloads: list[Json] = []
        self.on: dict[str, Callable[[Json], Json | None]] = {}
        self.asgi = Starlette(routes=[Route("/slack/events", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        if request.headers["content-type"].startswith("application/json"):
            payload = json.loads(body)
            if "challenge" in payload:
                return JSONResponse({"challenge": payload["challenge"]})
        else:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            payload = json.loads(form["payload"]) if "payload" in form else {"type": form["command"], **form}
        self.payloads.append(payload)
        answer = self.on.get(payload["type"], lambda _payload: None)
        # The answer may call Slack, so it must not hold up the loop that Slack's call came in on.
        reply = await run_in_threadpool(answer, payload)
        return JSONResponse(reply) if reply is not None else Response()

    def wait_for(self, kind: str, *, count: int = 1) -> Json:
        """Return the newest payload of a kind, once there are `count` of them."""
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            found = [each for each in self.payloads if each["type"] == kind]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"no {kind} came; got {[each['type'] for each in self.payloads]}")

    def count(self, kind: str) -> int:
        """How many payloads of a kind came."""
        return sum(each["type"] == kind for each in self.payloads)


class SlackApi:
    """The Web API as the stub calls it."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url, self._token = base_url, token

    def __call__(self, method: str, **arguments: Any) -> Json:
        """Call a method and insist that Slack took it."""
        answer = httpx.post(
            f"{self._base_url}/api/{method}",
            json=arguments,
            headers={"authorization": f"Bearer {self._token}"},
            trust_env=False,
        ).json()
        assert answer["ok"], answer
        return dict(answer)


@contextmanager
def served(app: ASGIApp, port: int, *, close: Callable[[], Awaitable[None]] | None = None) -> Iterator[None]:
    """Serve an app from a thread of its own until the block ends; `close` runs in that thread's loop."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, server))
    thread.start()
    until = time.monotonic() + _WAIT_S
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield
    finally:
        if close is not None:
            asyncio.run_coroutine_threadsafe(_await(close), loop).result(_WAIT_S)
        server.should_exit = True
        thread.join(_WAIT_S)


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server) -> None:
    try:
        loop.run_until_complete(server.serve())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _await(close: Callable[[], Awaitable[None]]) -> None:
    await close()
