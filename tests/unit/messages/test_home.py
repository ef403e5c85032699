"""A Home says first what its person has to do, and nothing that nobody knows."""

from dataclasses import replace
from typing import Any

import pytest

from bot.messages.catalogue import ENGLISH
from bot.messages.home import HomeState, home
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.orders import OVER, OrderStatus
from tests.block_limits import view_problems
from tests.unit.messages.builders import DRAFT, EVERY_STATUS, a_state, shown_text

LIVE = [status for status in EVERY_STATUS if isinstance(status, JobStatus) or status not in OVER]
BEGUN, TOOK_S = 1_000.0, 120.0
MADE = a_state(JobStatus.DELIVERED, DRAFT, submitted_at=100.0, ended_at=100.0 + TOOK_S)
RUNS = a_state(JobStatus.PROCESSING, DRAFT, submitted_at=BEGUN)


def view(*live: OrderState, **given: Any) -> dict[str, Any]:
    return home(ENGLISH, HomeState(live=live, **given))


def headers(shown: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in shown["blocks"] if block["type"] == "header"]


def buttons(shown: dict[str, Any]) -> list[str]:
    rows = [element for block in shown["blocks"] for element in block.get("elements", [])]
    beside = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    return [part["action_id"] for part in (*beside, *rows) if part["type"] == "button"]


def test_a_newcomer_reads_what_it_is_and_has_one_button_to_begin() -> None:
    shown = view()

    assert headers(shown) == ["Make a video say something else"]
    assert buttons(shown) == ["home_start", "home_help"]


def test_before_an_account_is_connected_it_says_first_who_has_to_do_what() -> None:
    admins, members = (view(MADE, is_admins=is_admins, is_paid=False) for is_admins in (True, False))

    assert "press *Connect sync.so* below" in admins["blocks"][0]["text"]["text"]
    assert "Ask an owner or admin" in members["blocks"][0]["text"]["text"]
    assert ("home_connect" in buttons(admins), "home_connect" in buttons(members)) == (True, False)


@pytest.mark.parametrize("status", LIVE, ids=str)
def test_an_order_stands_in_one_place_whatever_its_status(status: OrderStatus | JobStatus) -> None:
    state = a_state(status, DRAFT, ended_at=2.0 if status in _ENDED else None)

    shown = view(state)

    expected = (
        "Waits for you" if status in _WAITS else "Your last videos" if status in _ENDED else "In the making"
    )
    assert headers(shown) == [expected]
    assert shown_text(shown).count("Spring welcome") == 1


_WAITS = {OrderStatus.DRAFT, OrderStatus.OFFERED, JobStatus.UNRESOLVED}
_ENDED = {JobStatus.DELIVERED, JobStatus.FAILED, JobStatus.CANCELLED}


def test_what_waits_for_a_yes_says_its_price_and_until_when() -> None:
    shown = str(
        view(a_state(OrderStatus.OFFERED, DRAFT), links={"J7f3a9": "https://x.slack.com/archives/C1/p1"})
    )

    assert "(estimate)" in shown
    assert "can be answered until" in shown
    assert "https://x.slack.com/archives/C1/p1" in shown


def test_a_time_is_told_by_how_long_the_last_ones_took() -> None:
    told = str(view(RUNS, over=[MADE], now=BEGUN + 10))

    assert f"ready at about <!date^{int(BEGUN + TOOK_S)}^{{time}}|" in told
    assert "if it takes as long as your last ones" in told


def test_what_takes_longer_says_so_and_where_nothing_is_known_nothing_is_said() -> None:
    assert "takes longer than your last ones" in str(view(RUNS, over=[MADE], now=BEGUN + TOOK_S))
    assert "as your last ones" not in str(view(RUNS, now=BEGUN))
    failed = replace(MADE, jobs=(replace(MADE.jobs[0], status=JobStatus.FAILED),))
    assert "as your last ones" not in str(view(RUNS, over=[failed], now=BEGUN))


def test_a_wall_of_orders_becomes_one_that_slack_takes() -> None:
    shown = view(*[a_state(status, DRAFT) for status in EVERY_STATUS] * 20, over=[MADE] * 5)

    assert view_problems(shown) == []
    assert len(shown["blocks"]) < 50
    assert "There are more" in str(shown)


def test_pages_lead_to_each_other() -> None:
    first = view(over=[MADE], older="1.0:J1")
    second = view(RUNS, over=[], is_first=False)

    assert "home_older" in buttons(first)
    assert "home_newest" not in buttons(first)
    assert "home_newest" in buttons(second)
    assert "There are no older ones." in str(second)
    assert headers(second) == ["In the making", "Older videos of yours"]
