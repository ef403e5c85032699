"""`/lipsync` over Socket Mode: its answer alone, beside a busy worker, and beside the bare app's."""

from contextlib import ExitStack

from benchmarks.figures import Figure
from benchmarks.processes import process
from benchmarks.slash_command import Side, alone, beside_a_worker, compared
from benchmarks.timings import Timings


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Measure as `slash_command` does; every app has one connection to a WebSocket server of ours.

    Args:
        rounds: How often the two sides of a comparison take turns.
        quick: A fifth of the envelopes.
    """
    count = 1_000 if quick else 5_000
    with ExitStack() as stack:
        stub = stack.enter_context(process("benchmarks.stub")).address
        generator = stack.enter_context(process("benchmarks.socket_load"))

        def start(name: str, module: str, *arguments: str) -> Side:
            api_url = f"{generator.address}/{name}/api/"
            return Side(stack.enter_context(process(module, "socket", *arguments, api_url)), {"name": name})

        def load(to: Side, text: str, connections: int, count: int) -> Timings:
            question = {**to.known_as, "text": text, "connections": connections, "count": count}
            return Timings(**generator.ask(question))

        bare = start("bare", "benchmarks.bare")
        unstored = start("unstored", "benchmarks.ours", "unstored", stub)
        stored = start("stored", "benchmarks.ours", "stored", stub)
        return [
            *compared(load, bare, unstored, rounds=rounds, count=count),
            *alone(load, stored, rounds=rounds, count=count),
            *beside_a_worker(
                load, lambda store: start(store, "benchmarks.ours", store, stub), stub, count=count
            ),
        ]
