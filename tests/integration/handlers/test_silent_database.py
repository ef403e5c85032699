"""A database server that says nothing: Slack is answered in time all the same."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from bot.patience import Patience
from storage.database import migrate, open_database
from tests.integration.core.world import world
from tests.integration.fake_slack.harness import Sandbox
from tests.integration.handlers.front import Front, block_action, front
from tests.postgres import PostgresServer, running_postgres

pytestmark = pytest.mark.postgres

SEND = "https://media.example.com/a.mp4 https://media.example.com/a.mp3"
SLACK_WAITS_S = 3.0


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with running_postgres() as started:
        yield started


@pytest.fixture
async def app(server: PostgresServer, box: Sandbox) -> AsyncIterator[Front]:
    async with open_database(await server.new_database()) as db:
        await migrate(db)
        async with world(db, box) as there, front(there) as running:
            yield running


async def test_a_press_and_a_command_are_answered_though_the_database_is_silent(
    app: Front, server: PostgresServer
) -> None:
    await app.command(SEND)
    [job] = await app.orders()
    tools = app.there.tools
    hurried = replace(app.there, tools=replace(tools, patience=replace(tools.patience, answer_s=0.5)))
    silent = await server.processes()
    for pid in silent:
        os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(60), front(hurried) as in_time:
            press = block_action("generate", f"{job.id}:price")
            pressed, said = await asyncio.gather(in_time.interaction(press), in_time.command(SEND))
    finally:
        for pid in silent:
            os.kill(pid, signal.SIGCONT)

    assert Patience().answer_s < SLACK_WAITS_S
    assert pressed.status_code == 503
    assert "nothing is charged before you press" in said.json()["text"]
    await app.command(SEND)
    assert len(await app.orders()) > 1
