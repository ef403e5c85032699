"""The app as `lipsync-bot serve` runs it, but with other limits: `python -m … '{"headers_s": 2}'`."""

import asyncio
import json
import sys

import uvloop

from bot.log import set_up_logging
from bot.server import serve
from bot.settings import Settings
from bot.web.connections import Limits


def main() -> int:
    set_up_logging("INFO")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(Settings.read(), limits=Limits(**json.loads(sys.argv[1]))))


if __name__ == "__main__":
    sys.exit(main())
