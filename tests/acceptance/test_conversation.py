"""A conversation with the app: what is sent piece by piece, in threads, in channels, twice."""

from tests.acceptance.blocks import shown
from tests.acceptance.person import CLIP, VOICE, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import READY

ASKS = "What should this video say?"


async def test_a_video_and_its_audio_find_each_other_over_a_restart(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.card(ana.dm, ASKS)
    await stage.restart()
    await ana.say(ana.dm, "", await ana.sample(VOICE))

    card = await ana.card(ana.dm, READY)
    assert card["thread_ts"] == dropped["ts"]
    assert CLIP in card["text"]
    assert VOICE in card["text"]
    told = shown(await ana.card(ana.dm, "The price comes on"))
    assert f"{CLIP} will say {VOICE}" in told
    assert len(stage.jobs_of(ana)) == 1


async def test_a_text_file_beside_a_video_is_its_script(stage: Stage, ana: Person) -> None:
    text = await ana.upload("script.txt", "text/plain", "Grüße aus der Küche.".encode())
    await ana.say(ana.dm, "", await ana.sample(CLIP), text)

    card = await ana.card(ana.dm, READY)
    assert "Grüße aus der Küche." in card["text"]
    [job] = stage.jobs_of(ana)
    assert '"kind":"script","text":"Grüße aus der Küche."' in job["draft"]


async def test_a_text_file_that_is_no_text_is_told(stage: Stage, ana: Person) -> None:
    broken = await ana.upload("script.txt", "text/plain", b"\x80\x81\x82")
    await ana.say(ana.dm, "", await ana.sample(CLIP), broken)

    told = shown(await ana.card(ana.dm, "I cannot read this file as text"))
    assert "Nothing was charged" in told
    assert await stage.generations() == []


async def test_a_link_in_the_thread_is_the_audio(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.card(ana.dm, ASKS)
    await ana.say(ana.dm, stage.sample_link(VOICE), thread_ts=dropped["ts"])

    assert VOICE in (await ana.card(ana.dm, READY))["text"]


async def test_of_two_audios_one_is_chosen_on_the_card(ana: Person) -> None:
    voice = await ana.page_bytes(f"/ui/sample/{VOICE}")
    first = await ana.upload("first.mp3", "audio/mpeg", voice)
    second = await ana.upload("second.mp3", "audio/mpeg", voice)
    await ana.say(ana.dm, "", await ana.sample(CLIP), first, second)

    asking = await ana.card(ana.dm, "Which of these should it say?")
    assert "1. first.mp3" in asking["text"]
    await ana.press(asking, "pick")
    assert "first.mp3" in (await ana.card(ana.dm, READY))["text"]


async def test_a_message_that_comes_twice_completes_one_card(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("duplicate_delivery")
    for _ in range(2):
        await ana.say(ana.dm, "", await ana.sample(CLIP))
        await ana.card(ana.dm, ASKS)
    await ana.say(ana.dm, "", await ana.sample(VOICE))

    await ana.card(ana.dm, READY)
    statuses = sorted(job["status"] for job in stage.jobs_of(ana))
    assert statuses == ["draft", "offered"]


async def test_a_file_of_which_slack_tells_late_is_waited_for(stage: Stage, ana: Person) -> None:
    await stage.slack_trouble("file_untold", times=2)
    await ana.say(ana.dm, "say “It took a while.”", await ana.sample(CLIP))

    assert CLIP in (await ana.card(ana.dm, READY))["text"]


async def test_a_stub_and_what_was_sent_before_it_are_one(stage: Stage, ana: Person) -> None:
    dropped = await ana.say(ana.dm, "", await ana.sample(CLIP))
    await ana.card(ana.dm, ASKS)
    await stage.until_uploaded(1)  # else the trouble might meet the clip
    await stage.slack_trouble("file_untold", times=1, stub=True)
    await ana.say(ana.dm, "", await ana.sample(VOICE))

    card = await ana.card(ana.dm, READY)
    assert card["thread_ts"] == dropped["ts"]
    assert VOICE in card["text"]
    await ana.card(ana.dm, "The price comes on")


# --- mentions -------------------------------------------------------------------------------------------


async def test_a_mention_in_the_thread_of_a_card_answers_it(ana: Person) -> None:
    said = await ana.say(ana.channel, "@lipsync", await ana.sample(CLIP))
    card = shown(await ana.card(ana.channel, ASKS))
    assert "mention me" in card
    await ana.say(ana.channel, "@lipsync Good morning, everybody.", thread_ts=said["ts"])

    assert "Good morning, everybody." in (await ana.card(ana.channel, READY))["text"]


async def test_a_mention_alone_is_told_what_would_work(stage: Stage, ana: Person, ben: Person) -> None:
    await ana.say(ana.channel, "@lipsync make the video say hello")

    told = shown(await ana.whisper("Lip-sync this video"))
    assert "/lipsync" in told
    assert (await ben.state())["ephemerals"] == []
    assert [message for message in await ana.messages(ana.channel) if message.get("bot_id")] == []
    assert stage.jobs_of(ana) == []


async def test_a_mention_under_a_result_makes_a_new_version(stage: Stage, ana: Person) -> None:
    said = await ana.say(ana.channel, "@lipsync say “First.”", await ana.sample(CLIP))
    await ana.press(await ana.card(ana.channel, READY), "generate")
    await ana.card(ana.channel, "Done:")
    await ana.say(ana.channel, "@lipsync say “Second.”", thread_ts=said["ts"])

    assert "Second." in (await ana.card(ana.channel, READY))["text"]
    assert len(await stage.generations()) == 1


async def test_what_is_no_video_is_refused_before_its_question_is_answered(stage: Stage, ana: Person) -> None:
    await ana.say(ana.dm, "", await ana.upload("fake.mp4", "video/mp4", b"%PDF-1.7 " * 100))

    told = shown(await ana.card(ana.dm, "fake.mp4: This is not a kind of file I can use"))
    assert "Nothing was charged" in told
    assert await stage.generations() == []
