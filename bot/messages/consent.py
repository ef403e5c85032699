"""Who is shown in a video, and on what ground: the form that asks it, and the line that tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.messages import blocks
from bot.messages.blocks import Block, Choice, Message, button, context, input_field, section
from bot.messages.catalogue import N_, Words
from bot.messages.ids import Action, Callback, OfPerson, button_value, person_field
from bot.messages.text import listed, user, user_text
from storage.cards import OrderState
from storage.consents import MOST_SHOWN, NAME_LIMIT, Consent, Ground, Shown, objectors
from storage.orders import Order, OrderStatus

_TITLE = N_("Who is shown")
_MAY_SAY = frozenset({OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL})
_GROUNDS: Mapping[Ground, str] = MappingProxyType(
    {
        Ground.OWN: N_("I am shown myself"),
        Ground.COLLEAGUE: N_("A colleague, who has agreed"),
        Ground.RELEASE: N_("Somebody whose signed release we have"),
        Ground.NOT_REAL: N_("No real person"),
    }
)


@dataclass(frozen=True, slots=True)
class Person:
    """One of those who are shown, as far as the form is filled in."""

    ground: Ground | None = None
    user_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """All that the form shows."""

    order_id: str
    about: str
    """The video, or videos, in mrkdwn."""
    videos: str
    """What tells them from all others, for the form to bring back."""
    people: tuple[Person, ...] = (Person(),)
    required: bool = False
    """Whether the team wants it said before the yes."""
    after_form: bool = False
    """Whether it follows on the form that asks for the video."""


def as_people(said: Sequence[Consent]) -> tuple[Person, ...]:
    """What was said, for the form to begin with."""
    people = [Person(each.shown.ground, each.shown.user_id, each.shown.name) for each in said]
    return tuple(people) or (Person(),)


def consent_form(t: Words, state: ConsentState) -> Block:
    """The modal. Fields that stay keep their ids, so Slack keeps what a person typed (Slack: modals)."""
    number = len(state.people)
    presses = []
    if number < MOST_SHOWN:
        presses.append(button(t("Add a person"), Action.CONSENT_MORE, button_value(state.order_id)))
    if number > 1:
        label = t("Remove the last person")
        presses.append(button(label, Action.CONSENT_FEWER, button_value(state.order_id)))
    fields = [field for at in range(number) for field in _fields(t, state.people[at], at, number)]
    carried = {"order": state.order_id, "videos": state.videos, "after_form": state.after_form}
    return {
        "type": "modal",
        "callback_id": Callback.CONSENT,
        "title": blocks.plain(t(_TITLE), 24),
        "submit": blocks.plain(t("Save"), 24),
        "close": blocks.plain(t("Later") if state.after_form else t("Cancel"), 24),
        "private_metadata": blocks.carried(carried),
        "blocks": [section(_question(t, state)), *fields, blocks.actions(presses), context(_why(t, state))],
    }


def _question(t: Words, state: ConsentState) -> str:
    asked = t("Whose face and voice are used in {video}?", video=state.about)
    if not state.after_form:
        return asked
    price = t("The price is on its way; it comes on a card.")
    return f"{price} *{asked}*"


def _why(t: Words, state: ConsentState) -> str:
    kept = t("I keep this with what you ordered, and ask once for each video.")
    if not state.required:
        return kept
    return " ".join((t("Your team wants this said before Generate."), kept))


def _fields(t: Words, person: Person, at: int, number: int) -> list[Block]:
    grounds = [Choice(ground, t(label)) for ground, label in _GROUNDS.items()]
    label = t("Who is it?") if number == 1 else t("Person {number}", number=t.number(at + 1))
    menu = blocks.menu(grounds, initial=person.ground)
    ground = input_field(person_field(OfPerson.GROUND, at), label, menu, live=True)
    ground["element"]["action_id"] = Action.CONSENT_GROUND
    return [ground, *_who(t, person, at)]


def _who(t: Words, person: Person, at: int) -> list[Block]:
    if person.ground is Ground.COLLEAGUE:
        return [
            input_field(
                person_field(OfPerson.USER, at), t("Which colleague?"), blocks.one_person(person.user_id)
            )
        ]
    if person.ground is Ground.RELEASE:
        element = blocks.text_input(initial=person.name, limit=NAME_LIMIT)
        hint = t("As it stands on the release.")
        return [input_field(person_field(OfPerson.NAME, at), t("Their name"), element, hint=hint)]
    return []


def consent_closed(t: Words) -> Block:
    """The modal when nothing was kept, since it is too late."""
    told = t(
        "This has moved on, so who is shown can no longer be said or changed here. Look at the card again."
    )
    return {
        "type": "modal",
        "title": blocks.plain(t(_TITLE), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": [section(told)],
    }


def shown_line(t: Words, said: Sequence[Consent], asker_id: str) -> str:
    """The small line of cards; whose the order is decides whether an objection is against it."""
    if not said:
        return t("Nobody has said yet who is shown, and on what ground.")
    against = objectors(said, asker_id)
    named = [_named(t, each.shown, objects=each.shown.user_id in against) for each in said]
    return t("Shown: {people}", people=listed(t, named))


def _named(t: Words, shown: Shown, *, objects: bool) -> str:
    who = user(shown.user_id or "")
    if objects:
        return t("{person} (objects)", person=who)
    match shown.ground:
        case Ground.OWN:
            return t("{person} (own face and voice)", person=who)
        case Ground.COLLEAGUE:
            return t("{person} (said to have agreed)", person=who)
        case Ground.RELEASE:
            return t("{name} (signed release)", name=user_text(shown.name or "", NAME_LIMIT))
        case Ground.NOT_REAL:
            return t("no real person")


def on_card(t: Words, state: OrderState) -> tuple[str, ...]:
    """The line of an order's card: who is shown, or, while that can be said, that nobody has."""
    if state.consents or (state.consents is not None and state.order.status in _MAY_SAY):
        return (shown_line(t, state.consents, state.order.user_id),)
    return ()


def press_on_card(t: Words, state: OrderState) -> tuple[Block, ...]:
    """The button that asks, while an answer can be given."""
    if state.consents is None or state.order.status not in _MAY_SAY:
        return ()
    if not state.consents:
        return (_say(t, state.order),)
    if state.order.status is OrderStatus.AWAITING_APPROVAL:
        return ()
    return (button(t("Change who is shown"), Action.CONSENT, button_value(state.order.id)),)


def _say(t: Words, order: Order) -> Block:
    return button(t("Say who is shown"), Action.CONSENT, button_value(order.id))


def say_first(t: Words, order: Order) -> Message:
    """Generate was pressed, and the team wants it said before."""
    text = t(
        "Your team wants it said who is shown in a video, and on what ground, before it is made. Nothing was "
        "charged, and your offer stays good: say who it is, then press the button on the card once more."
    )
    return Message(text, [section(text), blocks.actions([_say(t, order)])])


def asker_has_to_say(t: Words, asker_id: str) -> Message:
    """Approve was pressed, and the team wants it said before."""
    text = t(
        "Your team wants it said who is shown in a video, and on what ground, before it is made. {person} "
        "has not said it yet: they can, on their card. Nothing was charged, and it goes on waiting.",
        person=user(asker_id),
    )
    return Message(text, [section(text)])
