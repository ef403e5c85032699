"""What sync.so's export tells of a night: the videos of one account, those of other keys among them."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

OURS, OTHERS = 10_000, 300
"""Made by the app's key, and by another one."""
ESTIMATE_USD, _OTHER_USD = Decimal("0.40"), Decimal("0.43")
_OTHER_EACH = 50
"""One of so many videos cost another sum than its estimate."""
_PAGE = 500


def generation_id(number: int) -> str:
    """What sync.so calls the video of that number, from 0; the app's own come first."""
    return f"night-{number:08x}-6b1f-4f0e-9d2c-0123456789ab"


def cost_usd(number: int) -> Decimal:
    """What sync.so charged for it."""
    return ESTIMATE_USD if number % _OTHER_EACH else _OTHER_USD


@cache
def page(cursor: str) -> Mapping[str, Any]:
    """What a cursor asks for; an empty one, the first page."""
    start = int(cursor or 0)
    numbers = range(start, min(start + _PAGE, OURS + OTHERS))
    more = numbers.stop < OURS + OTHERS
    return {"items": [_item(number) for number in numbers], "nextCursor": str(numbers.stop) if more else None}


def _item(number: int) -> Mapping[str, Any]:
    """One video (sync.so docs: usage export)."""
    cost = str(cost_usd(number))
    return {
        "generationId": generation_id(number),
        "generationStatus": "COMPLETED",
        "currency": "USD",
        "availability": "complete",
        "totalCostUsd": cost,
        "knownSubtotalUsd": cost,
        "retryAfterSeconds": None,
        "components": [{"type": "lip-sync", "amountUsd": cost}],
        "excludedCosts": ["tax", "subscription"],
        "finishedAt": "2026-11-21T10:00:00.000Z",
        "model": "sync-3",
        "billedFrames": 250,
        "apiKey": "key_ours" if number < OURS else "key_of_another",
    }
