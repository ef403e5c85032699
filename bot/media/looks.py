"""Looks at inputs: what a file is, and which one lies behind a link. What cannot be told is not told."""

from dataclasses import dataclass

import structlog

from bot.media.errors import Gone, IsPage, MediaError
from bot.media.links import LinkFile, Links
from bot.probe.behind import Behind
from bot.probe.ends import Ends
from bot.probe.facts import Facts
from bot.probe.ranges import Ranges, Unread
from bot.probe.reader import Reader

_log = structlog.get_logger(__name__)

_SAME_S = 0.1
"""By so much two measures of one length differ at most."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a look found; None: that could not be told."""

    behind: Behind | None = None
    facts: Facts | None = None

    @property
    def length_s(self) -> float | None:
        """Seconds, as far as they are known."""
        return self.facts.duration_s if self.facts else None


@dataclass(frozen=True, slots=True)
class Looks:
    """Our own eyes on files. Without a `reader` they see where a link leads, but not what a file is."""

    links: Links
    reader: Reader | None = None

    async def at_link(self, url: str) -> Known:
        """What is behind a link. sync.so has the last word on it: it may be let in where the app is not.

        Raises:
            IsPage: a web page, which nobody can make a video of.
        """
        try:
            async with self.links.open(url) as file:
                return Known(file.behind, await self._facts(file.ranges))
        except IsPage:
            raise
        except MediaError as error:
            _log.info("a link was not read", why=type(error).__name__)
            return Known()

    async def at_file(self, url: str, *, bearer: str) -> Facts | None:
        """What a file of Slack's is, by parts of it, before it is moved."""
        if self.reader is None:
            return None
        try:
            async with self.links.open(url, bearer=bearer) as file:
                return await self._facts(file.ranges)
        except MediaError as error:
            _log.info("a file was not read ahead", why=type(error).__name__)
            return None

    async def at_what_flowed_by(self, ends: Ends) -> Facts | None:
        """What a file is by its beginning and its end."""
        return await self._facts(ends)

    async def again(self, url: str, before: Known) -> Known | None:
        """What is behind a link now; None: the same as before, as far as both could be told."""
        if before.behind is None:
            return None
        try:
            async with self.links.open(url) as file:
                return await self._other(file, before)
        except (Gone, IsPage):
            return Known()
        except MediaError as error:
            _log.info("a link was not read again", why=type(error).__name__)
            return None

    async def _other(self, file: LinkFile, before: Known) -> Known | None:
        is_same = file.behind == before.behind
        if is_same and file.behind.is_marked:
            return None
        now = Known(file.behind, await self._facts(file.ranges))
        return None if is_same and _alike(now.length_s, before.length_s) else now

    async def _facts(self, ranges: Ranges | None) -> Facts | None:
        if self.reader is None or ranges is None:
            return None
        try:
            return await self.reader.read(ranges)
        except (Unread, MediaError) as error:
            _log.info("a file was not read", why=str(error) or type(error).__name__)
            return None


def _alike(one_s: float | None, other_s: float | None) -> bool:
    """Whether two lengths may be of one file; one that is not known says nothing."""
    return one_s is None or other_s is None or abs(one_s - other_s) <= _SAME_S
