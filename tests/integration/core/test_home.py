"""A person's Home: one more card, published when they look at it and what is theirs has changed."""

from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from sqlalchemy import insert

from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.lanes import card_lane
from bot.steps.show import Show
from bot.steps.show_home import ShowHome
from bot.sync_api.models import Account as Told
from bot.teams.accounts import OwnKey
from bot.teams.rules import Rules
from bot.use_cases.homes import Homes
from storage import audit, card_store, homes, limits
from storage.card_store import EDIT_EVERY_S
from storage.cards import Card
from storage.jobs import JobStatus, Money
from storage.leases import LEASE_S
from storage.money import Entry, month_of
from storage.orders import OrderStatus
from storage.schema import budgets, ledger
from storage.states import Mark
from tests.integration.core.world import KEY, LINKS, SOUTH_KEY, World, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH

ME = Asker(None, NORTH.id, ADA)
PUBLISH = "views.publish"


def use_case(there: World) -> Homes:
    return Homes(there.db, there.tools.teams, clock=there.clock, wake=lambda: None)


async def due(there: World) -> list[Card]:
    """What is due now, taken as the worker takes it."""
    async with there.db.write() as conn:
        return await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token="t", limit=100)


async def shown(there: World) -> list[Card]:
    """Has everything shown that is due."""
    held = await due(there)
    await card_lane(there.tools, ask_again_from_usd=Decimal(5)).step(held)
    return held


async def opened(there: World, asker: Asker = ME, page: Mark | None = None) -> Card:
    await use_case(there).open(asker, page)
    await shown(there)
    return await the_home(there, asker)


async def the_home(there: World, asker: Asker = ME) -> Card:
    async with there.db.read() as conn:
        found = await card_store.find(conn, f"home:{asker.team_id}:{asker.user_id}")
    assert found is not None
    return found


def view(there: World, user: str = ADA, team: str = NORTH.id) -> str:
    """All that a person's Home says now."""
    published = there.slack.parts.modals.home(there.slack.workspace(team), user)
    return str(published.payload["blocks"])


async def test_somebody_new_sees_what_this_is_an_example_and_the_button_that_begins(there: World) -> None:
    home = await opened(there)

    assert "say something else" in view(there)
    assert "/lipsync https://example.com/video.mp4" in view(there)
    assert "home_start" in view(there)
    assert (home.shown, home.revision, home.due_at, home.lease_token) == (1, 1, None, None)
    assert home.ts is not None
    assert home.channel is None


async def test_before_an_account_is_connected_it_says_first_who_connects_one(there: World) -> None:
    cleo = SOUTH.users[0].id
    there.tools.accounts._own = OwnKey(KEY, NORTH.id, for_all=False)
    await there.keys.take_away(SOUTH.id, by=None, now=there.clock())
    await opened(there, asker := Asker(None, SOUTH.id, cleo))
    before = view(there, cleo, SOUTH.id)

    await there.keys.put(SOUTH.id, SOUTH_KEY, Told(), by=cleo, now=there.clock())
    there.clock.pass_by(60)
    await opened(there, asker)

    assert "No sync.so account is connected here yet" in before
    assert "No sync.so account" not in view(there, cleo, SOUTH.id)


async def test_what_waits_comes_first_then_what_runs_then_what_was_made(there: World) -> None:
    await there.job(JobStatus.DELIVERED, generation_id="g-1", card_ts="1.1", card_channel="C1")
    await there.change(await there.done_order(JobStatus.DELIVERED), status=OrderStatus.ENDED, ended_at=1.0)
    await there.job(JobStatus.QUEUED, card_place=3)
    await there.order(OrderStatus.OFFERED, card_revision=1)

    await opened(there)

    said = view(there)
    order = [
        said.index(words)
        for words in ("Waits for you", "press Generate", "In the making", "number 3 in line", "last videos")
    ]
    assert order == sorted(order)
    assert "say something else" not in said


async def test_it_leads_to_the_cards_and_asks_for_each_way_once(there: World) -> None:
    order = await there.order(OrderStatus.OFFERED, card_revision=1)
    await there.show(Show(there.tools, ask_again_from_usd=Decimal(5)), order)
    lane = card_lane(there.tools, ask_again_from_usd=Decimal(5))

    for _ in range(2):
        await use_case(there).open(ME)
        await lane.step(await due(there))
        there.clock.pass_by(60)

    assert "Open its card" in view(there)
    assert "/archives/" in view(there)
    assert len(there.calls("chat.getPermalink")) == 1


async def test_the_way_to_what_has_ended_is_kept_with_its_card_and_not_asked_for_again(there: World) -> None:
    show = Show(there.tools, ask_again_from_usd=Decimal(5))
    job = await there.show(show, await there.job(JobStatus.PROCESSING, card_revision=1))
    job = await there.show(show, job)
    assert there.calls("chat.getPermalink") == [], "nobody needs it yet"
    await there.change(job, status=JobStatus.DELIVERED, ended_at=there.clock(), card_revision=2)

    await there.show(show, job)
    await opened(there)

    assert "'Play'" in view(there)
    assert "/archives/" in view(there)
    assert len(there.calls("chat.getPermalink")) == 1


async def test_a_change_of_ones_order_is_shown_while_one_may_be_looking(there: World) -> None:
    await opened(there)
    there.clock.pass_by(60)
    order = await there.order(OrderStatus.OFFERED, card_revision=1)
    async with there.db.write() as conn:
        await card_store.newer(conn, order.id, now=there.clock())

    await shown(there)  # the card itself
    await shown(there)

    assert "Waits for you" in view(there)
    assert len(there.calls(PUBLISH)) == 2


async def test_a_home_that_was_left_long_ago_costs_nothing_until_somebody_comes_back(there: World) -> None:
    await opened(there)
    there.clock.pass_by(homes.LOOKED_AT_S + 1)
    order = await there.order(OrderStatus.OFFERED, card_revision=1)
    async with there.db.write() as conn:
        await card_store.newer(conn, order.id, now=there.clock())

    await shown(there)
    assert (await the_home(there)).due_at is None
    await opened(there)

    assert "Waits for you" in view(there)


async def test_it_is_published_once_in_some_seconds_however_much_happens(there: World) -> None:
    await opened(there)
    for _ in range(5):
        await use_case(there).open(ME)
        await shown(there)
        there.clock.pass_by(EDIT_EVERY_S / 10)

    assert len(there.calls(PUBLISH)) == 1
    assert (await the_home(there)).due_at is not None
    there.clock.pass_by(EDIT_EVERY_S)
    await shown(there)

    assert len(there.calls(PUBLISH)) == 2
    assert (await the_home(there)).due_at is None


async def test_a_change_on_the_way_is_shown_by_the_next_one(there: World) -> None:
    await use_case(there).open(ME)
    held = await due(there)
    await use_case(there).open(ME)

    await ShowHome(there.tools, ask_again_from_usd=Decimal(5))([replace(card, revision=1) for card in held])

    home = await the_home(there)
    assert home.shown == 2, "it was read with the newer revision"
    assert home.due_at is None


async def test_who_lost_the_lease_has_it_shown_again(there: World) -> None:
    await use_case(there).open(ME)
    held = await due(there)
    there.clock.pass_by(LEASE_S + 1)
    await due(there)

    await ShowHome(there.tools, ask_again_from_usd=Decimal(5))(
        [replace(card, lease_token="lost") for card in held]
    )

    home = await the_home(there)
    assert home.revision == 2
    assert home.lease_token is not None, "whoever has it now shows it"


async def test_pages_are_turned_and_opening_it_again_begins_anew(there: World) -> None:
    for number in range(7):
        order = await there.done_order(JobStatus.DELIVERED, draft=named(f"Nr{number}"))
        await there.change(
            order, status=OrderStatus.ENDED, ended_at=1.0, created_at=float(number), card_revision=1
        )

    await opened(there)
    assert [f"Nr{number}" in view(there) for number in range(7)] == [False] * 2 + [True] * 5
    there.clock.pass_by(EDIT_EVERY_S)
    await opened(there, page=older(there))

    assert [f"Nr{number}" in view(there) for number in range(7)] == [True] * 2 + [False] * 5
    assert "Show the newest" in view(there)
    there.clock.pass_by(EDIT_EVERY_S)
    await opened(there)
    assert "Nr6" in view(there)


async def test_nobody_sees_what_is_anothers(there: World) -> None:
    await there.order(OrderStatus.OFFERED, draft=named("Mine"), card_revision=1)
    await there.order(OrderStatus.OFFERED, draft=named("Bens"), user_id=BEN, card_revision=1)
    await there.order(OrderStatus.OFFERED, draft=named("South"), team_id=SOUTH.id, card_revision=1)

    await opened(there)

    assert [name in view(there) for name in ("Mine", "Bens", "South")] == [True, False, False]


async def test_an_organisations_install_has_one_home_whichever_workspace_slack_names(there: World) -> None:
    for team in (NORTH, SOUTH):
        await there.uninstall(team.id)
    await there.tools.teams.save(installation(NORTH, id="E1", team_id=None, enterprise_id="E1"))
    for team in (NORTH, SOUTH):
        await use_case(there).open(Asker("E1", team.id, ADA))

    held = await due(there)

    assert [card.id for card in held] == [f"home:E1:{ADA}"]
    assert (held[0].team_id, held[0].revision) == (SOUTH.id, 2)


@pytest.mark.parametrize(
    ("fault", "again"),
    [("ratelimited", True), ("internal_error", True), ("not_enabled", False), ("missing_scope", False)],
)
async def test_what_slack_refuses_is_tried_again_while_it_helps(
    there: World, fault: str, *, again: bool
) -> None:
    there.slack.faults.set("api_error", {"method": PUBLISH, "error": fault, "times": 1})

    home = await opened(there)

    assert (home.due_at is not None) is again
    assert home.lease_token is None
    there.clock.pass_by(60)
    if again:
        await shown(there)
    else:
        await opened(there)
    assert "say something else" in view(there)


async def test_an_app_that_was_removed_shows_nothing_and_tries_no_more(there: World) -> None:
    await use_case(there).open(ME)
    held = await due(there)
    await there.uninstall(NORTH.id)

    await ShowHome(there.tools, ask_again_from_usd=Decimal(5))(held)

    assert (await the_home(there)).due_at is None
    assert there.calls(PUBLISH) == []


def named(name: str) -> Draft:
    return LINKS.model_copy(update={"name": name})


def older(there: World) -> Mark:
    blocks = there.slack.parts.modals.home(there.slack.workspace(NORTH.id), ADA).payload["blocks"]
    pressed = [
        element
        for block in blocks
        for element in block.get("elements", [])
        if element.get("action_id") == "home_older"
    ]
    mark = Mark.read(pressed[0]["value"])
    assert mark is not None
    return mark


async def test_admins_find_the_settings_there_and_nobody_else_does(there: World) -> None:
    await opened(there)
    assert "'settings'" not in view(there)

    people = there.slack.workspace(NORTH.id).users
    people[ADA] = replace(people[ADA], role="admin")
    there.clock.pass_by(61)
    await opened(there)
    assert "'settings'" in view(there)

    fault = {"name": "api_error", "params": {"method": "users.info", "error": "fatal_error", "times": 0}}
    await there.box.page.post("/ui/faults", json=fault)
    there.clock.pass_by(16 * 60)
    await opened(there)
    assert "'settings'" not in view(there)


def charge(there: World, user: str, spent: int) -> Entry:
    """What one video of a person's cost, in micro-dollars."""
    return Entry(
        order_id=f"order-of-{user}",
        position=0,
        kind=Money.CHARGE,
        ref="",
        at=there.clock(),
        month=month_of(there.clock()),
        owner_id=NORTH.id,
        team_id=NORTH.id,
        user_id=user,
        channel_id="C1",
        model="sync-3",
        held_delta=0,
        spent_delta=spent,
        why=None,
    )


async def test_the_page_of_what_was_spent_is_ones_own_and_of_admins_the_teams(there: World) -> None:
    charges = [charge(there, ADA, 1_250_000), charge(there, BEN, 2_500_000)]
    async with there.db.write() as conn:
        await conn.execute(insert(ledger), [asdict(each) for each in charges])

    await use_case(there).open_usage(ME)
    await shown(there)
    assert "*You in " in view(there)
    assert "data_visualization" in view(there)
    assert ("$1.25" in view(there), BEN in view(there)) == (True, False)

    rulebook = there.tools.roles.rulebook
    assert await rulebook.change(await rulebook.of(ME), Rules(admins=(ADA,)), by=ADA)
    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open_usage(ME)
    await shown(there)
    assert "*Your team in " in view(there)
    assert ("$3.75" in view(there), BEN in view(there)) == (True, True)

    there.clock.pass_by(EDIT_EVERY_S)
    await opened(there)
    assert "data_visualization" not in view(there)


async def test_the_page_of_what_was_done_is_for_admins_and_of_their_team_alone(there: World) -> None:
    for team in (NORTH, SOUTH):
        entry = audit.Entry(
            team_id=team.id,
            action=audit.Action.PAUSED,
            subject=team.id,
            actor=ADA,
            personal={"reason": f"Said in {team.name}"},
        )
        async with there.db.write() as conn:
            await audit.append(conn, entry, now=there.clock())

    await use_case(there).open_audit(ME)
    await shown(there)
    assert ("stopped new videos" in view(there), "home_start" in view(there)) == (False, True)

    rulebook = there.tools.roles.rulebook
    assert await rulebook.change(await rulebook.of(ME), Rules(admins=(ADA,)), by=ADA)
    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open_audit(ME)
    await shown(there)
    assert [f"Said in {team.name}" in view(there) for team in (NORTH, SOUTH)] == [True, False]


async def test_the_page_of_what_was_spent_is_not_added_up_anew_for_each_card_that_moves(there: World) -> None:
    async def published_again() -> list[str]:
        there.clock.pass_by(EDIT_EVERY_S)
        async with there.db.write() as conn:
            await homes.changed(conn, ME, now=there.clock())
        return [card.id for card in await shown(there)]

    home = await opened(there)
    assert await published_again() == [home.id]

    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open_usage(ME)
    await shown(there)
    assert "usage_csv" in view(there)
    assert await published_again() == []

    await opened(there)
    assert "usage_csv" not in view(there)
    assert await published_again() == [home.id]


async def limited(there: World, scope: str, usd: int, *, held: int) -> None:
    """A limit, and what is held in micro-dollars this month."""
    month = month_of(there.clock())
    async with there.db.write() as conn:
        await limits.set_many(conn, NORTH.id, {scope: Decimal(usd)}, by=ADA, now=there.clock())
        row = {"owner_id": NORTH.id, "scope": scope, "month": month, "raised": 0, "held": held, "spent": 0}
        await conn.execute(insert(budgets), row)


async def test_people_see_what_is_left_of_their_own_budget_and_admins_of_the_teams_too(there: World) -> None:
    for scope, usd in (("team", 70), (f"user:{ADA}", 20), (f"user:{BEN}", 50)):
        await limited(there, scope, usd, held=2_500_000)

    await opened(there)
    assert "Your own budget has $17.50 left of $20.00 this month." in view(there)
    assert ("$70.00" in view(there), "$50.00" in view(there)) == (False, False)

    await named_admin(there)
    there.clock.pass_by(EDIT_EVERY_S)
    await opened(there)
    assert ("$67.50 left of $70.00" in view(there), "$50.00" in view(there)) == (True, False)
    assert "Your own budget has $17.50" in view(there)


async def named_admin(there: World) -> None:
    rulebook = there.tools.roles.rulebook
    assert await rulebook.change(await rulebook.of(ME), Rules(admins=(ADA,)), by=ADA)


async def seen_as(there: World, *, member: bool) -> None:
    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open(ME, as_member=member)
    await shown(there)


async def test_as_a_member_an_admin_sees_no_more_than_one_does_on_any_page(there: World) -> None:
    await named_admin(there)
    await limited(there, "team", 70, held=0)
    charges = [charge(there, ADA, 1_250_000), charge(there, BEN, 2_500_000)]
    async with there.db.write() as conn:
        await conn.execute(insert(ledger), [asdict(each) for each in charges])

    await seen_as(there, member=True)
    assert ("'settings'" in view(there), "$70.00" in view(there)) == (False, False)
    assert "home_as_admin" in view(there)

    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open_usage(ME)
    await shown(there)
    assert ("*You in " in view(there), BEN in view(there), "home_as_admin" in view(there)) == (
        True,
        False,
        True,
    )

    there.clock.pass_by(EDIT_EVERY_S)
    await use_case(there).open_audit(ME)
    await shown(there)
    assert ("home_as_admin" in view(there), "home_start" in view(there)) == (True, True)

    await seen_as(there, member=False)
    assert ("'settings'" in view(there), "home_as_admin" in view(there)) == (True, False)


async def test_who_is_no_admin_sees_what_they_always_see(there: World) -> None:
    await seen_as(there, member=False)
    always = view(there)

    await seen_as(there, member=True)

    assert "home_as_admin" not in view(there)
    assert "home_start" in always
