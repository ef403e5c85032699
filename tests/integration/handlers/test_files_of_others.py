"""A form may name what its job holds already, or what is the asker's own; others' files are not there."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.asking.asks import Asker
from bot.asking.drafts import Draft, Script, SlackFile
from bot.messages import fields
from bot.messages.catalogue import ENGLISH
from bot.messages.failures import file_problem
from bot.messages.form import FormState, form
from bot.messages.ids import Callback, Field, Source, file_value
from bot.teams.consents import recall
from storage import consent_store
from storage.consents import Consent, Ground, Shown
from storage.orders import Order, OrderStatus
from tests.integration.core.bringing import Preparing
from tests.integration.core.world import UNHURRIED
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS
from tests.integration.handlers.front import VIDEO_FILE, Front, Json, block_action, view_payload

UNCHECKED = pytest.mark.parametrize("patience", [replace(UNHURRIED, check_s=0.0)])
NOT_FOUND = "I cannot find this file. Send it again."
SIGNED = Shown(Ground.RELEASE, name="Eve Li")
MP4 = b"\0\0\0\x18ftypmp42" + bytes(600)


@pytest.fixture(autouse=True)
def lists(app: Front) -> None:
    app.there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    app.there.sync.get("/v2/models").respond(json=[])


async def file_of(app: Front, user: str, name: str = "secret.mp4", mimetype: str = "video/mp4") -> Json:
    """A file that a person sent to the app alone, so that the app can read it."""
    query = {"team": NORTH.id, "user": user, "name": name, "mimetype": mimetype}
    page = app.there.box.page
    file: Json = (await page.post("/ui/upload", params=query, content=MP4)).json()["file"]
    sent = {
        "team": NORTH.id,
        "user": user,
        "channel": app.there.box.dm(user),
        "text": "",
        "file_ids": [file["id"]],
    }
    assert (await page.post("/ui/message", json=sent)).status_code == 200
    return file


def sent(job: Order, **values: Json) -> Json:
    """A form of the job with these fields filled in, signed by Slack."""
    usual = {
        Field.VIDEO: chosen(Source.UPLOAD),
        Field.SPEECH: chosen(Source.SCRIPT),
        Field.SCRIPT: {"value": "Hello"},
    }
    state = {str(name): {str(name): value} for name, value in (usual | values).items()}
    speech = state[Field.SPEECH][Field.SPEECH]["selected_option"]["value"]
    view = form(ENGLISH, FormState(job.id, speech_choice=speech)) | {
        "state": {"values": state},
        "callback_id": Callback.FORM,
    }
    return view_payload("view_submission", view)


def chosen(value: str) -> Json:
    return {"selected_option": {"value": value, "text": {"type": "plain_text", "text": "?"}}}


async def submit(app: Front, job: Order, **values: Json) -> Json:
    response = await app.interaction(sent(job, **values))
    assert response.status_code == 200
    return dict(json.loads(response.content))


def asks_who_is_shown(answer: Json) -> bool:
    """Whether the form was taken, and its second step comes."""
    return (answer["response_action"], answer["view"]["callback_id"]) == ("update", Callback.CONSENT)


async def test_a_file_of_ones_own_is_taken(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    assert asks_who_is_shown(await submit(app, job, video_upload={"files": [await file_of(app, ADA)]}))

    assert (await app.there.now(job)).status is OrderStatus.PREPARING


async def test_anothers_file_in_an_upload_field_is_not_there(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    answer = await submit(app, job, video_upload={"files": [await file_of(app, BEN)]})

    assert answer["errors"] == {Field.VIDEO: f"secret.mp4: {NOT_FOUND}"}
    assert (await app.there.now(job)).status is OrderStatus.DRAFT


async def test_a_file_that_does_not_exist_is_refused_in_the_same_words(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    answer = await submit(
        app, job, video_upload={"files": [{**VIDEO_FILE, "id": "F0NOWHERE", "name": "secret.mp4"}]}
    )

    assert answer["errors"] == {Field.VIDEO: f"secret.mp4: {NOT_FOUND}"}


async def test_anothers_audio_is_not_there(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    audio = await file_of(app, BEN, "secret.mp3", "audio/mpeg")

    answer = await submit(
        app,
        job,
        video_upload={"files": [await file_of(app, ADA)]},
        form_speech=chosen(Source.UPLOAD),
        audio_upload={"files": [audio]},
    )

    assert answer["errors"] == {Field.SPEECH: f"secret.mp3: {NOT_FOUND}"}


async def test_anothers_text_is_not_read(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    text = await file_of(app, BEN, "secret.txt", "text/plain")

    answer = await submit(
        app,
        job,
        video_upload={"files": [await file_of(app, ADA)]},
        form_speech=chosen(Source.TEXT_FILE),
        script_file={"files": [text]},
    )

    assert answer["errors"] == {Field.SCRIPT_FILE: fields.SCRIPT_FILE_UNREADABLE}


async def test_a_menu_takes_only_what_it_offered(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    theirs = await file_of(app, BEN)

    answer = await submit(app, job, form_video=chosen(file_value(theirs["id"])))

    assert answer["errors"] == {Field.VIDEO: fields.VIDEO_GONE}


@UNCHECKED
async def test_where_slack_is_too_slow_to_tell_the_worker_asks_before_anything_is_read_or_priced(
    app: Front,
) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    assert asks_who_is_shown(await submit(app, job, video_upload={"files": [await file_of(app, BEN)]}))

    job = await app.there.run(Preparing(app.there), await app.there.now(job))

    assert (job.status, job.failure_code) == (OrderStatus.FAILED, "slack_file_not_found")
    assert file_problem(ENGLISH, "slack_file_not_found") == NOT_FOUND
    assert not [call for call in app.there.sync.calls if call.request.method == "POST"]


@UNCHECKED
async def test_what_the_worker_did_not_ask_yet_it_asks_for_a_copy_of_the_job_as_well(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    await submit(app, job, video_upload={"files": [await file_of(app, BEN)]})
    failed = await app.there.run(Preparing(app.there), await app.there.now(job))

    await app.interaction(block_action("rerun", failed.id))
    [again] = [one for one in await app.orders() if one.status is OrderStatus.PREPARING]
    again = await app.there.run(Preparing(app.there), again)

    assert (again.status, again.failure_code) == (OrderStatus.FAILED, "slack_file_not_found")


@UNCHECKED
async def test_what_was_said_of_anothers_file_is_told_only_to_whom_it_is_shown(app: Front) -> None:
    file = await file_of(app, BEN)
    bens = await app.there.order(OrderStatus.OFFERED, draft=video_from(file), user_id=BEN)
    assert await says(app, bens, BEN, SIGNED)
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    assert asks_who_is_shown(await submit(app, job, video_upload={"files": [file]}))

    assert await said_of(app, job) == ()
    job = await app.there.run(Preparing(app.there), await app.there.now(job))
    assert job.failure_code == "slack_file_not_found"
    assert await said_of(app, job) == ()


@UNCHECKED
async def test_what_somebody_says_of_anothers_file_is_not_remembered_for_whose_it_is(app: Front) -> None:
    file = await file_of(app, BEN)
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())
    await submit(app, job, video_upload={"files": [file]})
    assert await says(app, job, ADA, Shown(Ground.NOT_REAL))
    await app.there.run(Preparing(app.there), await app.there.now(job))

    bens = await app.there.order(OrderStatus.OFFERED, draft=video_from(file), user_id=BEN)
    async with app.there.db.write() as conn:
        assert await recall(conn, bens, video_from(file), now=1.0) == ()


@UNCHECKED
async def test_what_one_said_oneself_of_a_file_is_not_asked_again(app: Front) -> None:
    file = await file_of(app, ADA)
    first = await app.there.order(OrderStatus.OFFERED, draft=video_from(file))
    assert await says(app, first, ADA, SIGNED)
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft())

    response = await app.interaction(sent(job, video_upload={"files": [file]}))

    assert response.content == b""
    assert [each.shown for each in await said_of(app, job)] == [SIGNED]


async def test_a_shortcut_on_a_colleagues_video_goes_on_working(app: Front) -> None:
    query = {"team": NORTH.id, "user": BEN, "name": "clip.mp4", "mimetype": "video/mp4"}
    page = app.there.box.page
    file = (await page.post("/ui/upload", params=query, content=MP4)).json()["file"]
    shared = {"team": NORTH.id, "user": BEN, "channel": VIDEOS, "text": "look", "file_ids": [file["id"]]}
    await page.post("/ui/message", json=shared)
    pressed = {
        "callback_id": Callback.MESSAGE_SHORTCUT,
        "message": {"ts": "1790000000.000001", "files": [file]},
    }
    await app.interaction(
        {**block_action(""), "type": "message_action", "channel": {"id": VIDEOS}, **pressed}
    )
    [job] = await app.orders()

    assert asks_who_is_shown(await submit(app, job, form_video=chosen(file_value(file["id"]))))

    assert video_of(await app.there.now(job)).file_id == file["id"]


async def test_a_form_of_somebody_elses_job_is_no_way_in(app: Front) -> None:
    job = await app.there.order(OrderStatus.DRAFT, draft=Draft(), user_id=BEN)

    answer = await submit(app, job, video_upload={"files": [await file_of(app, ADA)]})

    assert answer["response_action"] == "update"
    assert "no longer know this video" in str(answer["view"])
    assert (await app.there.now(job)).status is OrderStatus.DRAFT


async def says(app: Front, job: Order, person: str, whom: Shown) -> bool:
    asker, consents = Asker(None, NORTH.id, person), app.services.consents
    asked = await consents.ask(job.id, asker)
    return asked is not None and await consents.say(job.id, asker, [whom], videos=asked.videos)


async def said_of(app: Front, job: Order) -> tuple[Consent, ...]:
    async with app.there.db.read() as conn:
        return (await consent_store.of_orders(conn, [job.id])).get(job.id, ())


def video_from(file: Json) -> Draft:
    """A draft whose video Slack showed in a message."""
    video = SlackFile(file_id=file["id"], name=file["name"], mimetype=file["mimetype"], size=file["size"])
    return Draft(video=video, speech=Script(text="Hello", voice_id=None))


def video_of(job: Order) -> SlackFile:
    video: Any = Draft.model_validate_json(job.draft).video
    assert isinstance(video, SlackFile)
    return video
