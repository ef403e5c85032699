"""What a fake sync.so is started with: organizations, plans, limits, folder and address."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

GIB = 1024**3


@dataclass(frozen=True)
class Plan:
    """What a subscription allows (sync.so docs and support pages, plans of 2026).

    `max_output_s` is the longest output in seconds, `sync_3_s` that of sync-3 where it is less, `jobs` the
    generations a month (None: no limit), `max_file_bytes` the largest input: the general ceiling, since the
    real figure is not published.
    """

    name: str
    concurrency: int
    max_output_s: float
    jobs: int | None = None
    picks_speakers: bool = True
    paid: bool = True
    max_file_bytes: int = 5 * GIB
    sync_3_s: float | None = None

    def longest_s(self, model: str) -> float:
        """Seconds of the longest output of a model."""
        limit_s = self.sync_3_s if model == "sync-3" else None
        return self.max_output_s if limit_s is None else min(self.max_output_s, limit_s)


FREE = Plan("free", 1, 20, jobs=3, picks_speakers=False, paid=False, sync_3_s=15)
HOBBYIST = Plan("hobbyist", 1, 60, picks_speakers=False)
CREATOR = Plan("creator", 3, 300)
GROWTH = Plan("growth", 6, 600)
SCALE = Plan("scale", 15, 1800)


@dataclass(frozen=True)
class Org:
    """One customer. Several API keys may act for it; jobs, assets and idempotency keys are its own."""

    id: str
    name: str
    plan: Plan = GROWTH
    webhook_secret: str = "whsec_sandbox"


@dataclass(frozen=True)
class Rates:
    """Requests a minute for each API key and group of routes (sync.so docs, rate limits)."""

    create: int = 60
    upload: int = 120
    speech: int = 60
    other: int = 600


@dataclass(frozen=True)
class FakeSyncConfig:
    """Start values of a fake sync.so.

    Attributes:
        base_url: the address under which its users reach it, without a slash at the end; links begin with it.
        folder: where files are kept.
        orgs: organization by API key.
        costs_after_s: seconds from the end of a generation until its costs are known.
        processing_s: seconds from create to the end of a generation, rendering included where it is quicker.
        input_wait_s: seconds a create or estimate waits for its input links before it answers 503.
        rates: requests a minute.
        clock: Unix time in seconds.
        elsewhere: files that stand at addresses of the internet, which a sandbox has not.
    """

    base_url: str
    folder: Path
    orgs: Mapping[str, Org]
    processing_s: float = 4.0
    costs_after_s: float = 1.0
    input_wait_s: float = 25.0
    rates: Rates = field(default_factory=Rates)
    clock: Callable[[], float] = time.time
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
