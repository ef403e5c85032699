"""The sandbox of the acceptance tests: started once for each worker and way of delivery."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.server import Setup
from bot.sandbox.world import samples
from tests.acceptance.person import Person
from tests.acceptance.stage import Stage, opened
from tests.acceptance.workspaces import ELSEWHERE

_SETUPS = {
    "socket": Setup(),
    "http": Setup(http=True),
    "polling": Setup(webhooks=False),
    "installs": Setup(http=True, installs=True),
}

Open = Callable[[str], Awaitable[Stage]]


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """All tests of this folder run in the loop in which the sandbox's servers live."""
    for item in items:
        if Path(__file__).parent in item.path.parents and isinstance(item, pytest.Function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    """Opens the sandbox of a mode when it is first wanted, and keeps it."""
    drawn = tmp_path_factory.mktemp("samples")
    samples(drawn)
    opened_stages: dict[str, Stage] = {}
    async with AsyncExitStack() as stack:

        async def open_stage(mode: str) -> Stage:
            if mode not in opened_stages:
                folder = tmp_path_factory.mktemp(mode)
                shutil.copytree(drawn, folder / "samples")
                opened_stages[mode] = await stack.enter_async_context(opened(folder, _SETUPS[mode]))
            return opened_stages[mode]

        yield open_stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(stages: Open, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A running sandbox in Socket Mode; a file that wants another one sets `MODE`.

    Whatever a test did: afterwards no fault is left, Slack never had to tell of a failure, nothing of the
    app broke, no secret is in its log, its arguments or in what people see, and every cent is explained. What
    fails shows where the app had trouble.
    """
    mode = getattr(request.module, "MODE", "socket")
    stage = await stages(mode)
    await stage.begin()
    yield stage
    request.node.add_report_section("teardown", "trouble of the app", stage.told_of_trouble())
    await stage.mend()
    assert stage.app_runs, "the app ended by itself"
    assert await stage.secrets_told() == set()
    assert await stage.unexplained() == []
    assert [line for line in stage.new_log().splitlines() if "Traceback" in line][:1] == []
    assert stage.broken or await stage.unanswered() == []


@pytest_asyncio.fixture(loop_scope="session")
async def ana(stage: Stage) -> Person:
    """Somebody who wants a video."""
    return await stage.newcomer()


@pytest_asyncio.fixture(loop_scope="session")
async def ben(stage: Stage) -> Person:
    """A colleague of Ana's."""
    return await stage.newcomer()


@pytest_asyncio.fixture(loop_scope="session")
async def chidi(stage: Stage) -> Person:
    """Somebody of another workspace."""
    return await stage.newcomer(ELSEWHERE)
