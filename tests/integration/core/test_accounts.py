"""Teams and accounts: who is installed, who pays, and what is remembered for how long."""

import asyncio

import httpx
import pytest

from bot.errors import NotInstalled
from bot.sync_api.errors import NotAuthorised, Unavailable
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from storage.installations import Installation, Installations
from tests.integration.core.world import KEY, SOUTH_KEY, World, error, installation
from tests.integration.fake_slack.harness import NORTH, SOUTH

VOICES = "/v2/voices"
NOW = 1_790_000_000.0


class Counted(Installations):
    """The real store, with its reads counted."""

    reads = 0

    async def find(self, *, enterprise_id: str | None, team_id: str | None) -> Installation | None:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().find(enterprise_id=enterprise_id, team_id=team_id)


@pytest.fixture
def store(there: World) -> Counted:
    return Counted(there.db, there.tools.teams._installations._cipher)


@pytest.fixture
def teams(there: World, store: Counted) -> Teams:
    return Teams(store, clock=there.clock)


async def test_a_team_is_read_once_in_thirty_seconds(there: World, teams: Teams, store: Counted) -> None:
    for _ in range(3):
        assert (await teams.need(None, NORTH.id)).bot_token == NORTH.bot_token
        there.clock.pass_by(10)
    assert store.reads == 1

    there.clock.pass_by(1)
    await teams.need(None, NORTH.id)
    assert store.reads == 2


async def test_that_there_is_none_is_remembered_too(teams: Teams, store: Counted) -> None:
    for _ in range(3):
        assert await teams.find(None, "T0NOBODY") is None

    assert store.reads == 1


async def test_an_install_and_a_removal_are_seen_at_once(teams: Teams) -> None:
    await teams.need(None, NORTH.id)

    await teams.save(installation(bot_token="xoxb-new"))
    assert (await teams.need(None, NORTH.id)).bot_token == "xoxb-new"

    await teams.remove(NORTH.id, at=NOW, now=NOW)
    await teams.remove(NORTH.id, at=NOW, now=NOW)
    with pytest.raises(NotInstalled):
        await teams.need(None, NORTH.id)


async def test_a_read_that_an_install_overtook_is_not_kept(teams: Teams, store: Counted) -> None:
    reading = asyncio.create_task(teams.find(None, NORTH.id))
    await asyncio.sleep(0)
    await teams.save(installation(bot_token="xoxb-new"))
    await reading

    assert (await teams.need(None, NORTH.id)).bot_token == "xoxb-new"
    assert store.reads == 2


async def test_each_team_pays_with_its_own_key_or_the_apps(there: World) -> None:
    there.sync.get(VOICES).respond(json=[])
    accounts = there.tools.accounts

    north, south = await accounts.of_team(None, NORTH.id), await accounts.of_team(None, SOUTH.id)
    await accounts.voices(north)
    await accounts.voices(south)

    assert [request.headers["x-api-key"] for request in there.sent(VOICES)] == [KEY, SOUTH_KEY]
    assert north.key != south.key


async def test_no_key_shows_in_a_representation(there: World) -> None:
    account = await there.tools.accounts.of_team(None, SOUTH.id)

    assert SOUTH_KEY not in repr(account)
    assert SOUTH_KEY not in f"{there.tools.accounts!r} {await there.tools.teams.need(None, SOUTH.id)!r}"
    assert account.key not in SOUTH_KEY


async def test_voices_are_asked_for_once_in_ten_minutes_and_account(there: World) -> None:
    there.sync.get(VOICES).respond(json=[{"id": "v-1", "name": "Rachel"}])
    accounts: Accounts = there.tools.accounts
    north = await accounts.of_team(None, NORTH.id)

    for _ in range(3):
        assert [voice.name for voice in await accounts.voices(north)] == ["Rachel"]
    assert len(there.sent(VOICES)) == 1

    there.clock.pass_by(601)
    await accounts.voices(north)
    assert len(there.sent(VOICES)) == 2


async def test_voices_that_cannot_speak_now_are_not_offered(there: World) -> None:
    mute = {"id": "v-2", "name": "Mute", "restriction": {"code": "plan", "message": "Upgrade."}}
    there.sync.get(VOICES).respond(json=[{"id": "v-1", "name": "Rachel"}, mute])
    account = await there.tools.accounts.of_team(None, NORTH.id)

    assert [voice.name for voice in await there.tools.accounts.voices(account)] == ["Rachel"]


async def test_a_failure_is_not_remembered(there: World) -> None:
    there.sync.get(VOICES).mock(
        side_effect=[httpx.Response(503), error(401, "dead"), httpx.Response(200, json=[])]
    )
    account = await there.tools.accounts.of_team(None, NORTH.id)

    with pytest.raises(Unavailable):
        await there.tools.accounts.voices(account)
    with pytest.raises(NotAuthorised):
        await there.tools.accounts.voices(account)
    assert await there.tools.accounts.voices(account) == ()


async def test_a_workspace_that_is_not_installed_has_no_account(there: World) -> None:
    with pytest.raises(NotInstalled):
        await there.tools.accounts.of_team(None, "T0NOBODY")
