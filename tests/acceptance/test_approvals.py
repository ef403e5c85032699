"""A video that somebody else has to say yes to: from the asker's yes over the approver's to the thread."""

from tests.acceptance.blocks import Json, buttons, shown
from tests.acceptance.browser import Browser
from tests.acceptance.journey import watched
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage
from tests.acceptance.test_teams import browser, connect, install
from tests.acceptance.ways import one_line_with_two_links
from tests.acceptance.workspaces import NEW

__all__ = ["browser"]

MODE = "installs"
APPROVING, RAISING = (team.id for team in NEW[3:5])


async def approvals_from(owner: Person, usd: str) -> None:
    """Have the owner say in the settings that from a price on they want to be asked."""
    await owner.press_in_form(await owner.home("For admins"), "settings")
    overview = await owner.form(holding="settings_page")
    page = next(block for block in overview["blocks"] if _leads_to(block, "approvals"))
    await owner.press_in_form({**overview, "blocks": [page]}, "settings_page")
    form = await owner.form(holding="setting_approvers")
    filled = await owner.submit(
        form,
        setting_approval_from={"type": "number_input", "value": usd},
        setting_approvers={"type": "multi_users_select", "selected_users": [owner.user]},
    )
    assert filled == {}
    told = shown(await owner.form(holding="settings_page"))
    assert f"a yes from <@{owner.user}>" in told
    assert f"too few others to approve what <@{owner.user}> asks for" in told


def _leads_to(block: Json, page: str) -> bool:
    return (block.get("accessory") or {}).get("value") == page


async def test_what_costs_more_waits_for_its_approver_and_then_comes(stage: Stage, browser: Browser) -> None:
    owner, member = [await stage.newcomer(APPROVING) for _ in range(2)]
    await install(stage, browser, owner)
    await connect(browser, owner)
    await approvals_from(owner, "0.01")

    ready = await one_line_with_two_links(stage, member)
    assert f"<@{owner.user}> has to say yes as well" in shown(ready.card)
    await member.press(ready.card, "generate")
    waits = await member.card(ready.channel, "Waiting for approval")
    assert buttons(waits) == {"cancel", "consent"}
    asks = await owner.card(owner.dm, f"<@{member.user}> asks for it")
    assert await stage.generations() == []
    await owner.press(asks, "approve")

    await watched(member, await member.video(ready.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()
    assert buttons(await owner.card(owner.dm, f"Approved by <@{owner.user}>")) == set()


async def test_what_a_budget_does_not_cover_is_asked_for_and_then_comes(
    stage: Stage, browser: Browser
) -> None:
    owner, member = [await stage.newcomer(RAISING) for _ in range(2)]
    await install(stage, browser, owner)
    await connect(browser, owner)
    stage.limit(owner, 10_000)

    ready = await one_line_with_two_links(stage, member)
    await member.press(ready.card, "generate")
    told = await member.whisper("A budget does not cover this")
    await member.press(told, "ask_for_more")
    await member.card(ready.channel, "Waiting for more budget")
    asks = await owner.card(owner.dm, "for this month alone")
    assert "$0.01 left of $0.01" in shown(asks)
    assert await stage.generations() == []
    await owner.press(asks, "approve")

    await watched(member, await member.video(ready.channel, thread_ts=ready.thread_ts))
    await stage.the_generation()
