"""What Slack shows is a copy of the words: when these go by age, cards and Homes are drawn anew without."""

from decimal import Decimal

import pytest
from sqlalchemy import update

from bot.app import services_of
from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.lanes import card_lane
from bot.slack import SlackTeam
from bot.slack.paces import Edit
from bot.steps.forgetting import Forgetting
from bot.teams.rules import Rules
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.homes import Homes
from storage import card_store
from storage.cards import CardKind
from storage.data_map import DAY_S, WORDS_KEPT_DAYS
from storage.jobs import JobStatus
from storage.leases import LEASE_S
from storage.orders import Order, OrderStatus
from storage.schema import cards
from tests.integration.conftest import ENGINES
from tests.integration.core.test_approvals import offered, ruled
from tests.integration.core.world import SCRIPT, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, VIDEOS

pytestmark = pytest.mark.parametrize("engine", ENGINES)

ME = Asker(None, NORTH.id, ADA)
SAID = "Hello everybody"
TITLED = SCRIPT.model_copy(update={"name": SAID})


async def drawn(there: World) -> None:
    """Show all that is due, and what comes of that."""
    for _ in range(20):
        async with there.db.write() as conn:
            held = await card_store.claim_cards(
                conn, now=there.clock(), lease_s=LEASE_S, token="t", limit=100
            )
        if not held:
            return
        await card_lane(there.tools, ask_again_from_usd=Decimal(5)).step(held)
        there.clock.pass_by(5)


async def ended(there: World, draft: Draft = TITLED) -> Order:
    """An order of a delivered video whose card stands, and says what was asked for."""
    job = await there.job(
        JobStatus.DELIVERED, draft=draft, ended_at=there.clock(), card_revision=1, card_due_at=there.clock()
    )
    await drawn(there)
    order = await there.order_of(job)
    return await there.change(order, status=OrderStatus.ENDED, ended_at=there.clock())


async def words_go(there: World) -> None:
    """By age; whoever is still there has opened their Home some days ago."""
    there.clock.pass_by(WORDS_KEPT_DAYS * DAY_S + 100)
    async with there.db.write() as conn:
        seen_at = there.clock() - 3 * DAY_S
        await conn.execute(update(cards).where(cards.c.kind == CardKind.HOME).values(opened_at=seen_at))
    await Forgetting(there.db, clock=there.clock).turn()


def of_card(there: World) -> str:
    (card,) = there.messages(VIDEOS)
    return f"{card.text} {card.blocks}"


def of_approver(there: World) -> str:
    (card,) = there.messages(there.box.dm(BEN))
    return f"{card.text} {card.blocks}"


def of_home(there: World) -> str:
    published = there.slack.parts.modals.home(there.slack.workspace(NORTH.id), ADA)
    return str(published.payload["blocks"])


async def test_the_card_in_the_thread_and_the_home_lose_them(there: World) -> None:
    """Though nobody looks at that Home now."""
    await ended(there)
    await Homes(there.db, there.tools.teams, clock=there.clock, wake=lambda: None).open(ME)
    await drawn(there)
    assert SAID in of_card(there)
    assert SAID in of_home(there)

    await words_go(there)
    await drawn(there)

    assert SAID not in of_card(there)
    assert "not kept any more" in of_card(there)
    assert SAID not in of_home(there)


async def test_the_card_that_asked_an_approver_loses_them(there: World) -> None:
    services = services_of(there.tools, wake=lambda: None, public_url=None)
    await ruled(there, Rules(approval_from_usd=Decimal(1), approvers=(BEN,)))
    order = await offered(there, draft=TITLED)
    assert await services.orders.confirm(order.id, "e1", ME) is Confirmation.WAITS
    await drawn(there)
    assert await services.orders.cancel(order.id, ME)
    await drawn(there)
    assert SAID in of_approver(there)

    await words_go(there)
    await drawn(there)

    assert SAID not in of_approver(there)
    assert "not kept any more" in of_approver(there)


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "is_archived"])
async def test_a_card_that_cannot_be_edited_is_not_posted_anew(there: World, code: str) -> None:
    order = await ended(there)
    there.slack.faults.set("api_error", {"method": "chat.update", "error": code})

    await words_go(there)
    await drawn(there)

    assert len(there.messages(VIDEOS)) == 1
    card = await there.card(order)
    assert (card.due_at, card.shown) == (None, card.revision)


async def test_a_card_that_never_stood_is_not_posted_for_that(there: World) -> None:
    job = await there.job(JobStatus.DELIVERED, draft=TITLED, ended_at=there.clock(), card_revision=1)
    await there.change(
        await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock(), card_due_at=None
    )

    await words_go(there)
    await drawn(there)

    assert there.messages(VIDEOS) == []


async def test_a_card_that_is_being_posted_just_then_is_drawn_once_more(there: World) -> None:
    job = await there.job(
        JobStatus.DELIVERED, draft=TITLED, ended_at=there.clock(), card_revision=1, card_due_at=there.clock()
    )
    await there.change(await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock())
    async with there.db.write() as conn:
        (held,) = await card_store.claim_cards(conn, now=there.clock(), lease_s=1e9, token="t", limit=100)

    await words_go(there)

    assert (await there.card(job)).revision == held.revision + 1


async def test_many_leave_the_pace_to_what_people_wait_for(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await ended(there)
    taken: list[Edit] = []

    def turn(_slack: SlackTeam, _who: str, edit: Edit) -> float:
        taken.append(edit)
        return 0.0

    monkeypatch.setattr(SlackTeam, "turn_to_update", turn)
    await words_go(there)
    await drawn(there)

    assert taken == [Edit.REDRAW] * 3
