from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.fake_slack.harness import Heard, Sandbox, over_http, over_socket, sandbox


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with sandbox(tmp_path) as started:
        yield started


@pytest.fixture
async def heard(box: Sandbox) -> AsyncIterator[Heard]:
    async with over_socket(box) as listening:
        yield listening


@pytest.fixture(params=["socket", "http"])
async def both_ways(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Sandbox, Heard]]:
    """The app behind Socket Mode, and behind signed HTTP."""
    if request.param == "http":
        async with over_http(tmp_path) as pair:
            yield pair
        return
    async with sandbox(tmp_path) as started, over_socket(started) as heard:
        yield started, heard
