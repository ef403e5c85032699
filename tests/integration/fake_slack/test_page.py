"""The page's API: state, live events, forms as Slack's own client checks them, files for the player."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bot.sandbox.fake_slack import Sample
from tests.integration.fake_slack.harness import (
    ACTIONS,
    ADA,
    BEN,
    NORTH,
    PLAIN_FORM,
    VIDEOS,
    Heard,
    Sandbox,
    over_socket,
    sandbox,
)

MB = 1024 * 1024


async def events(box: Sandbox, user: str, count: int, after: int = 0) -> list[dict[str, Any]]:
    """The next `count` live events that somebody sees, the wire's left out."""
    seen: list[dict[str, Any]] = []
    query = {"team": NORTH.id, "user": user, "after": str(after)}
    async with box.page.stream("GET", "/ui/events", params=query) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                event = json.loads(line[6:])
                seen += [event] if event["type"] != "wire" else []
                if len(seen) == count:
                    return seen
    return seen


async def open_form(box: Sandbox, **changes: Any) -> dict[str, Any]:
    trigger = box.slack.parts.triggers.mint(NORTH.id, ADA)
    view: dict[str, Any] = (await box.api.views_open(trigger_id=trigger, view={**PLAIN_FORM, **changes}))[
        "view"
    ]
    return view


async def test_bootstrap_says_who_and_what_there_is(box: Sandbox) -> None:
    boot = (await box.page.get("/ui/bootstrap")).json()
    assert [team["name"] for team in boot["teams"]] == ["Northwind Studio", "Southpaw Films"]
    assert boot["commands"][0]["command"] == "/lipsync"
    assert {s["type"] for s in boot["shortcuts"]} == {"message", "global"}
    kinds = [(c["kind"], c["bot_is_member"]) for c in boot["teams"][0]["channels"]]
    assert kinds == [("channel", True), ("channel", False), ("im", True), ("im", True)]
    assert boot["mode"] == "socket"


async def test_messages_of_the_bot_appear_live(box: Sandbox) -> None:
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Reading your video…")
    await box.api.chat_update(channel=VIDEOS, ts=posted["ts"], text="Ready", blocks=ACTIONS)
    await box.api.chat_delete(channel=VIDEOS, ts=posted["ts"])

    first, second, third = await events(box, ADA, 3)

    assert (first["type"], first["message"]["text"]) == ("message", "Reading your video…")
    assert (second["type"], second["message"]["blocks"][0]["block_id"]) == ("message_changed", "row")
    assert (third["type"], third["ts"]) == ("message_deleted", posted["ts"])
    assert first["seq"] < second["seq"] < third["seq"]


async def test_a_page_that_reconnects_gets_only_what_it_missed(box: Sandbox) -> None:
    await box.api.chat_postMessage(channel=VIDEOS, text="one")
    seq = (await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})).json()["seq"]
    await box.api.chat_postMessage(channel=VIDEOS, text="two")
    (only,) = await events(box, ADA, 1, after=seq)
    assert only["message"]["text"] == "two"


async def test_private_things_are_seen_by_one_person(box: Sandbox) -> None:
    await box.api.chat_postEphemeral(channel=VIDEOS, user=ADA, text="only you")
    await box.api.chat_postMessage(channel=ADA, text="in your DM")
    await box.api.chat_postMessage(channel=VIDEOS, text="for all")
    assert [e["type"] for e in await events(box, ADA, 3)] == ["ephemeral", "message", "message"]
    (seen,) = await events(box, BEN, 1)
    assert seen["message"]["text"] == "for all"
    state = (await box.page.get("/ui/state", params={"team": NORTH.id, "user": BEN})).json()
    assert state["ephemerals"] == []
    assert box.dm(ADA) not in state["channels"]


async def test_a_thread_counts_its_replies(box: Sandbox) -> None:
    top = (await box.as_ada("/ui/message", channel=VIDEOS, text="top")).json()["ts"]
    await box.api.chat_postMessage(channel=VIDEOS, text="reply", thread_ts=top)
    state = (await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})).json()
    parent, reply = state["channels"][VIDEOS]["messages"]
    assert (parent["reply_count"], parent["latest_reply"]) == (1, reply["ts"])
    assert reply["thread_ts"] == top


async def test_what_is_typed_is_marked_up_as_slack_does(box: Sandbox) -> None:
    await box.as_ada("/ui/message", channel=VIDEOS, text="a < b @ben #videos https://example.com/?a=1&b=2")
    message = box.slack.records().messages[0]
    assert message.text == f"a &lt; b <@{BEN}> <#{VIDEOS}> <https://example.com/?a=1&amp;b=2>"
    kinds = [part["type"] for part in message.blocks[0]["elements"][0]["elements"]]
    assert kinds == ["text", "user", "text", "channel", "text", "link"]


async def test_a_link_ends_before_the_signs_of_its_sentence(box: Sandbox) -> None:
    typed = "(https://example.com/a_(1).mp4), *https://example.com/b.mp4* “https://example.com/c.mp4”!"
    await box.as_ada("/ui/message", channel=VIDEOS, text=typed)
    assert box.slack.records().messages[0].text == (
        "(<https://example.com/a_(1).mp4>), *<https://example.com/b.mp4>* “<https://example.com/c.mp4>”!"
    )


async def test_a_required_field_is_refused_before_the_app_hears(box: Sandbox) -> None:
    view = await open_form(box)
    answer = await box.as_ada("/ui/view/submit", view_id=view["id"], state={})
    assert answer.json() == {"ok": False, "errors": {"script": "Please complete this required field."}}
    assert not box.slack.records().deliveries


FILE_BLOCK = {
    "type": "input",
    "block_id": "video",
    "label": {"type": "plain_text", "text": "Video"},
    "element": {"type": "file_input", "action_id": "file", "max_files": 1, "filetypes": ["mp4"]},
}


@pytest.mark.parametrize(
    ("size", "name", "words"),
    [
        (10 * MB + 1, "big.mp4", "larger than 10 MB"),
        (5, "song.mp3", "of type mp4"),
        (10 * MB, "ok.mp4", None),
    ],
)
async def test_a_form_takes_files_of_its_types_up_to_10_mb(
    box: Sandbox, size: int, name: str, words: str | None
) -> None:
    async with over_socket(box) as heard:
        view = await open_form(box, blocks=[FILE_BLOCK])
        file = await box.upload(b"\x00" * size, name)
        state = {"video": {"file": {"type": "file_input", "files": [{"id": file["id"]}]}}}
        answer = (await box.as_ada("/ui/view/submit", view_id=view["id"], state=state)).json()
    if words is not None:
        assert words in answer["errors"]["video"]
        return
    given = heard.of("view_submission")[0]["view"]["state"]["values"]["video"]["file"]["files"][0]
    assert given["url_private_download"].startswith("http://127.0.0.1")
    assert (await box.api.files_info(file=file["id"]))["file"]["size"] == size


async def test_errors_for_blocks_that_are_no_fields_are_refused(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        heard.submission = {"response_action": "errors", "errors": {"nowhere": "x"}}
        view = await open_form(box)
        state = {"script": {"text": {"type": "plain_text_input", "value": "Hi"}}}
        await box.as_ada("/ui/view/submit", view_id=view["id"], state=state)
    assert "trouble connecting" in box.notices()[0]


async def test_an_update_keeps_what_was_filled_in_under_the_same_ids(box: Sandbox) -> None:
    async with over_socket(box):
        live = {**PLAIN_FORM["blocks"][0], "dispatch_action": True}
        view = await open_form(box, blocks=[live, *ACTIONS])
        state = {"script": {"text": {"type": "plain_text_input", "value": "kept"}}}
        click = {"block_id": "row", "action_id": "go", "value": {}, "state": state}
        await box.as_ada("/ui/action", view_id=view["id"], **click)
        same = await box.api.views_update(view_id=view["id"], view={**PLAIN_FORM, "blocks": [live]})
        other = await box.api.views_update(
            view_id=view["id"], view={**PLAIN_FORM, "blocks": [{**live, "block_id": "other"}]}
        )
    assert same["view"]["state"]["values"]["script"]["text"]["value"] == "kept"
    assert other["view"]["state"]["values"]["other"]["text"]["value"] is None


async def test_closing_with_clear_closes_the_whole_stack(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        view = await open_form(box)
        trigger = box.slack.parts.triggers.mint(NORTH.id, ADA, view["id"])
        pushed = (await box.api.views_push(trigger_id=trigger, view=PLAIN_FORM))["view"]
        await box.as_ada("/ui/view/close", view_id=pushed["id"], clear=True)
    closed = heard.of("view_closed")
    assert [(c["view"]["id"], c["is_cleared"]) for c in closed] == [(pushed["id"], True), (view["id"], True)]


async def test_a_choice_that_is_not_offered_is_refused(box: Sandbox) -> None:
    option = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
    select = {"type": "static_select", "action_id": "pick", "options": [option]}
    blocks = [{"type": "actions", "block_id": "row", "elements": [select]}]
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Pick", blocks=blocks)
    where = {"message": {"channel": VIDEOS, "ts": posted["ts"]}, "block_id": "row", "action_id": "pick"}
    forged = {"type": "static_select", "selected_option": {**option, "value": "z"}}
    answer = await box.as_ada("/ui/action", **where, value=forged, state={})
    assert (answer.status_code, answer.json()["error"]) == (400, "no such option")


async def test_uploaded_media_learn_their_length(box: Sandbox, tmp_path: Path) -> None:
    clip = draw_clip(tmp_path / "clip.mp4", seconds=2)
    file = await box.upload(clip.read_bytes())
    assert abs(file["duration_ms"] - 2000) < 100
    assert (file["thumb_video_w"], file["thumb_video_h"]) == (64, 48)


def draw_clip(path: Path, *, seconds: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(seconds * 10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


async def test_a_sample_becomes_a_file_without_an_upload(tmp_path: Path) -> None:
    clip = draw_clip(tmp_path / "talking-face.mp4", seconds=1)
    sample = Sample("face", "video", "video/mp4", clip)
    async with sandbox(tmp_path, samples=(sample,)) as box:
        boot = (await box.page.get("/ui/bootstrap")).json()
        assert boot["samples"][0]["size"] == clip.stat().st_size
        assert (await box.page.get(boot["samples"][0]["url"])).content == clip.read_bytes()
        file = (await box.as_ada("/ui/sample", name="face")).json()["file"]
        assert file["name"] == "talking-face.mp4"
        await box.as_ada("/ui/file/delete", file=file["id"])
        assert clip.exists()


async def test_the_player_may_seek(box: Sandbox) -> None:
    file = await box.upload(bytes(range(100)), name="take #2 (final).mp4")
    whole = await box.page.get(file["ui_url"])
    part = await box.page.get(file["ui_url"], headers={"Range": "bytes=10-19"})
    tail = await box.page.get(file["ui_url"], headers={"Range": "bytes=-5"})
    beyond = await box.page.get(file["ui_url"], headers={"Range": "bytes=100-"})
    assert whole.content == bytes(range(100))
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert tail.content == bytes(range(95, 100))
    assert beyond.status_code == 416


async def test_a_large_upload_is_not_held_in_memory(box: Sandbox) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"\x00" * MB

    query = {"team": NORTH.id, "user": ADA, "name": "big.bin", "mimetype": "application/x-big"}
    tracemalloc.start()
    try:
        answer = await box.page.post("/ui/upload", params=query, content=pieces())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.json()["file"]["size"] == 80 * MB
    assert peak < 12 * MB


async def test_external_files_point_elsewhere(box: Sandbox) -> None:
    answer = await box.as_ada("/ui/external", name="clip.mp4", url="https://example.com/clip.mp4")
    file = answer.json()["file"]
    assert (file["mode"], file["is_external"], file["url_private"]) == (
        "external",
        True,
        "https://example.com/clip.mp4",
    )


async def test_faults_and_the_wire_are_listed(box: Sandbox) -> None:
    listed = (
        await box.page.post("/ui/faults", json={"name": "file_slow", "params": {"bytes_per_s": 9}})
    ).json()
    assert [f["params"] for f in listed["faults"] if f["active"]] == [{"bytes_per_s": 9}]
    unknown = await box.page.post("/ui/faults", json={"name": "gravity"})
    assert unknown.status_code == 404
    await box.api.auth_test()
    entry = (await box.page.get("/ui/wire")).json()["entries"][-1]
    assert (entry["side"], entry["direction"], entry["title"]) == ("slack", "in", "auth.test")
    assert NORTH.bot_token not in json.dumps((await box.page.get("/ui/wire")).json())


@pytest.mark.parametrize("fault", ["file_html", "file_gone", "file_cut"])
async def test_download_faults(box: Sandbox, fault: str) -> None:
    file = await box.upload(b"\x00" * 100_000)
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    box.slack.faults.set(fault, {"bytes": 1000} if fault == "file_cut" else None)
    headers = {"Authorization": f"Bearer {NORTH.bot_token}"}
    async with box.http.get(file["url_private"], headers=headers) as got:
        if fault == "file_cut":
            assert got.content_length == 100_000
            with pytest.raises(Exception, match="payload"):
                await got.read()
        else:
            assert (got.status, got.content_type) == {
                "file_html": (200, "text/html"),
                "file_gone": (404, "text/plain"),
            }[fault]


async def test_strangers_and_nonsense_are_refused(box: Sandbox) -> None:
    assert (await box.page.get("/ui/state", params={"team": "T1", "user": ADA})).status_code == 404
    assert (await box.page.post("/ui/message", content=b"[")).status_code == 400
    assert (await box.as_ada("/ui/message", channel=VIDEOS, text=" ")).status_code == 400
    assert (await box.as_ada("/ui/message", channel=box.dm(BEN), text="hi")).status_code == 404
    assert (await box.as_ada("/ui/action", view_id="V0", block_id="b", action_id="a")).status_code == 404


async def test_heard_is_recorded_too(both_ways: tuple[Sandbox, Heard]) -> None:
    box, _ = both_ways
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    records = box.slack.records()
    assert [(d.kind, d.outcome) for d in records.deliveries] == [("slash_commands", "ok")]
    assert records.calls_of("views.open")[0].ok
