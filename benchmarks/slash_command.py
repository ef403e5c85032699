"""A signed `/lipsync` over HTTP: its answer alone and beside a busy worker, and beside the bare app's."""

from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import asked, counted, server
from benchmarks.slack_requests import ONE_LINE
from benchmarks.timings import Timings

CONNECTIONS = 16

Load = Callable[[str, str, int, int], Timings]
"""Sends (to, text, at once, count)."""


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Measure every question with a server process of its own, loaded from another process.

    Args:
        rounds: How often the two sides of a comparison take turns.
        quick: A fifth of the requests.
    """
    count = 1_000 if quick else 5_000
    with ExitStack() as stack:
        stub = stack.enter_context(server("benchmarks.stub"))
        ask = stack.enter_context(asked("benchmarks.http_load"))

        def load(to: str, text: str, connections: int, count: int) -> Timings:
            port = int(to.rpartition(":")[2])
            return Timings(**ask({"port": port, "text": text, "connections": connections, "count": count}))

        stored = stack.enter_context(server("benchmarks.ours", "http", "stored", stub))
        unstored = stack.enter_context(server("benchmarks.ours", "http", "unstored", stub))
        bare = stack.enter_context(server("benchmarks.bare", "http", f"{stub}/api/"))
        return [
            *compared(load, bare, unstored, rounds=rounds, count=count),
            *alone(load, stored, rounds=rounds, count=count),
            *form_opened(load, stored, rounds=rounds, count=count // 5),
            *beside_a_worker(load, stub, way="http", rounds=rounds, count=count),
        ]


def compared(load: Load, bare: str, ours: str, *, rounds: int, count: int) -> list[Figure]:
    """Requests a second of both, by turns."""
    for side in (bare, ours):
        load(side, ONE_LINE, CONNECTIONS, count // 5)
    pairs = [
        (load(bare, ONE_LINE, CONNECTIONS, count), load(ours, ONE_LINE, CONNECTIONS, count))
        for _ in range(rounds)
    ]
    bare_rate = median(first.per_second for first, _ in pairs)
    our_rate = median(second.per_second for _, second in pairs)
    return [
        Figure("bare app, acknowledges only", bare_rate, "a second"),
        Figure("ours, write stubbed", our_rate, "a second"),
        Figure("ours of the bare app's", our_rate / bare_rate, "ratio", at_least=0.95),
    ]


def alone(load: Load, ours: str, *, rounds: int, count: int) -> list[Figure]:
    """One request after the other; each commits its draft."""
    load(ours, ONE_LINE, 1, count // 5)
    runs = [load(ours, ONE_LINE, 1, count) for _ in range(rounds)]
    return [
        Figure("draft committed, alone: p50", median(one.p50_ms for one in runs), "ms", at_most=4.5),
        Figure("draft committed, alone: p99", median(one.p99_ms for one in runs), "ms", at_most=15),
    ]


def form_opened(load: Load, ours: str, *, rounds: int, count: int) -> list[Figure]:
    """`/lipsync` alone: a committed draft, and a form that is built and opened while the next one comes."""
    load(ours, "", 1, count // 5)
    runs = [load(ours, "", 1, count) for _ in range(rounds)]
    return [
        Figure("form opened by `/lipsync`, alone: p50", median(one.p50_ms for one in runs), "ms"),
        Figure("form opened by `/lipsync`, alone: p99", median(one.p99_ms for one in runs), "ms"),
    ]


def beside_a_worker(load: Load, stub: str, *, way: str, rounds: int, count: int) -> list[Figure]:
    """The same while the worker of that process moves batches of 50, one after the other without a pause."""
    runs, batches_a_second = [], []
    for _ in range(rounds):
        with server("benchmarks.ours", way, "busy", stub) as ours:
            load(ours, ONE_LINE, 1, count // 5)
            counted(stub)
            run = load(ours, ONE_LINE, 1, count)
            runs.append(run)
            batches_a_second.append(counted(stub) * run.per_second / count)
    return [
        Figure("draft committed, worker busy: p50", median(one.p50_ms for one in runs), "ms"),
        Figure("draft committed, worker busy: p99", median(one.p99_ms for one in runs), "ms", at_most=20),
        Figure("batches of 50 that the worker moved", median(batches_a_second), "a second", at_least=1),
    ]
