"""The app says hello in a channel that it was added to: once, and only where it may be used."""

from typing import Any

from bot.asking.asks import Asker
from bot.messages.catalogue import ENGLISH
from bot.messages.welcome import to_channel
from bot.teams.rules import Rules
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, RANDOM, VIDEOS
from tests.integration.handlers.front import Front

Json = dict[str, Any]
BOT = NORTH.bot_user_id


async def joins(app: Front, user: str = BOT, **changes: Any) -> None:
    """Deliver that somebody joined the channel of videos."""
    event = {
        "type": "member_joined_channel",
        "user": user,
        "channel": VIDEOS,
        "channel_type": "C",
        "team": NORTH.id,
        "inviter": ADA,
        "event_ts": "1790000000.000001",
    }
    assert (await app.event(event | changes)).status_code == 200
    await app.settled()


def said(app: Front) -> list[str]:
    return [message.text for message in app.there.messages(VIDEOS)]


def whispered(app: Front) -> list[tuple[str, str]]:
    return [(each.user, each.message.text) for each in app.there.slack.records().ephemerals]


async def test_it_says_once_what_it_does_and_names_who_added_it(app: Front) -> None:
    await joins(app)
    await joins(app)  # Slack delivers it once more

    [hello] = said(app)
    assert hello == to_channel(ENGLISH, BOT, ADA).text
    assert f"<@{ADA}> added me" in hello
    assert "nothing is charged until you press Generate" in hello
    assert whispered(app) == []


async def test_it_says_hello_again_when_it_was_removed_and_added_once_more(app: Front) -> None:
    await joins(app)
    await joins(app, event_ts="1790000900.000001")

    assert len(said(app)) == 2


async def test_where_slack_names_nobody_it_names_nobody(app: Front) -> None:
    await joins(app, inviter=None)

    assert said(app) == [to_channel(ENGLISH, BOT, None).text]


async def test_of_people_who_come_it_says_nothing(app: Front) -> None:
    await joins(app, user=BEN)

    assert said(app) == []
    assert whispered(app) == []


async def test_where_a_rule_keeps_it_out_only_who_added_it_is_told(app: Front) -> None:
    rulebook, asker = app.services.roles.rulebook, Asker(None, NORTH.id, BEN)
    assert await rulebook.change(await rulebook.of(asker), Rules(channels=(RANDOM,), admins=(BEN,)), by=BEN)

    await joins(app)

    assert said(app) == []
    [(user, told)] = whispered(app)
    assert user == ADA
    assert "this channel" in told
    assert f"<@{BEN}>" in told


async def test_where_a_rule_keeps_it_out_and_nobody_is_named_it_stays_silent(app: Front) -> None:
    rulebook, asker = app.services.roles.rulebook, Asker(None, NORTH.id, BEN)
    assert await rulebook.change(await rulebook.of(asker), Rules(channels=(RANDOM,)), by=BEN)

    await joins(app, inviter=None)

    assert (said(app), whispered(app)) == ([], [])
