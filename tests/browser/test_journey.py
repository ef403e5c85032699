"""The whole journey as a person walks it: `lipsync-bot sandbox` in one process tree, Chromium in front of it.

Screenshots of every stage are kept in `test-output/`.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

_ROOT = Path(__file__).parents[2]
_SHOTS = _ROOT / "test-output"
_LONG_MS = 60_000


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox, started by the command that a person types."""
    command = [sys.executable, "-m", "bot", "sandbox", "--data", str(tmp_path_factory.mktemp("sandbox"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        url = next((found[0] for line in lines if (found := re.search(r"http://\S+", line))), None)
        assert url is not None, "the sandbox printed no address"
        yield url
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


@pytest.fixture
def workspace(page: Page, sandbox_url: str) -> Page:
    page.set_default_timeout(_LONG_MS)
    expect.set_options(timeout=_LONG_MS)
    page.goto(sandbox_url)
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    _SHOTS.mkdir(exist_ok=True)
    return page


def thread(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Thread")


def shot(page: Page, name: str) -> None:
    page.screenshot(path=_SHOTS / f"{name}.png")


def plays_with_sound(video: Locator) -> None:
    """Chromium decodes the picture and the sound of the video, and it runs on."""
    video.evaluate("async (v) => { v.muted = false; await v.play(); }")
    expect(video).to_have_js_property("error", None)
    video.page.wait_for_function(
        "(v) => v.currentTime > 0.3 && v.videoWidth > 0 && v.webkitAudioDecodedByteCount > 0",
        arg=video.element_handle(),
    )


def test_a_script_becomes_a_video_in_the_thread(workspace: Page) -> None:
    page = workspace
    page.get_by_role("button", name="Use the sample clip").first.click()
    original = page.get_by_role("article").filter(has_text="sample-clip.mp4").last
    shot(page, "1-sample-clip")

    original.hover()
    original.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Lip-sync this video").click()
    form = page.get_by_role("dialog", name="Make a lip-sync")
    form.get_by_label("Script").fill("Welcome to the team! <Ana> & Ben are glad you are here.")
    form.get_by_label("Voice").select_option("Sarah")
    form.get_by_role("button", name="More options").click()
    options = page.get_by_role("dialog", name="More options")
    options.get_by_label("Name of the result").fill("Welcome, new colleagues")
    shot(page, "2-options")
    options.get_by_role("button", name="Save").click()
    expect(form.get_by_text("Name of the result: Welcome, new colleagues")).to_be_visible()
    shot(page, "2-form")
    form.get_by_role("button", name="Show the price").click()
    shown = page.get_by_role("dialog", name="Who is shown")
    shown.get_by_label("Who is it?").select_option("No real person")
    shot(page, "2-who-is-shown")
    shown.get_by_role("button", name="Save").click()

    original.get_by_role("button", name=re.compile(r"repl(y|ies)")).last.click()
    expect(thread(page).get_by_text(re.compile(r"about \$\d+\.\d\d \(estimate\)"))).to_be_visible()
    shot(page, "3-price")
    thread(page).get_by_role("button", name="Generate").click()

    video = thread(page).locator("video").last
    expect(thread(page).get_by_text("Done: Welcome, new colleagues")).to_be_visible()
    expect(thread(page).get_by_text("It says: “Welcome to the team! <Ana> & Ben")).to_have_count(1)
    plays_with_sound(video)
    shot(page, "4-video-in-the-thread")


def test_an_audio_file_becomes_a_video_through_the_direct_message(workspace: Page) -> None:
    page = workspace
    page.get_by_role("button", name="Lipsync APP").click()
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("menuitem", name=re.compile("Use the sample audio")).click()
    page.get_by_role("button", name="Send").click()
    dropped = page.get_by_role("article").filter(has_text="sample-voice.mp3").first
    dropped.get_by_role("button", name=re.compile(r"repl(y|ies)")).last.click()
    expect(thread(page).get_by_text("Got sample-voice.mp3")).to_be_visible()
    shot(page, "5-audio-asks-for-its-video")

    feed = page.get_by_role("feed").first
    page.get_by_role("button", name="Attach").first.click()
    page.get_by_role("menuitem", name=re.compile("Use the sample clip")).click()
    page.get_by_role("button", name="Send").first.click()
    expect(feed.get_by_text(re.compile("sample-clip.mp4 will say sample-voice.mp3"))).to_be_visible()
    thread(page).get_by_role("button", name="Generate").click()

    expect(thread(page).get_by_text(re.compile("Done: sample-clip"))).to_be_visible()
    plays_with_sound(thread(page).locator("video").last)
    shot(page, "6-video-from-audio")


def test_a_wrong_line_is_answered_with_what_would_work(workspace: Page) -> None:
    page = workspace
    composer = page.get_by_role("textbox", name="Message #video-team")
    composer.fill('/lipsync https://example.com/video.mp4 sing "la la"')
    composer.press("Enter")
    expect(page.get_by_role("feed").get_by_text("Only visible to you").last).to_be_visible()
    expect(page.get_by_role("feed").get_by_text("For example:")).to_be_visible()
    shot(page, "7-wrong-line")


def test_the_examples_of_the_help_work_as_they_stand(workspace: Page) -> None:
    page = workspace
    composer = page.get_by_role("textbox", name="Message #video-team")
    feed = page.get_by_role("feed")
    composer.fill("/lipsync help")
    composer.press("Enter")
    example = feed.get_by_text(re.compile(r"^/lipsync https\S+ say")).last.inner_text()
    composer.fill(example)
    composer.press("Enter")
    expect(feed.get_by_text(re.compile(r"about \$\d+\.\d\d")).last).to_be_visible()


def test_a_link_to_a_sample_is_there_to_be_copied(workspace: Page, sandbox_url: str) -> None:
    page = workspace
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("menuitem", name="Copy a link to the sample clip").click()
    expect(page.get_by_text("Copied:")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{sandbox_url.rstrip('/')}/ui/sample/sample-clip.mp4"
    assert page.request.get(copied).ok


def test_a_job_outlives_the_app_that_is_killed_from_the_panel(workspace: Page, sandbox_url: str) -> None:
    page = workspace
    sample = f"{sandbox_url.rstrip('/')}/ui/sample"
    composer = page.get_by_role("textbox", name="Message #video-team")
    composer.fill(f"/lipsync {sample}/sample-clip.mp4 {sample}/sample-voice.mp3")
    composer.press("Enter")
    card = page.get_by_role("feed").get_by_role("article").filter(has_text="sample-voice.mp3").last
    card.get_by_role("button", name="Generate").click()
    expect(card.get_by_text("Making your video")).to_be_visible()

    page.get_by_role("button", name="Faults and wire").click()
    panel = page.get_by_role("complementary", name="Faults and wire")
    panel.get_by_role("switch", name="Kill the app").click()
    shot(page, "8-killed")

    expect(card.get_by_text("Done:")).to_be_visible()
    card.get_by_role("button", name=re.compile(r"1 reply")).last.click()
    expect(thread(page).locator("video")).to_have_count(1)


def test_a_workspace_installs_the_app_from_its_own_page(workspace: Page) -> None:
    page = workspace
    page.get_by_role("button", name="Cedar Clinic").click()
    page.get_by_role("navigation", name="Channels").get_by_role("button", name="Lipsync").click()
    page.get_by_role("button", name="Manage app").click()
    with page.expect_popup() as opened:
        page.get_by_role("menuitem", name="Install it in Cedar Clinic").click()
    consent = opened.value
    expect(consent.get_by_role("heading", name="Lipsync is requesting permission")).to_be_visible()
    consent.get_by_label("Who installs it, and where").select_option(label="Dia Castro (Cedar Clinic)")
    shot(consent, "9-consent")
    consent.get_by_role("button", name="Allow").click()
    consent.wait_for_url("**/slack/oauth_redirect?*")
    expect(consent.get_by_role("heading", level=1)).to_be_visible()
    shot(consent, "10-installed")
    consent.close()

    page.get_by_role("button", name="Manage app").click()
    expect(page.get_by_text("Lipsync is installed here")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Home").click()
    expect(page.get_by_role("tabpanel", name="Home").get_by_role("button").first).to_be_visible()
    shot(page, "11-home")
