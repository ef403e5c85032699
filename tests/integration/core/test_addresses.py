"""A link's address is a secret: sealed, shown to the one who gave it, forgotten a week after the end."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.app import services_of
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker, Place
from bot.asking.drafts import Draft, Link, Script
from bot.steps.forgetting import Forgetting
from bot.steps.reprice import Reprice
from bot.steps.submit import Submit
from bot.use_cases.orders import Orders
from storage import endings, job_store, order_store
from storage.data_map import LINKS_KEPT_S
from storage.encryption import Cipher, new_key
from storage.errors import Undecryptable
from storage.jobs import ENDED, JobStatus, body_at
from storage.orders import OVER, NewOrder, Order, OrderStatus
from storage.reencryption import reencrypt
from storage.retention import forget_addresses
from tests.integration.core.bringing import Preparing
from tests.integration.core.world import CIPHER, CIPHER_KEY, World, error, generation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS

ADA_ASKS, BEN_ASKS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)
HERE = Place(VIDEOS)
SECRET = Link(url="https://bucket.example/t0ken-in-the-path/clip.mp4?X-Signature=s3cret-in-the-query")
AUDIO = Link(url="https://bucket.example/t0ken-in-the-path/voice.mp3?X-Signature=s3cret-in-the-query")
ASKED = Draft(video=SECRET, speech=AUDIO)
WEEK_S = 7 * 24 * 3600.0


@pytest.fixture
def ids() -> Iterator[str]:
    return (f"job-{number}" for number in count(1))


@pytest.fixture
def generations(there: World, ids: Iterator[str]) -> Orders:
    return services_of(
        replace(there.tools, new_id=lambda: next(ids)), wake=lambda: None, public_url="https://app.test"
    ).orders


def on_disk(folder: Path) -> bytes:
    """Everything that SQLite has written, its log of changes included."""
    (database,) = folder.glob("*.db")
    return b"".join(path.read_bytes() for path in folder.glob(f"{database.name}*"))


async def priced(there: World, generations: Orders) -> Order:
    await generations.start(ADA_ASKS, HERE, ASKED, request_key="k")
    [job] = await there.orders_of(ADA_ASKS)
    there.sync.post("/v2/assets").respond(json={"id": "a", "durationSeconds": 5.0})
    there.sync.post("/v2/analyze/cost").respond(
        json=[{"estimatedGenerationCost": 1.5, "estimatedFrameCount": 125}]
    )
    return await there.run(Preparing(there), job)


async def test_sync_gets_whole_addresses_and_the_disk_only_host_and_file_name(
    there: World, generations: Orders, tmp_path: Path
) -> None:
    job = await priced(there, generations)
    await generations.confirm(job.id, job.offer_id or "", ADA_ASKS)
    there.sync.get("/v2/generations").respond(json=[])
    there.sync.post("/v2/generate").respond(201, json=generation())
    (born,) = (await there.state(job)).jobs
    await there.run(Reprice(there.tools), born)
    await there.run(Submit(there.tools), born)

    told = [part["url"] for part in there.sent_json("/v2/generate")[0]["input"]]
    assert told == [SECRET.url, AUDIO.url]
    written = on_disk(tmp_path)
    assert b"clip.mp4" in written
    assert b"bucket.example" in written
    assert b"t0ken" not in written
    assert b"s3cret" not in written


async def test_what_sync_says_of_an_address_is_stored_without_it(
    there: World, generations: Orders, tmp_path: Path
) -> None:
    words = f"Could not download {SECRET.url}, is it public?"
    there.sync.post("/v2/assets").mock(
        return_value=error(422, "generation_input_video_inaccessible", message=words)
    )
    await generations.start(ADA_ASKS, HERE, ASKED, request_key="k")
    [job] = await there.orders_of(ADA_ASKS)
    job = await there.run(Preparing(there), job)
    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "generation_input_video_inaccessible")
    assert "t0ken" not in (job.failure_detail or "")
    assert "s3cret" not in (job.failure_detail or "")
    assert b"s3cret" not in on_disk(tmp_path)


async def test_an_address_is_shown_to_the_one_who_gave_it_alone(there: World, generations: Orders) -> None:
    job = await there.order(OrderStatus.FAILED, draft=ASKED)
    assert generations.draft_for(job, ADA_ASKS) == ASKED
    hidden = generations.draft_for(job, BEN_ASKS)
    assert [(link.host, link.name, link.url) for link in hidden.links.values()] == [
        ("bucket.example", "clip.mp4", None),
        ("bucket.example", "voice.mp3", None),
    ]


async def test_who_tries_a_colleagues_job_again_uses_its_link_and_does_not_see_it(
    there: World, generations: Orders
) -> None:
    adas = await there.state(await there.order(OrderStatus.FAILED, draft=ASKED))
    assert await generations.rerun(adas, BEN_ASKS, request_key="p")
    [bens] = await there.orders_of(BEN_ASKS)
    assert open_draft(bens, CIPHER) == ASKED
    assert generations.draft_for(bens, BEN_ASKS).links["video"].url is None


@pytest.mark.parametrize("status", sorted({*ENDED, *OVER}))
async def test_a_week_after_the_end_an_address_is_gone_and_not_before(
    there: World, generations: Orders, status: JobStatus | OrderStatus
) -> None:
    ended: dict[str, Any] = {"draft": ASKED, "ended_at": there.clock()}
    if isinstance(status, JobStatus):
        job = await there.order_of(await there.job(status, **ended))
    else:
        job = await there.order(status, **ended)
    forgetting = Forgetting(there.db, clock=there.clock)
    there.clock.pass_by(LINKS_KEPT_S - 1)
    assert not await forgetting.turn()
    assert open_draft(await there.now(job), CIPHER) == ASKED
    there.clock.pass_by(2)
    await forgetting.turn()
    left = await there.now(job)
    assert (left.addresses, left.draft) == (None, job.draft)
    assert not await generations.rerun(await there.state(left), ADA_ASKS, request_key="press")
    assert await there.orders_of(ADA_ASKS) == [left]
    assert LINKS_KEPT_S < WEEK_S


async def test_how_many_were_forgotten_is_counted_so_that_a_full_turn_is_followed_by_another(
    there: World,
) -> None:
    for _ in range(3):
        await there.job(JobStatus.FAILED, draft=ASKED, ended_at=there.clock())
    counts = []
    for _ in range(3):
        async with there.db.write() as conn:
            counts.append(await forget_addresses(conn, ended_before=there.clock(), limit=2))
    assert counts == [2, 1, 0]


async def test_what_is_still_open_keeps_its_addresses(there: World) -> None:
    job = await there.order_of(await there.job(JobStatus.UNRESOLVED, draft=ASKED))
    there.clock.pass_by(10 * WEEK_S)
    await Forgetting(there.db, clock=there.clock).turn()
    assert open_draft(await there.now(job), CIPHER) == ASKED


async def test_what_is_forgotten_leaves_nothing_in_the_file(there: World, tmp_path: Path) -> None:
    job = await there.order(OrderStatus.FAILED, draft=ASKED, ended_at=there.clock())
    assert job.addresses is not None
    sealed = job.addresses.token.encode()
    there.clock.pass_by(WEEK_S)
    await Forgetting(there.db, clock=there.clock).turn()
    await there.db.close()
    assert sealed not in on_disk(tmp_path)


async def test_the_body_of_a_job_that_has_ended_is_gone(there: World) -> None:
    job = await there.queued()
    async with there.db.write() as conn:
        assert await endings.end(conn, job, JobStatus.CANCELLED, now=there.clock())
    assert await there.body_of(job) is None


async def test_keys_can_be_rotated_while_a_job_is_on_its_way(there: World, generations: Orders) -> None:
    job = await priced(there, generations)
    await generations.confirm(job.id, job.offer_id or "", ADA_ASKS)
    (born,) = (await there.state(job)).jobs
    before = await there.body_of(born)
    newest = new_key()
    await reencrypt(there.db, Cipher([newest, CIPHER_KEY]))
    after, fresh = await there.now(job), Cipher([newest])
    async with there.db.read() as conn:
        body = await job_store.body_of(conn, born.id)
    assert body is not None
    assert fresh.open(body, body_at(born.id)) == before
    assert open_draft(after, fresh).video == SECRET
    with pytest.raises(Undecryptable):
        open_draft(after, CIPHER)


async def test_an_address_in_clear_is_refused_by_its_column(there: World) -> None:
    new = NewOrder(
        id="x",
        request_key="x",
        team_id=NORTH.id,
        user_id=ADA,
        channel_id=VIDEOS,
        draft="{}",
        addresses=json.dumps({"video": SECRET.url}),  # type: ignore[arg-type]
    )
    with pytest.raises(Exception, match="only a secret that was sealed"):
        async with there.db.write() as conn:
            await order_store.insert(conn, new, now=there.clock())


def test_the_json_and_the_representation_of_a_draft_have_no_address() -> None:
    draft = Draft(video=SECRET, speech=Script(text="Hi", voice_id=None))
    for text in (draft.model_dump_json(), repr(draft), str(draft)):
        assert "bucket.example" in text
        assert "t0ken" not in text
        assert "s3cret" not in text
