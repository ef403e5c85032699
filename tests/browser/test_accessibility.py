"""What people with a screen reader or weak eyes would stumble over, as axe-core finds it in the page."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.canned import EVERY_BLOCK, button, form
from tests.browser.conftest import World

PRIMARY = button("generate", "Generate", style="primary")
DANGER = button("give_up", "Give up", style="danger")


def looked_at(page: Page) -> None:
    """axe-core finds nothing at all, best practices included."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def a_conversation(world: World) -> None:
    world.post("Every block", blocks=EVERY_BLOCK)
    ts = world.post("The card", blocks=[{"type": "actions", "elements": [PRIMARY, DANGER]}])
    world.post("A reply", thread_ts=ts)
    world.api("chat.postEphemeral", channel=world.channel, user=world.teams[0].users[0].id, text="Psst")
    expect(world.message("Psst")).to_be_visible()


def a_thread(world: World) -> None:
    a_conversation(world)
    world.message("Give up").get_by_role("button", name="1 reply").click()


def a_form(world: World) -> None:
    def opened(asked: dict[str, object]) -> None:
        world.api("views.open", trigger_id=asked["trigger_id"], view=form())

    world.app.on["/lipsync"] = opened
    world.command()
    expect(world.modal).to_be_visible()


def a_menu(world: World) -> None:
    a_conversation(world)
    world.message("Give up").hover()
    world.message("Give up").get_by_role("button", name="More actions").click()


def a_sent_file(world: World) -> None:
    world.page.locator("#composer input[type=file]").first.set_input_files(
        {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": b"\0" * 100}
    )
    expect(world.page.locator("#composer").get_by_role("button", name="Send")).to_be_enabled()
    world.composer.press("Enter")
    expect(world.message("clip.mp4")).to_be_visible()


def the_panel(world: World) -> None:
    world.page.get_by_role("button", name="Faults and wire").click()
    expect(world.page.get_by_role("complementary", name="Faults and wire")).to_be_visible()


def a_primary_button_under_the_mouse(world: World) -> None:
    a_conversation(world)
    world.message("Give up").get_by_role("button", name="Generate").hover()


def a_dangerous_button_under_the_mouse(world: World) -> None:
    a_conversation(world)
    world.message("Give up").get_by_role("button", name="Give up").hover()


STATES: list[Callable[[World], None]] = [
    lambda _world: None,
    a_conversation,
    a_thread,
    a_form,
    a_menu,
    a_sent_file,
    the_panel,
    a_primary_button_under_the_mouse,
    a_dangerous_button_under_the_mouse,
]


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__.strip("<>"))
def test_nothing_to_stumble_over(
    world: World, state: Callable[[World], None], light: Literal["light", "dark"]
) -> None:
    world.page.emulate_media(color_scheme=light, reduced_motion="reduce")
    state(world)
    looked_at(world.page)
