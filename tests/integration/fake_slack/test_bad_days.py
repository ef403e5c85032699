"""What can go wrong at Slack, on purpose: the switches of the panel, and what people do to channels."""

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from tests.integration.fake_slack.harness import (
    ADA,
    NORTH,
    QUICK,
    RANDOM,
    VIDEOS,
    Sandbox,
    error,
    over_socket,
    sandbox,
)


async def posted(box: Sandbox) -> str:
    """The ts of a message of the app's."""
    return str((await box.api.chat_postMessage(channel=VIDEOS, text="The card"))["ts"])


async def started(box: Sandbox, length: int = 3) -> str:
    """The URL of an upload that was announced."""
    answer = await box.api.files_getUploadURLExternal(filename="out.mp4", length=length)
    return str(answer["upload_url"])


async def typed(box: Sandbox, text: str, channel: str = VIDEOS) -> int:
    return (await box.as_ada("/ui/message", channel=channel, text=text)).status_code


async def test_a_fault_of_each_method_strikes_every_method_as_often(box: Sandbox) -> None:
    box.slack.faults.set("rate_limited", {"each_method": True, "times": 1})
    for method in ("chat.postMessage", "chat.update"):
        assert await error(box.api.api_call(method)) == "ratelimited"
        assert await error(box.api.api_call(method)) != "ratelimited"


async def test_an_answer_lost_with_its_connection(box: Sandbox) -> None:
    box.slack.faults.set("lose_reply", {"broken": True})
    with pytest.raises(aiohttp.ClientError):
        await posted(box)
    assert len(box.slack.records().messages) == 1


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
async def test_a_token_that_was_taken_back_opens_nothing(box: Sandbox, code: str) -> None:
    box.slack.faults.set("token_dead", {"error": code})
    assert await error(box.api.auth_test()) == code
    box.slack.faults.reset()
    await box.api.auth_test()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("uploads_off", "file_uploads_disabled"),
        ("storage_full", "storage_limit_reached"),
        ("upload_limit", "file_upload_size_restricted"),
    ],
)
async def test_a_workspace_that_takes_no_uploads(box: Sandbox, rule: str, code: str) -> None:
    box.slack.faults.set(rule)
    assert await error(started(box, length=200_000)) == code


async def test_small_uploads_are_taken_where_large_ones_are_not(box: Sandbox) -> None:
    box.slack.faults.set("upload_limit")
    await started(box, length=50_000)


async def test_an_upload_that_breaks_off_can_be_done_again(box: Sandbox) -> None:
    box.slack.faults.set("upload_cut", {"bytes": 2})
    url = await started(box)
    with pytest.raises(aiohttp.ClientError):
        await box.http.post(url, data=b"abc")
    async with box.http.post(url, data=b"abc") as again:
        assert again.status == 200


async def test_an_upload_that_stands_still_gets_no_answer(box: Sandbox) -> None:
    box.slack.faults.set("upload_stalls")
    url = await started(box)
    with pytest.raises(TimeoutError):
        await box.http.post(url, data=b"abc", timeout=aiohttp.ClientTimeout(total=0.2))
    box.slack.faults.reset()
    async with box.http.post(url, data=b"abc") as again:
        assert again.status == 200


async def test_a_file_that_is_deleted_while_it_is_read_breaks_off(box: Sandbox) -> None:
    file = await box.upload(b"\x00" * 100_000)
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    box.slack.faults.set("file_slow", {"bytes_per_s": 100_000})
    headers = {"Authorization": f"Bearer {NORTH.bot_token}"}
    async with box.http.get(file["url_private"], headers=headers) as got:
        assert await got.content.readany()
        await box.as_ada("/ui/file/delete", file=file["id"])
        with pytest.raises(aiohttp.ClientPayloadError):
            await got.read()
    assert await error(box.api.files_info(file=file["id"])) == "file_deleted"


async def test_what_is_on_a_slow_line_feels_that_it_is_quick_again(box: Sandbox) -> None:
    file = await box.upload(b"\x00" * 1_000_000)
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    box.slack.faults.set("file_slow", {"bytes_per_s": 1_000})  # for a quarter of an hour
    headers = {"Authorization": f"Bearer {NORTH.bot_token}"}
    async with box.http.get(file["url_private"], headers=headers) as got:
        begun = await got.content.readany()
        box.slack.faults.reset()
        async with asyncio.timeout(60):
            assert len(begun) + len(await got.read()) == 1_000_000


async def test_an_event_is_overtaken_by_the_next(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        box.slack.faults.set("events_swapped")
        for text in ("first", "second"):
            await typed(box, text, box.dm())
        await asyncio.wait_for(box.slack.settled(), 60)
    assert [event["event"]["text"] for event in heard.events] == ["second", "first"]


async def test_an_event_that_nothing_overtakes_comes_in_the_end(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        box.slack.faults.set("events_swapped", {"seconds": 0.1})
        await typed(box, "alone", box.dm())
        await asyncio.wait_for(box.slack.settled(), 60)
    assert [event["event"]["text"] for event in heard.events] == ["alone"]


async def test_an_archived_channel_takes_nothing_any_more(box: Sandbox) -> None:
    ts, url = await posted(box), await started(box)
    await box.http.post(url, data=b"abc")
    assert await typed(box, "/archive") == 200
    assert await error(box.api.chat_postMessage(channel=VIDEOS, text="hi")) == "is_archived"
    assert await error(box.api.chat_update(channel=VIDEOS, ts=ts, text="new")) == "is_inactive"
    assert await error(completed(box, url)) == "posting_to_channel_denied"
    assert await typed(box, "Anybody there?") == 400
    assert "archived the channel" in box.slack.workspace(NORTH.id).messages(VIDEOS)[-1].text


async def completed(box: Sandbox, url: str, thread_ts: str | None = None) -> None:
    """Complete the one upload that was sent to `url`."""
    file_id = box.slack.parts.files.ticket(url.rpartition("/")[2]).file.id
    await box.api.files_completeUploadExternal(
        files=[{"id": file_id}], channel_id=VIDEOS, thread_ts=thread_ts
    )


async def test_a_deleted_channel_is_unknown(box: Sandbox) -> None:
    ts = await posted(box)
    assert await typed(box, "/delete-channel") == 200
    assert await error(box.api.chat_postMessage(channel=VIDEOS, text="hi")) == "channel_not_found"
    assert await error(box.api.chat_update(channel=VIDEOS, ts=ts, text="new")) == "channel_not_found"
    state = (await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})).json()
    assert VIDEOS not in state["channels"]


async def test_a_file_outlives_its_channel_but_is_seen_there_no_more(box: Sandbox) -> None:
    file = await box.upload(b"abc")
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    await typed(box, "/delete-channel")
    assert await error(box.api.files_info(file=file["id"])) == "file_not_found"
    assert (await box.as_ada("/ui/file/delete", file=file["id"])).status_code == 200


async def test_a_renamed_channel_keeps_its_id(box: Sandbox) -> None:
    await typed(box, "/rename films")
    await posted(box)
    state = (await box.page.get("/ui/bootstrap")).json()["teams"][0]["channels"]
    assert {"id": VIDEOS, "name": "films"}.items() <= state[0].items()


async def test_a_removed_app_is_out_until_it_is_invited_again(box: Sandbox) -> None:
    await typed(box, "/remove @lipsync")
    assert await error(posted(box)) == "not_in_channel"
    await typed(box, "/invite @lipsync")
    await posted(box)
    await typed(box, "/remove @lipsync", RANDOM)
    assert "is not in this conversation" in box.notices()[-1]


async def test_a_direct_message_is_no_channel(box: Sandbox) -> None:
    assert await typed(box, "/archive", box.dm()) == 400


async def test_an_admin_deletes_a_message_of_the_apps(box: Sandbox) -> None:
    ts = await posted(box)
    assert (await box.as_ada("/ui/message/delete", channel=VIDEOS, ts=ts)).status_code == 200
    assert await error(box.api.chat_update(channel=VIDEOS, ts=ts, text="new")) == "message_not_found"


async def test_private_answers_meet_faults_too(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        await typed(box, "/lipsync")
        box.slack.faults.set("rate_limited", {"method": "response_url", "retry_after": 3})
        url = heard.payloads[0]["response_url"]
        async with box.http.post(url, json={"text": "Psst"}) as limited:
            assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
        async with box.http.post(url, json={"text": "Psst"}) as again:
            assert again.status == 200


async def test_a_file_whose_thread_is_deleted_before_it_appears_never_appears(tmp_path: Path) -> None:
    async with sandbox(tmp_path, timings=replace(QUICK, share_s=1)) as box:
        ts, url = await posted(box), await started(box)
        await box.http.post(url, data=b"abc")
        await completed(box, url, thread_ts=ts)
        await box.as_ada("/ui/message/delete", channel=VIDEOS, ts=ts)
        await box.slack.settled()
        assert box.slack.records().shares == []
