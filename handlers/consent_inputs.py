"""What a person filled into the form that asks who is shown, into people or words at fields. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.errors import Malformed
from bot.messages import fields
from bot.messages.catalogue import Words
from bot.messages.consent import Person
from bot.messages.ids import Action, OfPerson, person_field
from bot.messages.text import one_line
from storage.consents import MOST_SHOWN, NAME_LIMIT, Ground, Shown


class Metadata(BaseModel):
    """What the form carries for itself."""

    model_config = ConfigDict(strict=True)

    order: str
    videos: str
    after_form: bool


def read_people(view: Mapping[str, Any]) -> tuple[Person, ...]:
    """Those whom the form shows, as far as it is filled in.

    Raises:
        Malformed: a menu has a value that it does not offer.
    """
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    asked = {str(block.get("block_id")) for block in view.get("blocks") or []}
    fields = (person_field(OfPerson.GROUND, at) for at in range(MOST_SHOWN))
    return tuple(_person(values, at) for at, field in enumerate(fields) if field in asked)


def changed(people: Sequence[Person], action: str) -> tuple[Person, ...]:
    """The same after a press: one more, or one less."""
    if action == Action.CONSENT_MORE:
        return (*people, Person())[:MOST_SHOWN]
    if action == Action.CONSENT_FEWER:
        return tuple(people[:-1]) or (Person(),)
    return tuple(people)


def read_consents(t: Words, people: Sequence[Person]) -> list[Shown] | dict[str, str]:
    """Who is shown, or words for every field that is wrong."""
    shown: list[Shown] = []
    errors: dict[str, str] = {}
    for at, person in enumerate(people):
        each = _shown(person)
        if isinstance(each, tuple):
            field, words = each
            errors[person_field(field, at)] = t(words)
        elif each in shown:
            errors[person_field(OfPerson.GROUND, at)] = t(fields.NAMED_TWICE)
        else:
            shown.append(each)
    return errors or shown


def not_colleagues(t: Words, people: Sequence[Person], elsewhere: Collection[str]) -> dict[str, str]:
    """Words for the fields that name somebody as a colleague who is none."""
    return {
        person_field(OfPerson.USER, at): t(fields.NOT_A_COLLEAGUE)
        for at, person in enumerate(people)
        if person.user_id in elsewhere
    }


def _shown(person: Person) -> Shown | tuple[OfPerson, str]:
    """Somebody who is shown; or the field that is not filled in, and the words for it."""
    match person.ground:
        case None:
            return OfPerson.GROUND, fields.GROUND_MISSING
        case Ground.COLLEAGUE if person.user_id is None:
            return OfPerson.USER, fields.COLLEAGUE_MISSING
        case Ground.RELEASE if person.name is None:
            return OfPerson.NAME, fields.NAME_MISSING
    return Shown(person.ground, person.user_id, person.name)


def _person(values: Mapping[str, Any], at: int) -> Person:
    ground = _ground(_state(values, person_field(OfPerson.GROUND, at), Action.CONSENT_GROUND))
    user_field, name_field = person_field(OfPerson.USER, at), person_field(OfPerson.NAME, at)
    if ground is Ground.COLLEAGUE:
        return Person(ground, user_id=_state(values, user_field, user_field).get("selected_user") or None)
    if ground is Ground.RELEASE:
        typed = str(_state(values, name_field, name_field).get("value") or "")
        return Person(ground, name=one_line(typed)[:NAME_LIMIT] or None)
    return Person(ground)


def _ground(state: Mapping[str, Any]) -> Ground | None:
    option = state.get("selected_option")
    if option is None:
        return None
    try:
        return Ground(option["value"])
    except ValueError:
        raise Malformed("view.state.values") from None


def _state(values: Mapping[str, Any], field: str, action: str) -> Mapping[str, Any]:
    return (values.get(field) or {}).get(action) or {}
