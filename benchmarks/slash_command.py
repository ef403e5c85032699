"""A signed `/lipsync` over HTTP: its answer alone and beside a busy worker, and beside the bare app's."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import Process, counted, process
from benchmarks.slack_requests import ONE_LINE
from benchmarks.timings import Timings

CONNECTIONS = 16


@dataclass(frozen=True)
class Side:
    """An app under load: its process, and what the load generator knows it by."""

    process: Process
    known_as: dict[str, object]


Load = Callable[[Side, str, int, int], Timings]
"""Sends (to, text, at once, count)."""


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Measure every question with a server process of its own, loaded from another process.

    Args:
        rounds: How often the two sides of a comparison take turns.
        quick: A fifth of the requests.
    """
    count = 1_000 if quick else 5_000
    with ExitStack() as stack:
        stub = stack.enter_context(process("benchmarks.stub")).address
        generator = stack.enter_context(process("benchmarks.http_load"))

        def start(module: str, *arguments: str) -> Side:
            served = stack.enter_context(process(module, "http", *arguments))
            return Side(served, {"port": int(served.first)})

        def load(to: Side, text: str, connections: int, count: int) -> Timings:
            question = {**to.known_as, "text": text, "connections": connections, "count": count}
            return Timings(**generator.ask(question))

        bare = start("benchmarks.bare", f"{stub}/api/")
        unstored = start("benchmarks.ours", "unstored", stub)
        stored = start("benchmarks.ours", "stored", stub)
        return [
            *compared(load, bare, unstored, rounds=rounds, count=count),
            *alone(load, stored, rounds=rounds, count=count),
            *form_opened(load, stored, rounds=rounds, count=count // 5),
            *beside_a_worker(load, lambda store: start("benchmarks.ours", store, stub), stub, count=count),
        ]


def compared(load: Load, bare: Side, ours: Side, *, rounds: int, count: int) -> list[Figure]:
    """Requests a second of both, by turns, and the processor time that each took for one."""
    for side in (bare, ours):
        load(side, ONE_LINE, CONNECTIONS, count // 5)
    before = [side.process.cpu_s() for side in (bare, ours)]
    pairs = [
        (load(bare, ONE_LINE, CONNECTIONS, count), load(ours, ONE_LINE, CONNECTIONS, count))
        for _ in range(rounds)
    ]
    bare_cpu_us, our_cpu_us = (
        (side.process.cpu_s() - began) / (rounds * count) * 1e6
        for side, began in zip((bare, ours), before, strict=True)
    )
    bare_rate = median(first.per_second for first, _ in pairs)
    our_rate = median(second.per_second for _, second in pairs)
    return [
        Figure("bare app, acknowledges only", bare_rate, "a second"),
        Figure("ours, write stubbed", our_rate, "a second"),
        Figure("ours of the bare app's", our_rate / bare_rate, "ratio", at_least=1.3),
        Figure("bare app: processor time", bare_cpu_us, "µs each"),
        Figure("ours: processor time", our_cpu_us, "µs each"),
    ]


def alone(load: Load, ours: Side, *, rounds: int, count: int) -> list[Figure]:
    """One request after the other; each commits its draft."""
    load(ours, ONE_LINE, 1, count // 5)
    runs = [load(ours, ONE_LINE, 1, count) for _ in range(rounds)]
    return [
        Figure("draft committed, alone: p50", median(one.p50_ms for one in runs), "ms", at_most=2.5),
        Figure("draft committed, alone: p99", median(one.p99_ms for one in runs), "ms", at_most=8),
    ]


def form_opened(load: Load, ours: Side, *, rounds: int, count: int) -> list[Figure]:
    """`/lipsync` alone: a committed draft, and a form that is built and opened while the next one comes."""
    load(ours, "", 1, count // 5)
    runs = [load(ours, "", 1, count) for _ in range(rounds)]
    return [
        Figure("form opened by `/lipsync`, alone: p50", median(one.p50_ms for one in runs), "ms"),
        Figure("form opened by `/lipsync`, alone: p99", median(one.p99_ms for one in runs), "ms"),
    ]


def beside_a_worker(load: Load, start: Callable[[str], Side], stub: str, *, count: int) -> list[Figure]:
    """The same while the worker of that process moves batches of 50, one after the other without a pause.

    First of jobs whose audio is a link, then of jobs whose scripts are as long as they may be.
    """
    return [
        *_beside(load, start("busy"), stub, count, name="worker busy"),
        *_beside(load, start("busy_scripts"), stub, count // 5, name="worker busy with long scripts"),
    ]


def _beside(load: Load, ours: Side, stub: str, count: int, *, name: str) -> list[Figure]:
    load(ours, ONE_LINE, 1, count // 5)
    counted(stub)
    run = load(ours, ONE_LINE, 1, count)
    batches = counted(stub)
    return [
        Figure(f"draft committed, {name}: p50", run.p50_ms, "ms"),
        Figure(f"draft committed, {name}: p99", run.p99_ms, "ms", at_most=15),
        Figure(f"{name}: batches of 50 that it moved", batches * run.per_second / count, "a second"),
    ]
