"""Prepare: inputs are relayed once, lengths and a price are learnt, and every problem has its code."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Link, Prepared, Script, SlackFile
from bot.asking.file_kinds import SAYS_NOTHING
from bot.asking.wanted import source_of
from bot.media import MediaRelay
from bot.steps.prepare import ESTIMATE_LIFE_S, Prepare
from bot.steps.relay import Relay
from storage import consent_store, objections
from storage.consents import Consent, Ground, Shown
from storage.inputs import Input
from storage.orders import Guessed, Order, OrderStatus
from storage.schema import answers, audit
from tests.integration.core.bringing import Preparing, claim_inputs, input_now, inputs_of
from tests.integration.core.rows import part_of
from tests.integration.core.world import AUDIO_LINK, LINKS, SCRIPT, VIDEO_LINK, World, error
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, RANDOM
from tests.integration.media_servers import Peer, storage
from tests.media import media

COST, LENGTH_COST = "/v2/analyze/cost", "/v2/generations/estimate"
UPLOAD, ASSETS, VOICES = "/v2/assets/upload", "/v2/assets", "/v2/voices"
RACHEL = {"id": "v-1", "name": "Rachel"}
ADAM = {"id": "v-2", "name": "Adam"}


@pytest.fixture
async def sink() -> AsyncIterator[Peer]:
    """sync.so's storage, which takes the bytes."""
    async with storage() as peer:
        yield peer


@pytest.fixture
def prepare(there: World, sink: Peer) -> Preparing:
    upload = {"uploadUrl": f"{sink.base}/put?signature=s", "url": "https://assets.sync.test/raw/1"}
    there.sync.post(UPLOAD).respond(json=upload)
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 4.5})
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 125, "estimatedGenerationCost": 0.42}])
    there.sync.get(VOICES).respond(json=[RACHEL, ADAM])
    return Preparing(there)


async def preparing(there: World, draft: Draft, **columns: Any) -> Order:
    return await there.order(OrderStatus.PREPARING, draft=draft, **{"prepared": "{}"} | columns)


async def voice_clip(there: World, duration_s: float | None = None) -> SlackFile:
    """A recording made in Slack, of which Slack may claim any length."""
    clip = await there.video_in_channel("audio_message.mp4")
    file = there.box.slack.parts.files.find(clip.file_id, NORTH.id)
    file.voice_clip = True
    file.duration_ms = None if duration_s is None else round(duration_s * 1_000)
    return clip


async def wanted_video(there: World, data: bytes = b"\0\0 ftypisom video") -> Input:
    """A video that an order of Ada's names, held by whoever is to bring it."""
    draft = Draft(video=await there.video_in_channel(data=data), speech=SCRIPT.speech)
    await there.run(Prepare(there.tools), await preparing(there, draft))
    (held,) = await claim_inputs(there)
    return held


def prepared(job: Order) -> Prepared:
    return Prepared.model_validate_json(job.prepared)


async def test_links_are_used_as_they_are_and_priced(there: World, prepare: Preparing) -> None:
    job = await there.run(prepare, await preparing(there, LINKS))

    assert job.status is OrderStatus.OFFERED
    assert (job.offer_usd, part_of(job).length_s, part_of(job).guessed) == (Decimal("0.42"), 4.5, None)
    assert job.expires_at == job.due_at == there.clock() + ESTIMATE_LIFE_S
    assert job.offer_id
    (priced,) = there.sent_json(COST)
    assert [part["url"] for part in priced["input"]] == [VIDEO_LINK.url, AUDIO_LINK.url]


async def kept_of(there: World, order: Order) -> list[Consent]:
    async with there.db.read() as conn:
        return list((await consent_store.of_orders(conn, [order.id])).get(order.id, ()))


@pytest.mark.parametrize(
    ("person", "means"),
    [
        (Shown(Ground.OWN), Shown(Ground.OWN, ADA)),
        (Shown(Ground.COLLEAGUE, ADA), Shown(Ground.OWN, ADA)),
        (Shown(Ground.NOT_REAL), Shown(Ground.NOT_REAL)),
        (Shown(Ground.COLLEAGUE, BEN), Shown(Ground.COLLEAGUE, BEN)),
    ],
)
async def test_who_is_shown_by_its_line_is_kept_with_it(
    there: World, prepare: Preparing, person: Shown, means: Shown
) -> None:
    job = await there.run(prepare, await preparing(there, LINKS.model_copy(update={"shown": person})))

    assert await kept_of(there, job) == [Consent(means, ADA, there.clock())]
    assert Draft.model_validate_json(job.draft).shown is None
    async with there.db.read() as conn:
        told = list((await conn.execute(select(answers.c.user_id))).scalars())
        logged = list((await conn.execute(select(audit.c.action).order_by(audit.c.seq))).scalars())
    assert told == ([BEN] if means.user_id == BEN else [])
    assert logged[-1] == "order.consent_said"


async def test_who_objects_is_not_left_out_by_a_line(there: World, prepare: Preparing) -> None:
    first = await there.order(OrderStatus.OFFERED)
    shows_ben = Consent(Shown(Ground.COLLEAGUE, BEN), ADA, 1.0)
    async with there.db.write() as conn:
        await consent_store.put(conn, first, [source_of(VIDEO_LINK)], [shows_ben], now=1.0)
        await objections.make(conn, Asker(None, NORTH.id, BEN), now=1.0)

    wish = LINKS.model_copy(update={"shown": Shown(Ground.NOT_REAL)})
    job = await there.run(prepare, await preparing(there, wish))

    assert await kept_of(there, job) == [replace(shows_ben, objects=True)]


async def test_a_line_that_names_an_app_as_a_colleague_fails(there: World, prepare: Preparing) -> None:
    wish = LINKS.model_copy(update={"shown": Shown(Ground.COLLEAGUE, NORTH.bot_user_id)})

    job = await there.run(prepare, await preparing(there, wish))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "not_a_colleague")
    assert there.sent(COST) == []


async def test_what_was_said_of_its_video_before_is_kept_with_it(there: World, prepare: Preparing) -> None:
    said = Consent(Shown(Ground.RELEASE, name="Eve"), "U0BEFORE", 1.0)
    before = await there.order(OrderStatus.OFFERED)
    async with there.db.write() as conn:
        await consent_store.put(conn, before, [source_of(VIDEO_LINK)], [said], now=there.clock())
    other = LINKS.model_copy(update={"video": AUDIO_LINK})

    job = await there.run(prepare, await preparing(there, LINKS))
    unsaid = await there.run(prepare, await preparing(there, other))

    async with there.db.read() as conn:
        kept = await consent_store.of_orders(conn, [job.id, unsaid.id])
    assert kept == {job.id: (said,)}


async def test_each_estimate_has_an_id_of_its_own(there: World, prepare: Preparing) -> None:
    first = await there.run(prepare, await preparing(there, LINKS))
    second = await there.run(prepare, await preparing(there, LINKS))

    assert first.offer_id != second.offer_id


async def test_a_slack_video_goes_to_an_asset_byte_for_byte_and_never_as_a_slack_address(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    video = await there.video_in_channel(data=b"\0\0 ftypisom" + b"v" * 5_000)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert job.status is OrderStatus.OFFERED
    assert sink.bodies == [b"\0\0 ftypisom" + b"v" * 5_000]
    assert sink.requests[0].headers["content-type"] == "video/mp4"
    assert "authorization" not in sink.requests[0].headers
    assert prepared(job).video is not None
    (priced,) = there.sent_json(COST)
    assert priced["input"][0] == {"type": "video", "assetId": "asset-1"}
    assert there.slack.api_url.removesuffix("/api/") not in str(priced)


async def test_a_length_that_slack_tells_is_believed_by_nobody(there: World, prepare: Preparing) -> None:
    """A WAV that was streamed claims 27 hours in its header (`duration_ms`: Slack repeats it)."""
    claims = await voice_clip(there, duration_s=97_391.0)

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=claims)))

    assert (job.status, part_of(job).length_s) == (OrderStatus.OFFERED, 4.5)
    measured = prepared(job).audio
    assert measured is not None
    assert measured.duration_s == 4.5


async def test_a_length_that_nobody_measured_makes_no_price(there: World, prepare: Preparing) -> None:
    there.sync.post(COST).mock(return_value=error(422, "cost_estimate_unavailable"))
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test"})
    claims = await voice_clip(there, duration_s=97_391.0)

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=claims)))

    assert job.status is OrderStatus.OFFERED
    assert (job.offer_usd, part_of(job).length_s, part_of(job).guessed) == (None, None, None)
    assert there.sent(LENGTH_COST) == []


async def test_a_voice_clip_recorded_in_slack_is_audio_though_it_comes_as_video(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    clip = await voice_clip(there)

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=clip)))

    assert job.status is OrderStatus.OFFERED
    assert sink.requests[0].headers["content-type"] == "audio/mp4"


@pytest.mark.parametrize(
    ("name", "container", "codec", "content_type"),
    [
        ("PTT-1.opus", "ogg", "libopus", "audio/ogg"),
        ("recording.webm", "webm", "libopus", "audio/webm"),
        ("voice.mp3", "wav", "pcm_s16le", "audio/wav"),
    ],
)
async def test_audio_goes_on_as_what_its_bytes_are(
    there: World, prepare: Preparing, sink: Peer, name: str, container: str, codec: str, content_type: str
) -> None:
    sound = await there.video_in_channel(name, media(container, sound=codec))
    there.box.slack.parts.files.find(sound.file_id, NORTH.id).mimetype = "audio/ogg"

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=sound)))

    assert job.status is OrderStatus.OFFERED
    assert sink.requests[0].headers["content-type"] == content_type
    assert there.sent_json(UPLOAD)[0]["contentType"] == content_type


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7 " + b"a report" * 1_000, "slack_file_wrong_type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1_000), "slack_file_picture"),
        (media("mp4", sound="aac"), "slack_file_no_pictures"),
    ],
    ids=["a document", "a picture", "sound alone"],
)
async def test_a_video_by_name_alone_ends_before_sync_so_hears_of_it(
    there: World, prepare: Preparing, sink: Peer, data: bytes, code: str
) -> None:
    video = await there.video_in_channel(data=data)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=SCRIPT.speech)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, code)
    assert (len(there.sent(UPLOAD)), len(there.sent(ASSETS)), len(sink.requests)) == (0, 0, 0)


async def test_a_file_that_slack_still_looks_at_is_waited_for(there: World, prepare: Preparing) -> None:
    video = await there.video_in_channel("Video from iOS")
    file = there.box.slack.parts.files.find(video.file_id, NORTH.id)
    file.mimetype = ""

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))
    assert (job.status, job.attempts) == (OrderStatus.PREPARING, 1)
    file.mimetype = "video/mp4"
    job = await there.run(prepare, job)

    assert job.status is OrderStatus.OFFERED


async def test_what_was_relayed_is_not_relayed_again_when_the_price_has_to_wait(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    there.sync.post(COST).mock(
        side_effect=[httpx.Response(503), httpx.Response(200, json={"estimatedGenerationCost": 1})]
    )
    video = await there.video_in_channel()

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))
    assert (job.status, job.attempts) == (OrderStatus.PREPARING, 1)
    job = await there.run(prepare, job)

    assert (job.status, job.offer_usd) == (OrderStatus.OFFERED, Decimal(1))
    assert len(sink.bodies) == 1
    assert len(there.sent(UPLOAD)) == 1


async def test_an_upload_cut_half_way_begins_anew_with_a_new_address(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    there.slack.faults.set("file_cut", {"bytes": 100, "times": 1})
    video = await there.video_in_channel(data=b"\0\0 ftypisom" + b"v" * 500_000)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))
    (video_input, _) = await inputs_of(there, job)
    assert (job.status, video_input.attempts) == (OrderStatus.PREPARING, 1)
    there.clock.pass_by(2)
    job = await there.run(prepare, job)

    assert job.status is OrderStatus.OFFERED
    assert [len(body) for body in sink.bodies] == [500_011]
    assert len(there.sent(UPLOAD)) == 2


async def test_a_file_that_comes_without_its_length_is_taken_with_the_size_that_slack_told(
    there: World, prepare: Preparing, sink: Peer
) -> None:
    there.slack.faults.set("file_length_untold")
    video = await there.video_in_channel(data=b"\0\0 ftypisom" + b"v" * 5_000)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert job.status is OrderStatus.OFFERED
    assert there.sent_json(UPLOAD)[0]["size"] == 5_011
    assert sink.bodies == [b"\0\0 ftypisom" + b"v" * 5_000]


@pytest.mark.parametrize("told", [4_000, 6_000])
async def test_another_number_of_bytes_than_slack_told_is_another_file(
    there: World, prepare: Preparing, told: int
) -> None:
    there.slack.faults.set("file_length_untold")
    video = await there.video_in_channel(data=b"\0\0 ftypisom" + b"v" * 5_000)
    there.box.slack.parts.files.find(video.file_id, NORTH.id).size = told

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=SCRIPT.speech)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "media_wrong_length")
    assert there.sent(ASSETS) == []


@pytest.mark.usefixtures("prepare")
async def test_a_long_relay_keeps_its_lease(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.media.relay._PROGRESS_EVERY_S", 0.0)
    held = await wanted_video(there, data=b"\0\0 ftypisom" + b"v" * 300_000)
    there.clock.pass_by(89)
    there.sync.post(ASSETS).mock(return_value=error(503, "later"))

    await Relay(there.tools)([held])

    assert there.sent(ASSETS)
    assert (await input_now(there, held)).attempts == 1  # the lease held, or nothing would have been written


@pytest.mark.usefixtures("prepare")
async def test_a_relay_whose_lease_was_lost_stops_without_a_trace(there: World, sink: Peer) -> None:
    late = await wanted_video(there)
    there.clock.pass_by(91)
    (newer,) = await claim_inputs(there)

    await Relay(there.tools)([late])

    assert await input_now(there, late) == newer
    assert there.sent(ASSETS) == []
    assert sink.bodies == []


@pytest.mark.parametrize(
    ("fault", "code"), [("file_html", "slack_file_html"), ("file_gone", "slack_file_gone")]
)
async def test_what_slack_serves_in_place_of_the_file_has_its_own_words(
    there: World, prepare: Preparing, fault: str, code: str
) -> None:
    there.slack.faults.set(fault)
    video = await there.video_in_channel()

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, code)


async def test_a_file_that_slack_serves_as_something_else_is_told_as_that(
    there: World, prepare: Preparing, sink: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack's host goes by what it finds; its record of the file may say something else."""
    files = there.box.slack.parts.files
    as_told = files.as_json
    monkeypatch.setattr(
        files, "as_json", lambda *args, **how: as_told(*args, **how) | {"mimetype": "video/mp4"}
    )
    video = await there.video_in_channel()
    files.find(video.file_id, NORTH.id).mimetype = "image/png"

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_file_picture")
    assert sink.requests == []


@pytest.mark.parametrize("mimetype", sorted(SAYS_NOTHING))
async def test_a_type_that_says_nothing_keeps_no_file_out(
    there: World, prepare: Preparing, sink: Peer, mimetype: str
) -> None:
    video = await there.video_in_channel()
    there.box.slack.parts.files.find(video.file_id, NORTH.id).mimetype = mimetype

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert job.status is OrderStatus.OFFERED
    assert sink.requests[0].headers["content-type"] == "video/mp4"


async def test_a_file_that_the_app_may_not_see(there: World, prepare: Preparing) -> None:
    file = await there.box.upload(b"video", "secret.mp4")
    await there.box.as_ada("/ui/message", channel=RANDOM, text="look", file_ids=[file["id"]])
    video = SlackFile(file_id=file["id"], name="secret.mp4", mimetype="video/mp4", size=5)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_file_not_visible")


async def test_a_file_that_was_deleted_meanwhile(there: World, prepare: Preparing) -> None:
    video = await there.video_in_channel()
    there.slack.faults.set("api_error", {"method": "files.info", "error": "file_deleted"})

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_file_deleted")


async def test_a_file_that_turns_out_to_be_something_else(there: World, prepare: Preparing) -> None:
    file = await there.box.upload(b"%PDF-1.7", "notes.pdf", "application/pdf")
    channel = there.box.dm(ADA)
    await there.box.as_ada("/ui/message", channel=channel, text="", file_ids=[file["id"]])
    video = SlackFile(file_id=file["id"], name="notes.pdf", mimetype="video/mp4", size=8)

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_file_wrong_type")


async def test_slack_in_trouble_is_waited_for_as_long_as_it_asks(there: World, prepare: Preparing) -> None:
    there.slack.faults.set("rate_limited", {"method": "files.info", "retry_after": 7})
    video = await there.video_in_channel()

    job = await there.run(prepare, await preparing(there, Draft(video=video, speech=AUDIO_LINK)))

    assert (job.status, there.wait_s(job)) == (OrderStatus.PREPARING, 7)


async def test_a_link_that_sync_so_cannot_reach_is_said_before_anything_is_asked(
    there: World, prepare: Preparing
) -> None:
    there.sync.post(ASSETS).mock(
        return_value=error(400, "asset_url_inaccessible", suggestion="Make it public.")
    )

    job = await there.run(prepare, await preparing(there, LINKS))

    assert (job.status, job.failure_code, job.failure_detail) == (
        OrderStatus.FAILED,
        "asset_url_inaccessible",
        "Make it public.",
    )


async def test_a_link_that_cannot_be_measured_is_used_all_the_same(there: World, prepare: Preparing) -> None:
    there.sync.post(ASSETS).mock(return_value=error(400, "asset_limit_reached"))

    job = await there.run(prepare, await preparing(there, LINKS))

    assert job.status is OrderStatus.OFFERED
    assert (part_of(job).length_s, part_of(job).guessed) == (5.0, Guessed.LENGTH)  # 125 frames
    assert prepared(job).audio is not None


@pytest.mark.parametrize(("asked", "given"), [(None, "Rachel"), ("adam", "Adam"), ("Rach", "Rachel")])
async def test_a_voice_is_found_by_name_or_the_first_is_taken(
    there: World, prepare: Preparing, asked: str | None, given: str
) -> None:
    speech = Script(text="Hello", voice_id=None, voice_name=asked)

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=speech)))

    spoken = Draft.model_validate_json(job.draft).speech
    assert isinstance(spoken, Script)
    assert (spoken.voice_name, job.status) == (given, OrderStatus.OFFERED)
    (priced,) = there.sent_json(COST)
    assert priced["input"][1]["provider"]["voiceId"] == spoken.voice_id


ACCOUNT = "/v2/account"


async def test_a_result_over_the_plans_limit_is_told_before_a_price(there: World, prepare: Preparing) -> None:
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 72})
    there.sync.get(ACCOUNT).respond(json={"generationLimits": {"maxOutputDurationSeconds": 60}})

    job = await there.run(prepare, await preparing(there, LINKS))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "result_too_long")
    assert job.failure_detail == "It would be 1:12; with sync-3 the plan allows 1:00."
    assert there.sent(COST) == []


async def test_the_plans_own_limit_is_known_where_only_its_name_is_told(
    there: World, prepare: Preparing
) -> None:
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 18})
    there.sync.get(ACCOUNT).respond(json={"plan": {"name": "free"}, "billingModel": "free"})

    best = await there.run(prepare, await preparing(there, LINKS))
    other = LINKS.model_copy(update={"model": "lipsync-2"})
    good = await there.run(prepare, await preparing(there, other))

    assert (best.status, best.failure_detail) == (
        OrderStatus.FAILED,
        "It would be 0:18; with sync-3 the plan allows 0:15.",
    )
    assert good.status is OrderStatus.OFFERED


@pytest.mark.parametrize(
    ("length_s", "told"),
    [
        (60.4, {"generationLimits": {"maxOutputDurationSeconds": 60}}),
        (4_000, {"plan": "enterprise"}),
        (4_000, {"plan": "starter", "billingModel": "credits"}),
        (None, {"generationLimits": {"maxOutputDurationSeconds": 60}}),
    ],
)
async def test_what_may_be_within_the_limit_is_priced(
    there: World, prepare: Preparing, length_s: float | None, told: dict[str, Any]
) -> None:
    asset = {"id": "asset-1", "url": "https://x.test", "durationSeconds": length_s}
    there.sync.post(ASSETS).respond(json=asset)
    there.sync.get(ACCOUNT).respond(json=told)

    job = await there.run(prepare, await preparing(there, LINKS))

    assert job.status is OrderStatus.OFFERED


async def test_an_account_that_tells_nothing_stops_nobody(there: World, prepare: Preparing) -> None:
    there.sync.post(ASSETS).respond(json={"id": "asset-1", "url": "https://x.test", "durationSeconds": 4_000})
    there.sync.get(ACCOUNT).respond(503)

    job = await there.run(prepare, await preparing(there, LINKS))

    assert job.status is OrderStatus.OFFERED


@pytest.mark.parametrize(
    ("frames", "status"), [(60 * 61, OrderStatus.FAILED), (60 * 59, OrderStatus.OFFERED)]
)
async def test_a_script_is_over_the_limit_only_where_no_usual_frame_rate_makes_it_shorter(
    there: World, prepare: Preparing, frames: int, status: OrderStatus
) -> None:
    there.sync.post(COST).respond(json={"estimatedFrameCount": frames, "estimatedGenerationCost": 9})
    there.sync.get(ACCOUNT).respond(json={"generationLimits": {"maxOutputDurationSeconds": 60}})

    job = await there.run(prepare, await preparing(there, SCRIPT))

    assert job.status is status


async def test_an_unknown_voice_is_told_with_those_there_are(there: World, prepare: Preparing) -> None:
    speech = Script(text="Hello", voice_id=None, voice_name="Nobody")

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=speech)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "voice_unknown")
    assert job.failure_detail == "Rachel, Adam"


async def test_of_two_voices_of_one_name_none_is_taken_unasked(there: World, prepare: Preparing) -> None:
    there.sync.get(VOICES).respond(json=[RACHEL, ADAM, {"id": "voice-3", "name": "adam"}])
    speech = Script(text="Hello", voice_id=None, voice_name="Adam")

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=speech)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "voice_ambiguous")
    assert job.failure_detail == "Adam (v-2), adam (voic)"
    assert there.sent(COST) == []


async def test_a_voice_of_two_is_named_on_the_card_as_it_was_chosen(there: World, prepare: Preparing) -> None:
    there.sync.get(VOICES).respond(json=[RACHEL, ADAM, {"id": "voice-3", "name": "adam"}])
    speech = Script(text="Hello", voice_id=None, voice_name="adam (VOIC)")

    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK, speech=speech)))

    spoken = Draft.model_validate_json(job.draft).speech
    assert isinstance(spoken, Script)
    assert (spoken.voice_id, spoken.voice_name) == ("voice-3", "adam (voic)")


async def test_a_draft_that_lacks_its_speech_ends(there: World, prepare: Preparing) -> None:
    job = await there.run(prepare, await preparing(there, Draft(video=VIDEO_LINK)))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "draft_incomplete")


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/v.mp4", "https://localhost/v.mp4"])
async def test_a_link_to_this_machine_is_given_to_nobody(there: World, address: str) -> None:
    prepare = Preparing(there, replace(there.tools, relay=MediaRelay()))

    job = await there.run(
        prepare, await preparing(there, LINKS.model_copy(update={"video": Link(url=address)}))
    )

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "link_to_this_machine")
    assert there.sent(ASSETS) == []


async def test_without_a_price_for_the_request_the_length_is_priced(there: World, prepare: Preparing) -> None:
    there.sync.post(COST).mock(return_value=error(404, "not_found"))
    there.sync.post(LENGTH_COST).respond(json={"estimatedGenerationCost": "0.30"})

    job = await there.run(prepare, await preparing(there, LINKS))

    assert (job.offer_usd, part_of(job).guessed) == (Decimal("0.30"), Guessed.PRICE)
    assert there.sent_json(LENGTH_COST) == [{"model": "sync-3", "duration": 4.5, "fps": 25}]


async def test_an_answer_without_an_amount_is_no_price_either(there: World, prepare: Preparing) -> None:
    there.sync.post(COST).respond(json={"estimatedFrameCount": 125})
    there.sync.post(LENGTH_COST).respond(json={"estimatedGenerationCost": 0.3})

    job = await there.run(prepare, await preparing(there, LINKS))

    assert job.offer_usd == Decimal("0.3")


async def test_where_no_price_can_be_had_the_card_comes_without_one(there: World, prepare: Preparing) -> None:
    there.sync.post(COST).respond(503)
    there.sync.post(LENGTH_COST).respond(503)
    job = await preparing(there, LINKS)
    for _ in range(3):
        assert job.status is OrderStatus.PREPARING
        job = await there.run(prepare, job)

    assert (job.status, job.offer_usd, part_of(job).length_s) == (OrderStatus.OFFERED, None, 4.5)


async def test_nobody_is_asked_for_a_yes_while_the_voices_are_out_of_service(
    there: World, prepare: Preparing
) -> None:
    there.sync.post(COST).mock(return_value=error(503, "elevenlabs_service_unavailable"))
    job = await preparing(there, Draft(video=VIDEO_LINK, speech=Script(text="Hello", voice_id="v1")))
    for _ in range(3):
        assert job.status is OrderStatus.PREPARING
        job = await there.run(prepare, job)

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "elevenlabs_service_unavailable")


async def test_a_request_that_sync_so_would_refuse_is_refused_before_anyone_pays(
    there: World, prepare: Preparing
) -> None:
    there.sync.post(COST).mock(return_value=error(400, "model_not_available", suggestion="Take lipsync-2."))

    job = await there.run(prepare, await preparing(there, LINKS))

    assert (job.status, job.failure_code, job.failure_detail) == (
        OrderStatus.FAILED,
        "model_not_available",
        "Take lipsync-2.",
    )


@pytest.mark.parametrize("status", [401, 402])
async def test_an_account_that_cannot_pay_is_said_at_once(
    there: World, prepare: Preparing, status: int
) -> None:
    there.sync.post(COST).mock(return_value=error(status, "no_account"))

    job = await there.run(prepare, await preparing(there, LINKS))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "no_account")


async def test_slack_down_for_a_quarter_of_an_hour_ends_the_try(there: World, prepare: Preparing) -> None:
    there.slack.faults.set("server_error", {"method": "files.info", "times": 0})
    video = await there.video_in_channel()
    job = await preparing(there, Draft(video=video, speech=AUDIO_LINK))
    waited_s, told = 0.0, []
    while job.status is OrderStatus.PREPARING:
        before = (await there.card(job)).revision
        job = await there.run(prepare, job)
        waited_s += there.wait_s(job) if job.due_at is not None else 0.0
        told.append((await there.card(job)).revision > before)

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_unavailable")
    assert 14 * 60 < waited_s < 16 * 60
    # Once while it takes longer than usual, and once at the end.
    assert told == [False, True, *[False] * (len(told) - 3), True]


async def test_two_jobs_in_one_claim_do_not_share_their_fate(there: World, prepare: Preparing) -> None:
    bad = await preparing(there, Draft(video=VIDEO_LINK))
    good = await preparing(there, LINKS)

    await there.run(prepare, bad, good)

    assert (await there.now(bad)).status is OrderStatus.FAILED
    assert (await there.now(good)).status is OrderStatus.OFFERED
