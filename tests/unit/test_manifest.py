"""The manifest says what the code does: no command, event, shortcut or scope too many or too few."""

import ast
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator

import handlers
from bot.__main__ import main
from bot.background import Background
from bot.messages import help as help_texts
from bot.messages.about import About
from bot.messages.catalogue import ENGLISH
from bot.messages.ids import Callback
from bot.patience import Patience
from bot.services import Services
from bot.slack.scopes import BOT_SCOPES
from bot.terminal.manifest import EVENTS, EVENTS_ON_DEMAND, ON_DEMAND, SCOPES, for_distribution
from bot.web.about import about_pages
from bot.web.install import InstallPages
from bot.web.routes import SLACK_PATH
from handlers.routing import Routes
from tests.manifest import files_of

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "slack"
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text())
URL = "https://lipsync.example.com"
LISTED = for_distribution(URL, email="help@acme.example")
BOTH = {"one team": MANIFEST, "many teams": for_distribution(URL)}
METHODS: dict[str, Any] = json.loads((DATA / "methods.json").read_text())
FEATURES = MANIFEST["features"]
GRANTED = set(MANIFEST["oauth_config"]["scopes"]["bot"])
SCOPE_OF_EVENT = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "message.im": "im:history",
    "team_access_granted": None,
    "team_access_revoked": None,
    "tokens_revoked": None,
}
SCOPES_OF_EVENT_ON_DEMAND = {"member_joined_channel": {"channels:read", "groups:read"}}
"""Slack: the events' own pages; the last comes of each kind of channel by its own scope."""


def routes() -> Routes:
    unused: Any = None
    return handlers.routes(
        Services(
            *(unused, unused, unused, unused, unused, unused, Background()),
            clock=lambda: 0.0,
            conversations=unused,
            words=ENGLISH,
            answering=unused,
            homes=unused,
            connecting=unused,
            consents=unused,
            objections=unused,
            unresolved=unused,
            reports=unused,
            roles=unused,
            administration=unused,
            approvals=unused,
            allowing=unused,
            bookkeeping=unused,
            pausing=unused,
            deleting=unused,
            patience=Patience(),
            about=About(),
        )
    )


_FAMILY = re.compile("^(usergroups_users|[a-z]+)_")


def web_api_calls() -> dict[str, set[str]]:
    """Every Web API method that the app calls, with the arguments it gives."""
    calls: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse((ROOT / "bot" / "slack" / "client.py").read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("self._client."):
            method = _FAMILY.sub(lambda found: found[0].replace("_", "."), node.func.attr)  # type: ignore[attr-defined]
            calls[method] = {str(keyword.arg) for keyword in node.keywords}
    return calls


CALLS = web_api_calls()


@pytest.mark.parametrize("manifest", [*BOTH.values(), LISTED], ids=[*BOTH, "listed"])
def test_slack_would_take_the_manifest(manifest: dict[str, Any]) -> None:
    schema = json.loads((DATA / "manifest.schema.json").read_text())

    assert [error.message for error in Draft7Validator(schema).iter_errors(manifest)] == []


@pytest.mark.parametrize("path", files_of(), ids=lambda path: path.name)
def test_what_is_written_from_the_code_is_as_the_code_is(path: Path) -> None:
    """`make manifest` writes it anew."""
    assert path.read_text() == files_of()[path]


def test_one_team_needs_no_public_address_and_many_teams_are_served_at_one() -> None:
    alone, many = BOTH.values()

    assert "https://" not in json.dumps(alone)
    assert alone["settings"]["socket_mode_enabled"] is True
    assert alone["settings"]["org_deploy_enabled"] is False
    assert many["settings"]["socket_mode_enabled"] is False
    assert many["settings"]["org_deploy_enabled"] is True
    assert many["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert alone["oauth_config"]["scopes"] == {"bot": list(BOT_SCOPES)}
    assert many["oauth_config"]["scopes"] == {
        "bot": [*BOT_SCOPES, "usergroups:read", "channels:read", "groups:read"],
        "bot_optional": ["usergroups:read", "channels:read", "groups:read"],
    }
    asked = (
        many["settings"]["event_subscriptions"]["request_url"],
        many["settings"]["interactivity"]["request_url"],
        *(command["url"] for command in many["features"]["slash_commands"]),
    )
    assert set(asked) == {URL + SLACK_PATH}


def test_but_for_where_it_is_served_and_installed_both_are_one_app() -> None:
    alone, many = (_without_addresses(manifest) for manifest in BOTH.values())

    assert alone == many


def _without_addresses(manifest: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps(manifest))
    del kept["oauth_config"]
    heard = kept["settings"]["event_subscriptions"]["bot_events"]
    kept["settings"]["event_subscriptions"]["bot_events"] = [e for e in heard if e not in EVENTS_ON_DEMAND]
    for served in (
        kept["settings"]["event_subscriptions"],
        kept["settings"]["interactivity"],
        *kept["features"]["slash_commands"],
    ):
        for address in ("request_url", "url"):
            served.pop(address, None)
    for mode in ("socket_mode_enabled", "org_deploy_enabled"):
        del kept["settings"][mode]
    return kept


@pytest.mark.parametrize("told", [{}, {"--url": URL}], ids=["one team", "many teams"])
def test_a_command_prints_what_slack_is_given(told: dict[str, str]) -> None:
    answer = CliRunner().invoke(main, ["manifest", *(part for pair in told.items() for part in pair)])

    assert answer.exit_code == 0
    assert json.loads(answer.output) == (for_distribution(URL) if told else MANIFEST)


def test_what_the_marketplace_lists_leads_to_pages_that_the_app_serves() -> None:
    listing = LISTED["app_directory"]
    install = InstallPages(None, ENGLISH, over_tls=True).routes()  # type: ignore[arg-type]
    served = {route.path for route in (*install, *about_pages(ENGLISH, About()))}

    led_to = {str(value) for name, value in listing.items() if name.endswith(("_url", "_page"))}
    assert {urlsplit(each).path for each in led_to} <= served
    assert len(led_to) == 4
    assert all(each.startswith(f"{URL}/") for each in led_to)
    assert {**BOTH["many teams"], "app_directory": None} == {**LISTED, "app_directory": None}


def test_it_says_that_ai_makes_the_videos_and_can_be_wrong() -> None:
    """And what it does in the ten words that Slack shows of it (Slack: Marketplace guidelines)."""
    told = MANIFEST["display_information"]["long_description"]

    assert "AI at sync.so" in told
    assert "Results can be wrong" in told
    assert len(MANIFEST["display_information"]["description"].split()) <= 10


def test_what_is_listed_is_printed_with_an_address_alone() -> None:
    whole = CliRunner().invoke(main, ["manifest", "--url", URL, "--email", "help@acme.example"])
    lacking = CliRunner().invoke(main, ["manifest", "--email", "help@acme.example"])

    assert json.loads(whole.output) == LISTED
    assert lacking.exit_code == 2
    assert "--url" in lacking.output


@pytest.mark.parametrize("url", ["http://lipsync.example.com", "lipsync.example.com", "ftp://x"])
def test_an_address_that_slack_would_not_call_is_refused(url: str) -> None:
    answer = CliRunner().invoke(main, ["manifest", "--url", url])

    assert answer.exit_code == 2
    assert "https://" in answer.output


def test_every_scope_and_event_has_its_reason() -> None:
    reasons = (SCOPES, ON_DEMAND, EVENTS, EVENTS_ON_DEMAND)
    assert all(len(why) > 20 for each in reasons for why in each.values())
    assert tuple(SCOPES) == BOT_SCOPES
    alone, many = (set(each["settings"]["event_subscriptions"]["bot_events"]) for each in BOTH.values())
    assert set(EVENTS) == alone
    assert {*EVENTS, *EVENTS_ON_DEMAND} == many


def test_people_can_write_to_the_app_in_its_direct_message() -> None:
    home = FEATURES["app_home"]

    assert home["messages_tab_enabled"] is True
    assert home["messages_tab_read_only_enabled"] is False


def test_every_command_has_a_route_and_every_route_a_command() -> None:
    assert {command["command"] for command in FEATURES["slash_commands"]} == set(routes().commands)


def test_what_is_typed_reaches_the_app_with_links_and_names_marked() -> None:
    """The parser undoes Slack's escapes, and would read a bare `<` wrongly without them."""
    assert all(command["should_escape"] for command in FEATURES["slash_commands"])


def test_every_shortcut_has_a_route_and_every_route_a_shortcut() -> None:
    types = {shortcut["callback_id"]: shortcut["type"] for shortcut in FEATURES["shortcuts"]}

    assert set(types) == {str(name) for name in routes().shortcuts}
    assert types == {Callback.MESSAGE_SHORTCUT: "message", Callback.GLOBAL_SHORTCUT: "global"}


def test_every_event_has_a_route_and_every_route_an_event() -> None:
    """A message event comes under its kind of conversation and is called `message` when it comes."""
    heard = {*EVENTS, *EVENTS_ON_DEMAND}
    assert {event.partition(".")[0] for event in heard} == set(routes().events)


def test_buttons_and_forms_need_interactivity() -> None:
    assert routes().actions
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True


def test_the_calls_are_found_at_all() -> None:
    assert {"chat.postMessage", "chat.update", "views.open", "files.completeUploadExternal"} <= set(CALLS)


def test_no_other_module_calls_slack() -> None:
    """So that the scan above sees every call."""
    calling = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "handlers")
        for path in (ROOT / folder).rglob("*.py")
        if "sandbox" not in path.parts and "AsyncWebClient" in path.read_text()
    }

    assert calling == {"bot/slack/client.py", "bot/slack/socket_mode.py"}


@pytest.mark.parametrize("method", sorted(CALLS))
def test_the_manifest_grants_what_each_call_needs(method: str) -> None:
    assert set(METHODS[method]["bot_scopes"]) <= GRANTED | set(ON_DEMAND)


@pytest.mark.parametrize("method", sorted(CALLS))
def test_each_call_gives_what_slack_asks_for_and_nothing_slack_does_not_know(method: str) -> None:
    contract = METHODS[method]

    assert set(contract["required"]) <= CALLS[method] <= set(contract["arguments"])


def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    by_calls = {scope for method in CALLS for scope in METHODS[method]["bot_scopes"]}
    by_events = {scope for event in EVENTS if (scope := SCOPE_OF_EVENT[event])}
    needed = by_calls | by_events | {"commands"}
    on_demand = set().union(*(SCOPES_OF_EVENT_ON_DEMAND[event] for event in EVENTS_ON_DEMAND))

    assert needed - set(ON_DEMAND) == GRANTED == set(SCOPES)
    assert set(ON_DEMAND) - needed == on_demand


def test_the_hint_of_the_command_is_what_help_explains() -> None:
    hint = FEATURES["slash_commands"][0]["usage_hint"]
    explained = help_texts.help_message(ENGLISH, About()).text

    for word in ("say", "list", "status"):
        assert word in hint
        assert word in explained
    assert "/lipsync" in explained
