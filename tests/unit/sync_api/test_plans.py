"""The longest output of an account: what sync.so tells, and what it documents where it tells nothing."""

from decimal import Decimal
from typing import Any

import pytest

from bot.sync_api.models import Account
from bot.sync_api.plans import longest_output_s, most_it_costs


def account(**told: Any) -> Account:
    return Account.model_validate(told)


@pytest.mark.parametrize(
    ("told", "model", "longest_s"),
    [
        ({"generationLimits": {"maxOutputDurationSeconds": 90}}, "sync-3", 90),
        ({"generationLimits": {"maxOutputDurationSeconds": 900}, "plan": {"name": "Growth"}}, "sync-3", 900),
        ({"plan": {"name": "Growth"}}, "sync-3", 600),
        ({"plan": "hobbyist", "billingModel": "usage"}, "lipsync-2", 60),
        ({"plan": "CREATOR"}, "lipsync-2", 300),
        ({"plan": "scale"}, "lipsync-2", 1_800),
        ({"plan": "free"}, "lipsync-2", 20),
        ({"plan": "free", "generationLimits": {"maxOutputDurationSeconds": 20}}, "sync-3", 15),
        ({"billingModel": "free"}, "sync-3", 15),
        ({"plan": "enterprise", "billingModel": "enterprise"}, "sync-3", None),
        ({"plan": "starter", "billingModel": "credits"}, "sync-3", None),
        ({"plan": "creator", "billingModel": "credits"}, "sync-3", None),
        (
            {
                "plan": "creator",
                "billingModel": "credits",
                "generationLimits": {"maxOutputDurationSeconds": 45},
            },
            "sync-3",
            45,
        ),
        ({"plan": "growth", "generationLimits": {"maxOutputDurationSeconds": 0}}, "sync-3", 600),
        ({}, "sync-3", None),
    ],
)
def test_the_longest_output(told: dict[str, Any], model: str, longest_s: float | None) -> None:
    assert longest_output_s(account(**told), model) == longest_s


@pytest.mark.parametrize(
    ("model", "longest_s", "most_usd"),
    [
        ("sync-3", 60, "19.224"),
        ("lipsync-2", 59.2, "7.2"),
        ("lipsync-2", None, "216"),
        ("react-1", 300, "6.003"),
        ("react-1", 10, "4.002"),
        ("a-model-of-next-year", 10, "4.002"),
    ],
)
def test_the_most_that_an_output_can_cost(model: str, longest_s: float | None, most_usd: str) -> None:
    assert most_it_costs(model, longest_s) == Decimal(most_usd)
