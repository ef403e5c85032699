"""Teams that install the app by themselves, pay with an account of their own, and say who may use it."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.acceptance.blocks import Json, find_button, shown
from tests.acceptance.browser import Browser
from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer, one_line_with_two_links
from tests.acceptance.workspaces import KEYS, NEW, ORGS

MODE = "installs"
PAYING, RULING, LEAVING = (team.id for team in NEW[:3])
"""A workspace for each test."""


@pytest_asyncio.fixture(loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Whose cookies are an owner's."""
    async with Browser.started() as started:
        yield started


async def install(stage: Stage, browser: Browser, owner: Person) -> None:
    """From the app's install link through Slack's consent page and back."""
    await browser.open((await stage.page.get("/ui/bootstrap")).json()["install_url"])
    await browser.press("Allow", who=f"{owner.team}:{owner.user}")
    assert "Lipsync is installed in" in browser.shown


async def connect(browser: Browser, owner: Person) -> None:
    """From the app's Home to the page that takes the key of the team's account."""
    await owner.open_home()
    await owner.press_in_form(await owner.home("For admins"), "home_connect")
    offered = await owner.form(holding="open_link")
    await browser.open(find_button(offered, "open_link")[1]["url"])
    await browser.press("Go on in this browser")
    await browser.press("Check and connect", api_key=KEYS[owner.team])
    assert "is connected to sync.so" in browser.shown
    await owner.close(offered)


async def test_a_team_installs_it_connects_its_account_and_pays_with_it(
    stage: Stage, browser: Browser
) -> None:
    owner, member = [await stage.newcomer(PAYING) for _ in range(2)]
    await install(stage, browser, owner)
    assert "One step is left" in browser.shown
    await owner.open_home()
    await owner.home("One step is left")
    await connect(browser, owner)
    await owner.home("A sync.so account is connected")

    await make_and_check(stage, member, await one_line_with_two_links(stage, member))

    assert (await stage.the_generation())["org_id"] == ORGS[KEYS[PAYING]].id


async def test_guests_are_refused_until_an_owner_lets_them_in(stage: Stage, browser: Browser) -> None:
    owner, member, guest = [await stage.newcomer(RULING) for _ in range(3)]
    await install(stage, browser, owner)
    await connect(browser, owner)
    await guest.lipsync(guest.channel, f"{stage.sample_link(CLIP)} {stage.sample_link(VOICE)}")
    refused = await guest.card(guest.channel, "not for guests")
    assert f"<@{owner.user}>" in shown(refused)
    await member.open_home()
    assert "For admins" not in shown(await member.home("Make a video"))

    await owner.press_in_form(await owner.home("For admins"), "settings")
    await owner.press_in_form(await owner.form(holding="settings_page"), "settings_page")
    form = await owner.form(holding="setting_others")
    assert await owner.submit(form, setting_others=ticked(form, "setting_others", "guests")) == {}

    await guest.press(refused, "rerun")
    await offer(guest, guest.channel)


def ticked(form: Json, field: str, value: str) -> Json:
    """What Slack sends of boxes of which one was ticked."""
    boxes = next(block["element"] for block in form["blocks"] if block["block_id"] == field)
    return {
        "type": "checkboxes",
        "selected_options": [each for each in boxes["options"] if each["value"] == value],
    }


async def test_a_video_is_brought_to_a_team_that_removed_the_app_meanwhile_and_comes_back(
    stage: Stage, browser: Browser
) -> None:
    owner = await stage.newcomer(LEAVING)
    await install(stage, browser, owner)
    await connect(browser, owner)
    offered = await one_line_with_two_links(stage, owner)
    await stage.sync_trouble("stuck_pending")
    await owner.press(offered.card, "generate")
    await stage.until(owner, "processing", shown=True)

    await owner.remove_app()
    await stage.until_removed(owner)
    await stage.end_sync_trouble("stuck_pending")
    await stage.until(owner, "delivering")
    assert await owner.videos(offered.channel) == []
    await install(stage, browser, owner)

    video = await owner.video(offered.channel, thread_ts=offered.thread_ts)
    await watched(owner, video)
    assert (await stage.the_generation())["org_id"] == ORGS[KEYS[LEAVING]].id
