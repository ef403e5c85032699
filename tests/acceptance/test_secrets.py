"""A link may be a key to what it leads to: nothing that the app writes has it in clear."""

from tests.acceptance.blocks import shown
from tests.acceptance.journey import make_and_check
from tests.acceptance.person import CLIP, Person
from tests.acceptance.stage import Stage
from tests.acceptance.ways import offer

SECRET = "s1gned-by-the-bucket"


async def test_a_links_secret_is_in_no_file_of_the_apps_and_on_no_card(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)}?signature={SECRET} say "Hush!"')
    await make_and_check(stage, ana, await offer(ana, ana.channel))
    assert SECRET not in shown(await ana.card(ana.channel, "Done:"))
    assert stage.files_with(CLIP) != [], "the name of the file may be read"
    assert stage.files_with(SECRET) == []


async def test_a_link_that_leads_nowhere_is_not_quoted(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(f"{SECRET}/gone.mp4")}?token={SECRET} say "Hush!"')
    card = await ana.card(ana.channel, "could not open the video's link")
    assert SECRET not in shown(card)
    assert stage.files_with(SECRET) == []


async def test_a_week_after_the_end_a_links_address_is_deleted(stage: Stage, ana: Person) -> None:
    await ana.lipsync(ana.channel, f'{stage.sample_link(CLIP)}?signature={SECRET} say "Hush!"')
    await ana.press((await offer(ana, ana.channel)).card, "cancel")
    await stage.until(ana, "cancelled")
    stage.let_time_pass(ana, ended_at=-7 * 24 * 3600.0)
    await stage.restart()
    await stage.until_logged("forgot the addresses of links")
