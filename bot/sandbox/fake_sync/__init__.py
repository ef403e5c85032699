"""A sync.so of one's own: its public API on loopback, strict where the real one is, with real media."""

from bot.sandbox.fake_sync.app import FakeSync, create_fake_sync
from bot.sandbox.fake_sync.config import (
    CREATOR,
    FREE,
    GROWTH,
    HOBBYIST,
    SCALE,
    FakeSyncConfig,
    Org,
    Plan,
    Rates,
)

__all__ = [
    "CREATOR",
    "FREE",
    "GROWTH",
    "HOBBYIST",
    "SCALE",
    "FakeSync",
    "FakeSyncConfig",
    "Org",
    "Plan",
    "Rates",
    "create_fake_sync",
]
