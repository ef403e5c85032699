"""The longest output of an account: what sync.so tells, and what it documents where it tells nothing."""

from typing import Any

import pytest

from bot.sync_api.models import Account
from bot.sync_api.plans import longest_output_s


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
