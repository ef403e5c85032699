"""Slack's side of Socket Mode: `python -m benchmarks.socket_load`. Prints its port; driven by lines of JSON.

Apps connect under a name of their own: `/NAME/api/` is their Web API. A question is `{"name", "text",
"connections", "count"}`: so many envelopes under way at once, over the one connection of that app.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import uvloop
from aiohttp import WSMsgType, web

from benchmarks.slack_requests import commands
from benchmarks.stub import SLACK
from benchmarks.timings import Timings, timings


class _Link:
    """The connection of one app."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._answered: dict[str, asyncio.Future[float]] = {}

    async def listen(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                at = time.perf_counter()
                self._answered.pop(json.loads(message.data)["envelope_id"]).set_result(at)

    async def run(self, text: str, connections: int, count: int) -> Timings:
        envelopes = iter([_envelope(command) for command in islice(commands(text), count)])
        took_s: list[float] = []
        began = time.perf_counter()
        await asyncio.gather(*(self._send(envelopes, took_s) for _ in range(connections)))
        return timings(took_s, whole_s=time.perf_counter() - began)

    async def _send(self, envelopes: Iterator[tuple[str, str]], took_s: list[float]) -> None:
        for envelope_id, envelope in envelopes:
            answered = asyncio.get_running_loop().create_future()
            self._answered[envelope_id] = answered
            sent_at = time.perf_counter()
            await self._socket.send_str(envelope)
            took_s.append(await answered - sent_at)


def _envelope(command: dict[str, Any]) -> tuple[str, str]:
    envelope_id = command["trigger_id"]
    envelope = {
        "envelope_id": envelope_id,
        "type": "slash_commands",
        "accepts_response_payload": True,
        "payload": command,
    }
    return envelope_id, json.dumps(envelope)


class _Slack:
    """The Web API and the connections of all apps."""

    def __init__(self) -> None:
        self._links: dict[str, asyncio.Future[_Link]] = {}

    def link(self, name: str) -> asyncio.Future[_Link]:
        return self._links.setdefault(name, asyncio.get_running_loop().create_future())

    async def api(self, request: web.Request) -> web.Response:
        name, method = request.match_info["name"], request.match_info["method"]
        answer = {"url": f"ws://{request.host}/{name}/link"} if method == "apps.connections.open" else {}
        return web.json_response(
            {"ok": True, **SLACK.get(f"/api/{method}", {}), **answer},
            headers={"X-OAuth-Scopes": "commands,chat:write,files:read"},
        )

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        link = _Link(socket)
        self.link(request.match_info["name"]).set_result(link)
        await link.listen()
        return socket


async def main() -> None:
    slack = _Slack()
    app = web.Application()
    app.router.add_post("/{name}/api/{method}", slack.api)
    app.router.add_get("/{name}/link", slack.connect)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        question = json.loads(line)
        link = await slack.link(question.pop("name"))
        print(json.dumps(asdict(await link.run(**question))), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
