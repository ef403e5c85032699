"""What was done a moment ago, so that whoever presses again and again gets it once. In memory."""

import time
from collections.abc import Callable, Hashable

_KEPT = 10_000


class Once:
    """Remembers keys for a while each; each replica by itself."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}
        """Oldest first."""

    def first(self, *key: Hashable, within_s: float) -> bool:
        """Whether this was not done within the last `within_s` seconds; from now on it was."""
        now = self._clock()
        if self._until.get(key, now) > now:
            return False
        self._until.pop(key, None)
        self._until[key] = now + within_s
        if len(self._until) > _KEPT:
            del self._until[next(iter(self._until))]
        return True

    def forget(self, *key: Hashable) -> None:
        """It came to nothing: the next one is the first again."""
        self._until.pop(key, None)
