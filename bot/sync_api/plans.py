"""How long an output may be, and what it can cost: what sync.so tells of an account, else documents. Pure."""

import math
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from bot.sync_api.models import Account

_LONGEST_S: Mapping[str, float] = MappingProxyType(
    {"free": 20, "hobbyist": 60, "creator": 300, "growth": 600, "scale": 1_800}
)
"""Seconds of output by plan (sync.so: billing page and support articles, 2026)."""
_FREE_S: Mapping[str, float] = MappingProxyType({"sync-3": 15})
"""What the free plan allows of some models (the same)."""
_USD_A_FRAME: Mapping[str, Decimal] = MappingProxyType(
    {
        "sync-3": Decimal("0.00534"),
        "lipsync-2-pro": Decimal("0.00333"),
        "lipsync-2": Decimal("0.002"),
        "lipsync-1.9.0-beta": Decimal("0.001"),
        "react-1": Decimal("0.00667"),
    }
)
"""List prices (sync.so: models, 2026); a speech costs extra, and nobody has published how much."""
_MOST_FPS = 60
"""What cameras, phones and screen recorders make."""
_CLIPPED_S: Mapping[str, float] = MappingProxyType({"react-1": 15})
"""Some models clip what they make (the same)."""
_UNDOCUMENTED = "credits"
"""Plans that are billed so have names of the others and figures that nobody has published."""


def longest_output_s(account: Account, model: str) -> float | None:
    """Seconds of the longest output that this account gets from this model; None: not known."""
    plan = _documented_plan(account)
    known = [account.max_output_s or _LONGEST_S.get(plan)]
    if plan == "free":
        known.append(_FREE_S.get(model))
    return min((limit_s for limit_s in known if limit_s), default=None)


def most_it_costs(model: str, longest_s: float | None) -> Decimal:
    """USD that an output can cost at most, by the list, but for what a speech costs beside it.

    What is not known is taken at the dearest: a model that is not on the list, and a length (see
    `longest_output_s`) of which neither the account nor its plan says anything.
    """
    usd = _USD_A_FRAME.get(model, max(_USD_A_FRAME.values()))
    seconds = max(_LONGEST_S.values()) if longest_s is None else longest_s
    return usd * _MOST_FPS * math.ceil(min(seconds, _CLIPPED_S.get(model, seconds)))


def _documented_plan(account: Account) -> str:
    if account.billing_model == _UNDOCUMENTED:
        return ""
    return (account.plan or account.billing_model or "").casefold()
