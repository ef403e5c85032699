"""The least of Slack and sync.so that the measured apps call: `python -m benchmarks.stub`. Prints its port.

It answers from prepared bytes, so that it costs little beside what is measured. `GET /count` tells how many
requests it has had since it was last asked.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import uvloop

from benchmarks.usage_export import page

SLACK: Mapping[str, Mapping[str, Any]] = {
    "/api/auth.test": {
        "team": "Example",
        "team_id": "T0000000001",
        "user": "lipsync",
        "user_id": "U000000BOT1",
        "bot_id": "B0000000001",
        "app_id": "A0000000001",
        "url": "https://example.slack.com/",
        "is_enterprise_install": False,
    },
    "/api/users.info": {"user": {"id": "U0000000001", "team_id": "T0000000001", "is_bot": False}},
    "/api/views.open": {"view": {"id": "V1", "hash": "1.abc"}},
    "/api/views.update": {"view": {"id": "V1", "hash": "2.abc"}},
    "/api/views.publish": {"view": {"id": "V2", "hash": "1.abc"}},
    "/api/chat.getPermalink": {
        "permalink": "https://example.slack.com/archives/C0000000001/p1700000000000100"
    },
    "/api/chat.postMessage": {"channel": "C0000000001", "ts": "1700000000.000100"},
    "/api/chat.update": {"channel": "C0000000001", "ts": "1700000000.000100"},
}
SYNC: Mapping[str, Any] = {
    "/v2/voices": [{"id": "rachel", "name": "Rachel", "voiceType": "cloned", "restriction": None}],
    "/v2/models": [{"id": "sync-3", "name": "sync-3"}],
    "/v2/account": {"organization": {"id": "org_1", "name": "Example"}},
}


class _Stub(asyncio.Protocol):
    requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (split := _first_request(self._received)) is not None:
            target, self._received = split
            self._transport.write(_reply(target))


def _first_request(received: bytes) -> tuple[str, bytes] | None:
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    _, _, told = head.lower().partition(b"content-length: ")
    length = int(told.split(b"\r\n")[0]) if told else 0
    if len(rest) < length:
        return None
    return head.split(b" ", 2)[1].decode(), rest[length:]


def _reply(target: str) -> bytes:
    url = urlsplit(target)
    if url.path == "/count":
        counted, _Stub.requests = _Stub.requests, 0
        return _http({"requests": counted})
    _Stub.requests += 1
    if url.path in SLACK:
        return _http({"ok": True, **SLACK[url.path]}, "X-OAuth-Scopes: commands,chat:write,files:read\r\n")
    if url.path == "/v2/generations":
        return _http([_generation(one) for one in parse_qs(url.query)["ids"][0].split(",")])
    if url.path == "/v2/usage/generations":
        return _http(page(parse_qs(url.query).get("cursor", [""])[0]))
    if url.path.startswith("/v2/generate/"):
        return _http(_generation(url.path.rpartition("/")[2]))
    return _http(SYNC[url.path]) if url.path in SYNC else _http({"error": "not here"}, status="404 Not Found")


def _generation(generation_id: str) -> dict[str, Any]:
    """As sync.so tells it (POST /v2/generate); ids that begin with `done` have ended."""
    done = generation_id.startswith("done")
    return {
        "id": generation_id,
        "createdAt": "2026-11-21T10:00:00.000Z",
        "model": "sync-3",
        "status": "COMPLETED" if done else "PROCESSING",
        "input": [
            {"type": "video", "url": "https://media.example.com/talk.mp4"},
            {"type": "audio", "url": "https://media.example.com/words.mp3"},
        ],
        "options": {"sync_mode": "bounce"},
        "webhookUrl": None,
        "outputUrl": "https://media.example.com/out.mp4" if done else None,
        "outputDuration": 12.5 if done else None,
        "error": None,
        "errorCode": None,
    }


def _http(payload: Any, headers: str = "", *, status: str = "200 OK") -> bytes:
    body = json.dumps(payload).encode()
    told = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}"
    return f"HTTP/1.1 {status}\r\n{told}\r\n".encode() + body


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(_Stub, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
