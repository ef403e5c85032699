"""The switchboard by itself."""

from typing import Any

import pytest

from bot.sandbox.fake_sync.faults import SWITCHES, Faults, UnknownFaultError


def test_a_share_strikes_that_often_and_the_same_way_each_time() -> None:
    def struck() -> list[bool]:
        faults = Faults(seed=7)
        faults.set("fail", share=0.1)
        return [faults.strikes("fail", "get") for _ in range(2000)]

    assert struck() == struck()
    assert 150 < sum(struck()) < 250


def test_the_switchboard_knows_its_own_settings() -> None:
    faults = Faults()
    for switch in SWITCHES.values():
        settings: dict[str, Any] = dict(switch.settings)
        faults.set(switch.name, times=1, **settings)
        assert faults.strikes(switch.name, "create") == (settings.get("route", "*") in {"*", "create"})
    with pytest.raises(UnknownFaultError):
        faults.set("fail", colour="red")
