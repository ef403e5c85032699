"""The form that asks who is shown, as Slack may send it."""

from typing import Any

import pytest

from bot.errors import Malformed
from bot.messages.catalogue import ENGLISH
from bot.messages.consent import Person
from bot.messages.fields import COLLEAGUE_MISSING, NAME_MISSING, NAMED_TWICE
from bot.messages.ids import Action, OfPerson, person_field
from handlers.consent_inputs import changed, read_consents, read_people
from storage.consents import MOST_SHOWN, Ground, Shown


def view(*grounds: str | None, **typed: Any) -> dict[str, Any]:
    """A form with so many people; `typed` has the other fields by name, with `_` for the colon."""
    fields = [person_field(OfPerson.GROUND, at) for at in range(len(grounds))]
    chosen = [None if ground is None else {"value": ground} for ground in grounds]
    values: dict[str, Any] = {
        field: {Action.CONSENT_GROUND: {"selected_option": option}}
        for field, option in zip(fields, chosen, strict=True)
    }
    for name, value in typed.items():
        field = ":".join(name.rsplit("_", 1))
        values[field] = {field: value}
    return {"blocks": [{"block_id": field} for field in fields], "state": {"values": values}}


def test_what_is_filled_in_is_read_by_its_ground() -> None:
    sent = view(
        *("own", "colleague", "release", "not_real", None),
        consent_user_1={"selected_user": "U2"},
        consent_name_2={"value": "  Eve \n Li  "},
        consent_name_3={"value": "of a ground that was chosen before"},
    )

    assert read_people(sent) == (
        Person(Ground.OWN),
        Person(Ground.COLLEAGUE, user_id="U2"),
        Person(Ground.RELEASE, name="Eve Li"),
        Person(Ground.NOT_REAL),
        Person(),
    )


def test_a_ground_that_the_menu_does_not_offer_is_no_form_of_ours() -> None:
    with pytest.raises(Malformed):
        read_people(view("because"))


def test_the_number_of_people_has_ends() -> None:
    people: tuple[Person, ...] = (Person(Ground.OWN),)
    for _ in range(MOST_SHOWN + 1):
        people = changed(people, Action.CONSENT_MORE)
    assert people == (Person(Ground.OWN), *(Person(),) * (MOST_SHOWN - 1))
    for _ in range(MOST_SHOWN + 1):
        people = changed(people, Action.CONSENT_FEWER)
    assert people == (Person(),)


def test_all_that_is_wrong_is_told_at_once() -> None:
    people = (
        Person(Ground.COLLEAGUE),
        Person(Ground.RELEASE),
        Person(Ground.OWN),
        Person(Ground.OWN),
    )

    assert read_consents(ENGLISH, people) == {
        "consent_user:0": COLLEAGUE_MISSING,
        "consent_name:1": NAME_MISSING,
        "consent_ground:3": NAMED_TWICE,
    }
    assert read_consents(ENGLISH, people[2:3]) == [Shown(Ground.OWN)]
