"""From create to a finished, playable video."""

from tests.integration.fake_sync.service import Customer, facts, length_s, loudness, starts_with_index


async def test_a_video_and_an_audio_become_a_video_that_carries_the_audio(acme: Customer) -> None:
    created = await acme.create(await acme.job())
    assert created.status_code == 201
    assert created.json()["status"] == "PENDING"

    done = await acme.finished(created.json()["id"])
    assert done["status"] == "COMPLETED"
    video = await acme.download(done["outputUrl"])

    assert facts(video).kind == "video"
    assert facts(video).copyable  # H.264 a browser plays
    sound = await acme.fake.studio.probe(await acme.fake.studio.sample_audio())
    assert abs(length_s(video) - sound.duration_s) < 0.05
    assert abs(done["outputDuration"] - sound.duration_s) < 0.01
    assert max(loudness(video)) > 0.03
    assert starts_with_index(video)
