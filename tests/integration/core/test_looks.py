"""What the app's own look at inputs is for: rates, what is missing, and links that lead elsewhere later."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Link, Prepared, Script
from bot.media import Links, Looks
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from bot.probe.behind import Behind
from bot.steps.reprice import Reprice
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from tests import films
from tests.integration.core.bringing import Preparing
from tests.integration.core.rows import part_of
from tests.integration.core.world import AUDIO_LINK, World, error
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.integration.media_servers import Peer, Request, reply, serving, storage

COST, LENGTH_COST, CREATE = "/v2/analyze/cost", "/v2/generations/estimate", "/v2/generate"
UPLOAD, ASSETS = "/v2/assets/upload", "/v2/assets"
PHONE = films.film("mov", frames=60, fps=30, sound="aac", turned=90)
OTHER = films.film("mov", frames=360, fps=30, sound="aac")
SAYS = Script(text="Hello everybody", voice_id="v-1", voice_name="Rachel")


@dataclass
class Host:
    """Somebody's server, whose owner may change its file."""

    peer: Peer
    content: bytes = PHONE
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    status: int = 206

    @property
    def link(self) -> Link:
        return Link(url=f"{self.peer.base}/clip.mov")


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async def script(request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if it.status != 206:
            writer.write(reply(it.status))
            return
        begin, _, end = request.headers["range"].removeprefix("bytes=").partition("-")
        part = it.content[int(begin) : int(end) + 1]
        place = f"bytes {begin}-{int(begin) + len(part) - 1}/{len(it.content)}"
        writer.write(reply(206, part, Content_Range=place, **it.headers))

    async with serving(script) as peer:
        it = Host(peer)
        yield it


@pytest.fixture
async def prepare(there: World) -> AsyncIterator[Preparing]:
    async with storage() as sink:
        upload = {"uploadUrl": f"{sink.base}/put", "url": "https://assets.sync.test/raw/1"}
        there.sync.post(UPLOAD).respond(json=upload)
        there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test"})
        there.sync.post(COST).mock(return_value=error(422, "cost_estimate_unavailable"))
        there.sync.post(LENGTH_COST).respond(json={"estimatedGenerationCost": "0.32"})
        yield Preparing(there)


async def prepared(there: World, prepare: Preparing, draft: Draft) -> Order:
    return await there.run(prepare, await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}"))


def known(job: Order) -> Prepared:
    return Prepared.model_validate_json(job.prepared)


def words_of(state: OrderState) -> str:
    return card(ENGLISH, state, bot_user_id="UB", ask_again_from_usd=Decimal(10)).text


async def test_a_slack_films_own_rate_and_length_are_priced_and_nothing_is_assumed(
    there: World, prepare: Preparing
) -> None:
    video = await there.video_in_channel("clip.mov", PHONE)
    job = await prepared(there, prepare, Draft(video=video, speech=video, sync_mode="silence"))

    assert there.sent_json(LENGTH_COST) == [{"model": "sync-3", "duration": 2.0, "fps": 30.0}]
    assert (job.status, part_of(job).guessed, part_of(job).length_s) == (OrderStatus.OFFERED, None, 2.0)
    assert "frames per second" not in words_of(await there.state(job))
    seen = known(job).video
    assert seen is not None
    assert seen.facts is not None
    assert (seen.facts.frames, seen.facts.width, seen.facts.height) == (60, 120, 160)


async def test_a_film_behind_a_link_is_read_where_it_is(there: World, prepare: Preparing, host: Host) -> None:
    draft = Draft(video=host.link, speech=host.link, sync_mode="silence")
    job = await prepared(there, prepare, draft)

    assert there.sent_json(LENGTH_COST) == [{"model": "sync-3", "duration": 2.0, "fps": 30.0}]
    video = known(job).video
    assert video is not None
    assert video.behind == Behind(len(PHONE), '"1"')
    assert "look behind" not in words_of(await there.state(job))
    assert "token" not in job.prepared


async def test_the_frames_of_a_script_are_a_length_at_the_videos_own_rate(
    there: World, prepare: Preparing, host: Host
) -> None:
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 120, "estimatedGenerationCost": 0.64}])
    job = await prepared(there, prepare, Draft(video=host.link, speech=SAYS))

    assert (part_of(job).length_s, part_of(job).guessed) == (4.0, None)
    assert "about 0:04" in words_of(await there.state(job))
    assert "Your clip is 0:02, the speech 0:04" in words_of(await there.state(job))


async def test_a_script_that_is_too_long_for_the_plan_at_the_videos_rate_is_not_offered(
    there: World, prepare: Preparing, host: Host
) -> None:
    there.sync.get("/v2/account").respond(json={"generationLimits": {"maxOutputDurationSeconds": 20}})
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 900, "estimatedGenerationCost": 4.8}])
    job = await prepared(there, prepare, Draft(video=host.link, speech=SAYS))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "result_too_long")
    assert "It would be 0:30" in (job.failure_detail or "")


@pytest.mark.parametrize(
    ("content", "part", "code"),
    [
        (films.speech("mp3", "libmp3lame", seconds=2, cover=True), "video", "slack_file_no_pictures"),
        (films.film("mp4", frames=10), "speech", "media_no_sound"),
    ],
)
async def test_nothing_to_see_or_to_hear_is_said_before_it_costs_anything(
    there: World, prepare: Preparing, host: Host, content: bytes, part: str, code: str
) -> None:
    host.content = content
    draft = (
        Draft(video=host.link, speech=SAYS) if part == "video" else Draft(video=AUDIO_LINK, speech=host.link)
    )
    job = await prepared(there, prepare, draft)

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, code)
    assert "Nothing was charged" in words_of(await there.state(job))
    assert there.sent(COST) == []


async def test_a_slack_film_without_sound_is_no_speech(there: World, prepare: Preparing) -> None:
    silent = await there.video_in_channel("silent.mp4", films.film("mp4", frames=20))
    job = await prepared(there, prepare, Draft(video=AUDIO_LINK, speech=silent))
    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "media_no_sound")


async def test_a_large_slack_film_is_read_before_it_is_moved(there: World, prepare: Preparing) -> None:
    film = films.film("mp4", frames=60, fps=30)
    at = film.index(b"mdat") - 4
    ballast = films.box(b"free", bytes(6_000_000))
    large = films.moved(film[:at] + ballast + film[at:], by=len(ballast))
    silent = await there.video_in_channel("silent.mp4", large)
    moving = await prepared(there, prepare, Draft(video=silent, speech=SAYS))
    assert moving.status is OrderStatus.OFFERED
    uploads = len(there.sent(UPLOAD))

    refused = await prepared(there, prepare, Draft(video=AUDIO_LINK, speech=silent))

    assert (refused.status, refused.failure_code) == (OrderStatus.FAILED, "media_no_sound")
    assert len(there.sent(UPLOAD)) == uploads == 1


async def test_eight_thousand_pixels_are_priced_and_told(
    there: World, prepare: Preparing, host: Host
) -> None:
    host.content = films.film("mp4", frames=3, size=(7_680, 4_320), sound="aac")
    job = await prepared(there, prepare, Draft(video=host.link, speech=AUDIO_LINK))

    assert job.status is OrderStatus.OFFERED
    assert "Your clip has 7680 × 4320 pixels; sync.so takes up to 4096 × 2160" in words_of(
        await there.state(job)
    )


async def test_a_link_that_cannot_be_read_is_left_to_sync_and_the_card_says_so(
    there: World, prepare: Preparing, host: Host
) -> None:
    host.status = 403
    job = await prepared(there, prepare, Draft(video=host.link, speech=SAYS))

    assert job.status is OrderStatus.OFFERED
    assert "I could not look behind the link: if its file changes, so may the price." in words_of(
        await there.state(job)
    )


@pytest.mark.usefixtures("prepare")
async def test_without_the_library_links_are_still_told_apart(there: World, host: Host) -> None:
    blind = Preparing(there, replace(there.tools, looks=Looks(Links(loopback=True))))
    job = await prepared(there, blind, Draft(video=host.link, speech=AUDIO_LINK))

    video = known(job).video
    assert video is not None
    assert (video.facts, video.behind) == (None, Behind(len(PHONE), '"1"'))


# --- what is behind a link when its turn has come --------------------------------------------------------


async def said_yes(there: World, prepare: Preparing, host: Host) -> Job:
    """A job over a link, said yes to at 32 cents, whose turn has come."""
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 60, "estimatedGenerationCost": 0.32}])
    offered = await prepared(there, prepare, Draft(video=host.link, speech=SAYS))
    columns: dict[str, Any] = {"prepared": offered.prepared, "estimate_usd": offered.offer_usd}
    draft = Draft(video=host.link, speech=SAYS)
    return await there.queued(draft=draft, priced_at=None, pricing_since=there.clock(), **columns)


async def offered_anew(there: World) -> list[Order]:
    jobs = await there.orders_of(Asker(None, NORTH.id, ADA))
    return [job for job in jobs if job.accepted_usd is not None]


@pytest.fixture
def reprice(there: World) -> Reprice:
    return Reprice(there.tools)


async def test_the_same_file_is_sent(there: World, prepare: Preparing, host: Host, reprice: Reprice) -> None:
    job = await said_yes(there, prepare, host)
    asked = len(host.peer.requests)

    job = await there.run(reprice, job)

    assert (job.status, job.priced_at) == (JobStatus.QUEUED, there.clock())
    assert len(host.peer.requests) == asked + 1
    assert await offered_anew(there) == []


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"ETag": '"2"'}},
        {"content": OTHER},
        {"content": OTHER, "headers": {}},
        {"headers": {"ETag": '"1"', "Last-Modified": "Fri, 27 Nov 2026 08:00:00 GMT"}},
    ],
)
async def test_another_file_is_not_sent_under_the_old_yes_though_its_price_is_the_same(
    there: World, prepare: Preparing, host: Host, reprice: Reprice, change: dict[str, Any]
) -> None:
    job = await said_yes(there, prepare, host)
    for name, value in change.items():
        setattr(host, name, value)

    old = await there.run(reprice, job)

    assert (old.status, old.failure_code) == (JobStatus.CANCELLED, "price_changed")
    (new,) = await offered_anew(there)
    assert (new.status, new.offer_usd, new.accepted_usd) == (
        OrderStatus.OFFERED,
        Decimal("0.32"),
        Decimal("0.32"),
    )
    for shown in (words_of(await there.state(old)), words_of(await there.state(new))):
        assert (
            "leads to another file now than when you said yes to about $0.32. Nothing was charged." in shown
        )
    assert there.sent(CREATE) == []
    again = known(new).video
    assert again is not None
    assert again.behind == Behind(
        len(host.content), host.headers.get("ETag"), host.headers.get("Last-Modified")
    )


async def test_unmarked_files_of_one_size_are_told_apart_by_their_length(
    there: World, prepare: Preparing, host: Host, reprice: Reprice
) -> None:
    host.headers = {}
    host.content = PHONE.ljust(len(OTHER), b"\0")
    same = await said_yes(there, prepare, host)
    assert (await there.run(reprice, same)).status is JobStatus.QUEUED

    changed = await said_yes(there, prepare, host)
    host.content = OTHER
    assert (await there.run(reprice, changed)).failure_code == "price_changed"


async def test_a_file_that_is_gone_is_not_paid_for_and_not_asked_for_for_ever(
    there: World, prepare: Preparing, host: Host, reprice: Reprice
) -> None:
    job = await said_yes(there, prepare, host)
    host.status = 404

    old = await there.run(reprice, job)

    assert (old.status, old.failure_code) == (JobStatus.CANCELLED, "price_changed")
    (new,) = await offered_anew(there)
    assert known(new).video is not None
    assert "I could not look behind the link" in words_of(await there.state(new))


async def test_a_server_in_trouble_holds_nobody_up(
    there: World, prepare: Preparing, host: Host, reprice: Reprice
) -> None:
    job = await said_yes(there, prepare, host)
    host.status = 503
    assert (await there.run(reprice, job)).priced_at == there.clock()


async def test_what_was_not_read_at_the_offer_is_not_compared(
    there: World, prepare: Preparing, host: Host, reprice: Reprice
) -> None:
    host.status = 403
    job = await said_yes(there, prepare, host)
    host.status = 206
    assert (await there.run(reprice, job)).priced_at == there.clock()
