"""Memory that does not grow for ever: what was learnt longest ago makes room for what is learnt now."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(dict[K, V]):
    """A dictionary of so many entries at most, put in one by one."""

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most

    def __setitem__(self, key: K, value: V) -> None:
        """Keep it; where there is no room, what was put in longest ago goes."""
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._at_most:
            del self[next(iter(self))]

    def without(self, key: K) -> "Recent[K, V]":
        """Another one, with all the others."""
        others = Recent[K, V](self._at_most)
        others.update(self)
        others.pop(key, None)
        return others
