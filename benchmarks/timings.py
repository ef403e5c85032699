"""What a load generator saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Timings:
    """One run of requests."""

    per_second: float
    p50_ms: float
    p99_ms: float


def timings(took_s: Sequence[float], *, whole_s: float) -> Timings:
    """Of each request's seconds, and those of the whole run."""
    cuts = quantiles(took_s, n=100)
    return Timings(len(took_s) / whole_s, cuts[49] * 1000, cuts[98] * 1000)
