"""What the operator sets reaches what it is set for."""

import time
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from bot.app import open_tools
from bot.lanes import card_lane
from bot.settings import Settings
from bot.slack import Slack
from storage.orders import OrderStatus, Part
from tests.integration.core.world import World
from tests.integration.fake_slack.harness import VIDEOS


@pytest.mark.parametrize(
    ("sync_api_url", "may"), [("https://api.sync.so", False), ("http://127.0.0.1:1", True)]
)
async def test_a_link_may_lead_to_this_machine_in_the_sandbox_alone(
    tmp_path: Path,
    sync_api_url: str,
    may: bool,  # noqa: FBT001 - what is expected
) -> None:
    settings = Settings(
        _env_file=None, database_url=f"sqlite:///{tmp_path}/data/lipsync.db", sync_api_url=sync_api_url
    )
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = Slack(session, base_url=settings.slack_api_url)
        tools = await open_tools(stack, settings, slack, clock=time.time, own_team=None)
        assert tools.relay.may_lead_to("127.0.0.1") is may


@pytest.mark.parametrize(("from_usd", "asks"), [("0.50", True), ("0.70", False)])
async def test_generate_asks_once_more_from_the_operators_sum_on(
    there: World,
    from_usd: str,
    asks: bool,  # noqa: FBT001 - what is expected
) -> None:
    settings = Settings(_env_file=None, ask_again_from_usd=Decimal(from_usd))
    usd = Decimal("0.60")
    order = await there.order(
        OrderStatus.OFFERED,
        card_revision=1,
        offer_id="o1",
        offer_usd=usd,
        parts=(Part(usd=usd, length_s=5.0),),
    )

    await there.show(card_lane(there.tools, ask_again_from_usd=settings.ask_again_from_usd).step, order)

    [card] = there.messages(VIDEOS)
    assert ("Make it for" in str(card.blocks)) is asks
