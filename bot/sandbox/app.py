"""`lipsync-bot serve` by a clock that can be set: `python -m bot.sandbox.app`."""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from bot.log import set_up_logging
from bot.sandbox.machine import Clock
from bot.server import serve
from bot.settings import Settings

CLOCK = "SANDBOX_CLOCK"
"""The environment variable that names the clock's file."""


def main() -> None:
    """Serve until a signal ends it."""
    settings = Settings.read()
    settings.require_serving()
    set_up_logging(settings.log_level)
    clock = Clock(Path(os.environ[CLOCK]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(serve(settings, clock=clock)))


if __name__ == "__main__":
    main()
