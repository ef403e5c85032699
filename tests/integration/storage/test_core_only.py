"""What is left out of SQLAlchemy, and who still gets it."""

import subprocess
import sys

ASKS = """
import storage.database, sys
print("sqlalchemy.orm" in sys.modules)
from sqlalchemy.ext.asyncio.session import AsyncSession
print(AsyncSession.__name__)
"""


def test_the_orm_is_left_out_until_somebody_asks_for_it_by_name() -> None:
    asked = subprocess.run(
        [sys.executable, "-W", "error", "-c", ASKS], capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == ["False", "AsyncSession"]
