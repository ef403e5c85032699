"""A night's review: sync.so's export held against the books, beside the official SDK that reads each one."""

import json
from contextlib import ExitStack
from statistics import median

from benchmarks.figures import Figure
from benchmarks.polling import read
from benchmarks.processes import process
from benchmarks.usage_export import OURS


def run(*, rounds: int, quick: bool) -> list[Figure]:
    """Review a night of 10,000 videos, their costs known before, and told by the export first.

    Args:
        rounds: How often the sides take turns; the SDK takes nearly a minute for its turn.
        quick: The SDK reads a tenth, and is counted ten times.
    """
    share = 10 if quick else 1
    sdk, told, untold = [], [], []
    with ExitStack() as stack:
        stub = stack.enter_context(process("benchmarks.stub")).address
        for _ in range(rounds):
            sdk.append(read("sdk", stub, OURS // share, 1)[0] * share)
            told.append(_reviewed("told", stub))
            untold.append(_reviewed("untold", stub))
    sdk_s, nights = median(sdk), told + untold
    return [
        Figure("SDK, one GET each, nothing stored: processor time", sdk_s, "s"),
        *_figures("costs known before", told, sdk_s),
        *_figures("costs told by the export first", untold, sdk_s),
        Figure("requests to the export", max(each["requests"] for each in nights), "", at_most=25),
        Figure("unexplained", max(each["unexplained_micro_usd"] for each in nights), "micro-USD", at_most=0),
    ]


def _figures(what: str, nights: list[dict[str, float]], sdk_s: float) -> list[Figure]:
    cpu_s, took_s = (median(each[name] for each in nights) for name in ("cpu_s", "took_s"))
    return [
        Figure(f"a night, {what}", took_s, "s"),
        Figure(f"a night, {what}: processor time", cpu_s, "s"),
        Figure("of the SDK's", cpu_s / sdk_s, "ratio", at_most=1 / 10),
    ]


def _reviewed(bills: str, stub: str) -> dict[str, float]:
    with process("benchmarks.reviewer", bills, stub) as child:
        told: dict[str, float] = json.loads(child.first)
        return told
