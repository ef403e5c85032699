"""A sandbox that is stopped and started again on the same folder: the workspace is as it was left."""

from pathlib import Path

import click
import pytest

from bot.sandbox.server import Setup
from tests.acceptance.blocks import Json, shown
from tests.acceptance.journey import make_and_check, watched
from tests.acceptance.person import CLIP
from tests.acceptance.stage import opened
from tests.acceptance.ways import offer

KEPT = Setup(keeps=True)


async def test_a_workspace_comes_back_with_messages_videos_and_open_work(tmp_path: Path) -> None:
    async with opened(tmp_path, KEPT) as stage:
        ana = await stage.newcomer()
        said = await ana.say(ana.dm, 'say "The first video."', await ana.sample(CLIP))
        await make_and_check(stage, ana, await offer(ana, ana.dm, said["ts"]))
        await ana.card(ana.dm, "Cost:")
        before = await ana.state()
        second = await ana.say(ana.dm, 'say "The second one."', await ana.sample(CLIP))
        waiting = await offer(ana, ana.dm, second["ts"])
        await ana.press(waiting.card, "generate")
        await stage.until(ana, "processing")
        address = str(stage.page.base_url)

    async with opened(tmp_path, KEPT) as stage:
        assert str(stage.page.base_url) == address
        again = await stage.newcomer()
        assert (again.user, again.dm) == (ana.user, ana.dm)
        messages = (await again.state())["channels"][ana.dm]["messages"]
        old = before["channels"][ana.dm]["messages"]
        assert [shown(message) for message in messages[: len(old)]] == [shown(message) for message in old]

        async def both() -> list[Json] | None:
            videos = await again.videos(ana.dm)
            return videos if len(videos) == 2 else None

        first, last = await again.wait(both, "the old video and the one that was being made")
        assert (first["thread_ts"], last["thread_ts"]) == (said["ts"], second["ts"])
        for video in (first, last):
            await watched(again, video)
        assert len((await stage.page.get("/ui/sync/records")).json()["generations"]) == 2


async def test_a_folder_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "sandbox.memory").write_bytes(b"\x80\x04K*.")
    with pytest.raises(click.ClickException, match="kept by another version of the sandbox"):
        async with opened(tmp_path, KEPT):
            pass
