"""Through every door people of elsewhere try one team's rows: nothing changes, nothing is learnt of.

The doors come from the app's own tables: one that nobody tries is found.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

import handlers
from bot.asking.asks import Asker
from bot.teams.rules import Rules
from storage.orders import Conversation
from storage.schema import orders
from tests.integration.core.world import WEBHOOK_SECRET, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.handlers.front import Front, Json
from tests.integration.isolation import doors, victims
from tests.integration.isolation.attempts import ADMINS_ONLY, MEMBERS_ONLY, SLACK, send
from tests.integration.isolation.doors import Door
from tests.integration.isolation.intruders import (
    INTRUDERS,
    ORG,
    Intruder,
)
from tests.integration.isolation.victims import CANARY, Names

COLLEAGUE = Intruder("a colleague", BEN, NORTH.id, NORTH.id, ORG)
ASKER = Intruder("the asker", ADA, NORTH.id, NORTH.id)
"""Through the same doors, so that it is seen that they lead somewhere."""


@dataclass
class Trial:
    """One team's rows, and all that somebody came to see who tried them."""

    app: Front
    rows: list[Names]

    async def told(self, who: Intruder, door: Door, payload: Json, names: Names) -> str:
        """Status, body, and all that Slack was told after it, without what was named in the request."""
        records = self.app.there.slack.records()
        before, whispered = len(records.calls), len(records.ephemerals)
        self.app.services.once._until.clear()  # so that nothing is kept back for having been said
        answer = await send(self.app, who, door, payload)
        await self.app.settled(looks=False)
        calls = records.calls[before:]
        # Who somebody is, is asked about themselves and then known for a while.
        calls = [call for call in calls if (call.method, call.args.get("user")) != ("users.info", who.user)]
        posted = sorted(json.dumps([call.method, call.team, _lasting(call.args)]) for call in calls)
        private = [[each.message.text, each.message.blocks] for each in records.ephemerals[whispered:]]
        told = names.hidden(f"{answer.status_code} {answer.text} {posted} {json.dumps(private)}")
        if who is not ASKER:
            assert [each.order for each in self.rows if each.order in told] == [], "of a row nobody named"
        return _NEW_ID.sub("<new>", told)

    async def appoint(self, who: Intruder) -> None:
        """Have them administer the team."""
        rulebook = self.app.services.roles.rulebook
        book = await rulebook.latest(Asker(ORG, NORTH.id, who.user))
        assert await rulebook.change(book, Rules(admins=(who.user,)), by=who.user)

    def asked_of_sync(self) -> list[str]:
        """What sync.so was asked beyond its lists of voices and models."""
        asked = [call.request.url.path for call in self.app.there.sync.calls]
        return [path for path in asked if path not in {"/v2/voices", "/v2/models"}]

    async def kept(self) -> set[str]:
        return await victims.rows_of(self.app.there, self.rows)

    async def of_orders(self) -> set[str]:
        """Without what a colleague has there themselves."""
        return {row for row in await self.kept() if any(names.order in row for names in self.rows)}


_NEW_ID = re.compile(r"""[0-9a-f]{32}|/commands/\w+/[\w-]+|(?<="block_id": ")[^"]+""")
"""What a request makes of its own has a new id each time, as have the ways to answer it, and blocks."""


def _lasting(args: Json) -> Json:
    """What is said: a trigger, and a file of the app's with the message above it, are others each time."""
    passing = {"trigger_id", "files"} | ({"thread_ts"} if "files" in args else set())
    return {name: value for name, value in args.items() if name not in passing}


@pytest.fixture
async def trial(app: Front) -> Trial:
    there = app.there
    await there.tools.teams.save(installation(NORTH, enterprise_id=ORG))
    # One sync.so account pays for both teams: that of the settings.
    await there.keys.take_away(SOUTH.id, by=None, now=there.clock())
    there.sync.get("/v2/voices").respond(json=[{"id": "v-1", "name": "Rachel"}])
    there.sync.get("/v2/models").respond(json=[])
    there.sync.get("/v2/webhooks/secret").respond(json={"secret": WEBHOOK_SECRET})
    there.sync.route().respond(json={"url": f"https://x.test/{CANARY}.mp4"})
    return Trial(app, await victims.all_of_them(there))


def slack_doors(app: Front) -> set[Door]:
    return doors.of_slack(handlers.routes(app.services))


async def test_every_door_of_slacks_is_tried(app: Front) -> None:
    assert slack_doors(app) ^ SLACK.keys() == set()


async def test_a_new_door_that_nobody_tries_is_found(app: Front) -> None:
    routes = handlers.routes(app.services)
    some = next(iter(routes.actions.values()))
    for table in ("commands", "shortcuts", "actions", "submissions", "closings", "events"):
        more: dict[str, Any] = {table: {**getattr(routes, table), "brand_new": some}}
        new = doors.of_slack(replace(routes, **more))
        assert new - SLACK.keys() == {Door(table, "brand_new")}


_SOME = Names("the-order", "the-offer", "the-job", 1.0, "the-channel", "the-ts", "the-file", "the-gate")
NAMING = [door for door in SLACK if any("the-" in json.dumps(attempt(_SOME)) for attempt in SLACK[door])]


@pytest.mark.parametrize("door", SLACK, ids=lambda door: f"{door.kind} {door.name}")
async def test_nothing_of_a_team_is_changed_or_learnt_of_by_others(trial: Trial, door: Door) -> None:
    """A row of theirs and one that does not exist are the same to whoever asks."""
    before = await trial.kept()
    for who in INTRUDERS:
        if who.is_visitor and door in MEMBERS_ONLY:
            continue
        for names in trial.rows if door in NAMING else trial.rows[:1]:
            for attempt in SLACK[door]:
                nowhere = names.missing()
                told = await trial.told(who, door, attempt(names), names)
                nothing = await trial.told(who, door, attempt(nowhere), nowhere)
                assert told == nothing, who.name
                assert CANARY not in told, who.name
        assert await trial.kept() == before, who.name
    assert trial.asked_of_sync() == []


BY_ID = [door for door in NAMING if door.kind in {"actions", "submissions", "closings"}]
"""What names a row wherever it is shown; in a direct message of the asker's nobody else writes."""


@pytest.mark.parametrize("door", BY_ID, ids=lambda door: f"{door.kind} {door.name}")
async def test_nothing_that_somebody_asked_for_in_private_is_changed_or_learnt_of_by_colleagues(
    trial: Trial, door: Door
) -> None:
    """Of a channel they may see it all; see `bot.teams.rights`."""
    async with trial.app.there.db.write() as conn:
        await conn.execute(orders.update().values(conversation=Conversation.DIRECT_MESSAGE))
    before = await trial.of_orders()
    for names in trial.rows:
        for attempt in SLACK[door]:
            nowhere = names.missing()
            told = await trial.told(COLLEAGUE, door, attempt(names), names)
            assert told == await trial.told(COLLEAGUE, door, attempt(nowhere), nowhere)
            assert CANARY not in told
    assert await trial.of_orders() == before
    assert trial.asked_of_sync() == []


@pytest.mark.parametrize("door", NAMING, ids=lambda door: f"{door.kind} {door.name}")
async def test_the_same_requests_lead_somewhere_when_the_asker_sends_them(trial: Trial, door: Door) -> None:
    """Or the trials above would try nothing."""
    if door in ADMINS_ONLY:
        await trial.appoint(ASKER)
    before = await trial.kept()
    learnt = []
    for names in trial.rows:
        for attempt in SLACK[door]:
            nowhere = names.missing()
            told = await trial.told(ASKER, door, attempt(names), names)
            learnt.append((told, await trial.told(ASKER, door, attempt(nowhere), nowhere)))
    assert await trial.kept() != before or any(told != nothing for told, nothing in learnt)
