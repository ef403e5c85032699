"""A Home says first what its person has to do, and nothing that nobody knows."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.asking.drafts import Prepared, Script
from bot.messages.catalogue import ENGLISH
from bot.messages.home import HomeState, home
from storage.cards import OrderState
from storage.jobs import JobStatus
from storage.limits import Standing
from storage.orders import OVER, Forgotten, Guessed, OrderStatus, Part
from storage.reports import Report
from tests.block_limits import view_problems
from tests.unit.messages.builders import AUDIO, DRAFT, EVERY_STATUS, a_state, prepared, shown_text

LIVE = [status for status in EVERY_STATUS if isinstance(status, JobStatus) or status not in OVER]
BEGUN, TOOK_S = 1_000.0, 120.0
MADE = a_state(JobStatus.DELIVERED, DRAFT, submitted_at=100.0, ended_at=100.0 + TOOK_S)
RUNS = a_state(JobStatus.PROCESSING, DRAFT, submitted_at=BEGUN)
OFFER = a_state(
    OrderStatus.OFFERED, DRAFT.model_copy(update={"speech": AUDIO}), prepared=prepared(6.0, 6.0), length_s=6.0
)

TOO_LOW = (
    Prepared.model_validate_json(OFFER.order.prepared)
    .model_copy(update={"offered_usd": Decimal("0.10")})
    .model_dump_json()
)


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


def test_before_an_account_is_connected_an_admins_one_main_action_is_to_connect_it() -> None:
    rows = [
        each for block in view(is_admins=True, is_paid=False)["blocks"] for each in block.get("elements", [])
    ]

    assert [each["action_id"] for each in rows if each.get("style") == "primary"] == ["home_connect"]


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


LINK = {"J7f3a9": "https://x.slack.com/archives/C1/p1"}


def labels(shown: dict[str, Any]) -> list[str]:
    rows = [element for block in shown["blocks"] for element in block.get("elements", [])]
    beside = [block["accessory"] for block in shown["blocks"] if "accessory" in block]
    return [part["text"]["text"] for part in (*rows, *beside) if part["type"] == "button"]


def test_a_result_is_played_run_again_changed_and_downloaded_from_there() -> None:
    shown = view(over=[MADE], links=LINK)

    assert labels(shown)[:5] == ["Play", "Run again", "Another version", "Download", "Delete"]
    play, *others = next(block for block in shown["blocks"] if block["type"] == "actions")["elements"]
    assert play["url"] == LINK["J7f3a9"]
    assert {press["value"] for press in others} == {"J7f3a9", "J7f3a9:J7f3a9-00"}


def test_of_what_is_not_kept_any_more_its_thread_and_its_end_are_left() -> None:
    old = replace(
        MADE, order=replace(MADE.order, draft="{}", prepared="{}", parts=(), forgotten=Forgotten.OLD)
    )

    shown = view(over=[old], links=LINK)

    assert labels(shown)[:2] == ["Open its thread", "Delete"]
    assert "*What was asked for is not kept any more* · " in str(shown)


def test_buttons_of_the_same_name_say_aloud_what_each_is_about() -> None:
    shown = view(RUNS, over=[MADE], links=LINK)

    about = [
        element["accessibility_label"]
        for block in shown["blocks"]
        for element in (*block.get("elements", []), block.get("accessory", {}))
        if "accessibility_label" in element
    ]
    assert len(about) == len(set(about)) == 6
    assert all(label.endswith(": Spring welcome") for label in about)


def test_what_no_further_try_can_mend_is_not_run_again() -> None:
    broken = a_state(JobStatus.FAILED, DRAFT, failure_code="generation_input_face_not_found")
    spoiled = a_state(OrderStatus.FAILED, DRAFT, failure_code="slack_file_deleted")

    assert "Run again" in labels(view(over=[broken]))
    assert "Run again" not in labels(view(over=[spoiled]))
    assert "Download" not in labels(view(over=[broken]))


def test_of_several_videos_each_that_is_here_can_be_chosen() -> None:
    jobs = tuple(
        replace(MADE.jobs[0], id=f"J7f3a9-0{at}", position=at, label=f"Line {at}", status=status)
        for at, status in enumerate((JobStatus.DELIVERED, JobStatus.FAILED, JobStatus.DELIVERED))
    )
    shown = view(over=[replace(MADE, jobs=jobs)])

    menus = [part for block in shown["blocks"] for part in block.get("elements", []) if "options" in part]
    assert [option["text"]["text"] for option in menus[0]["options"]] == ["Line 0", "Line 2"]
    assert menus[0]["options"][0]["value"] == "download:J7f3a9:J7f3a9-00"
    assert "Another version" not in labels(shown)
    assert "Download" not in labels(shown)


def test_a_plain_price_is_said_yes_to_from_there() -> None:
    shown = view(OFFER, links=LINK, ask_again_from_usd=Decimal(100))

    assert labels(shown)[:4] == ["Generate for about $1.28", "Change", "Cancel", "Open its card"]
    assert "confirm" not in str(shown)
    assert "confirm" in str(view(OFFER, links=LINK, ask_again_from_usd=Decimal(0)))


@pytest.mark.parametrize(
    "warned",
    [
        {"offer_usd": None},
        {"parts": (Part(usd=Decimal("0.42"), length_s=4.0, guessed=Guessed.PRICE),)},
        {"prepared": "{}"},
        {"parts": OFFER.order.parts * 2},
        {"accepted_usd": Decimal("0.10")},
        {"prepared": TOO_LOW},
    ],
    ids=[
        "no price is known",
        "the price is not certain",
        "lengths are not known",
        "each of several is told of",
        "the price went up after a yes",
        "the price went up before one",
    ],
)
def test_what_its_card_warns_of_is_read_there_before_anybody_pays(warned: dict[str, Any]) -> None:
    shown = view(replace(OFFER, order=replace(OFFER.order, **warned)), links=LINK)

    assert not any(label.startswith("Generate") for label in labels(shown))
    assert "Open its card" in labels(shown)


def test_where_others_have_to_say_yes_as_well_the_card_asks() -> None:
    shown = view(OFFER, links=LINK, need_approval=[OFFER.order.id])

    assert not any(label.startswith("Generate") for label in labels(shown))


def test_of_several_in_the_making_the_last_one_tells_when_all_are_there() -> None:
    jobs = tuple(
        replace(RUNS.jobs[0], id=f"J7f3a9-0{at}", position=at, submitted_at=BEGUN + at * 60)
        for at in range(2)
    )
    both = replace(RUNS, jobs=jobs)
    one_waits = replace(RUNS, jobs=(jobs[0], replace(jobs[1], status=JobStatus.QUEUED, submitted_at=None)))

    assert f"<!date^{int(BEGUN + 60 + TOOK_S)}^" in str(view(both, over=[MADE], now=BEGUN))
    assert "ready at about" not in str(view(one_waits, over=[MADE], now=BEGUN))


MID = datetime(2026, 11, 11, tzinfo=UTC).timestamp()
OWN = Standing("user:U1", Decimal(30), spent_usd=Decimal(20))
TEAMS = Standing("team", Decimal(90), held_usd=Decimal("7.5"))


def test_what_is_left_of_ones_budget_and_when_it_ends_at_this_pace_stands_above_the_start() -> None:
    shown = view(budgets=[OWN], now=MID)

    *_, left, start, _ = shown["blocks"]
    assert left["elements"][0]["text"] == (
        "Your own budget has $10.00 left of $30.00 this month. At this pace it ends on November 16."
    )
    assert start["elements"][0]["action_id"] == "home_start"


def test_the_page_of_what_was_spent_tells_the_same() -> None:
    shown = view(budgets=[OWN], now=MID, report=Report("2026-11", is_teams=False, lines=()))

    assert "At this pace it ends on November 16." in shown["blocks"][2]["elements"][0]["text"]


def test_of_a_budget_that_lasts_no_end_is_told() -> None:
    shown = str(view(budgets=[TEAMS], now=MID, is_admins=True))

    assert "The team's budget has $82.50 left of $90.00 this month." in shown
    assert "pace" not in shown


def test_an_admin_sees_every_page_as_a_member_and_finds_the_way_back_first() -> None:
    mine = Report("2026-11", is_teams=False, lines=())
    for page in (view(MADE, as_member=True), view(as_member=True, report=mine)):
        first = page["blocks"][0]
        assert first["accessory"]["action_id"] == "home_as_admin"
        assert "You see your Home as a member sees theirs" in first["text"]["text"]
        assert not {"settings", "ledger", "home_audit", "home_as_member"} & set(buttons(page))
    assert "home_as_member" in buttons(view(MADE, is_admins=True))
    assert "home_as_member" not in buttons(view(MADE))


def test_videos_of_one_clip_and_voice_are_told_apart_by_what_they_say() -> None:
    said = ("Good morning", "Good night to all of you, wherever you are today")
    drafts = [
        DRAFT.model_copy(
            update={"name": None, "speech": Script(text=text, voice_id="v", voice_name="Rachel")}
        )
        for text in said
    ]

    shown = view(over=[a_state(JobStatus.DELIVERED, draft, ended_at=2.0) for draft in drafts])

    rows = [element for block in shown["blocks"] for element in block.get("elements", [])]
    aloud = [row["accessibility_label"] for row in rows if row.get("action_id") == "rerun"]
    assert "Rachel: “Good morning”* · " in shown_text(shown)
    assert "Rachel: “Good night to all of you, wherever you…”* · " in shown_text(shown)
    assert len(aloud) == len(set(aloud)) == 2
