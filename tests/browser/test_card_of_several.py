"""The app's own card of ten videos in a real browser: read, heard, and used by mouse and by keyboard."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from bot.messages.ids import Action, read_option
from storage.cards import OrderState
from storage.jobs import JobStatus
from tests.browser.conftest import World
from tests.unit.messages.builders import a_card, a_job, several

TEN = [f"Welcome from the team, take {number}.mp4" for number in range(1, 11)]
EMPTY = {2: "slack_file_empty"}
SHOTS = Path(__file__).parents[2] / "test-output"


def half_done() -> OrderState:
    made_there: dict[str, Any] = {"generation_id": "g", "failure_code": "generation_pipeline_failed"}
    jobs = {
        0: a_job(JobStatus.DELIVERED, cost_usd=Decimal("0.43")),
        1: a_job(JobStatus.FAILED, **made_there),
        3: a_job(JobStatus.UNRESOLVED),
        **dict.fromkeys(range(4, 7), a_job(JobStatus.PROCESSING)),
        **dict.fromkeys(range(7, 10), a_job(JobStatus.QUEUED)),
    }
    return several(TEN, jobs=jobs, problems=EMPTY)


def posted(world: World, state: OrderState) -> Locator:
    """The card of an order, as Slack took it."""
    card = a_card(state)
    world.post(card.text, blocks=card.blocks)
    shown = world.message("take 10.mp4")
    expect(shown).to_be_visible()
    return shown


def menu_of(card: Locator) -> Locator:
    return card.get_by_role("combobox", name="Choose a video and what to do")


def test_the_offer_says_what_each_costs_and_its_button_how_many(world: World) -> None:
    card = posted(world, several(TEN, problems=EMPTY))
    expect(card).to_contain_text("Ready to make 9 of 10 videos: about $3.78 (estimate)")
    for label in TEN:
        expect(card.get_by_text(f"• {label}:")).to_be_visible()
    card.get_by_role("button", name="Generate 9 of 10, $3.78").click()
    sent = world.app.wait_for("block_actions")
    assert sent["actions"][0]["action_id"] == Action.GENERATE


def test_a_choice_in_the_menu_reaches_the_app(world: World) -> None:
    card = posted(world, half_done())
    menu_of(card).select_option(label=f"Try again: {TEN[1]}")
    (action,) = world.app.wait_for("block_actions")["actions"]
    assert (action["type"], action["action_id"]) == ("static_select", Action.PART)
    chosen, value = read_option(action["selected_option"]["value"])
    assert (chosen, value) == (Action.RERUN, "J7f3a9:J7f3a9-01")


def test_the_menu_is_used_by_keyboard_alone_and_says_which_video_and_what(world: World) -> None:
    card = posted(world, half_done())
    menu = menu_of(card)
    card.get_by_role("button", name="Cancel the rest").focus()
    world.page.keyboard.press("Tab")
    expect(menu).to_be_focused()
    world.page.keyboard.type("Give up")
    action = world.app.wait_for("block_actions")["actions"][0]
    assert read_option(action["selected_option"]["value"])[0] == Action.GIVE_UP
    spoken = menu.locator("option").all_inner_texts()
    assert f"Give up: {TEN[3]}" in spoken
    assert menu.locator("optgroup").nth(1).get_attribute("label") == f"{TEN[1]}: failed"


def test_screen_readers_hear_the_sum_first_and_then_each_line(world: World) -> None:
    posted(world, half_done())
    heard = world.page.get_by_role("log", name="New messages")
    expect(heard).to_contain_text(
        "Making your videos: 1 of 9 is here, 1 failed, 1 unclear. "
        "Cost so far: $0.43 (estimated about $3.78). "
        f"{TEN[0]}: here, cost $0.43 (estimated about $0.42). {TEN[1]}: failed, not charged."
    )


def test_a_newer_card_keeps_its_place_and_loses_what_no_longer_fits(world: World) -> None:
    card = a_card(half_done())
    ts = world.post(card.text, blocks=card.blocks)
    done = dict.fromkeys([0, 1, *range(3, 10)], a_job(JobStatus.DELIVERED, cost_usd=Decimal("0.42")))
    newer = a_card(several(TEN, jobs=done, problems=EMPTY))
    world.api("chat.update", channel=world.channel, ts=ts, text=newer.text, blocks=newer.blocks)
    shown = world.message("Done: all 9 videos are here")
    expect(shown).to_contain_text("Cost: $3.78 (estimated about $3.78).")
    expect(shown.get_by_role("button", name="Cancel the rest")).to_have_count(0)
    expect(menu_of(shown)).not_to_contain_text("Give up")


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("stage", ["offer", "half-done"])
def test_it_fits_the_page_and_nobody_stumbles_over_it(world: World, width: int, stage: str) -> None:
    world.page.set_viewport_size({"width": width, "height": 860})
    card = posted(world, several(TEN, problems=EMPTY) if stage == "offer" else half_done())
    card.scroll_into_view_if_needed()
    SHOTS.mkdir(exist_ok=True)
    world.page.screenshot(path=SHOTS / f"card-of-ten-{stage}-{width}.png")
    assert world.page.evaluate("document.documentElement.scrollWidth") <= width
    box, menu = card.bounding_box(), menu_of(card).bounding_box()
    assert box is not None
    assert menu is not None
    assert menu["x"] + menu["width"] <= box["x"] + box["width"]
    found = Axe().run(world.page)
    assert found.violations_count == 0, found.generate_report()
