"""Every switch of the panel does what it says, with the app's own libraries on the other side."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from bot.sandbox.fake_slack import OrganisationConfig
from bot.sandbox.fake_slack.faults import KINDS
from tests.integration.fake_slack.harness import (
    ADA,
    NORTH,
    SOUTH,
    VIDEOS,
    Sandbox,
    error,
    over_socket,
    sandbox,
)
from tests.integration.fake_slack.test_bad_days import completed, posted, started, typed

CLIP = b"\x00" * 100_000
STRIKES: dict[str, Callable[[Sandbox], Awaitable[None]]] = {}


def strikes(name: str) -> Callable[[Callable[[Sandbox], Awaitable[None]]], None]:
    """Enter the check of a switch."""

    def enter(check: Callable[[Sandbox], Awaitable[None]]) -> None:
        STRIKES[name] = check

    return enter


def switch(box: Sandbox, name: str, **params: float | str) -> None:
    box.slack.faults.set(name, params)


async def is_late(work: Awaitable[object], *, by_s: float) -> None:
    """Whatever is held up ends, and not before its time."""
    begun = asyncio.get_running_loop().time()
    await work
    assert asyncio.get_running_loop().time() - begun >= by_s


async def shared_clip(box: Sandbox) -> str:
    """The private address of a file that the app may read."""
    file = await box.upload(CLIP)
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    return str(file["url_private"])


def fetched(box: Sandbox, url: str) -> "aiohttp.client._RequestContextManager":
    return box.http.get(url, headers={"Authorization": f"Bearer {NORTH.bot_token}"})


async def sent(box: Sandbox, url: str) -> int:
    """The answer to the bytes of an upload."""
    async with box.http.post(url, data=b"abc") as got:
        return got.status


@strikes("api_delay")
async def _(box: Sandbox) -> None:
    switch(box, "api_delay", seconds=0.2)
    await is_late(posted(box), by_s=0.2)


@strikes("rate_limited")
async def _(box: Sandbox) -> None:
    switch(box, "rate_limited")
    assert await error(posted(box)) == "ratelimited"


@strikes("server_error")
async def _(box: Sandbox) -> None:
    switch(box, "server_error", status=502)
    async with fetched(box, f"{box.slack.api_url}auth.test") as got:
        assert got.status == 502


@strikes("api_error")
async def _(box: Sandbox) -> None:
    switch(box, "api_error", error="is_archived")
    assert await error(posted(box)) == "is_archived"


@strikes("lose_reply")
async def _(box: Sandbox) -> None:
    switch(box, "lose_reply", broken=True)
    with pytest.raises(aiohttp.ClientError):
        await posted(box)
    assert len(box.slack.records().messages) == 1


@strikes("token_dead")
async def _(box: Sandbox) -> None:
    switch(box, "token_dead", error="account_inactive")
    assert await error(box.api.auth_test()) == "account_inactive"


@strikes("delivery_delay")
async def _(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        switch(box, "delivery_delay", seconds=0.2)
        await typed(box, "hello", box.dm())
        await is_late(box.slack.settled(), by_s=0.15)
    assert [event["event"]["text"] for event in heard.events] == ["hello"]


@strikes("duplicate_delivery")
async def _(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        switch(box, "duplicate_delivery")
        await typed(box, "hello", box.dm())
        await box.slack.settled()
    assert [event["event"]["text"] for event in heard.events] == ["hello", "hello"]


@strikes("events_swapped")
async def _(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        switch(box, "events_swapped")
        for text in ("first", "second"):
            await typed(box, text, box.dm())
        await box.slack.settled()
    assert [event["event"]["text"] for event in heard.events] == ["second", "first"]


@strikes("lose_ack")
async def _(box: Sandbox) -> None:
    async with over_socket(box) as heard:
        switch(box, "lose_ack")
        await typed(box, "hello", box.dm())
        await box.slack.settled()
    assert len(heard.events) == 2
    assert [delivery.outcome for delivery in box.slack.records().deliveries] == ["operation_timeout", "ok"]


@strikes("file_html")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    switch(box, "file_html")
    async with fetched(box, url) as got:
        assert (got.status, got.content_type) == (200, "text/html")


@strikes("file_gone")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    switch(box, "file_gone")
    async with fetched(box, url) as got:
        assert got.status == 404


@strikes("file_cut")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    switch(box, "file_cut", bytes=1000)
    with pytest.raises(aiohttp.ClientPayloadError):
        async with fetched(box, url) as got:
            await got.read()


@strikes("file_length_untold")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    switch(box, "file_length_untold")
    async with fetched(box, url) as got:
        assert "Content-Length" not in got.headers
        assert await got.read() == CLIP


@strikes("file_untold")
async def _(box: Sandbox) -> None:
    file = await box.upload(b"\0\0 ftypisom")
    await box.as_ada("/ui/message", channel=VIDEOS, text="look", file_ids=[file["id"]])
    switch(box, "file_untold")
    told = (await box.api.files_info(file=file["id"]))["file"]
    assert "size" not in told
    switch(box, "file_untold", stub=True)
    stub = (await box.api.files_info(file=file["id"]))["file"]
    assert (stub["mode"], stub["file_access"]) == ("file_access", "check_file_info")
    assert (await box.api.files_info(file=file["id"]))["file"]["size"] == file["size"]


@strikes("file_slow")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    switch(box, "file_slow", bytes_per_s=500_000)
    async with fetched(box, url) as got:
        await is_late(got.read(), by_s=0.1)


async def whole_in_place_of_a_part(box: Sandbox, url: str) -> bool:
    """Whether somebody who asks for a part gets all of it."""
    headers = {"Authorization": f"Bearer {NORTH.bot_token}", "Range": "bytes=10-19"}
    async with box.http.get(url, headers=headers) as got:
        content = await got.read()
    assert (got.status, len(content)) in {(206, 10), (200, len(CLIP))}
    assert got.headers["Accept-Ranges"] == ("none" if got.status == 200 else "bytes")
    return got.status == 200


@strikes("file_no_parts")
async def _(box: Sandbox) -> None:
    url = await shared_clip(box)
    assert not await whole_in_place_of_a_part(box, url)
    switch(box, "file_no_parts")
    assert await whole_in_place_of_a_part(box, url)


async def link_to_clip(box: Sandbox) -> str:
    """An address that anybody may open."""
    return f"{box.page.base_url}{(await box.upload(CLIP))['ui_url']}"


@strikes("link_no_parts")
async def _(box: Sandbox) -> None:
    url = await link_to_clip(box)
    assert not await whole_in_place_of_a_part(box, url)
    async with box.http.get(url) as before:
        switch(box, "link_no_parts")
        async with box.http.get(url) as after:
            marks = [(got.headers["ETag"], got.headers["Last-Modified"]) for got in (before, after)]
    assert marks[0] == marks[1]
    assert await whole_in_place_of_a_part(box, url)


@strikes("link_slow")
async def _(box: Sandbox) -> None:
    url = await link_to_clip(box)
    switch(box, "link_slow", bytes_per_s=500_000)

    async def read() -> None:
        async with box.http.get(url) as got:
            await got.read()

    await is_late(asyncio.gather(read(), read()), by_s=0.35)  # they share the line


@strikes("sister_view")
async def _(box: Sandbox) -> None:
    sisters = OrganisationConfig("E0COMPASS1", "Compass Group", "compass", (NORTH.id, SOUTH.id))
    folder = box.slack.parts.config.data / "sisters"
    async with sandbox(folder, organisations=(sisters,)) as there, over_socket(there) as heard:
        switch(there, "sister_view")
        await there.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
        view = there.slack.parts.modals.stack(there.slack.workspace(NORTH.id), ADA)[-1]
        await there.as_ada("/ui/view/close", view_id=view.id)
        (payload,) = heard.of("view_closed")
        assert payload["team"]["id"] == payload["view"]["team_id"] == NORTH.id
        assert payload["view"]["app_installed_team_id"] == SOUTH.id


@strikes("upload_fails")
async def _(box: Sandbox) -> None:
    switch(box, "upload_fails", status=500)
    assert await sent(box, await started(box)) == 500


@strikes("upload_cut")
async def _(box: Sandbox) -> None:
    switch(box, "upload_cut", bytes=2)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await sent(box, await started(box))


@strikes("upload_stalls")
async def _(box: Sandbox) -> None:
    switch(box, "upload_stalls")
    upload = asyncio.create_task(sent(box, await started(box)))
    done, _ = await asyncio.wait({upload}, timeout=0.3)
    assert not done
    box.slack.faults.reset()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await upload


@strikes("never_shared")
async def _(box: Sandbox) -> None:
    switch(box, "never_shared")
    url = await started(box)
    assert await sent(box, url) == 200
    await completed(box, url)
    await box.slack.settled()
    assert box.slack.records().shares == []


@strikes("uploads_off")
async def _(box: Sandbox) -> None:
    switch(box, "uploads_off")
    assert await error(started(box)) == "file_uploads_disabled"


@strikes("storage_full")
async def _(box: Sandbox) -> None:
    switch(box, "storage_full")
    assert await error(started(box)) == "storage_limit_reached"


@strikes("upload_limit")
async def _(box: Sandbox) -> None:
    switch(box, "upload_limit", megabytes=0.1)
    assert await error(started(box, length=200_000)) == "file_upload_size_restricted"
    assert await started(box)


@pytest.mark.parametrize("name", [kind.name for kinds in KINDS.values() for kind in kinds])
async def test_the_switch_strikes(box: Sandbox, name: str) -> None:
    await STRIKES[name](box)
