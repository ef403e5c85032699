"""What sync.so's record does not tell: its admin is told, looks at it in the app's Home, and closes it."""

from tests.acceptance.blocks import Json, shown
from tests.acceptance.browser import Browser
from tests.acceptance.journey import watched
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.test_teams import browser, connect, install
from tests.acceptance.ways import one_line_with_two_links
from tests.acceptance.workspaces import NEW

__all__ = ["browser"]

MODE = "installs"
KEEPING_BOOKS = NEW[5].id


async def opened_ledger(owner: Person) -> Json:
    await owner.open_home()
    await owner.press_in_form(await owner.home("For admins"), "ledger")
    return await owner.form(holding="close_difference")


async def test_a_cost_that_is_not_to_be_had_is_told_looked_at_and_closed(
    stage: Stage, browser: Browser
) -> None:
    owner, member = [await stage.newcomer(KEEPING_BOOKS) for _ in range(2)]
    await install(stage, browser, owner)
    await connect(browser, owner)
    await stage.sync_trouble("cost_unavailable")

    ready = await one_line_with_two_links(stage, member)
    await member.press(ready.card, "generate")
    await watched(member, await member.video(ready.channel, thread_ts=ready.thread_ts))
    await owner.card(owner.dm, "One video does not meet")

    ledger = await opened_ledger(owner)
    assert "sync.so never told what this video cost" in shown(ledger)
    assert f"Asked for by <@{member.user}> in <#{member.channel}>" in shown(ledger)
    assert (await stage.the_generation())["id"] in shown(ledger)
    await owner.press_in_form(ledger, "close_difference")
    asks = await owner.form(holding="reply_reason")
    assert "reply_reason" in await owner.submit(asks)
    reason: Json = {"type": "plain_text_input", "value": "Support could not tell either"}
    assert await owner.submit(asks, reply_reason=reason) == {}

    assert "Nothing waits to be looked into." in shown(await owner.changed_form(ledger))
