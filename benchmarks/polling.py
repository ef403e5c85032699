"""One round of reading what became of many jobs: our lists against the official SDK's one GET each."""

import json
from contextlib import ExitStack
from statistics import median

from benchmarks.figures import Figure
from benchmarks.processes import counted, process

JOBS = 10_000


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Read 10,000 jobs of one account both ways, and ours for 1,000 accounts with 10 jobs each.

    Args:
        rounds: How often the two sides take turns; the SDK takes nearly a minute for its turn.
        quick: The SDK reads a tenth, and is counted ten times.
    """
    sdk_jobs = JOBS // 10 if quick else JOBS
    with ExitStack() as stack:
        stub = stack.enter_context(process("benchmarks.stub")).address
        sdk, lists, one_account, many_accounts = [], [], [], []
        for _ in range(rounds):
            sdk.append(read("sdk", stub, sdk_jobs, 1)[0] * JOBS / sdk_jobs)
            lists.append(read("lists", stub, JOBS, 1))
            one_account.append(read("worker", stub, JOBS, 1))
            many_accounts.append(read("worker", stub, JOBS, 1_000))
    sdk_s = median(sdk)
    our_s = median(cpu_s for cpu_s, _ in lists)
    whole_s = median(cpu_s for cpu_s, _ in one_account)
    most = max(requests for _, requests in many_accounts)
    return [
        Figure("SDK, one GET each: processor time", sdk_s, "s"),
        Figure("ours, lists: processor time", our_s, "s"),
        Figure("ours of the SDK's", our_s / sdk_s, "ratio", at_most=1 / 60),
        Figure("ours with claims and guarded writes: processor time", whole_s, "s"),
        Figure("ours with claims and guarded writes, of the SDK's", whole_s / sdk_s, "ratio"),
        Figure("ours: requests", max(requests for _, requests in one_account), "", at_most=110),
        Figure("1,000 accounts: requests an account", most / 1_000, "", at_most=1),
        Figure("1,000 accounts: processor time", median(cpu_s for cpu_s, _ in many_accounts), "s"),
    ]


def read(way: str, stub: str, count: int, accounts: int) -> tuple[float, int]:
    """Processor seconds and requests of one round; of the worker's two rounds only the second is timed."""
    counted(stub)
    with process("benchmarks.poller", way, stub, count, accounts) as child:
        cpu_s = float(json.loads(child.first)["cpu_s"])
    rounds = 2 if way == "worker" else 1
    return cpu_s, counted(stub) // rounds
