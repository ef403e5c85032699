"""Weekly figures are posted once, wherever the work is cut and whoever else does it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.asking.asks import Asker
from bot.slack import SlackTeam
from bot.slack.codes import refusal
from bot.steps.digest import Digests
from bot.teams.rules import Rules
from bot.use_cases import switching
from storage import ledger
from storage.jobs import JobStatus
from storage.leases import LEASE_S
from storage.orders import OrderStatus, Part
from storage.pauses import Pause
from storage.schema import answers, digests
from tests.integration.conftest import ENGINES
from tests.integration.core.test_people import rulebook_of
from tests.integration.core.world import World, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, RANDOM, VIDEOS

pytestmark = pytest.mark.parametrize("engine", ENGINES)

HER = Asker(None, NORTH.id, ADA)
DAY_S = 24 * 3_600.0
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()


async def told_in(there: World, channel: str | None, whose: Asker = HER, **rules: str) -> None:
    """What an admin sets."""
    rulebook = rulebook_of(there)
    new = Rules(digest_channel=channel, admins=(ADA, BEN), **rules)
    assert await rulebook.change(await rulebook.latest(whose), new, by=ADA)
    there.tools.roles.rulebook._books.forget(whose.team_id)


@pytest.fixture(autouse=True)
def on_a_friday(there: World) -> None:
    there.clock.now = MONDAY - 3 * DAY_S


async def spent(there: World, usd: str, user_id: str = ADA) -> None:
    """A video is charged now."""
    made = await there.job(JobStatus.PROCESSING, user_id=user_id, estimate_usd=Decimal(usd))
    (job,) = await there.claim(made)
    assert await there.tools.move(job, JobStatus.DELIVERING, due_at=None)


async def look(there: World) -> list[str]:
    """What stands in the channel once that was looked for."""
    while await Digests(there.tools).turn():
        pass
    return posted(there)


def posted(there: World, channel: str = VIDEOS) -> list[str]:
    return [message.text for message in there.messages(channel)]


async def admins_heard(there: World) -> list[str]:
    async with there.db.read() as conn:
        return sorted((await conn.execute(select(answers.c.channel_id))).scalars())


async def admins_read(there: World) -> str:
    async with there.db.read() as conn:
        return (await conn.execute(select(answers.c.text))).scalars().first() or ""


async def test_a_week_is_told_once_on_the_monday_after_it(there: World) -> None:
    await told_in(there, VIDEOS)
    assert await look(there) == []
    there.clock.now = MONDAY - 1
    assert await look(there) == []

    there.clock.now = MONDAY
    await asyncio.gather(*(Digests(there.tools).turn() for _ in range(4)))
    assert len(await look(there)) == 1
    assert posted(there)[0].startswith("*Lipsync, Nov 16")
    there.clock.pass_by(7 * DAY_S - 1)
    assert len(await look(there)) == 1
    there.clock.pass_by(1)
    assert len(await look(there)) == 2


async def test_it_is_in_the_teams_zone_and_a_new_zone_or_channel_tells_no_week_twice(there: World) -> None:
    await told_in(there, VIDEOS, zone="Pacific/Auckland")
    there.clock.now = MONDAY - 13 * 3_600
    assert len(await look(there)) == 1

    await told_in(there, VIDEOS, zone="America/Los_Angeles")
    there.clock.now = MONDAY + 12 * 3_600
    await look(there)
    await told_in(there, None)
    await told_in(there, VIDEOS)

    assert len(await look(there)) == 1


async def test_who_wants_none_is_told_none(there: World) -> None:
    await told_in(there, VIDEOS)
    await told_in(there, None)
    there.clock.now = MONDAY

    assert await look(there) == []
    async with there.db.read() as conn:
        assert (await conn.execute(select(digests))).all() == []


async def test_a_removed_app_tells_nothing_until_it_is_back(there: World) -> None:
    await told_in(there, VIDEOS)
    await there.uninstall(NORTH.id)
    there.clock.now = MONDAY

    assert await look(there) == []
    await there.tools.teams.save(installation())
    there.clock.pass_by(3_600)
    assert len(await look(there)) == 1


async def test_a_paused_team_is_told_what_was_spent_all_the_same(there: World) -> None:
    await told_in(there, VIDEOS)
    await spent(there, "1.50")
    await switching.pause(there.db, Pause(NORTH.id, ADA, there.clock(), None))
    there.clock.now = MONDAY

    (text,) = await look(there)
    assert text.splitlines()[0].endswith("$1.50 for 1 video.")


async def test_weeks_in_which_the_app_was_down_are_not_made_up_for(there: World) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY + 22 * DAY_S

    (only,) = await look(there)
    assert only.startswith("*Lipsync, Dec 7")


@pytest.mark.parametrize("code", ["ratelimited", "team_access_not_granted", "a_new_code"])
async def test_what_slack_certainly_did_not_take_is_posted_later(
    there: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY

    async def refuse(*_: object, **__: object) -> None:
        raise refusal("chat.postMessage", code)

    with monkeypatch.context() as broken:
        broken.setattr(SlackTeam, "post", refuse)
        assert await look(there) == []
    assert await look(there) == []
    there.clock.pass_by(3_600)
    assert len(await look(there)) == 1
    there.clock.pass_by(7 * DAY_S - 3_601)
    assert len(await look(there)) == 1


@pytest.mark.parametrize("is_broken", [False, True])
async def test_what_may_be_posted_is_not_posted_again_and_admins_get_it(
    there: World, *, is_broken: bool
) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY
    there.slack.faults.set("lose_reply", {"method": "chat.postMessage", "broken": is_broken})

    for _ in range(3):
        assert len(await look(there)) == 1
        assert await admins_heard(there) == [ADA, BEN]
        there.clock.pass_by(DAY_S)
    there.clock.now = MONDAY + 7 * DAY_S
    assert len(await look(there)) == 2


async def test_a_slack_that_is_away_is_waited_for(there: World) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY
    there.slack.faults.set("lose_reply", {"method": "auth.test"})

    assert await look(there) == []
    there.clock.pass_by(61)
    assert len(await look(there)) == 1


class _Cut(BaseException):
    pass


async def cut_at_the_post(there: World, monkeypatch: pytest.MonkeyPatch, *, is_posted: bool = False) -> None:
    """The process dies right before the message leaves, or right after Slack has it."""
    post = SlackTeam.post

    async def cut(*args: object, **kwargs: object) -> None:
        if is_posted:
            await post(*args, **kwargs)  # type: ignore[arg-type]
        raise _Cut

    with monkeypatch.context() as broken:
        broken.setattr(SlackTeam, "post", cut)
        with pytest.raises(_Cut):
            await Digests(there.tools).turn()


@pytest.mark.parametrize("is_posted", [False, True])
async def test_cut_at_the_post_it_never_comes_twice_and_is_never_lost(
    there: World, monkeypatch: pytest.MonkeyPatch, *, is_posted: bool
) -> None:
    """Nobody can tell whether it stands in the channel: so admins get it, once."""
    await told_in(there, VIDEOS)
    await spent(there, "1.50")
    there.clock.now = MONDAY
    await cut_at_the_post(there, monkeypatch, is_posted=is_posted)

    assert len(await look(there)) == is_posted
    assert await admins_heard(there) == [], "whoever is at it may still be"
    there.clock.pass_by(LEASE_S + 1)
    await asyncio.gather(*(Digests(there.tools).turn() for _ in range(4)))
    assert len(await look(there)) == is_posted
    assert await admins_heard(there) == [ADA, BEN]
    text = await admins_read(there)
    assert "I was cut off while I posted the figures of a week" in text
    assert "$1.50 for 1 video." in text
    there.clock.now = MONDAY + 7 * DAY_S
    assert len(await look(there)) == is_posted + 1
    assert await admins_heard(there) == [ADA, BEN]


async def test_cut_before_it_began_it_is_posted(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY

    async def cut(*_: object) -> None:
        raise _Cut

    with monkeypatch.context() as broken:
        broken.setattr(Digests, "_message", cut)
        with pytest.raises(_Cut):
            await Digests(there.tools).turn()

    assert len(await look(there)) == 1
    assert await admins_heard(there) == []


async def test_a_change_of_the_rules_at_the_post_takes_nobody_for_dead(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY
    await cut_at_the_post(there, monkeypatch)

    await told_in(there, VIDEOS, zone="Europe/Berlin")

    assert await look(there) == []
    assert await admins_heard(there) == []
    there.clock.pass_by(LEASE_S + 1)
    await look(there)
    assert await admins_heard(there) == [ADA, BEN]


@pytest.mark.parametrize("weeks", [1, 3])
async def test_cut_at_the_post_and_down_past_the_next_monday_admins_get_that_week_before_the_next_is_posted(
    there: World, monkeypatch: pytest.MonkeyPatch, weeks: int
) -> None:
    await told_in(there, VIDEOS)
    await spent(there, "1.50")
    there.clock.now = MONDAY
    await cut_at_the_post(there, monkeypatch)
    there.clock.now = MONDAY + (7 * weeks + 1) * DAY_S

    await Digests(there.tools).turn()
    assert posted(there) == []
    assert await admins_heard(there) == [ADA, BEN]
    assert "*Lipsync, Nov 16" in await admins_read(there)
    assert "$1.50 for 1 video." in await admins_read(there)

    for _ in range(2):
        (text,) = await look(there)
        assert text.startswith(f"*Lipsync, {'Nov 23' if weeks == 1 else 'Dec 7'}")
        assert await admins_heard(there) == [ADA, BEN]
        there.clock.pass_by(LEASE_S + 1)


async def test_admins_hear_once_that_the_app_is_not_in_the_channel(there: World) -> None:
    await told_in(there, RANDOM)
    for week in range(3):
        there.clock.now = MONDAY + week * 7 * DAY_S
        await look(there)
        assert await admins_heard(there) == [ADA, BEN]
    assert posted(there, RANDOM) == []

    await there.box.as_ada("/ui/invite", channel=RANDOM)
    there.clock.pass_by(7 * DAY_S)
    await look(there)
    assert len([text for text in posted(there, RANDOM) if text.startswith("*Lipsync")]) == 1

    for times, elsewhere in enumerate(("C0ELSEWHERE", "C0GONE"), start=2):
        await told_in(there, elsewhere)
        there.clock.pass_by(7 * DAY_S)
        await look(there)
        assert await admins_heard(there) == [ADA] * times + [BEN] * times


async def test_what_is_told_is_what_was_charged_in_the_week(there: World) -> None:
    await told_in(there, VIDEOS)
    there.clock.now = MONDAY - 8 * DAY_S
    await spent(there, "8.00")
    there.clock.now = MONDAY - DAY_S
    await spent(there, "1.50")
    await spent(there, "0.25", BEN)
    order = replace(await there.order(OrderStatus.OFFERED), parts=(Part(usd=Decimal(9), length_s=None),))
    async with there.db.write() as conn:
        await ledger.hold(conn, order, {0: "sync-3"}, owner_id=NORTH.id, now=there.clock())
    there.clock.now = MONDAY
    await spent(there, "4.00")

    (text,) = await look(there)

    assert text.splitlines()[0].endswith("$1.75 for 2 videos.")
    assert "• Ada Moreau: $1.50 for 1 video\n• Ben" in text
