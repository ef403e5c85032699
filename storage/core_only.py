"""SQLAlchemy without its ORM, of which nothing here is used: 6 MB of memory and a tenth of a start.

Its package for asyncio brings the ORM's sessions along with the engine. Whoever imports them by their own
names still gets them.
"""

import sys
from importlib import import_module
from types import ModuleType

_PACKAGE = "sqlalchemy.ext.asyncio"
_OF_THE_ORM = (f"{_PACKAGE}.scoping", f"{_PACKAGE}.session")


class _LeftOut(ModuleType):
    """A module in which every name is there, and stands for nothing."""

    def __getattr__(self, name: str) -> None:
        """Give what an import asks for."""
        if name.startswith("__"):
            raise AttributeError(name)


def import_engine() -> None:
    """Import SQLAlchemy's engine for asyncio; before anything else does, or it changes nothing."""
    if _PACKAGE in sys.modules:
        return
    sys.modules.update({name: _LeftOut(name) for name in _OF_THE_ORM})
    try:
        import_module(_PACKAGE)
    finally:
        for name in _OF_THE_ORM:
            del sys.modules[name]
