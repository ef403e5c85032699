"""What is against a team's rules, as a table; pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.drafts import DEFAULT_MODEL, Draft, Link, Script
from bot.teams.rights import Rule
from bot.teams.rules import Rules, Who, against_draft, against_person, against_place, with_defaults
from storage.people import Membership

CLIP = Link(url="https://example.com/clip.mp4")
OURS = [Membership.OWNER, Membership.ADMIN, Membership.MEMBER]


def says(text: str, **more: Any) -> Draft:
    return Draft(video=CLIP, speech=Script(text=text, voice_id=None), **more)


@pytest.mark.parametrize("membership", OURS)
def test_as_the_app_comes_everybody_of_the_workspace_may(membership: Membership) -> None:
    assert against_person(Rules(), "U1", membership, in_group=None) is None


@pytest.mark.parametrize(
    ("membership", "rule"),
    [
        (Membership.GUEST, Rule.GUESTS),
        (Membership.OUTSIDER, Rule.OUTSIDERS),
        (Membership.GONE, Rule.GONE),
        (None, Rule.UNTOLD),
    ],
)
def test_as_the_app_comes_guests_outsiders_and_unknown_people_may_not(
    membership: Membership | None, rule: Rule
) -> None:
    assert against_person(Rules(), "U1", membership, in_group=None) is rule


@pytest.mark.parametrize(
    ("rules", "membership", "in_group", "rule"),
    [
        (Rules(guests=True), Membership.GUEST, None, None),
        (Rules(guests=True), Membership.OUTSIDER, None, Rule.OUTSIDERS),
        (Rules(outsiders=True), Membership.OUTSIDER, None, None),
        (Rules(outsiders=True), Membership.GUEST, None, Rule.GUESTS),
        (Rules(guests=True, outsiders=True), Membership.GONE, None, Rule.GONE),
        (Rules(guests=True, outsiders=True), None, None, Rule.UNTOLD),
        (Rules(who=Who.NAMED, people=("U1",)), Membership.MEMBER, None, None),
        (Rules(who=Who.NAMED, people=("U2",)), Membership.OWNER, None, Rule.PEOPLE),
        (Rules(who=Who.NAMED, people=("U1",)), Membership.GUEST, None, Rule.GUESTS),
        (Rules(who=Who.GROUP, group="S1"), Membership.MEMBER, True, None),
        (Rules(who=Who.GROUP, group="S1"), Membership.MEMBER, False, Rule.PEOPLE),
        (Rules(who=Who.GROUP, group="S1"), Membership.MEMBER, None, Rule.UNTOLD),
        (Rules(who=Who.GROUP), Membership.MEMBER, None, Rule.UNTOLD),
        (Rules(who=Who.GROUP, group="S1"), Membership.GUEST, True, Rule.GUESTS),
        (Rules(blocked_people=("U1",)), Membership.OWNER, None, Rule.BLOCKED),
        (Rules(blocked_people=("U1",)), None, None, Rule.BLOCKED),
        (Rules(blocked_people=("U1",), who=Who.NAMED, people=("U1",)), Membership.MEMBER, None, Rule.BLOCKED),
    ],
)
def test_who_may_use_the_app(
    rules: Rules,
    membership: Membership | None,
    *,
    in_group: bool | None,
    rule: Rule | None,
) -> None:
    assert against_person(rules, "U1", membership, in_group=in_group) is rule


@pytest.mark.parametrize(
    ("place", "rule"),
    [("C1", None), ("C2", Rule.CHANNELS), ("G2", Rule.CHANNELS), ("D1", None), ("U1", None)],
)
def test_a_list_of_channels_leaves_direct_messages_open(place: str, rule: Rule | None) -> None:
    assert against_place(Rules(channels=("C1",)), place) is rule
    assert against_place(Rules(), place) is None


@pytest.mark.parametrize(
    ("rules", "model", "rule"),
    [
        (Rules(), "anything", None),
        (Rules(models=("lipsync-2",)), "lipsync-2", None),
        (Rules(models=("lipsync-2",)), "sync-3", Rule.MODELS),
        (Rules(models=("lipsync-2",)), None, None),
        (Rules(models=("lipsync-2", "sync-3"), model="sync-3"), None, None),
        (Rules(models=("lipsync-2",), model="sync-3"), None, Rule.MODELS),
    ],
)
def test_only_the_models_of_the_list_are_used(rules: Rules, model: str | None, rule: Rule | None) -> None:
    assert against_draft(rules, says("Hello", model=model)) is rule


@pytest.mark.parametrize(
    ("text", "is_against"),
    [
        ("Buy Acme today", True),
        ("buy ACME!", True),
        ("\uff21\uff23\uff2d\uff25", True),  # in wide letters
        ("Acmeology is a science", False),
        ("Our lawyer  said so", False),
        ("a top\n secret plan", True),
        ("topsecret", False),
    ],
)
def test_a_blocked_word_is_found_as_a_word_however_it_is_written(text: str, *, is_against: bool) -> None:
    rules = Rules(blocked_words=("acme", "Top Secret", "c++"))

    assert (against_draft(rules, says(text)) is Rule.WORDS) is is_against
    assert (against_draft(rules, Draft(video=CLIP, choices=(says(text).speech,))) is Rule.WORDS) is is_against
    more = says("fine").model_copy(update={"more_scripts": (says(text).speech,)})
    assert (against_draft(rules, more) is Rule.WORDS) is is_against
    assert (against_draft(rules, Draft(name=text)) is Rule.WORDS) is is_against
    assert (against_draft(rules, Draft(project=text)) is Rule.WORDS) is is_against


@given(st.text(), st.text(min_size=1, max_size=150))
def test_whatever_a_word_is_it_is_found_where_it_stands_by_itself(text: str, word: str) -> None:
    found = against_draft(Rules(blocked_words=(word,)), says(f"{text} {word} {text}"))

    assert found is (Rule.WORDS if word.strip() else None)


def test_what_nobody_named_is_the_teams_own_choice() -> None:
    rules = Rules(model="lipsync-2", sync_mode="loop")

    filled = with_defaults(says("Hello"), rules)
    named = with_defaults(says("Hello", model="sync-3", sync_mode="cut_off"), rules)

    assert (filled.model, filled.sync_mode) == ("lipsync-2", "loop")
    assert (named.model, named.sync_mode) == ("sync-3", "cut_off")


@pytest.mark.parametrize(
    ("models", "model"), [((), DEFAULT_MODEL), (("a", DEFAULT_MODEL), DEFAULT_MODEL), (("a", "b"), "a")]
)
def test_without_a_choice_of_the_teams_the_best_model_that_may_be_used_is_taken(
    models: tuple[str, ...], model: str
) -> None:
    assert Rules(models=models).default_model == model


def test_rules_of_a_later_version_are_read_as_far_as_they_are_known() -> None:
    assert Rules.model_validate_json('{"guests": true, "of_tomorrow": 1}').guests is True
