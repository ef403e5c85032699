"""Connections from outside: each wait has an end, and all of them together a number and a size.

uvicorn alone waits for ever for the rest of a head or of a body, reads a head of any length, and keeps any
number of connections.
"""

import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_log = structlog.get_logger(__name__)

_OTHER_FILES = 256
"""Files that a process needs beside its connections from outside: the database, Slack, sync.so, media."""


KEPT_ALIVE_S = 75
"""Longer than proxies and load balancers keep an idle connection for another request (nginx and AWS: 60 s).

Where the app closes first, it may do so just as a request is on its way, and that one gets no answer.
"""


class Phase(Enum):
    """What a connection is waiting for."""

    HEADERS = auto()
    BODY = auto()
    ANSWER = auto()
    """The app's."""
    IDLE = auto()
    """The next request, or the client reading the last answer."""
    CLOSING = auto()
    """The client reading the last answer there will be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how many and how much. A wait begins with its phase; bytes that trickle do not prolong it."""

    headers_s: float = 10.0
    body_s: float = 5.0
    answer_s: float = 30.0
    """The app answers sooner; a start may take longer, but nobody who asks waits for it."""
    idle_s: float = KEPT_ALIVE_S + 5.0
    """uvicorn has closed an idle one by then, but waits for ever for a client to read what was sent."""
    closing_s: float = 2.0
    connections: int = 1_000
    headers: int = 100
    """Each takes memory beside its text; Slack and the proxies on its way send some twenty."""
    head_bytes: int = 16 * 1024
    """Slack's heads, and the lines that proxies add, are under 4 KiB."""
    unfinished_bytes: int = 16 * 1024 * 1024
    """Of all bodies together that are not complete yet: anybody may send those."""


class Door:
    """Knows every connection by what it waits for, oldest first."""

    _GIVE_WAY = (Phase.CLOSING, Phase.HEADERS, Phase.IDLE, Phase.BODY)
    """Whose oldest is closed for a new one. Whoever sent a whole request gets its answer."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._most = min(limits.connections, open_files(limits.connections + _OTHER_FILES) - _OTHER_FILES)
        self._last_s = {
            Phase.HEADERS: limits.headers_s,
            Phase.BODY: limits.body_s,
            Phase.ANSWER: limits.answer_s,
            Phase.IDLE: limits.idle_s,
            Phase.CLOSING: limits.closing_s,
        }
        # Within a phase all wait equally long, so the oldest is the first to be late.
        self._until: dict[Phase, OrderedDict[Connection, float]] = {phase: OrderedDict() for phase in Phase}
        self._unfinished_bytes = 0
        self._cut: Counter[str] = Counter()

    def admit(self, newcomer: "Connection") -> None:
        """Take a new connection, and close the one that gives way for it where there are too many."""
        self.move(newcomer, Phase.HEADERS)
        if sum(map(len, self._until.values())) <= self._most:
            return
        for phase in self._GIVE_WAY:
            oldest = next(iter(self._until[phase]), newcomer)
            if oldest is not newcomer:
                break
        self._break_off(oldest, "too many")

    def move(self, connection: "Connection", phase: Phase) -> None:
        """Say what a connection waits for from now on."""
        self.release(connection)
        self._until[phase][connection] = self._clock() + self._last_s[phase]
        connection.phase = phase

    def release(self, connection: "Connection") -> None:
        """Forget a connection, and what it held."""
        if connection.phase is not None:
            self._until[connection.phase].pop(connection, None)
            connection.phase = None
        self._unfinished_bytes -= connection.unfinished_bytes
        connection.unfinished_bytes = 0

    def hold(self, connection: "Connection", num_bytes: int) -> None:
        """Count a part of a body; where all parts are too much, the oldest unfinished body is given up."""
        connection.unfinished_bytes += num_bytes
        self._unfinished_bytes += num_bytes
        while self._unfinished_bytes > self.limits.unfinished_bytes:
            self._break_off(next(iter(self._until[Phase.BODY])), "bodies too large")

    def sweep(self) -> None:
        """Let go of everything that has waited for too long."""
        now = self._clock()
        for phase, waiting in self._until.items():
            while waiting and next(iter(waiting.values())) < now:
                connection = next(iter(waiting))
                if phase in {Phase.HEADERS, Phase.BODY}:
                    self._cut[phase.name.lower()] += 1
                    connection.refuse(HTTPStatus.REQUEST_TIMEOUT)
                else:
                    self._abort(connection)
        if self._cut:
            _log.warning("cut connections that were not finished", **self._cut)
            self._cut.clear()

    def _break_off(self, connection: "Connection", why: str) -> None:
        self._cut[why.replace(" ", "_")] += 1
        self._abort(connection)

    def _abort(self, connection: "Connection") -> None:
        # Forgotten at once: the loop tells of the loss later, and the next newcomer must find another.
        self.release(connection)
        connection.transport.abort()


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which tells the door what it waits for. One request at a time.

    It tells once for each piece that comes: a request mostly comes in one.
    """

    def __init__(self, *arguments: Any, door: Door, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.phase: Phase | None = None
        self.unfinished_bytes = 0
        self._door = door
        self._reading = Phase.HEADERS
        """As `phase`, but while a piece is being parsed."""
        self._piece_bytes = 0
        self._head_bytes = 0
        self._refusal = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(transport)
        self._door.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client, or the door, has closed."""
        self._door.release(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        if self._is_over():
            return
        self._piece_bytes = len(data)
        super().data_received(data)
        if self._is_over():
            return
        if self.phase is not self._reading:
            self._door.move(self, self._reading)
        if self._reading is not Phase.ANSWER:
            self._wait_for_more()

    def _is_over(self) -> bool:
        return self.phase is None or self.phase is Phase.CLOSING

    def _wait_for_more(self) -> None:
        """Count what is not whole yet."""
        if self._reading is Phase.HEADERS:
            self._head_bytes += self._piece_bytes
            if self._head_bytes > self._door.limits.head_bytes or self._has_too_many_headers():
                self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._reading is Phase.BODY:
            if self._has_too_many_headers():  # trailers are among them
                self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            else:
                self._door.hold(self, self._piece_bytes)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's name and words
        """What came cannot be read on: the connection ends, behind the answer that is due if there is one."""
        if self._reading is Phase.ANSWER:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        elif self.phase is not None:
            self.refuse(self._refusal)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer in place of the app, unless it has begun to, and close."""
        if self._reading is not Phase.BODY or not self.cycle.response_started:
            head = STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head)
        self._door.move(self, Phase.CLOSING)
        self.transport.close()

    def part(self) -> None:
        """End the connection behind the app's last answer, so that it arrives.

        A connection that is closed while something of it is unread is reset, and its client may never see
        what was sent (RFC 9112, 9.6): the rest of a body is read for a moment, and dropped.
        """
        if self._is_over():
            return
        is_read = self._reading is not Phase.BODY
        self._door.move(self, Phase.CLOSING)
        if is_read or self.transport.is_closing() or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.cycle.body = bytearray()  # what came of it: nobody reads that any more, and there may be many
        self.flow.resume_reading()
        self.transport.write_eof()

    def on_message_begin(self) -> None:
        """A request begins.

        One behind another that is not answered yet is not read (RFC 9112, 9.3.2: its sender asks again).
        """
        if self._reading is Phase.ANSWER:
            raise _Unreadable
        self._reading = Phase.HEADERS
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self._has_too_many_headers() or self._is_head_too_long():
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Unreadable
        super().on_headers_complete()
        self.cycle.transport = cast("Any", _CyclesTransport(self))
        self._reading = Phase.BODY

    def on_message_complete(self) -> None:
        """The whole request is there."""
        if self._has_too_many_headers():
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Unreadable
        super().on_message_complete()
        self._reading = Phase.ANSWER

    def on_response_complete(self) -> None:
        """The app has answered; where it did not wait for the body, nobody else does."""
        super().on_response_complete()
        if self._reading is Phase.BODY:
            self.part()
        self._reading = Phase.IDLE
        if not self._is_over():
            self._door.move(self, Phase.CLOSING if self.transport.is_closing() else Phase.IDLE)

    def shutdown(self) -> None:
        """The server stops: what has not sent a whole request is not waited for."""
        if self.phase is Phase.BODY:
            self.transport.abort()
        else:
            super().shutdown()

    def _has_too_many_headers(self) -> bool:
        return self.headers is not None and len(self.headers) > self._door.limits.headers

    def _is_head_too_long(self) -> bool:
        """Only a long piece, or one behind others, can end a long head."""
        most = self._door.limits.head_bytes
        if self._head_bytes + self._piece_bytes <= most:
            return False
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > most


class _CyclesTransport:
    """What uvicorn answers a request on: it would close the transport itself, with the body unread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.write = connection.transport.write
        self.is_closing = connection.transport.is_closing

    def close(self) -> None:
        """Nothing follows this answer."""
        self._connection.part()


class _Unreadable(Exception):
    """Makes the parser stop."""


def open_files(wanted: int) -> int:
    """How many files this process may have open; the system is asked for more where they are fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
