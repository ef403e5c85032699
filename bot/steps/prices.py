"""When a price is no longer the one that was said yes to. Pure."""

from decimal import Decimal
from typing import Final

_CENT: Final = Decimal("0.01")
_PART: Final = Decimal("0.02")


def is_dearer(asked: Decimal, accepted: Decimal) -> bool:
    """Whether somebody would pay more than they said yes to, beyond what rounded figures may differ by.

    Args:
        asked: USD that sync.so asks for now.
        accepted: USD that the card showed.

    Returns:
        True if it is more by more than the larger of 1 cent and 2 %.
    """
    return asked - accepted > max(_CENT, accepted * _PART)
