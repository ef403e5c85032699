"""Teams and accounts: who is installed, who pays, and what is remembered for how long."""

import asyncio

import httpx
import pytest

from bot.app import new_id
from bot.errors import NotConnected, NotInstalled
from bot.sync_api.errors import NotAuthorised, Unavailable
from bot.teams.accounts import Accounts, OwnKey
from bot.teams.installations import Teams
from bot.teams.keys import Keys
from storage.installations import Installations, Serving
from storage.jobs import JobStatus
from storage.sync_keys import APP
from tests.integration.core.world import CIPHER, KEY, SOUTH_KEY, SYNC, World, error, installation
from tests.integration.fake_slack.harness import NORTH, SOUTH

VOICES = "/v2/voices"
NOW = 1_790_000_000.0


class Counted(Installations):
    """The real store, with its reads counted."""

    reads = 0

    async def serving(self, *, enterprise_id: str | None, team_id: str | None) -> Serving:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().serving(enterprise_id=enterprise_id, team_id=team_id)


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


async def test_who_asks_for_voices_at_once_waits_for_one_answer(there: World) -> None:
    async def in_a_while(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return httpx.Response(200, json=[{"id": "v-1", "name": "Rachel"}])

    there.sync.get(VOICES).mock(side_effect=in_a_while)
    accounts: Accounts = there.tools.accounts
    north = await accounts.of_team(None, NORTH.id)

    told = await asyncio.gather(*(accounts.voices(north) for _ in range(20)))

    assert {voice.name for voices in told for voice in voices} == {"Rachel"}
    assert len(there.sent(VOICES)) == 1


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


# Whose key pays


async def test_a_team_without_a_key_is_told_so_unless_the_settings_serve_it(there: World) -> None:
    accounts = with_own(there, OwnKey(KEY, NORTH.id, for_all=False))
    await there.keys.take_away(SOUTH.id, by=None, now=there.clock())

    assert (await accounts.of_team(None, NORTH.id)).is_apps_own
    with pytest.raises(NotConnected):
        await accounts.of_team(None, SOUTH.id)
    with pytest.raises(NotConnected):
        await accounts.key_of_team(None, SOUTH.id)


async def test_where_the_operator_says_so_the_settings_key_serves_every_team(there: World) -> None:
    await there.keys.take_away(SOUTH.id, by=None, now=there.clock())

    account = await with_own(there, OwnKey(KEY, None, for_all=True)).of_team(None, SOUTH.id)

    assert (account.key, account.is_apps_own) == ("org:org_app", True)


async def test_without_a_key_in_the_settings_nobody_is_served_by_an_earlier_one(there: World) -> None:
    accounts = with_own(there, None)
    await accounts.adopt()

    with pytest.raises(NotConnected):
        await accounts.of_team(None, NORTH.id)
    assert (await accounts.of_team(None, SOUTH.id)).key == "org:org_south"


async def test_an_organisations_key_serves_its_workspaces_but_a_workspaces_own_comes_first(
    there: World,
) -> None:
    await there.tools.teams.save(installation(id="E1", enterprise_id="E1", team_id=None))
    await there.tools.teams.save(installation(enterprise_id="E1"))
    await there.connect("sk-organisation-0123", "org_e1", "E1")
    accounts = there.tools.accounts

    assert (await accounts.of_team("E1", "T2")).key == "org:org_e1"
    assert (await accounts.of_team("E1", NORTH.id)).key == "org:org_e1"

    await there.connect("sk-workspace-0123456", "org_north")
    assert (await accounts.of_team("E1", NORTH.id)).key == "org:org_north"
    assert (await accounts.of_team("E1", "T2")).key == "org:org_e1"


ORG_KEY, OWN_KEY = "org:org_e1", "org:org_north"
PAYS: dict[str, tuple[set[str], str | None]] = {
    "both are there": ({"own", "org", "own key", "org key"}, OWN_KEY),
    "the workspace has no key": ({"own", "org", "org key"}, ORG_KEY),
    "the organisation has removed the app": ({"own", "org key"}, None),
    "and the workspace has a key": ({"own", "own key", "org key"}, OWN_KEY),
    "the organisation has taken the workspace out": ({"own", "org", "out", "org key"}, None),
    "the workspace has removed the app": ({"org", "own key", "org key"}, ORG_KEY),
    "and the organisation has no key": ({"org", "own key"}, None),
}


@pytest.mark.parametrize(("has", "payer"), PAYS.values(), ids=PAYS)
async def test_nobody_pays_for_new_work_whose_own_installation_has_ended(
    there: World, has: set[str], payer: str | None
) -> None:
    teams, now = there.tools.teams, there.clock()
    await teams.save(installation(id="E1", enterprise_id="E1", team_id=None, installed_at=now))
    await teams.save(installation(enterprise_id="E1", installed_at=now))
    if "org key" in has:
        await there.connect("sk-organisation-0123", "org_e1", "E1")
    if "own key" in has:
        await there.connect("sk-workspace-0123456", "org_north")
    sent = await there.job(JobStatus.PROCESSING, enterprise_id="E1", account_key=ORG_KEY)
    if "org" not in has:
        await teams.remove("E1", at=now, now=now)
    if "own" not in has:
        await teams.remove(NORTH.id, at=now, now=now)
    if "out" in has:
        await teams.tell_access("E1", [NORTH.id], granted=False, told_at=now, now=now)
    accounts = with_own(there, None)

    if payer is None:
        with pytest.raises(NotConnected):
            await accounts.of_team("E1", NORTH.id)
    else:
        assert (await accounts.of_team("E1", NORTH.id)).key == payer
    if "org key" in has:  # what was sent is settled with it nevertheless
        assert (await accounts.of_sent(sent)).key == ORG_KEY


async def test_an_install_is_not_greeted_as_paid_by_an_organisation_that_has_removed_the_app(
    there: World,
) -> None:
    teams, own = there.tools.teams, installation(id="T2", team_id="T2", enterprise_id="E1")
    await teams.save(installation(id="E1", enterprise_id="E1", team_id=None, installed_at=there.clock()))
    await there.connect("sk-organisation-0123", "org_e1", "E1")
    accounts = with_own(there, None)
    assert await accounts.would_pay(own)

    await teams.remove("E1", at=there.clock(), now=there.clock())

    assert not await accounts.would_pay(own)


async def test_the_key_of_the_settings_is_looked_at_once_and_named_by_its_organisation(there: World) -> None:
    there.sync.get("/v2/account").respond(json={"organization": {"id": "org_new", "name": "New"}})
    accounts = with_own(there, OwnKey("sk-new-0123456789012", NORTH.id, for_all=False))

    await accounts.adopt()
    await accounts.adopt()

    assert (await accounts.of_team(None, NORTH.id)).key == "org:org_new"
    assert [request.headers["x-api-key"] for request in there.sent("/v2/account")] == ["sk-new-0123456789012"]


async def test_where_sync_so_names_no_organisation_the_key_is_the_account(there: World) -> None:
    accounts = with_own(there, OwnKey("sk-new-0123456789012", NORTH.id, for_all=False))

    await accounts.adopt()

    key = (await accounts.of_team(None, NORTH.id)).key
    assert key.startswith("key:")
    assert "0123456789012" not in key


async def test_until_it_is_known_whose_the_new_key_is_nothing_is_lost(there: World) -> None:
    answers = [httpx.Response(503), httpx.Response(200, json={"organization": {"id": "org_new"}})]
    there.sync.get("/v2/account").mock(side_effect=answers)
    await there.keys.take_away(APP, by=None, now=there.clock())
    accounts = with_own(there, OwnKey("sk-new-0123456789012", NORTH.id, for_all=False))

    with pytest.raises(Unavailable):
        await accounts.of_team(None, NORTH.id)
    assert (await accounts.of_team(None, NORTH.id)).key == "org:org_new"


async def test_what_was_sent_keeps_its_account_whoever_pays_by_now(there: World) -> None:
    job = await there.job(JobStatus.PROCESSING, team_id=SOUTH.id)
    await there.connect("sk-another-0123456789", "org_another", SOUTH.id)

    accounts = there.tools.accounts
    assert (await accounts.of_team(None, SOUTH.id)).key == "org:org_another"
    assert (await accounts.of_sent(job)).key == "org:org_south"


async def test_nobody_is_settled_with_the_key_of_another_team(there: World) -> None:
    job = await there.job(JobStatus.PROCESSING, account_key="org:org_south")

    with pytest.raises(NotConnected):
        await there.tools.accounts.of_sent(job)


async def test_a_key_that_was_connected_elsewhere_is_seen_at_once_where_none_was_known(there: World) -> None:
    await there.keys.take_away(SOUTH.id, by=None, now=there.clock())
    accounts = with_own(there, None)
    with pytest.raises(NotConnected):
        await accounts.of_team(None, SOUTH.id)

    await there.connect("sk-another-0123456789", "org_another", SOUTH.id)

    assert (await accounts.of_team(None, SOUTH.id)).key == "org:org_another"


def with_own(there: World, own: OwnKey | None) -> Accounts:
    """Accounts over the same store, as a process with that key in its settings has them."""
    http = there.tools.accounts._http
    keys = Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)
    return Accounts(
        there.tools.teams, keys, http, base_url=SYNC, own=own, clock=there.clock, elapsed=there.clock
    )


async def test_a_key_that_has_gone_from_the_settings_pays_for_nothing_more(there: World) -> None:
    accounts = with_own(there, None)

    await accounts.adopt()

    assert await accounts.keys.in_use((APP,)) is None
    kept = await accounts.keys.of_account_alone("org:org_app")
    assert [key.replaced_at for key in kept] == [there.clock()], "what was sent is settled with it"


async def test_memory_of_workspaces_and_of_their_keys_has_a_bound(
    there: World, store: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.teams.last_read._KEPT", 2)
    teams = Teams(store, clock=there.clock)
    keys = Keys(there.db, CIPHER, new_id=new_id, clock=there.clock)

    for number in range(5):
        await teams.find(None, f"T{number}")
        await keys.in_use((f"T{number}",))

    assert (len(teams._served._known), len(keys._kept._known)) == (2, 2)
