"""When Slack may be called again: its paces for each channel and workspace, and the rests that it asks for.

In memory: each replica keeps to the paces by itself; where all of them together are too fast, Slack says so.
"""

import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

MESSAGE_EVERY_S: Final = 1.0
"""One message a second for each channel (Slack: rate limits, chat.postMessage)."""
UPDATES_A_MINUTE: Final = 50
"""Edits of messages for each workspace (Slack: rate limits, tier 3, chat.update)."""
_KEPT: Final = 5_000
"""Channels whose pace is remembered; beyond that those at rest are forgotten."""
_COMES_WITHIN_S: Final = 2.0
"""Who was promised a moment comes for it so soon, or not at all."""


class Edit(Enum):
    """What an edit of a message is for; its value is how much of the pace it leaves to what matters more."""

    NEWS = 0
    """A result, a price, a question: what people wait for or have to act on."""
    PROGRESS = 20
    """It soon is something else, and says no more meanwhile."""
    REDRAW = 40
    """It stood there before."""


@dataclass(slots=True)
class _Pace:
    """At most `calls` within any `per_s` seconds."""

    calls: int
    per_s: float
    taken: deque[float] = field(default_factory=deque)
    """When calls were made, oldest first; none older than `per_s`."""
    promised: dict[int, dict[Hashable, float]] = field(default_factory=dict)
    """When each who was sent away may come again, the last one last; a line for each `leave`."""

    def take(self, now: float, who: Hashable, *, leave: int = 0) -> float:
        """Make a call and return 0, or return the seconds after which to come again.

        Those who are sent away are told moments one after the other, so that they do not come all at once.
        Who comes before that moment keeps it, and nobody new goes before somebody whose moment has come.
        """
        self.forget(now)
        line = self.promised.setdefault(leave, {})
        free = self.calls - leave - len(self.taken)
        if free > 1 or (free == 1 and not _is_owed(line, now, who)):
            self.taken.append(now)
            line.pop(who, None)
            if free > 1:  # the line of those who were sent away was shorter than it seemed
                line.clear()
            return 0.0
        step_s = self.per_s / self.calls
        soonest = now + step_s if free > 0 else self.taken[-free] + self.per_s
        if who not in line:
            line[who] = max(soonest, next(reversed(line.values()), 0.0) + step_s)
        elif line[who] <= now:
            line[who] = soonest
        return line[who] - now

    def take_spare(self, now: float) -> bool:
        """Make a call if one is free and promised to nobody."""
        self.forget(now)
        is_spare = len(self.taken) < self.calls and not any(self.promised.values())
        if is_spare:
            self.taken.append(now)
        return is_spare

    def forget(self, now: float) -> None:
        """Drop what is too old to count."""
        while self.taken and self.taken[0] <= now - self.per_s:
            self.taken.popleft()
        for line in self.promised.values():
            while line and next(iter(line.values())) <= now - self.per_s:
                del line[next(iter(line))]


def _is_owed(line: Mapping[Hashable, float], now: float, who: Hashable) -> bool:
    """Whether the one free call was promised to somebody before `who`, who is about to come for it."""
    for other, at in line.items():
        if other == who or at > now:
            return False
        if at > now - _COMES_WITHIN_S:
            return True
    return False


class Paces:
    """Hands out turns to call Slack. A workspace is named by anything that is its own."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._messages: dict[Hashable, _Pace] = {}
        self._updates: dict[Hashable, _Pace] = {}
        self._rests: dict[Hashable, float] = {}

    def message(self, workspace: str, channel: str, who: Hashable) -> float:
        """Take the channel's turn for a message: 0, or the seconds after which `who` may ask again."""
        now = self._clock()
        return self._channel(workspace, channel, now).take(now, who)

    def spare_message(self, workspace: str, channel: str) -> bool:
        """Take the channel's turn for a message, if nobody waits for it."""
        now = self._clock()
        return self._channel(workspace, channel, now).take_spare(now)

    def update(self, workspace: str, who: Hashable, edit: Edit) -> float:
        """Take the workspace's turn for an edit: 0, or the seconds after which `who` may ask again."""
        pace = self._updates.setdefault(workspace, _Pace(UPDATES_A_MINUTE, 60.0))
        return pace.take(self._clock(), who, leave=edit.value)

    def rest(self, workspace: str, method: str, *, for_s: float) -> None:
        """Slack has asked to leave a method of a workspace alone."""
        self._rests[workspace, method] = self._clock() + for_s

    def rests_s(self, workspace: str, method: str) -> float:
        """For how many seconds more a method is to be left alone; 0: it may be called."""
        until = self._rests.get((workspace, method))
        if until is None:
            return 0.0
        left = until - self._clock()
        if left <= 0:
            del self._rests[workspace, method]
        return max(0.0, left)

    def _channel(self, workspace: str, channel: str, now: float) -> _Pace:
        if len(self._messages) > _KEPT:
            self._forget_channels(now)
        return self._messages.setdefault((workspace, channel), _Pace(1, MESSAGE_EVERY_S))

    def _forget_channels(self, now: float) -> None:
        for pace in self._messages.values():
            pace.forget(now)
        self._messages = {channel: pace for channel, pace in self._messages.items() if pace.taken}
