"""When another account pays: each process looks at once, once for all, and goes on where one was cut."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event, select, text

from bot.app import running
from bot.data_folder import prepare_data_folder
from bot.settings import Settings
from bot.steps.other_payers import ONCE_MORE_S, OtherPayers
from bot.teams.accounts import OwnKey
from bot.teams.installations import Teams
from storage import order_store, sync_keys
from storage.database import Database, migrate, open_database
from storage.installations import Installations
from storage.jobs import JobStatus, Money
from storage.orders import OrderStatus
from storage.schema import jobs
from tests.integration.core.test_accounts import with_own
from tests.integration.core.test_changed_account import (
    ADA_ASKS,
    OTHER_KEY,
    OWN_KEY,
    RELEASED,
    booked,
    other_account,
    other_account_elsewhere,
)
from tests.integration.core.test_other_payers import confirmed, far_behind, offered
from tests.integration.core.world import CIPHER, CIPHER_KEY, KEY, LINKS, World, installation
from tests.integration.fake_slack.harness import ADA, NORTH
from tests.integration.storage.builders import job_in, sync_key


@pytest.fixture
async def there(there: World) -> World:
    """Ada's team has a key of its own, though that of the settings would serve it too."""
    await there.tools.accounts.adopt()
    await there.connect(OWN_KEY, "org_own")
    return there


@pytest.fixture
async def looks(there: World) -> OtherPayers:
    """A process that has looked before anything changed."""
    looks = OtherPayers(there.tools)
    await looks.turn()
    return looks


# --- when, and how often --------------------------------------------------------------------------------


@contextmanager
def statements(there: World) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engines = [there.db._reader.sync_engine, there.db._writer.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_where_nothing_changed_a_look_reads_no_order_no_job_and_no_key(
    there: World, looks: OtherPayers
) -> None:
    await far_behind(there)
    there.clock.pass_by(ONCE_MORE_S)
    await looks.turn()

    with statements(there) as asked:
        there.clock.pass_by(86_400)
        await looks.turn()

    first, second = asked
    assert "sync_keys" in first
    async with there.db.read() as conn:
        (plan,) = await conn.execute(text(f"EXPLAIN QUERY PLAN {first}"))
    assert "COVERING INDEX ix_sync_keys_changed" in plan[-1]
    assert not any(table in second for table in ("orders", "jobs", "sync_keys"))


async def test_what_came_under_the_old_account_after_the_look_ends_by_a_later_one(
    there: World, looks: OtherPayers
) -> None:
    """Another replica remembered the old key when somebody said yes there."""
    await other_account(there)
    await looks.turn()
    late = await far_behind(there, account_key="org:org_own")

    there.clock.pass_by(ONCE_MORE_S - 1)
    await looks.turn()
    assert (await there.now(late)).status is JobStatus.QUEUED
    there.clock.pass_by(1)
    await looks.turn()

    assert (await there.now(late)).failure_code == "account_changed"


async def test_a_change_at_another_replica_is_seen_and_remembered_here(
    there: World, looks: OtherPayers
) -> None:
    waits = await far_behind(there)
    await other_account_elsewhere(there)

    await looks.turn()

    assert (await there.now(waits)).status is JobStatus.CANCELLED
    assert await there.tools.accounts.key_of_team(None, NORTH.id) == "org:org_another"


async def test_a_process_that_starts_looks_at_all_that_waits(there: World) -> None:
    waits = await far_behind(there)
    await other_account(there)

    await OtherPayers(there.tools).turn()

    assert (await there.now(waits)).failure_code == "account_changed"


async def test_however_many_processes_look_there_is_one_new_order_each(
    there: World, looks: OtherPayers
) -> None:
    waits, order = await far_behind(there), await confirmed(there)
    await other_account(there)

    for each in (looks, OtherPayers(there.tools), OtherPayers(there.tools)):
        await each.turn()

    assert len(await there.orders_of(ADA_ASKS)) == 4
    assert await booked(there, waits.order_id) == await booked(there, order.id) == RELEASED


class _Killed(BaseException):
    """A machine that dies asks no except clause."""


@pytest.mark.parametrize("who", ["the same", "another"])
async def test_a_cut_right_before_a_new_order_leaves_the_rest_to_the_next_look(
    there: World, looks: OtherPayers, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    done, cut, order = await far_behind(there), await far_behind(there), await confirmed(there)
    await other_account(there)
    insert, left = order_store.insert, iter([1])

    async def dies_at_the_second(*given: Any, **named: Any) -> bool:
        if next(left, None) is None:
            raise _Killed
        return await insert(*given, **named)

    with monkeypatch.context() as killing:
        killing.setattr("bot.steps.anew.order_store.insert", dies_at_the_second)
        with pytest.raises(_Killed):
            await looks.turn()
    assert (await there.now(done)).status is JobStatus.CANCELLED
    assert await there.now(cut) == cut
    assert await there.now(order) == order
    assert await booked(there, cut.order_id) == ({Money.HOLD}, 420_000)

    await (looks if who == "the same" else OtherPayers(there.tools)).turn()

    assert [await booked(there, each) for each in (done.order_id, cut.order_id, order.id)] == [RELEASED] * 3
    assert len(await there.orders_of(ADA_ASKS)) == 6


async def test_one_that_cannot_be_asked_anew_holds_up_no_other(there: World, looks: OtherPayers) -> None:
    broken, waits = await far_behind(there), await far_behind(there)
    async with there.db.write() as conn:
        await conn.execute(
            text("UPDATE orders SET addresses = 'spoilt' WHERE id = :id"), {"id": broken.order_id}
        )
    await other_account(there)

    await looks.turn()

    assert (await there.now(broken)).status is JobStatus.QUEUED
    assert (await there.now(waits)).status is JobStatus.CANCELLED


# --- who pays changes with the settings, or with what is installed -----------------------------------------


def restarted(there: World, own: OwnKey | None) -> OtherPayers:
    """A process that starts with that key in its settings."""
    return OtherPayers(replace(there.tools, accounts=with_own(there, own)))


@pytest.fixture
async def at_the_apps(there: World) -> World:
    """The team has no key: that of the settings pays."""
    await there.keys.take_away(NORTH.id, by=None, now=there.clock())
    return there


NEW_KEY = OwnKey("sk-new-0123456789012", None, for_all=True)


@pytest.mark.parametrize(("organisation", "why"), [("org_new", "account_changed"), ("org_app", None)])
async def test_another_key_in_the_settings_is_another_account_as_soon_as_it_is_known_whose_it_is(
    at_the_apps: World, organisation: str, why: str | None
) -> None:
    there, waits = at_the_apps, await far_behind(at_the_apps)
    there.sync.get("/v2/account").respond(json={"organization": {"id": organisation}})
    looks = restarted(there, NEW_KEY)
    await looks.turn()
    assert await there.now(waits) == waits

    await looks._tools.accounts.adopt()
    await looks.turn()

    assert (await there.now(waits)).failure_code == why


@pytest.mark.parametrize("own", [None, OwnKey(KEY, None, for_all=False)], ids=["no key", "no more for all"])
async def test_where_the_settings_have_no_key_for_it_any_more_it_ends_with_whom_to_ask(
    at_the_apps: World, own: OwnKey | None
) -> None:
    there, waits = at_the_apps, await far_behind(at_the_apps)
    shown = await offered(there)
    looks = restarted(there, own)
    await looks._tools.accounts.adopt()

    await looks.turn()

    job = await there.now(waits)
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "not_connected")
    assert await booked(there, job.order_id) == RELEASED
    assert await there.now(shown) == shown


async def test_an_offer_whose_team_has_no_key_is_priced_anew_once_that_of_the_settings_serves_all(
    there: World,
) -> None:
    shown = await offered(there)
    await there.keys.take_away(NORTH.id, by=None, now=there.clock())
    await restarted(there, OwnKey(KEY, None, for_all=False)).turn()
    assert await there.now(shown) == shown

    await restarted(there, OwnKey(KEY, None, for_all=True)).turn()

    assert (await there.now(shown)).status is OrderStatus.PREPARING


async def test_where_only_the_organisation_still_has_the_app_its_account_pays(there: World) -> None:
    """Another replica was told that the workspace has removed its own."""
    await there.tools.teams.save(installation(id="E1", enterprise_id="E1", team_id=None))
    await there.tools.teams.save(installation(enterprise_id="E1"))
    await there.connect(OTHER_KEY, "org_another", "E1")
    waits, looks = await far_behind(there, enterprise_id="E1"), OtherPayers(there.tools)
    await looks.turn()
    assert await there.now(waits) == waits
    elsewhere = Teams(Installations(there.db, CIPHER), clock=there.clock)
    await elsewhere.remove(NORTH.id, at=there.clock(), now=there.clock())

    await looks.turn()

    assert (await there.now(waits)).failure_code == "account_changed"
    assert await there.tools.accounts.key_of_team("E1", NORTH.id) == "org:org_another"


async def test_the_app_looks_by_itself(tmp_path: Path) -> None:
    """It was stopped while the key was replaced."""
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{tmp_path}/data/lipsync.db",
        slack_signing_secret=SecretStr("signing-secret"),
        slack_client_id="1.2",
        slack_client_secret=SecretStr("client-secret"),
        encryption_keys=[SecretStr(CIPHER_KEY)],
        public_url="https://app.test",
        slack_api_url="http://127.0.0.1:1/api/",
        sync_api_url="http://127.0.0.1:1",
    )
    prepare_data_folder(settings)
    async with open_database(settings.database_url) as db:
        await migrate(db)
        await Installations(db, CIPHER).save(installation())
        async with db.write() as conn:
            await sync_keys.put(conn, sync_key(CIPHER, owner_id=NORTH.id), now=time.time())
            whose = {"team_id": NORTH.id, "user_id": ADA, "account_key": "org:before"}
            hours = time.time() + 7_200
            await job_in(conn, JobStatus.QUEUED, draft=LINKS.model_dump_json(), due_at=hours, **whose)

    async with running(settings) as app, asyncio.timeout(60):
        assert await _why_it_ended(app.database) == "account_changed"


async def _why_it_ended(db: Database) -> str:
    while True:
        async with db.read() as conn:
            code: str | None = (await conn.execute(select(jobs.c.failure_code))).scalar_one()
        if code is not None:
            return code
        await asyncio.sleep(0.05)
