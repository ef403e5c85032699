"""What Slack refuses, the fake refuses, with Slack's own error names."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.fake_slack import Timings
from tests.integration.fake_slack.harness import (
    ACTIONS,
    ADA,
    NORTH,
    PLAIN_FORM,
    RANDOM,
    SOUTH,
    VIDEOS,
    Clock,
    Sandbox,
    error,
    manifest_with,
    refusal,
    sandbox,
)


def trigger(box: Sandbox, view_id: str | None = None) -> str:
    return box.slack.parts.triggers.mint(NORTH.id, ADA, view_id)


def form(**changes: Any) -> dict[str, Any]:
    return {**PLAIN_FORM, **changes}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


# Tokens and scopes


async def test_no_token_and_an_unknown_token(box: Sandbox) -> None:
    assert await error(box.client(None).auth_test()) == "not_authed"
    assert await error(box.client("xoxb-nobody").auth_test()) == "invalid_auth"


async def test_the_app_token_opens_connections_and_nothing_else(box: Sandbox) -> None:
    app_token = box.slack.parts.config.app_token
    assert await error(box.client(app_token).auth_test()) == "not_allowed_token_type"
    assert await error(box.api.apps_connections_open(app_token=NORTH.bot_token)) == "not_allowed_token_type"
    assert await error(box.api.apps_connections_open(app_token="xapp-nobody")) == "invalid_auth"
    opened = await box.api.apps_connections_open(app_token=app_token)
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_a_scope_that_the_manifest_does_not_ask_for(tmp_path: Path) -> None:
    async with sandbox(tmp_path, manifest=manifest_with(tmp_path, scopes=["commands", "chat:write"])) as box:
        answer = (await refusal(box.api.conversations_open(users=ADA))).response
        assert answer["error"] == "missing_scope"
        assert "im:write" in answer["needed"]
        assert "chat:write" in answer["provided"]
        for call in (
            box.api.users_info(user=ADA),
            box.api.team_info(),
            box.api.bots_info(bot=NORTH.bot_id),
            box.api.conversations_info(channel=VIDEOS),
            box.api.conversations_members(channel=VIDEOS),
            box.api.conversations_join(channel=RANDOM),
            box.api.reactions_add(channel=VIDEOS, name="eyes", timestamp="1.0"),
        ):
            assert await error(call) == "missing_scope"


async def test_a_method_that_does_not_exist(box: Sandbox) -> None:
    assert await error(box.api.api_call("chat.shout")) == "unknown_method"


async def test_a_removed_app(box: Sandbox) -> None:
    box.slack.admins.remove(NORTH.id)
    assert await error(box.api.auth_test()) == "account_inactive"
    assert (await box.clients[SOUTH.id].auth_test())["ok"]


async def test_one_team_cannot_reach_anothers_channel(box: Sandbox) -> None:
    assert (
        await error(box.clients[SOUTH.id].chat_postMessage(channel=VIDEOS, text="hi")) == "channel_not_found"
    )


# Messages


async def test_posting_where_the_bot_is_not(box: Sandbox) -> None:
    assert await error(box.api.chat_postMessage(channel=RANDOM, text="hi")) == "not_in_channel"
    assert await error(box.api.chat_postMessage(channel="C0NOWHERE1", text="hi")) == "channel_not_found"
    private = box.api.chat_postEphemeral(channel=RANDOM, user=ADA, text="hi")
    assert await error(private) == "not_in_channel"
    stranger = box.api.chat_postEphemeral(channel=VIDEOS, user="U0NOBODY00", text="hi")
    assert await error(stranger) == "user_not_in_channel"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
async def test_an_empty_message(box: Sandbox) -> None:
    assert await error(box.api.chat_postMessage(channel=VIDEOS)) == "no_text"


async def test_threads_that_are_none(box: Sandbox) -> None:
    parent = await box.api.chat_postMessage(channel=VIDEOS, text="top")
    reply = await box.api.chat_postMessage(channel=VIDEOS, text="reply", thread_ts=parent["ts"])
    nested = box.api.chat_postMessage(channel=VIDEOS, text="deeper", thread_ts=reply["ts"])
    assert await error(nested) == "cannot_reply_to_message"
    lost = box.api.chat_postMessage(channel=VIDEOS, text="lost", thread_ts="1.000001")
    assert await error(lost) == "invalid_thread_ts"


async def test_an_update_of_more_than_4000_characters(box: Sandbox) -> None:
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="x" * 4001)
    where = {"channel": VIDEOS, "ts": posted["ts"]}
    assert await error(box.api.chat_update(**where, text="x" * 4001)) == "msg_too_long"
    assert (await box.api.chat_update(**where, text="x" * 4000))["ok"]


async def test_messages_that_are_not_the_bots(box: Sandbox) -> None:
    said = (await box.as_ada("/ui/message", channel=VIDEOS, text="mine")).json()["ts"]
    assert await error(box.api.chat_update(channel=VIDEOS, ts=said, text="no")) == "cant_update_message"
    assert await error(box.api.chat_delete(channel=VIDEOS, ts=said)) == "cant_delete_message"
    assert await error(box.api.chat_delete(channel=VIDEOS, ts="1.000001")) == "message_not_found"


async def test_an_ephemeral_message_cannot_be_updated(box: Sandbox) -> None:
    shown = await box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="psst")
    update = box.api.chat_update(channel=VIDEOS, ts=shown["message_ts"], text="no")
    assert await error(update) == "message_not_found"


async def test_text_of_more_than_40000_characters_is_cut_or_refused_where_one_person_sees_it(
    box: Sandbox,
) -> None:
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    whisper = box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="x" * 40_001)
    assert await error(whisper) == "msg_too_long"
    blocks = box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="x", blocks=[section("x")] * 51)
    assert await error(blocks) == "invalid_blocks"


async def test_an_alert_stands_in_a_form(box: Sandbox) -> None:
    levels = [alert(level=level) for level in ("default", "info", "warning", "error", "success")]
    assert (await box.api.views_open(trigger_id=trigger(box), view=form(blocks=levels)))["ok"]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


CONFIRM = {name: plain("x") for name in ("title", "text", "confirm", "deny")}


def alert(text: str = "x", **changes: Any) -> dict[str, Any]:
    return {"type": "alert", "text": plain(text), **changes}


def button(**changes: Any) -> dict[str, Any]:
    """One in a row."""
    return {"type": "actions", "elements": [{**ACTIONS[0]["elements"][0], **changes}]}


def menu(kind: str, options: int, *, value: str = "", **changes: Any) -> dict[str, Any]:
    """One in a row, with as many choices."""
    offered = [{"text": plain("x"), "value": f"{value}{number}", **changes} for number in range(options)]
    return {"type": "actions", "elements": [{"type": kind, "action_id": "m", "options": offered}]}


def focused(block_id: str) -> dict[str, Any]:
    """A field in which the person may type at once."""
    element = {"type": "plain_text_input", "action_id": "typed", "focus_on_load": True}
    return {"type": "input", "block_id": block_id, "label": plain("Say"), "element": element}


def bars(
    points: Sequence[tuple[str, Any]] = (("May", 1.5),),
    *,
    title: str = "Spent",
    categories: Sequence[str] | None = None,
) -> dict[str, Any]:
    """A chart of one series (Slack: data visualization block)."""
    data = [{"label": label, "value": value} for label, value in points]
    axes = {"categories": [label for label, _ in points] if categories is None else list(categories)}
    chart = {"type": "bar", "series": [{"name": "USD", "data": data}], "axis_config": axes}
    return {"type": "data_visualization", "title": title, "chart": chart}


def cells(*rows: Sequence[str]) -> dict[str, Any]:
    """A table (Slack: table block)."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": each} for each in row] for row in rows]}


def data(*rows: Sequence[str], **changes: Any) -> dict[str, Any]:
    """A table that is sorted and paged (Slack: data table block)."""
    return {**cells(*rows), "type": "data_table", "caption": "Everybody", **changes}


NAMED_RICHLY = data(["Who"], ["Ada"]) | {"rows": [[{"type": "rich_text", "elements": [{}]}]] * 2}


async def test_a_data_table_stands_in_messages_and_homes(box: Sandbox) -> None:
    table = data(["Who", "What"], ["Ada", "asked"], page_size=10)
    assert (await box.api.chat_postMessage(channel=VIDEOS, text="x", blocks=[table]))["ok"]
    assert (await box.api.views_publish(user_id=ADA, view={"type": "home", "blocks": [table]}))["ok"]


async def test_a_chart_and_a_table_can_stand_in_a_message(box: Sandbox) -> None:
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="x", blocks=[bars(), cells(["a"], ["b"])])
    assert posted["ok"]


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([{"type": "hologram"}], "unsupported type"),
        ([section("x" * 3001)], "must be less than 3001 characters"),
        ([section("")], "must be more than 0 characters"),
        ([{"type": "section"}], "missing required field: text"),
        ([{**section("x"), "colour": "red"}], "invalid additional property: colour"),
        ([section("x")] * 51, "no more than 50 items allowed"),
        ([{**section("x"), "block_id": "a"}] * 2, "already exists"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "text object"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "less than 151"),
        ([{"type": "actions", "elements": ACTIONS[0]["elements"] * 26}], "no more than 25"),
        (
            [{"type": "actions", "elements": [{**ACTIONS[0]["elements"][0], "value": "x" * 2001}]}],
            "less than 2001",
        ),
        ([{"type": "actions", "elements": [{**ACTIONS[0]["elements"][0], "style": "loud"}]}], "valid enum"),
        ([{"type": "actions", "elements": [{"type": "file_input", "action_id": "f"}]}], "unsupported type"),
        ([alert()], "unsupported type"),
        ([button(text=plain("x" * 76))], "less than 76"),
        ([button(accessibility_label="x" * 76)], "less than 76"),
        ([button(action_id="x" * 256)], "less than 256"),
        ([button(confirm={**CONFIRM, "title": plain("x" * 101)})], "less than 101"),
        ([button(confirm={**CONFIRM, "deny": plain("x" * 31)})], "less than 31"),
        ([menu("overflow", 6)], "no more than 5"),
        ([menu("static_select", 101)], "no more than 100"),
        ([menu("static_select", 1, text=plain("x" * 76))], "less than 76"),
        ([menu("static_select", 1, value="x" * 151)], "less than 151"),
        ([menu("static_select", 1, url="https://app.test")], "additional property: url"),
        ([menu("static_select", 1, text={"type": "mrkdwn", "text": "x"})], "of type plain_text"),
        ([bars(title="x" * 51)], "less than 51"),
        ([bars(points=[])], "no fewer than 1"),
        ([bars(points=[("x" * 21, 1)])], "less than 21"),
        ([bars(points=[("May", 1)], categories=["June"])], "labels must match"),
        ([bars(points=[("May", "1")])], "must provide a number"),
        ([cells(["x"] * 21)], "no more than 20"),
        ([cells(*[["x"]] * 101)], "no more than 100"),
        ([cells([""])], "more than 0 characters"),
        ([cells(["x" * 5_001, "x" * 5_000])], "more than 10000 characters together"),
        ([cells(["x"]), cells(["x"])], "only one table"),
        ([data(["Who"])], "no fewer than 2"),
        ([data(["Who"], *[["Ada"]] * 201)], "no more than 201"),
        ([data(["x"] * 21, ["x"] * 21)], "no more than 20"),
        ([data(["Who", "What"], ["Ada"])], "the same number of cells"),
        ([data(["Who"], ["Ada"], caption="")], "more than 0 characters"),
        ([data(["Who"], ["Ada"], page_size=101)], "between 1 and 100"),
        ([data(["Who"], ["Ada"], row_header_column_index=1)], "must be a column"),
        ([data(["Who"], ["x" * 19_998])], "more than 20000 characters together"),
        ([NAMED_RICHLY], "unsupported type: rich_text"),
        ([{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}], "no more than 10"),
        ([{"type": "image", "image_url": "https://x/y.png"}], "missing required field: alt_text"),
        ([{"type": "image", "alt_text": "x"}], "one of image_url or slack_file"),
    ],
)
async def test_invalid_and_over_long_blocks(box: Sandbox, blocks: list[Any], words: str) -> None:
    answer = (await refusal(box.api.chat_postMessage(channel=VIDEOS, text="x", blocks=blocks))).response
    assert answer["error"] == "invalid_blocks"
    assert words in " ".join(answer["response_metadata"]["messages"])
    assert not box.slack.records().messages


async def test_blocks_that_are_no_json(box: Sandbox) -> None:
    call = box.api.api_call("chat.postMessage", data={"channel": VIDEOS, "text": "x", "blocks": "[{"})
    assert await error(call) == "invalid_blocks_format"


# Triggers and views


async def test_a_trigger_opens_one_view_within_three_seconds(tmp_path: Path) -> None:
    clock = Clock()
    async with sandbox(tmp_path, now=clock, timings=Timings(heartbeat_s=0.1)) as box:
        used, late = trigger(box), trigger(box)
        assert (await box.api.views_open(trigger_id=used, view=PLAIN_FORM))["view"]["type"] == "modal"
        assert await error(box.api.views_open(trigger_id=used, view=PLAIN_FORM)) == "exchanged_trigger_id"
        clock.time += 3.1
        assert await error(box.api.views_open(trigger_id=late, view=PLAIN_FORM)) == "expired_trigger_id"
        assert await error(box.api.views_open(trigger_id="1.2.abc", view=PLAIN_FORM)) == "invalid_trigger_id"
        other_team = box.clients[SOUTH.id].views_open(trigger_id=trigger(box), view=PLAIN_FORM)
        assert await error(other_team) == "invalid_trigger_id"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "less than 25"),
        ({"private_metadata": "x" * 3001}, "less than 3001"),
        ({"callback_id": "x" * 256}, "less than 256"),
        ({"external_id": "x" * 256}, "less than 256"),
        ({"submit": plain("x" * 25)}, "less than 25"),
        ({"close": plain("x" * 25)}, "less than 25"),
        ({"blocks": [alert("x" * 201)]}, "less than 201"),
        ({"blocks": [alert(level="loud")]}, "valid enum"),
        ({"blocks": [data(["Who"], ["Ada"])]}, "unsupported type"),
        ({"blocks": [focused("a"), focused("b")]}, "only one element may have focus_on_load"),
        ({"blocks": [section("x")] * 101}, "no more than 100"),
        ({"submit": None}, "text object"),
        ({"shout": True}, "invalid additional property"),
        ({"type": "drawer"}, "must be modal"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type"),
        ({"blocks": [bars()]}, "unsupported type"),
    ],
)
async def test_invalid_views(box: Sandbox, changes: dict[str, Any], words: str) -> None:
    answer = (await refusal(box.api.views_open(trigger_id=trigger(box), view=form(**changes)))).response
    assert answer["error"] == "invalid_arguments"
    assert words in " ".join(answer["response_metadata"]["messages"])


async def test_a_form_with_fields_needs_a_submit_button(box: Sandbox) -> None:
    view = {key: value for key, value in PLAIN_FORM.items() if key != "submit"}
    answer = (await refusal(box.api.views_open(trigger_id=trigger(box), view=view))).response
    assert "submit" in answer["response_metadata"]["messages"][0]


async def test_a_view_of_more_than_250_kb(box: Sandbox) -> None:
    blocks = [section("ü" * 2900) for _ in range(50)]
    call = box.api.views_open(trigger_id=trigger(box), view=form(blocks=blocks))
    assert await error(call) == "view_too_large"


async def test_a_stale_hash_and_a_closed_view(box: Sandbox) -> None:
    view = (await box.api.views_open(trigger_id=trigger(box), view=PLAIN_FORM))["view"]
    changed = await box.api.views_update(view_id=view["id"], hash=view["hash"], view=PLAIN_FORM)
    assert changed["view"]["hash"] != view["hash"]
    stale = box.api.views_update(view_id=view["id"], hash=view["hash"], view=PLAIN_FORM)
    assert await error(stale) == "hash_conflict"
    await box.as_ada("/ui/view/close", view_id=view["id"])
    assert await error(box.api.views_update(view_id=view["id"], view=PLAIN_FORM)) == "not_found"


async def test_a_fourth_view_on_the_stack(box: Sandbox) -> None:
    view = (await box.api.views_open(trigger_id=trigger(box), view=PLAIN_FORM))["view"]
    for _ in range(2):
        pushed = await box.api.views_push(trigger_id=trigger(box, view["id"]), view=PLAIN_FORM)
        assert pushed["view"]["root_view_id"] == view["id"]
    fourth = box.api.views_push(trigger_id=trigger(box, view["id"]), view=PLAIN_FORM)
    assert await error(fourth) == "push_limit_reached"


async def test_an_external_id_twice(box: Sandbox) -> None:
    await box.api.views_open(trigger_id=trigger(box), view=form(external_id="draft-1"))
    again = box.api.views_open(trigger_id=trigger(box), view=form(external_id="draft-1"))
    assert await error(again) == "duplicate_external_id"


async def test_home_without_a_home_tab(tmp_path: Path) -> None:
    home = {"type": "home", "blocks": [section("Welcome")]}
    manifest = manifest_with(tmp_path, home_tab_enabled=False)
    async with sandbox(tmp_path, manifest=manifest) as bare:
        assert await error(bare.api.views_publish(user_id=ADA, view=home)) == "not_enabled"


# Files


async def upload(box: Sandbox, data: bytes = b"12345", **more: Any) -> str:
    announced = await box.api.files_getUploadURLExternal(filename="out.mp4", length=len(data), **more)
    async with box.http.post(announced["upload_url"], data=data) as answer:
        assert await answer.text() == f"OK - {len(data)}"
    return str(announced["file_id"])


async def test_an_upload_needs_a_name_and_an_exact_length(box: Sandbox) -> None:
    missing = box.api.api_call("files.getUploadURLExternal", params={"length": 5})
    assert await error(missing) == "missing_argument"
    empty = box.api.files_getUploadURLExternal(filename="a.mp4", length=0)
    assert await error(empty) == "invalid_arguments"
    huge = box.api.files_getUploadURLExternal(filename="a.mp4", length=2**30 + 1)
    assert await error(huge) == "file_upload_size_restricted"
    wordy = box.api.files_getUploadURLExternal(filename="a.png", length=5, alt_txt="x" * 1001)
    assert await error(wordy) == "alt_txt_too_large"
    announced = await box.api.files_getUploadURLExternal(filename="a.mp4", length=5)
    for wrong in (b"1234", b"123456"):
        async with box.http.post(announced["upload_url"], data=wrong) as answer:
            assert answer.status == 400
    not_there = box.api.files_completeUploadExternal(files=[{"id": announced["file_id"]}])
    assert await error(not_there) == "file_not_found"


async def test_an_upload_completes_once(box: Sandbox) -> None:
    file_id = await upload(box)
    await box.api.files_completeUploadExternal(files=[{"id": file_id}], channel_id=VIDEOS)
    again = box.api.files_completeUploadExternal(files=[{"id": file_id}], channel_id=VIDEOS)
    assert await error(again) == "file_not_found"
    await box.slack.settled()
    assert len(box.slack.records().shares) == 1


async def test_completing_where_the_bot_is_not_leaves_the_upload_usable(box: Sandbox) -> None:
    file_id = await upload(box)
    files: list[dict[str, str | None]] = [{"id": file_id}]
    assert (
        await error(box.api.files_completeUploadExternal(files=files, channel_id=RANDOM)) == "not_in_channel"
    )
    assert (
        await error(box.api.files_completeUploadExternal(files=files, channel_id=ADA)) == "channel_not_found"
    )
    markdown = box.api.files_completeUploadExternal(
        files=files, channel_id=VIDEOS, blocks=json.dumps([{"type": "markdown", "text": "x"}])
    )
    assert await error(markdown) == "internal_error"
    assert (await box.api.files_completeUploadExternal(files=files, channel_id=VIDEOS))["ok"]


async def test_a_video_with_alt_txt_is_never_shared(box: Sandbox) -> None:
    file_id = await upload(box, alt_txt="a talking face")
    assert (await box.api.files_completeUploadExternal(files=[{"id": file_id}], channel_id=VIDEOS))["ok"]
    await box.slack.settled()
    assert (await box.api.files_info(file=file_id))["file"]["shares"] == {}
    assert not box.slack.records().shares


async def test_files_of_conversations_without_the_bot(box: Sandbox) -> None:
    file = await box.upload(b"12345")
    assert await error(box.api.files_info(file=file["id"])) == "file_not_found"
    await box.as_ada("/ui/message", channel=RANDOM, text="", file_ids=[file["id"]])
    assert await error(box.api.files_info(file=file["id"])) == "file_not_found"
    await box.as_ada("/ui/invite", channel=RANDOM)
    assert (await box.api.files_info(file=file["id"]))["file"]["name"] == "clip.mp4"
    assert await error(box.clients[SOUTH.id].files_info(file=file["id"])) == "file_not_found"


async def test_deleted_files(box: Sandbox) -> None:
    file = await box.upload(b"12345")
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    assert await error(box.api.files_delete(file=file["id"])) == "cant_delete_file"
    await box.as_ada("/ui/file/delete", file=file["id"])
    assert await error(box.api.files_info(file=file["id"])) == "file_deleted"
    shown = box.slack.parts.render.message(box.slack.records().messages[0], box.slack.workspace(NORTH.id))
    assert shown["files"][0]["mode"] == "tombstone"


@pytest.mark.parametrize("token", [None, "xoxb-nobody", SOUTH.bot_token])
async def test_a_wrong_token_gets_a_login_page_with_status_200(box: Sandbox, token: str | None) -> None:
    file = await box.upload(b"12345")
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with box.http.get(file["url_private_download"], headers=headers) as got:
        assert (got.status, got.content_type) == (200, "text/html")
        assert b"Sign in" in await got.read()
