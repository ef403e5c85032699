"""The parts that routes work with, handed to each group of routes as one."""

from dataclasses import dataclass

from bot.sandbox.fake_sync.blobs import Blobs, Links
from bot.sandbox.fake_sync.config import FakeSyncConfig
from bot.sandbox.fake_sync.desk import Desk
from bot.sandbox.fake_sync.engine import Engine
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.fetch import Inputs
from bot.sandbox.fake_sync.idempotency import Ledger
from bot.sandbox.fake_sync.library import Library
from bot.sandbox.fake_sync.planning import Planner
from bot.sandbox.fake_sync.state import State
from bot.sandbox.fake_sync.views import Views
from bot.sandbox.media.studio import Studio


@dataclass(frozen=True)
class Parts:
    """One of each."""

    config: FakeSyncConfig
    state: State
    library: Library
    ledger: Ledger
    faults: Faults
    desk: Desk
    blobs: Blobs
    links: Links
    inputs: Inputs
    planner: Planner
    engine: Engine
    views: Views
    studio: Studio
