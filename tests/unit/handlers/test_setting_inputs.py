"""A sent page of the settings holds what its menus offer, or nothing of it is taken."""

from typing import Any

import pytest

from bot.errors import Malformed
from bot.messages.ids import Page, Setting
from handlers.setting_inputs import read_page


def sent(days: str) -> dict[str, Any]:
    state = {Setting.DAYS: {Setting.DAYS: {"selected_option": {"value": days}}}}
    return {"state": {"values": state}}


@pytest.mark.parametrize("days", ["1", "7", "30"])
def test_days_are_read_as_the_menu_offers_them(days: str) -> None:
    assert read_page(Page.AFTER, sent(days)) == {"inputs_kept_days": int(days)}


@pytest.mark.parametrize(
    "days",
    ["", "0", "31", "-1", "7 ", "007", "0075", "\N{FULLWIDTH DIGIT SEVEN}", "7" * 5_000, "000" + "7" * 5_000],
)
def test_no_other_days_are(days: str) -> None:
    with pytest.raises(Malformed):
        read_page(Page.AFTER, sent(days))
