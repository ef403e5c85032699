"""Claims of 500 jobs to read: `python -m benchmarks.claimer short|long` prints the seconds of one."""

import json
import sys
import tempfile
import time
from statistics import median

import uvloop

from benchmarks.seeds import LONGEST_SCRIPT, processing_jobs
from bot.app import new_id
from bot.worker import claim_polls
from storage.database import migrate, open_database

AT_ONCE, TIMES = 500, 10
_SCRIPTS = {"short": "Hello.", "long": LONGEST_SCRIPT}


async def main() -> None:
    took_s = []
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(f"sqlite:///{folder}/bench.db") as database:
            await migrate(database)
            # One claim more, which is not counted.
            count = AT_ONCE * (TIMES + 1)
            await processing_jobs(database, count, id_prefix="gen", script=_SCRIPTS[sys.argv[1]])
            for _ in range(TIMES + 1):
                began = time.perf_counter()
                async with database.write() as conn:
                    claimed = await claim_polls(conn, new_id(), time.time())
                took_s.append(time.perf_counter() - began)
                assert len(claimed) == AT_ONCE
    print(json.dumps({"claim_s": median(took_s[1:])}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
