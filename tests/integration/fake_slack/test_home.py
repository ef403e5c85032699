"""The app's Home: publishing it, opening it, and clicking in it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fake_slack.harness import (
    ACTIONS,
    ADA,
    BEN,
    NORTH,
    SOUTH,
    Heard,
    Sandbox,
    manifest_with,
    refusal,
    sandbox,
)

HOME: dict[str, Any] = {"type": "home", "blocks": ACTIONS}


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Sandbox]:
    events = ["app_home_opened", "message.im"]
    manifest = manifest_with(tmp_path, home_tab_enabled=True, bot_events=events)
    async with sandbox(tmp_path, manifest=manifest) as started:
        yield started


async def refused(call: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await refusal(call)).response.data
    return answer


async def opened(box: Sandbox, tab: str = "home") -> dict[str, Any]:
    assert (await box.as_ada("/ui/home", tab=tab)).status_code == 200
    await box.slack.settled()
    event: dict[str, Any] = box.slack.records().deliveries[-1].payload["event"]
    return event


async def test_the_app_hears_which_tab_was_opened(box: Sandbox, heard: Heard) -> None:
    event = await opened(box)
    assert event.keys() == {"type", "user", "channel", "tab", "event_ts"}
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", ADA, "home")
    assert event["channel"] == box.dm()
    assert (await opened(box, "messages"))["tab"] == "messages"
    assert heard.events


async def test_the_home_that_is_seen_comes_with_the_event(box: Sandbox) -> None:
    view = (await box.api.views_publish(user_id=ADA, view=HOME))["view"]
    assert (await opened(box))["view"]["hash"] == view["hash"]
    assert "view" not in await opened(box, "messages")


async def test_each_person_has_a_home_of_their_own(box: Sandbox) -> None:
    ada, ben = [(await box.api.views_publish(user_id=user, view=HOME))["view"] for user in (ADA, BEN)]
    assert ada["id"] != ben["id"]
    query = {"team": NORTH.id, "user": BEN}
    assert (await box.page.get("/ui/state", params=query)).json()["home"]["id"] == ben["id"]


async def test_published_again_it_is_the_same_view_with_another_hash(box: Sandbox) -> None:
    first = (await box.api.views_publish(user_id=ADA, view=HOME))["view"]
    second = (await box.api.views_publish(user_id=ADA, view=HOME, hash=first["hash"]))["view"]
    assert second["id"] == first["id"] == second["root_view_id"]
    stale = await refused(box.api.views_publish(user_id=ADA, view=HOME, hash=first["hash"]))
    assert stale["error"] == "hash_conflict"
    assert (await box.api.views_publish(user_id=ADA, view=HOME))["ok"]


@pytest.mark.parametrize("user", ["U0NOBODY00", SOUTH.users[0].id])
async def test_nobody_elses_home_is_published(box: Sandbox, user: str) -> None:
    answer = await refused(box.api.views_publish(user_id=user, view=HOME))
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["invalid `user_id`"]


@pytest.mark.parametrize(
    "view",
    [
        {"type": "modal", "blocks": ACTIONS, "title": {"type": "plain_text", "text": "Home"}},
        {"type": "home"},
        {**HOME, "title": {"type": "plain_text", "text": "Home"}},
        {**HOME, "blocks": [{"type": "divider"}] * 101},
        {**HOME, "blocks": [{"type": "alert", "text": {"type": "plain_text", "text": "Only in modals"}}]},
        {**HOME, "private_metadata": "x" * 3001},
        {**HOME, "callback_id": "x" * 256},
    ],
)
async def test_a_view_that_no_home_may_be(box: Sandbox, view: dict[str, Any]) -> None:
    assert (await refused(box.api.views_publish(user_id=ADA, view=view)))["error"] == "invalid_arguments"


async def test_a_home_of_more_than_250_kb(box: Sandbox) -> None:
    text = {"type": "mrkdwn", "text": "ü" * 2900}
    view = {**HOME, "blocks": [{"type": "section", "text": text}] * 50}
    assert (await refused(box.api.views_publish(user_id=ADA, view=view)))["error"] == "view_too_large"


async def test_a_click_in_it_says_where_it_was(box: Sandbox, heard: Heard) -> None:
    view = (await box.api.views_publish(user_id=ADA, view=HOME))["view"]
    click = {"block_id": "row", "action_id": "go", "value": {}, "state": {}, "view_id": view["id"]}
    assert (await box.as_ada("/ui/action", **click)).status_code == 200
    payload = heard.of("block_actions")[0]
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["type"] == "home"
    assert "response_url" not in payload
    assert "channel" not in payload
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Settings"}, "blocks": ACTIONS}
    assert (await box.api.views_open(trigger_id=payload["trigger_id"], view=modal))["ok"]


async def test_an_app_without_a_home_has_none_to_open(tmp_path: Path) -> None:
    manifest = manifest_with(tmp_path, home_tab_enabled=False)
    async with sandbox(tmp_path, manifest=manifest) as bare:
        assert (await bare.as_ada("/ui/home")).status_code == 400
