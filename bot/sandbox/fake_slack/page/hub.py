"""Live events for the page: numbered, remembered for a while, streamed to whoever may see them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.sandbox.fake_slack.records import Json


@dataclass(frozen=True, slots=True)
class PageEvent:
    """One event. `team` and `users` say who may see it; None means everybody (of the team)."""

    seq: int
    team: str | None
    users: frozenset[str] | None
    body: Json


class Hub:
    """Fans events out to the open pages; a page that reconnects asks for what it missed."""

    def __init__(self, remembered: int = 2000) -> None:
        self._past: deque[PageEvent] = deque(maxlen=remembered)
        self._listeners: set[asyncio.Queue[PageEvent | None]] = set()
        self._closed = False
        self.seq = 0

    def publish(
        self,
        kind: str,
        *,
        team: str | None = None,
        user: str | None = None,
        users: frozenset[str] | None = None,
        **body: object,
    ) -> None:
        """Number an event and hand it to every listener who may see it: one person, some, or all."""
        self.seq += 1
        seen_by = users if user is None else frozenset({user})
        event = PageEvent(self.seq, team, seen_by, {"seq": self.seq, "type": kind, **body})
        self._past.append(event)
        for queue in self._listeners:
            queue.put_nowait(event)

    async def listen(
        self, team: str, user: str, after: int, *, heartbeat_s: float
    ) -> AsyncIterator[PageEvent | None]:
        """Yield what this person may see after `after`, then live; None is a heartbeat."""
        queue: asyncio.Queue[PageEvent | None] = asyncio.Queue()
        for event in self._past:
            queue.put_nowait(event)
        self._listeners.add(queue)
        try:
            while not self._closed:
                try:
                    event_or_end = await asyncio.wait_for(queue.get(), heartbeat_s)
                except TimeoutError:
                    yield None
                    continue
                if event_or_end is None:
                    return
                if event_or_end.seq > after and _may_see(event_or_end, team, user):
                    yield event_or_end
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for queue in self._listeners:
            queue.put_nowait(None)


def _may_see(event: PageEvent, team: str, user: str) -> bool:
    return event.team in {None, team} and (event.users is None or user in event.users)
