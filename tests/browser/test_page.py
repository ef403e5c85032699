"""The sandbox's page in a real browser: what it draws, how it is used by mouse and by keyboard."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from bot.sandbox.ports import free_ports
from tests.browser.canned import EVERY_BLOCK, button, form, mrkdwn, plain
from tests.browser.conftest import World, serving_slack, slack_config
from tests.browser.stub_app import SlackApi

MRKDWN = {
    "*a* _b_ ~c~ `d`": "<strong>a</strong> <em>b</em> <s>c</s> <code>d</code>",
    "*a _b_*": "<strong>a <em>b</em></strong>",
    "2*3*4 snake_case_here * a *": "2*3*4 snake_case_here * a *",
    "`*not bold*`": "<code>*not bold*</code>",
    "a\n&gt; b\n&gt; c\nd": "a<blockquote>b<br>c</blockquote>d",
    "x\n```\n<b> &amp; *y*\n```": "x<pre>b &amp; *y*</pre>",
    "```open": "```open",
    "&lt;b&gt; &amp;amp;": "&lt;b&gt; &amp;amp;",
    ":tada: :no_such_emoji:": "🎉 :no_such_emoji:",
    "<!date^0^{no_such_token}|then>": "<time>then</time>",
    "<mailto:a@b.c|mail>": '<a href="mailto:a@b.c">mail</a>',
    "<//evil.example|x>": "&lt;//evil.example|x&gt;",
}

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'


def open_form(world: World, view: dict[str, Any] | None = None) -> None:
    """Let `/lipsync` open a form."""
    world.app.on["/lipsync"] = lambda asked: _no_answer(
        world.api("views.open", trigger_id=asked["trigger_id"], view=view or form())
    )
    world.command()
    expect(world.modal).to_be_visible()


def _no_answer(_done: object) -> None:
    return None


def test_every_block_of_a_message_is_drawn(world: World) -> None:
    world.post("Every block", blocks=EVERY_BLOCK)
    card = world.message("Every block")
    expect(card.locator(".block-header")).to_have_text("Every block 🎉")
    expect(card.locator("strong", has_text="bold").first).to_be_visible()
    expect(card.locator("em", has_text="italic")).to_be_visible()
    expect(card.locator("s", has_text="struck")).to_be_visible()
    expect(card.locator("code", has_text="code")).to_be_visible()
    expect(card.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    expect(card).to_contain_text("snake_case 2*3*4 <kept> in 2030-01-01")
    expect(card.locator("blockquote")).to_have_text("quoted")
    expect(card.locator(".section-field").first).to_contain_text("0:05")
    expect(card.locator("hr")).to_have_count(1)
    expect(card.get_by_role("img", name="A lost picture")).to_be_visible()
    expect(card.get_by_role("listitem")).to_have_text("first item")
    expect(card.get_by_role("figure").filter(has_text="Spent by month")).to_have_text(
        "Spent by month (US dollars)May1.5Jun3"
    )
    expect(card.get_by_role("columnheader")).to_have_text(["Model", "Spent"])
    expect(card.get_by_role("cell")).to_have_text(["A", "$3"])
    expect(card.get_by_label("Choose a model").locator("optgroup")).to_have_count(2)
    expect(card.locator(".block-context")).to_contain_text("An estimate, not a promise")
    for name in ("Generate", "Cancel", "More options"):
        expect(card.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_mrkdwn_is_read_as_slack_reads_it(world: World) -> None:
    drawn = world.page.evaluate(
        """async (texts) => {
            const { mrkdwn } = await import("/js/mrkdwn.js");
            const names = { person: (id) => ({ name: id }), channelName: () => null };
            return Object.fromEntries(texts.map((text) => {
                const holder = document.createElement("div");
                holder.append(mrkdwn(text, names));
                for (const one of holder.querySelectorAll("*"))
                    for (const { name } of [...one.attributes])
                        if (name !== "href") one.removeAttribute(name);
                return [text, holder.innerHTML];
            }));
        }""",
        list(MRKDWN),
    )
    assert drawn == MRKDWN


def test_markup_in_texts_stays_text(world: World) -> None:
    escaped = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    blocks = [
        {"type": "section", "text": mrkdwn(escaped)},
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "section", "text": mrkdwn("<javascript:window.pwned=1|press me>")},
        {"type": "actions", "elements": [button("b", HOSTILE[:70])]},
    ]
    world.post("hostile", blocks=blocks)
    expect(world.page.locator("#scroller .block-header")).to_have_text(HOSTILE)
    world.composer.fill(HOSTILE)
    world.composer.press("Enter")
    expect(world.page.locator("#scroller .rich-section", has_text="onerror")).to_have_text(HOSTILE)
    expect(world.page.get_by_role("link", name="press me")).to_have_count(0)
    assert world.page.locator("#scroller img[src=x]").count() == 0
    assert world.page.evaluate("window.pwned") is None


def test_a_pressed_button_reaches_the_app_with_its_value(world: World) -> None:
    world.post("card", blocks=EVERY_BLOCK)
    world.message("Every block").get_by_role("button", name="Generate").click()
    action = world.app.wait_for("block_actions")["actions"][0]
    assert (action["action_id"], action["value"]) == ("generate", "job-1:estimate-1")


def test_a_confirm_dialog_is_asked_before_the_app_hears_of_a_press(world: World) -> None:
    world.post("card", blocks=EVERY_BLOCK)
    cancel = world.message("Every block").get_by_role("button", name="Cancel")
    cancel.click()
    dialog = world.page.get_by_role("alertdialog", name="Cancel this lip-sync?")
    expect(dialog).to_contain_text("Nothing was charged.")
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_have_count(0)
    expect(cancel).to_be_focused()
    assert world.app.count("block_actions") == 0
    cancel.click()
    dialog.get_by_role("button", name="Yes, cancel").click()
    assert world.app.wait_for("block_actions")["actions"][0]["action_id"] == "cancel"


def test_menus_and_selects_tell_the_chosen_option(world: World) -> None:
    world.post("card", blocks=EVERY_BLOCK)
    card = world.message("Every block")
    card.get_by_role("button", name="More options").press("Enter")
    world.page.keyboard.press("ArrowDown")
    world.page.keyboard.press("Enter")
    assert world.app.wait_for("block_actions")["actions"][0]["selected_option"]["value"] == "delete"
    card.get_by_label("Choose a model").select_option("lipsync-1.9")
    chosen = world.app.wait_for("block_actions", count=2)
    assert chosen["actions"][0]["selected_option"]["value"] == "lipsync-1.9"


def test_an_edited_message_changes_in_place_and_keeps_the_focus(world: World) -> None:
    blocks = [{"type": "actions", "block_id": "a", "elements": [button("go", "Go"), button("stop", "Stop")]}]
    ts = world.post("first", blocks=blocks)
    stop = world.page.get_by_role("button", name="Stop")
    stop.focus()
    more = [{"type": "section", "block_id": "s", "text": mrkdwn("second words")}]
    changed = [{**blocks[0], "elements": [button("stop", "Stop now")]}]
    world.api("chat.update", channel=world.channel, ts=ts, text="second", blocks=more + changed)
    expect(world.page.get_by_text("second words")).to_be_visible()
    expect(world.page.get_by_role("button", name="Stop now")).to_be_focused()
    expect(world.page.get_by_role("button", name="Go", exact=True)).to_have_count(0)


def test_a_message_whose_pressed_button_is_gone_takes_the_focus_itself(world: World) -> None:
    ts = world.post("Ready", blocks=[{"type": "actions", "block_id": "a", "elements": [button("go", "Go")]}])
    world.page.get_by_role("button", name="Go").focus()
    making = [{"type": "section", "block_id": "s", "text": mrkdwn("Making it")}]
    world.api("chat.update", channel=world.channel, ts=ts, text="Making it", blocks=making)
    expect(world.message("Making it")).to_be_focused()


def test_errors_of_the_app_show_at_their_fields_and_the_first_gets_the_focus(world: World) -> None:
    wrong = {"script": "Say something nicer.", "heat": "Too hot."}
    world.app.on["view_submission"] = lambda _sent: {"response_action": "errors", "errors": wrong}
    open_form(world)
    world.modal.get_by_label("Name").fill("Greeting")
    script = world.modal.get_by_role("textbox", name="Script")
    script.fill("You are bad")
    world.modal.get_by_role("button", name="Show the price").click()
    expect(script).to_have_attribute("aria-invalid", "true")
    expect(script).to_be_focused()
    expect(script).to_have_accessible_description(re.compile("Say something nicer"))
    expect(world.modal.get_by_text("Too hot.")).to_be_visible()
    values = world.app.wait_for("view_submission")["view"]["state"]["values"]
    assert values["script"]["script"]["value"] == "You are bad"
    assert values["speech"]["speech"]["selected_option"]["value"] == "script"


def test_what_slack_itself_refuses_is_not_sent(world: World) -> None:
    open_form(world)
    world.modal.get_by_role("textbox", name="Script").fill("x" * 101)
    world.modal.get_by_label("Heat").fill("7")
    world.modal.get_by_role("button", name="Show the price").click()
    expect(world.modal.get_by_label("Name")).to_be_focused()
    expect(world.modal.get_by_text("Please complete this required field.")).to_have_count(1)
    expect(world.modal.get_by_text("Please enter at most 100 characters (now 101).")).to_be_visible()
    expect(world.modal.get_by_text("Please enter 1 or less.")).to_be_visible()
    assert world.app.count("view_submission") == 0


def test_a_changing_form_keeps_what_stays(world: World) -> None:
    def change(action: dict[str, Any]) -> None:
        speech = action["actions"][0]["selected_option"]["value"]
        world.api("views.update", view_id=action["view"]["id"], view=form(speech, note="Changed."))

    world.app.on["block_actions"] = change
    open_form(world)
    world.modal.get_by_label("Name").fill("Greeting")
    world.modal.get_by_role("textbox", name="Script").fill("Hello")
    world.modal.get_by_label("Voice").select_option("Adam")
    world.modal.get_by_label("An audio file").check()
    expect(world.modal.get_by_text("Changed.")).to_be_visible()
    expect(world.modal.get_by_label("Audio link")).to_be_visible()
    expect(world.modal.get_by_role("textbox", name="Script")).to_have_count(0)
    expect(world.modal.get_by_label("Name")).to_have_value("Greeting")
    expect(world.modal.get_by_label("Voice")).to_have_value("Adam")
    expect(world.modal.get_by_label("An audio file")).to_be_focused()
    world.modal.get_by_label("A script").check()
    expect(world.modal.get_by_role("textbox", name="Script")).to_have_value("")


def test_a_form_is_used_by_keyboard_alone(world: World) -> None:
    world.app.on["/lipsync"] = lambda asked: _no_answer(
        world.api("views.open", trigger_id=asked["trigger_id"], view=form())
    )
    world.page.keyboard.press("/")
    expect(world.page.get_by_role("option", name="/lipsync")).to_have_attribute("aria-selected", "true")
    world.page.keyboard.press("Enter")
    expect(world.composer).to_have_value("/lipsync ")
    world.page.keyboard.press("Enter")
    expect(world.modal.get_by_label("Name")).to_be_focused()
    for _ in range(40):
        world.page.keyboard.press("Tab")
        assert world.page.evaluate("document.activeElement.closest('dialog') !== null")
    world.page.keyboard.press("Escape")
    expect(world.modal).to_have_count(0)
    expect(world.composer).to_be_focused()
    assert world.app.wait_for("view_closed")["view"]["callback_id"] == "stub_form"


TWICE = "button => { button.click(); button.click(); setTimeout(() => button.click(), 20); }"


@pytest.mark.parametrize("name", ["Cancel", "Show the price"])
def test_a_form_that_is_closed_or_sent_by_several_clicks_is_closed_once(world: World, name: str) -> None:
    world.post("hello")
    open_form(world)
    world.modal.get_by_label("Name").fill("Greeting")
    world.modal.get_by_role("textbox", name="Script").fill("Hello")

    world.modal.get_by_role("button", name=name).evaluate(TWICE)

    expect(world.modal).to_have_count(0)
    world.page.wait_for_timeout(300)  # a toast would stand by then
    expect(world.page.locator(".toast")).to_have_count(0)
    told = [each["type"] for each in world.app.payloads if each["type"] in {"view_closed", "view_submission"}]
    assert len(told) == 1


def test_a_new_message_does_not_take_the_focus_from_the_sidebar(world: World) -> None:
    direct = world.page.locator("[data-channel]").last
    direct.focus()
    world.post("hello")
    expect(world.message("hello")).to_be_visible()
    expect(direct).to_be_focused()


def test_escape_closes_an_open_list_before_the_form(world: World) -> None:
    open_form(world)
    world.modal.get_by_label("Voice").click()
    world.page.keyboard.press("Escape")
    expect(world.modal).to_be_visible()
    world.page.keyboard.press("Escape")
    expect(world.modal).to_have_count(0)


def test_a_second_view_lies_on_the_first_and_back_returns_to_it(world: World) -> None:
    second = {
        "type": "modal",
        "title": plain("Second"),
        "blocks": [{"type": "section", "text": mrkdwn("On top")}],
    }
    world.app.on["block_actions"] = lambda pressed: _no_answer(
        world.api("views.push", trigger_id=pressed["trigger_id"], view=second)
    )
    open_form(world)
    world.modal.get_by_label("Name").fill("Greeting")
    world.modal.get_by_role("button", name="Try again").click()
    expect(world.modal.get_by_role("heading", name="Second")).to_be_visible()
    world.modal.get_by_role("button", name="Back").first.click()
    expect(world.modal.get_by_label("Name")).to_have_value("Greeting")


def test_a_form_takes_a_small_file_and_refuses_a_large_one(world: World) -> None:
    open_form(world)
    field = world.modal.locator("input[type=file]")
    field.set_input_files({"name": "big.mp4", "mimeType": "video/mp4", "buffer": b"0" * 10_000_001})
    expect(world.modal.get_by_role("alert")).to_contain_text("A form takes up to 10 MB")
    field.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"0"})
    expect(world.modal.get_by_role("alert")).to_contain_text("notes.txt is not one of: mp4, wav.")
    field.set_input_files({"name": "small.mp4", "mimeType": "video/mp4", "buffer": b"0" * 2000})
    expect(world.modal.get_by_role("button", name="Remove small.mp4")).to_be_visible()
    world.modal.get_by_label("Name").fill("Greeting")
    world.modal.get_by_role("textbox", name="Script").fill("Hello")
    world.modal.get_by_role("button", name="Show the price").click()
    sent = world.app.wait_for("view_submission")["view"]["state"]["values"]
    assert [file["name"] for file in sent["upload"]["upload"]["files"]] == ["small.mp4"]
    expect(world.modal).to_have_count(0)


def test_an_uploaded_file_is_shared_and_taken_by_the_message_shortcut(world: World) -> None:
    world.page.locator("#composer input[type=file]").set_input_files(
        {"name": "hello.wav", "mimeType": "audio/wav", "buffer": b"RIFF" + b"0" * 4000}
    )
    expect(world.page.locator(".chip[data-ready=true]")).to_contain_text("hello.wav")
    world.composer.fill("listen")
    world.composer.press("Enter")
    message = world.message("listen")
    expect(message.locator("audio[controls]")).to_have_count(1)
    expect(message.get_by_role("link", name="Download hello.wav")).to_be_visible()
    message.focus()
    world.page.keyboard.press("m")
    world.page.get_by_role("menuitem", name="Lip-sync this video").press("Enter")
    asked = world.app.wait_for("message_action")
    assert asked["callback_id"] == "lipsync_message"
    assert [file["name"] for file in asked["message"]["files"]] == ["hello.wav"]


def test_a_dropped_file_is_added_to_the_message(world: World) -> None:
    dropped = world.page.evaluate_handle(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File(["RIFF"], "dropped.wav", { type: "audio/wav" }));
            return files;
        }"""
    )
    for kind in ("dragenter", "dragover", "drop"):
        world.page.locator("#main").dispatch_event(kind, {"dataTransfer": dropped})
    expect(world.page.locator(".chip[data-ready=true]")).to_contain_text("dropped.wav")
    world.page.get_by_role("button", name="Send").click()
    expect(world.page.locator("#scroller .file-name")).to_have_text("dropped.wav")


def test_the_app_is_invited_to_a_channel_by_a_button(world: World) -> None:
    outside = next(channel for channel in world.teams[0].channels if not channel.bot_is_member)
    world.page.locator(f"[data-channel={outside.id}]").click()
    world.page.locator("#channel-head").get_by_role("button", name="Invite @lipsync").click()
    expect(world.page.locator("#channel-head")).to_contain_text("is in this channel")
    expect(world.message("has joined the channel")).to_be_visible()


def test_a_deleted_file_leaves_a_line_that_says_so(world: World) -> None:
    world.page.locator("#composer input[type=file]").set_input_files(
        {"name": "hello.wav", "mimeType": "audio/wav", "buffer": b"RIFF"}
    )
    expect(world.page.locator(".chip[data-ready=true]")).to_be_visible()
    world.composer.press("Enter")
    message = world.message("hello.wav")
    message.hover()
    message.get_by_role("button", name="More actions").click()
    world.page.get_by_role("menuitem", name="Delete hello.wav").click()
    expect(world.page.get_by_text("This file was deleted.")).to_be_visible()


def test_a_reply_stays_in_its_thread_where_commands_do_not_work(world: World) -> None:
    ts = world.post("parent words")
    world.message("parent words").focus()
    world.page.keyboard.press("t")
    thread = world.page.get_by_role("complementary", name="Thread")
    reply = thread.get_by_role("textbox")
    expect(reply).to_be_focused()
    reply.fill("a reply")
    reply.press("Enter")
    expect(thread.locator(".message", has_text="a reply")).to_be_visible()
    expect(world.page.locator("#scroller .message", has_text="a reply")).to_have_count(0)
    expect(world.message("parent words").get_by_role("button", name="1 reply")).to_be_visible()
    reply.fill("/lipsync help")
    reply.press("Enter")
    expect(world.page.locator(".toast")).to_contain_text("thread")
    assert world.app.count("/lipsync") == 0
    reply.press("Escape")
    expect(thread).to_be_hidden()
    expect(world.page.locator(f'[data-ts="{ts}"]').first).to_be_focused()


def test_a_private_message_is_seen_by_one_person_only(world: World) -> None:
    first, second = world.teams[0].users[:2]
    world.api("chat.postEphemeral", channel=world.channel, user=first.id, text="Only you may press.")
    expect(world.message("Only you may press.")).to_contain_text("Only visible to you")
    world.page.get_by_role("button", name="Switch person").click()
    world.page.get_by_role("menuitemradio").nth(1).click()
    expect(world.page).to_have_url(re.compile(second.id))
    expect(world.message("Only you may press.")).to_have_count(0)


def test_another_person_sees_the_same_thread(world: World) -> None:
    world.post("parent words")
    world.message("parent words").focus()
    world.page.keyboard.press("t")
    thread = world.page.get_by_role("complementary", name="Thread")
    thread.get_by_role("textbox").fill("half a rep")
    switch = world.page.get_by_role("button", name="Switch person")
    switch.click()
    world.page.get_by_role("menuitemradio").nth(1).click()
    expect(world.page).to_have_url(re.compile(world.teams[0].users[1].id))
    expect(thread.locator(".message", has_text="parent words")).to_be_visible()
    expect(thread.get_by_role("textbox")).to_have_value("")
    expect(switch).to_be_focused()


def test_another_team_sees_none_of_it_and_a_reload_stays_there(world: World) -> None:
    world.post("for the first team")
    expect(world.message("for the first team")).to_be_visible()
    world.page.get_by_role("button", name=world.teams[1].name).click()
    expect(world.message("for the first team")).to_have_count(0)
    world.page.reload()
    expect(world.page.get_by_role("button", name=world.teams[1].name)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_sandbox_that_is_started_again_is_taken_up(page: Page, tmp_path: Path) -> None:
    [port] = free_ports(1)
    config = slack_config(tmp_path, port, request_url="http://127.0.0.1:9/slack/events")
    api = SlackApi(config.base_url, config.teams[0].bot_token)
    channel = config.teams[0].channels[0].id
    with serving_slack(config, port):
        page.goto(config.base_url)
        for number in range(5):
            api("chat.postMessage", channel=channel, text=f"before {number}")
        expect(page.get_by_text("before 4").first).to_be_visible()
    expect(page.locator("#offline")).to_be_visible()
    with serving_slack(config, port):
        expect(page.locator("#offline")).to_be_hidden(timeout=15_000)
        expect(page.locator("#scroller .message", has_text="before")).to_have_count(0)
        api("chat.postMessage", channel=channel, text="after")
        expect(page.locator("#scroller .message", has_text="after")).to_be_visible()
        page.goto("about:blank")


def test_screen_readers_hear_new_messages(world: World) -> None:
    world.post("The price is *$0.25*.")
    expect(world.page.get_by_role("log", name="New messages")).to_contain_text("The price is $0.25.")


def test_screen_readers_hear_where_a_line_ends(world: World) -> None:
    world.post("Ready to make it\nNothing is charged yet.\nVideo: clip.mp4")
    expect(world.page.get_by_role("log", name="New messages")).to_contain_text(
        "Ready to make it. Nothing is charged yet. Video: clip.mp4"
    )


WIDTHS = pytest.mark.parametrize("width", [1600, 1360, 1000, 820, 390])


@WIDTHS
def test_nothing_of_the_frame_is_cut_off(world: World, width: int) -> None:
    world.page.set_viewport_size({"width": width, "height": 844})
    expect(world.composer).to_be_in_viewport()
    assert world.page.evaluate("document.documentElement.scrollWidth") <= width


@WIDTHS
def test_the_panel_covers_neither_the_thread_nor_its_box(world: World, width: int) -> None:
    world.page.set_viewport_size({"width": width, "height": 844})
    world.post("parent words")
    world.message("parent words").focus()
    world.page.keyboard.press("t")
    thread = world.page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_role("textbox")).to_be_focused()
    world.page.get_by_role("button", name="Faults and wire").click()
    panel = world.page.get_by_role("complementary", name="Faults and wire")
    expect(panel.get_by_text("When Slack tells the app")).to_be_visible()
    expect(thread.get_by_role("textbox")).to_be_in_viewport(ratio=1)
    one, other = thread.bounding_box(), panel.bounding_box()
    assert one is not None
    assert other is not None
    beside = one["x"] + one["width"] <= other["x"] + 1
    below = one["y"] + one["height"] <= other["y"] + 1
    assert beside or below
    assert min(one["width"], other["width"]) > 300
    assert min(one["height"], other["height"]) > 300


def test_on_a_phone_the_channels_are_in_a_drawer(world: World) -> None:
    world.page.set_viewport_size({"width": 390, "height": 844})
    opener = world.page.get_by_role("button", name="Channels and people")
    direct = world.page.locator("[data-channel]").last
    expect(direct).to_be_hidden()
    opener.click()
    expect(world.page.locator("[data-channel][aria-current]")).to_be_focused()
    world.page.keyboard.press("Escape")
    expect(direct).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    direct.click()
    expect(direct).to_be_hidden()
    expect(world.page.locator("#channel-head")).to_contain_text("Lipsync")


def test_on_a_phone_a_thread_takes_the_page_and_leads_back(world: World) -> None:
    world.page.set_viewport_size({"width": 390, "height": 844})
    world.post("parent words")
    world.message("parent words").focus()
    world.page.keyboard.press("t")
    thread = world.page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_role("textbox")).to_be_focused()
    expect(world.composer).to_be_hidden()
    thread.get_by_role("button", name="Back to the channel").click()
    expect(thread).to_be_hidden()
    expect(world.composer).to_be_visible()


def test_on_a_phone_a_form_fits_the_page(world: World) -> None:
    world.page.set_viewport_size({"width": 390, "height": 700})
    open_form(world)
    box = world.modal.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    expect(world.modal.get_by_role("button", name="Show the price")).to_be_in_viewport(ratio=1)
    expect(world.modal.get_by_role("button", name="Close", exact=True)).to_be_in_viewport(ratio=1)


def test_the_panel_turns_faults_and_shows_the_wire(world: World) -> None:
    world.page.get_by_role("button", name="Faults and wire").click()
    panel = world.page.get_by_role("complementary", name="Faults and wire")
    panel.get_by_text("When Slack tells the app").click()
    panel.get_by_role("switch", name="Everything twice").check()
    expect(panel.locator(".fault-on")).to_contain_text("Everything twice")
    switches = httpx.get(f"{world.url}/ui/faults", trust_env=False).json()["faults"]
    assert [switch["name"] for switch in switches if switch["active"]] == ["duplicate_delivery"]
    button = world.page.get_by_role("button", name="Faults and wire (1 on)")
    expect(button).to_be_visible()
    panel.get_by_role("button", name="Switch all off").click()
    expect(button).to_be_hidden()
    expect(panel.locator(".fault-on")).to_have_count(0)
    panel.get_by_role("tab", name="Wire").click()
    world.post("seen on the wire")
    expect(panel.locator(".wire-entry", has_text="chat.postMessage")).to_have_count(1)
    world.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_card_that_changed_under_its_form_takes_the_focus_back(world: World) -> None:
    blocks = [{"type": "actions", "block_id": "a", "elements": [button("change", "Change")]}]
    ts = world.post("card", blocks=blocks)
    world.app.on["block_actions"] = lambda pressed: _no_answer(
        world.api("views.open", trigger_id=pressed["trigger_id"], view=form())
    )
    world.page.get_by_role("button", name="Change").press("Enter")
    expect(world.modal).to_be_visible()
    done = [{"type": "section", "block_id": "s", "text": mrkdwn("Done.")}]
    world.api("chat.update", channel=world.channel, ts=ts, text="Done.", blocks=done)
    expect(world.message("Done.")).to_be_visible()
    world.page.keyboard.press("Escape")
    expect(world.message("Done.")).to_be_focused()


def test_a_link_to_a_message_opens_it_here(world: World) -> None:
    root = world.post("the root")
    reply = world.post("the card", thread_ts=root)
    link = f"https://north.slack.com/archives/{world.channel}/p{reply.replace('.', '')}?thread_ts={root}"
    world.post(f"It stands <{link}|in its thread>.")

    world.page.get_by_role("link", name="in its thread").click()

    thread = world.page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_text("the card")).to_be_visible()
    assert len(world.page.context.pages) == 1
