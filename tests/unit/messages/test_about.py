"""Who runs the app, and what it says of data: the same as the code does."""

from collections.abc import Callable

import pytest

from bot.asking.keeping import UNUSED_KEPT_S
from bot.messages.about import About, privacy, support, where_to_ask
from bot.messages.catalogue import ENGLISH, Words
from bot.messages.pages import Page
from bot.steps.removals import KEPT_S as REMOVED_KEPT_S
from bot.teams.rules import Rules
from storage.data_map import ANSWERS_KEPT_S, LOG_KEPT_S, REQUESTS_KEPT_S
from storage.data_map import LINKS_KEPT_S as ADDRESSES_KEPT_S

_DAY_S = 24 * 3600.0
ACME = About("Acme Films", "help@acme.example", "https://lipsync.example.com")


def said(page: Page) -> str:
    parts = [*page.lines, *(line for each in page.sections for line in each.lines)]
    return "\n".join(parts)


def test_the_lives_that_the_page_tells_are_those_of_the_code() -> None:
    told = said(privacy(ENGLISH, ACME))

    assert UNUSED_KEPT_S == _DAY_S
    assert "a day after they were last asked for if no video was made" in told
    assert Rules().inputs_kept_days == 7
    assert "a week after the last Generate, or as long as your team's settings say" in told
    assert 6 * _DAY_S < ADDRESSES_KEPT_S <= 7 * _DAY_S
    assert "The address of a link: deleted within a week" in told
    assert ANSWERS_KEPT_S == 2 * 3600.0
    assert "Answers in words: deleted after two hours" in told
    assert Rules().words_kept_days == 90
    assert "names of files: deleted 90 days after the video's end" in told
    assert LOG_KEPT_S == 400 * _DAY_S
    assert "Names in the audit log: deleted after 400 days" in told
    assert REQUESTS_KEPT_S == 30 * _DAY_S
    assert "and from the audit log after 30 days" in told
    assert REMOVED_KEPT_S == 7 * _DAY_S
    assert "within seven days the key and all data of the workspace are deleted" in told


@pytest.mark.parametrize("page", [privacy, support])
def test_both_pages_name_who_runs_the_app_and_lead_there(page: Callable[[Words, About], Page]) -> None:
    shown = page(ENGLISH, ACME)

    assert "Acme Films answers at help@acme.example." in said(shown)
    assert shown.action is not None
    assert shown.action.url == "mailto:help@acme.example"
    assert [link.url for link in shown.links] == ["/privacy", "/support"]


@pytest.mark.parametrize("page", [privacy, support])
def test_where_nobody_is_named_they_say_whom_to_ask(page: Callable[[Words, About], Page]) -> None:
    shown = page(ENGLISH, About())

    assert shown.action is None
    assert "Ask whoever installed Lipsync in your workspace" in said(shown)


def test_a_page_of_theirs_is_led_to_as_it_is() -> None:
    shown = support(ENGLISH, About(None, "https://acme.example/help"))

    assert shown.action is not None
    assert shown.action.url == "https://acme.example/help"
    assert "Whoever runs Lipsync answers at https://acme.example/help." in said(shown)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (
            ACME,
            "Questions? <https://lipsync.example.com/support|Support> · <https://lipsync.example.com/privacy|",
        ),
        (About("Acme Films", "help@acme.example"), "Questions? Write to help@acme.example."),
    ],
)
def test_the_help_says_where_to_ask(about: About, told: str) -> None:
    assert str(where_to_ask(ENGLISH, about)).startswith(told)


def test_the_help_names_nobody_where_nobody_is_named() -> None:
    assert where_to_ask(ENGLISH, About("Acme Films")) is None
