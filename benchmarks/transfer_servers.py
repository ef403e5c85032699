"""The two ends of a transfer, each a process of its own: `python -m benchmarks.transfer_servers source PEM`.

It prints its port. Blocking sockets in threads, with TLS between buffers of 256 KiB: they take the least time
from what is measured. With a call to the kernel for each TLS record (`ssl.SSLSocket`) it was a third more.
"""

import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from typing import cast

BLOCK = memoryview(os.urandom(256 * 1024))
Headers = dict[str, str]


class Connection:
    """A client's. Raises EOFError where it hangs up."""

    def __init__(self, context: ssl.SSLContext, raw: socket.socket) -> None:
        self.port: int = raw.getsockname()[1]
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._encrypted = memoryview(bytearray(len(BLOCK)))
        self._plain = bytearray(len(BLOCK))

    def write(self, content: bytes | memoryview) -> None:
        """Send it all."""
        self._tls.write(content)
        self._send()

    def read(self) -> bytes:
        """The next bytes, of a head."""
        return bytes(self._plain[: self.skip(len(self._plain))])

    def skip(self, most: int) -> int:
        """How many more bytes have come, of a body: they are forgotten."""
        while True:
            try:
                count = cast("int", self._tls.read(most, self._plain))  # an int, where it is given a buffer
            except ssl.SSLWantReadError:
                self._send()  # what the handshake says
                self._receive()
            else:
                if not count:
                    raise EOFError
                return count

    def _receive(self) -> None:
        count = self._raw.recv_into(self._encrypted)
        if not count:
            raise EOFError
        self._incoming.write(self._encrypted[:count])

    def _send(self) -> None:
        if self._outgoing.pending:
            self._raw.sendall(self._outgoing.read())


Answer = Callable[[Connection, str, Headers, int], None]


def send_file(connection: Connection, path: str, _headers: Headers, _come: int) -> None:
    """GET /BYTES/name.mp4: that many random bytes."""
    left = int(path.split("/")[1])
    connection.write(f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {left}\r\n\r\n".encode())
    while left:
        piece = BLOCK[:left]
        connection.write(piece)
        left -= len(piece)


def take_file(connection: Connection, path: str, headers: Headers, come: int) -> None:
    """PUT or POST of a body with its length, answered in the way of Slack's Web API."""
    if "expect" in headers:
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    left = int(headers.get("content-length", "0")) - come
    while left:
        left -= connection.skip(left)
    body = json.dumps(slack_answer(path, connection.port))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.write((head + body).encode())


def slack_answer(path: str, port: int) -> dict[str, object]:
    """What slack_sdk reads in the three steps of `files_upload_v2`."""
    answer: dict[str, object] = {"ok": True, "files": [{"id": "F1"}]}
    if path.endswith("/files.getUploadURLExternal"):
        answer |= {"upload_url": f"https://127.0.0.1:{port}/upload", "file_id": "F1"}
    return answer


def converse(context: ssl.SSLContext, raw: socket.socket, answer: Answer) -> None:
    try:
        with raw:
            connection = Connection(context, raw)
            while True:
                path, headers, come = read_head(connection)
                answer(connection, path, headers, come)
    except (OSError, EOFError):
        pass  # the client is done with the connection


def read_head(connection: Connection) -> tuple[str, Headers, int]:
    """Path, headers by names in small letters, and how many bytes of the body came along."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.read()
    head, _, body = read.partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return request.split()[1].partition("?")[0], headers, len(body)


def main() -> None:
    role, certificate = sys.argv[1:]
    answer = {"source": send_file, "sink": take_file}[role]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=converse, args=(context, raw, answer), daemon=True).start()


if __name__ == "__main__":
    main()
