"""The pages on privacy and support in a real browser, by keyboard and for a screen reader."""

import re

from playwright.sync_api import expect

from tests.browser.test_accessibility import looked_at
from tests.browser.test_install import Installer, installer

__all__ = ["installer"]


def test_anybody_reads_them_without_an_account_and_gets_from_one_to_the_other(installer: Installer) -> None:
    page = installer.page
    installer.at("/slack/install?page")
    page.get_by_role("navigation").get_by_role("link", name="Privacy").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Privacy")
    expect(page.get_by_role("heading", level=2)).to_have_text(
        [
            "What Lipsync keeps, and why",
            "Who else gets it",
            "How long",
            "How to have it deleted",
            "How to reach us",
        ]
    )
    expect(page.get_by_role("main")).to_contain_text("It is run by Acme Films.")
    looked_at(page)
    page.emulate_media(color_scheme="dark")
    looked_at(page)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Write to us")).to_have_attribute("href", "mailto:help@acme.example")
    expect(page.get_by_role("link", name="Write to us")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Support")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/support$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Help with Lipsync")
    looked_at(page)
    assert page.context.cookies() == []


def test_a_narrow_window_cuts_nothing_off(installer: Installer) -> None:
    """WCAG 1.4.10, as for the page of the install."""
    installer.page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/privacy", "/support"):
        installer.at(path)

        assert installer.page.evaluate("document.documentElement.scrollWidth") <= 320
