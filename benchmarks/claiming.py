"""Claiming jobs to read: with the longest scripts beside short ones, which no claim needs."""

import json
from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import process


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Claim 500 at once, by turns of jobs with short and with long scripts.

    Args:
        rounds: How often the two sides take turns.
        quick: One round.
    """
    turns = 1 if quick else rounds
    pairs = [(_claimed("short"), _claimed("long")) for _ in range(turns)]
    short_s = median(short for short, _ in pairs)
    long_s = median(long for _, long in pairs)
    return [
        Figure("500 jobs with short scripts claimed", short_s * 1000, "ms"),
        Figure("500 jobs with scripts of 5,000 characters", long_s * 1000, "ms"),
        Figure("long of the short", long_s / short_s, "ratio", at_most=1.2),
    ]


def _claimed(scripts: str) -> float:
    with process("benchmarks.claimer", scripts) as child:
        return float(json.loads(child.first)["claim_s"])
