"""How long an output may be: what sync.so tells of an account, else what it documents of the plan. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.sync_api.models import Account

_LONGEST_S: Mapping[str, float] = MappingProxyType(
    {"free": 20, "hobbyist": 60, "creator": 300, "growth": 600, "scale": 1_800}
)
"""Seconds of output by plan (sync.so: billing page and support articles, 2026)."""
_FREE_S: Mapping[str, float] = MappingProxyType({"sync-3": 15})
"""What the free plan allows of some models (the same)."""
_UNDOCUMENTED = "credits"
"""Plans that are billed so have names of the others and figures that nobody has published."""


def longest_output_s(account: Account, model: str) -> float | None:
    """Seconds of the longest output that this account gets from this model; None: not known."""
    plan = _documented_plan(account)
    known = [account.max_output_s or _LONGEST_S.get(plan)]
    if plan == "free":
        known.append(_FREE_S.get(model))
    return min((limit_s for limit_s in known if limit_s), default=None)


def _documented_plan(account: Account) -> str:
    if account.billing_model == _UNDOCUMENTED:
        return ""
    return (account.plan or account.billing_model or "").casefold()
