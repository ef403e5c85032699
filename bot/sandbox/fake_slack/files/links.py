"""Addresses that anybody may open, as if they lay somewhere on the web: samples, and what was uploaded."""

from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from bot.sandbox.fake_slack.faults import Faults
from bot.sandbox.fake_slack.files.byte_streams import Line, Manner, send_file


class LinkHost:
    """Gives files out whole or by parts, as fast as its line is, with what tells one state from another."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._line = Line(faults, "link_slow")

    def send(self, request: Request, path: Path, mimetype: str) -> Response:
        """The answer to a GET of a file."""
        told = path.stat()
        manner = Manner(
            gives_parts=self._faults.take("link_no_parts") is None,
            line=self._line,
            headers={
                "ETag": f'"{told.st_mtime_ns:x}-{told.st_size:x}"',
                "Last-Modified": formatdate(told.st_mtime, usegmt=True),
            },
        )
        return send_file(path, mimetype, request.headers.get("range"), manner)
