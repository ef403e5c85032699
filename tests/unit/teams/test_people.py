"""What a user object of Slack's says of somebody, and what it leaves open."""

from typing import Any

import pytest

from bot.teams.people import profile_of
from storage.people import Membership
from tests.integration.core.world import installation

HOME = installation(id="T1", team_id="T1", enterprise_id="E1")
ALONE = installation(id="T1", team_id="T1", enterprise_id=None)
WHOLE = installation(id="E1", team_id=None, enterprise_id="E1")


def user(**says: Any) -> dict[str, Any]:
    return {"id": "U1", "team_id": "T1", "deleted": False, "is_bot": False, **says}


@pytest.mark.parametrize(
    ("says", "is_a"),
    [
        ({}, Membership.MEMBER),
        ({"is_admin": True}, Membership.ADMIN),
        ({"is_admin": True, "is_owner": True}, Membership.OWNER),
        ({"is_primary_owner": True}, Membership.OWNER),
        ({"is_restricted": True}, Membership.GUEST),
        ({"is_restricted": True, "is_ultra_restricted": True}, Membership.GUEST),
        ({"team_id": "T9"}, Membership.OUTSIDER),
        ({"team_id": None}, Membership.OUTSIDER),
        ({"team_id": "T9", "is_admin": True, "is_owner": True}, Membership.OUTSIDER),
        ({"team_id": "T9", "is_restricted": True}, Membership.OUTSIDER),
        ({"is_stranger": True, "is_admin": True}, Membership.OUTSIDER),
        ({"deleted": True, "is_owner": True}, Membership.GONE),
        ({"is_bot": True}, Membership.GONE),
    ],
)
def test_a_workspace_tells_its_own_from_guests_outsiders_and_those_who_left(
    says: dict[str, Any], is_a: Membership
) -> None:
    assert profile_of(ALONE, "U1", user(**says), now=0).membership is is_a


@pytest.mark.parametrize("named", [{"enterprise_user": {"enterprise_id": "E1"}}, {"enterprise_id": "E1"}])
def test_people_of_a_sister_workspace_are_colleagues_whose_rank_there_counts_for_nothing_here(
    named: dict[str, Any],
) -> None:
    sister = user(team_id="T2", is_admin=True, is_owner=True, **named)

    assert profile_of(HOME, "U1", sister, now=0).membership is Membership.MEMBER
    assert profile_of(ALONE, "U1", sister, now=0).membership is Membership.OUTSIDER


@pytest.mark.parametrize(
    ("of_organisation", "is_a"),
    [
        ({}, Membership.MEMBER),
        ({"is_admin": True}, Membership.ADMIN),
        ({"is_owner": True}, Membership.OWNER),
    ],
)
def test_of_a_whole_organisation_its_own_admins_count_and_not_those_of_one_workspace(
    of_organisation: dict[str, Any], is_a: Membership
) -> None:
    told = user(is_admin=True, is_owner=True, enterprise_user={"enterprise_id": "E1", **of_organisation})

    assert profile_of(WHOLE, "U1", told, now=0).membership is is_a


def test_whom_slack_shows_nothing_of_is_nobody() -> None:
    assert profile_of(ALONE, "U1", None, now=0).membership is Membership.GONE
