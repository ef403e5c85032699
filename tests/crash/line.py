"""A line to the database that can be cut: both ends go on to think that it stands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from tests.crash.pipes import Pipes


class Line:
    """Carries bytes both ways, as long as it is not cut; what was on its way then comes late."""

    def __init__(self) -> None:
        self._whole = asyncio.Event()
        self._whole.set()
        self._pipes = Pipes()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def carry(self, there: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a caller to the server until either hangs up."""
        await self._whole.wait()
        await self._pipes.join((reader, writer), await asyncio.open_unix_connection(there), self._pipe)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(2**16):
            await self._whole.wait()
            writer.write(some)
            await writer.drain()

    def close(self) -> None:
        self._pipes.close()


@asynccontextmanager
async def line_to(url: str, folder: Path) -> AsyncIterator[tuple[Line, str]]:
    """A line to the database at `url`, and the URL of its near end."""
    name = ".s.PGSQL.5432"
    parts = urlsplit(url)
    there = Path(parse_qs(parts.query)["host"][0]) / name
    line = Line()
    server = await asyncio.start_unix_server(lambda *ends: line.carry(there, *ends), folder / name)
    try:
        yield line, urlunsplit(parts._replace(query=f"host={quote(str(folder), safe='')}"))
    finally:
        server.close()
        line.close()
