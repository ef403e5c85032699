"""An uninstall: both events may come, in any order, more than once, and late."""

from itertools import permutations
from typing import Any

import pytest

from tests.integration.core.world import installation
from tests.integration.fake_slack.harness import NORTH, SOUTH
from tests.integration.handlers.front import Front

REMOVED: dict[str, Any] = {"type": "app_uninstalled"}
REVOKED: dict[str, Any] = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0NORTHBOT"]}}


async def installed(app: Front, team_id: str = NORTH.id) -> bool:
    return await app.services.teams.find(None, team_id) is not None


@pytest.mark.parametrize("events", list(permutations([REMOVED, REVOKED, REMOVED, REVOKED]))[::6], ids=str)
async def test_after_either_event_in_any_order_and_number_the_workspace_is_forgotten(
    app: Front, events: tuple[dict[str, Any], ...]
) -> None:
    answers = [(await app.event(event)).status_code for event in events]

    assert answers == [200] * 4
    assert not await installed(app)
    assert await installed(app, SOUTH.id)


async def test_a_persons_revoked_token_is_no_uninstall(app: Front) -> None:
    await app.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})

    assert await installed(app)


async def test_after_an_uninstall_nothing_is_taken_any_more(app: Front) -> None:
    await app.event(REMOVED)

    answer = await app.command("https://e.com/v.mp4 https://e.com/a.mp3")

    assert answer.status_code == 200
    assert await app.orders() == []


async def test_an_uninstall_that_slack_tells_late_does_not_end_a_newer_install(app: Front) -> None:
    """Slack sends a refused event again after five minutes; an admin is quicker."""
    await app.services.teams.save(installation(installed_at=1_790_000_200.0))

    await app.event(REMOVED, event_time=1_790_000_000)
    assert await installed(app)

    await app.event(REMOVED, event_time=1_790_000_300)
    assert not await installed(app)
