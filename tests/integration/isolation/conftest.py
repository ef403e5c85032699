"""Two teams beside each other: the one whose rows are tried, and the one that tries."""

from tests.integration.core.conftest import box, db, patience, there
from tests.integration.handlers.conftest import app

__all__ = ["app", "box", "db", "patience", "there"]
