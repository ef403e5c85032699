"""The team's settings: what holds stays what it is, however much there is to choose from."""

from typing import Any

import pytest

from bot.messages.blocks import Choice
from bot.messages.catalogue import ENGLISH
from bot.messages.ids import Page, Setting
from bot.messages.settings import SettingsState, overview, settings_page
from bot.teams.rules import Rules, Who

MANY = [Choice(f"x{at}", f"Number {at}") for at in range(250)]


def menu(page: Page, field: Setting, state: SettingsState) -> Any:
    view = settings_page(ENGLISH, page, state)
    return next(block["element"] for block in view["blocks"] if block.get("block_id") == field)


def offered(menu: Any) -> list[str]:
    groups = menu.get("option_groups") or [menu]
    assert all(len(group["options"]) <= 100 for group in groups)
    return [option["value"] for group in groups for option in group["options"]]


@pytest.mark.parametrize("at", [0, 98, 99, 100, 249])
def test_the_teams_voice_is_still_chosen_among_any_number_of_voices(at: int) -> None:
    """A page is saved as it is shown: a menu without it would put another in its place."""
    shown = menu(Page.MAKING, Setting.VOICE, SettingsState(Rules(voice_id=f"x{at}"), voices=MANY))

    assert shown["initial_option"]["value"] == f"x{at}"
    assert offered(shown)[0] == "any"
    assert set(offered(shown)) == {"any", *(voice.value for voice in MANY)}


@pytest.mark.parametrize("at", [0, 99, 100, 249])
def test_so_is_the_teams_user_group(at: int) -> None:
    rules = Rules(who=Who.GROUP, group=f"x{at}")

    shown = menu(Page.PEOPLE, Setting.GROUP, SettingsState(rules, groups=MANY))

    assert shown["initial_option"]["value"] == f"x{at}"
    assert set(offered(shown)) == {group.value for group in MANY}


def test_and_the_teams_model() -> None:
    models = [f"m-{at}" for at in range(150)]

    shown = menu(Page.MAKING, Setting.MODEL, SettingsState(Rules(model="m-149"), models=models))

    assert shown["initial_option"]["value"] == "m-149"


@pytest.mark.parametrize("changed", ["channels", "models", "blocked_people"])
def test_a_list_that_is_cut_says_how_much_more_there_is(changed: str) -> None:
    ten, twelve = (tuple(f"C{at}" for at in range(many)) for many in (10, 12))

    assert "more" not in str(overview(ENGLISH, SettingsState(Rules(**{changed: ten}))))
    assert "and 2 more" in str(overview(ENGLISH, SettingsState(Rules(**{changed: twelve}))))
