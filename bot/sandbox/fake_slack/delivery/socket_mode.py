"""Socket Mode, server side: one-time URLs, hello, envelopes and their acks, disconnects."""

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.fake_slack.delivery.ways import Answer, Kind, Retry
from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.records import Json

_log = logging.getLogger(__name__)

_MAX_CONNECTIONS = 10
_POLICY_VIOLATION = 1008
_CONNECTION_LIFE_S = 18_000

DisconnectReason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(slots=True, eq=False)
class _Connection:
    """One open WebSocket of the app and the envelopes it still owes an ack for.

    A retired one was told to reconnect: it gets nothing new, but its acks still count.
    """

    socket: WebSocket
    retired: bool = False
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)


class SocketMode:
    """Delivers each payload to one of the app's connections, in turn (Slack: using Socket Mode)."""

    def __init__(self, ids: Ids, base_url: str, app_id: str, *, ack_s: float) -> None:
        self._ids = ids
        parts = urlsplit(base_url)
        self._url = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/socket"
        self._app_id = app_id
        self._ack_s = ack_s
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = 0
        self._connected = asyncio.Event()

    def open_url(self) -> str:
        """A WebSocket URL that works once (Slack: apps.connections.open)."""
        ticket = self._ids.secret()
        self._tickets.add(ticket)
        return f"{self._url}/{ticket}"

    async def wait_connected(self) -> None:
        """Return once the app has a connection."""
        await self._connected.wait()

    @property
    def connections(self) -> int:
        """How many connections take payloads."""
        return len(self._active())

    def _active(self) -> list[_Connection]:
        return [connection for connection in self._connections if not connection.retired]

    async def serve(self, socket: WebSocket) -> None:
        """One WebSocket from hello to its end."""
        ticket = socket.path_params["ticket"]
        if ticket not in self._tickets:
            await socket.close(_POLICY_VIOLATION)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if len(self._connections) >= _MAX_CONNECTIONS:
            await socket.send_text(_disconnect("too_many_websockets"))
            await socket.close()
            return
        connection = _Connection(socket)
        self._connections.append(connection)
        try:
            await socket.send_text(self._hello())
            self._connected.set()
            while True:
                self._take_ack(connection, await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        connection.retired = True
        if connection in self._connections:
            self._connections.remove(connection)
        self._note_silence()

    def _note_silence(self) -> None:
        if not self._active():
            self._connected.clear()

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "num_connections": len(self._connections),
                "debug_info": {
                    "host": "applink-sandbox",
                    "build_number": 1,
                    "approximate_connection_time": _CONNECTION_LIFE_S,
                },
                "connection_info": {"app_id": self._app_id},
            }
        )

    def _take_ack(self, connection: _Connection, text: str) -> None:
        message = json.loads(text)
        waiting = connection.waiting.pop(message.get("envelope_id", ""), None)
        if waiting is None:
            # Slack ignores acks it no longer waits for; for a developer it is worth a line.
            _log.warning("an ack came too late or for no envelope: %s", message.get("envelope_id"))
        elif not waiting.done():
            waiting.set_result(message.get("payload"))

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Answer:
        """Deliver one payload and wait for the ack."""
        active = self._active()
        if not active:
            return Answer("dispatch_failed")
        self._turn += 1
        connection = active[self._turn % len(active)]
        envelope = _envelope(kind, payload, retry)
        ack: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = ack
        try:
            await connection.socket.send_text(json.dumps(envelope))
            body = await asyncio.wait_for(ack, self._ack_s)
        except TimeoutError:
            return Answer("operation_timeout")
        except (RuntimeError, WebSocketDisconnect):
            return Answer("dispatch_failed")
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)
        return Answer("ok", body if envelope["accepts_response_payload"] else None)

    async def disconnect(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Ask the app to reconnect, as Slack does every few hours. The app closes the old connection."""
        for connection in self._active():
            connection.retired = reason != "warning"
            self._note_silence()
            await connection.socket.send_text(_disconnect(reason))

    async def close(self) -> None:
        """Close every connection without a word, as a broken network does."""
        for connection in list(self._connections):
            self._drop(connection)
            await connection.socket.close()


def _envelope(kind: Kind, payload: Json, retry: Retry | None) -> Json:
    """An envelope. Only commands and form submissions may be answered with a payload."""
    envelope: Json = {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "accepts_response_payload": kind == "slash_commands"
        or payload.get("type") in {"view_submission", "block_suggestion"},
        "payload": payload,
    }
    if kind == "events_api":
        envelope |= {
            "retry_attempt": retry.number if retry else 0,
            "retry_reason": retry.reason if retry else "",
        }
    return envelope


def _disconnect(reason: str) -> str:
    return json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}})
