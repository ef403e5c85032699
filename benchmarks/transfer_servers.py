"""The two ends of a transfer, each a process of its own: `python -m benchmarks.transfer_servers source PEM`.

It prints its port. Blocking sockets in threads, since they take the least time from what is measured.
"""

import io
import json
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable

BLOCK = os.urandom(1024 * 1024)
Headers = dict[str, str]
Answer = Callable[[ssl.SSLSocket, io.BufferedReader, str, Headers], None]


def send_file(connection: ssl.SSLSocket, _reader: io.BufferedReader, path: str, _headers: Headers) -> None:
    """GET /BYTES/name.mp4: that many random bytes."""
    left = int(path.split("/")[1])
    head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {left}\r\n\r\n"
    connection.sendall(head.encode())
    while left:
        piece = memoryview(BLOCK)[:left]
        connection.sendall(piece)
        left -= len(piece)


def take_file(connection: ssl.SSLSocket, reader: io.BufferedReader, path: str, headers: Headers) -> None:
    """PUT or POST of a body with its length, answered in the way of Slack's Web API."""
    if "expect" in headers:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left = int(headers.get("content-length", "0"))
    buffer = memoryview(bytearray(len(BLOCK)))
    while left:
        count = reader.readinto(buffer[:left])
        if not count:
            return
        left -= count
    body = json.dumps(slack_answer(path, connection.getsockname()[1]))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall((head + body).encode())


def slack_answer(path: str, port: int) -> dict[str, object]:
    """What slack_sdk reads in the three steps of `files_upload_v2`."""
    answer: dict[str, object] = {"ok": True, "files": [{"id": "F1"}]}
    if path.endswith("/files.getUploadURLExternal"):
        answer |= {"upload_url": f"https://127.0.0.1:{port}/upload", "file_id": "F1"}
    return answer


def converse(context: ssl.SSLContext, raw: socket.socket, answer: Answer) -> None:
    try:
        with context.wrap_socket(raw, server_side=True) as connection, connection.makefile("rb") as reader:
            while request := reader.readline():
                lines = iter(lambda: reader.readline().decode().strip(), "")
                headers = dict(line.lower().split(": ", 1) for line in lines)
                answer(connection, reader, request.split()[1].decode().partition("?")[0], headers)
    except OSError:
        pass  # the client is done with the connection


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
