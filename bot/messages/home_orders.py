"""A person's orders in their Home: each a line, with the buttons that are of use there."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from bot.asking.drafts import Draft, Prepared, Script
from bot.messages import blocks, offer, repriced, standing, words
from bot.messages.blocks import Block, Choice, button, link_button, section
from bot.messages.card_before import accepting
from bot.messages.card_body import another, cancel, change
from bot.messages.catalogue import Words
from bot.messages.deleting import delete_button
from bot.messages.failures import is_repeatable
from bot.messages.fit import fit_words
from bot.messages.ids import Action, button_value, option_value
from bot.messages.seen import seen_words
from bot.messages.text import about, clock_time, cut, date, one_line, plain_date, user_text
from storage.cards import OrderState
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus

_BEGINS = 40
"""Characters of a script in its order's name."""


def waiting(
    t: Words, state: OrderState, *, link: str | None, ask_again_from_usd: Decimal, needs_approval: bool
) -> list[Block]:
    """What goes on only when its asker does something: a price to say yes to, a question, a doubt.

    Args:
        t: The reader's words.
        state: The order.
        link: The way to its card; None: it is not known.
        ask_again_from_usd: From this price on Generate asks once more.
        needs_approval: Whether others have to say yes as well, which the card tells.
    """
    order = state.order
    draft = Draft.model_validate_json(order.draft)
    until = None
    if order.status is OrderStatus.OFFERED and order.expires_at is not None:
        until = t("can be answered until {moment}", moment=date(t, order.expires_at))
    line = _line(t, draft, standing.stands(t, state), standing.price(t, state), until)
    presses = [] if link is None else [_to_card(t, link)]
    if order.status is OrderStatus.OFFERED and not needs_approval and not _is_warned_of(t, state, draft):
        presses = [_yes(t, order, ask_again_from_usd), change(t, order), cancel(t, order), *presses]
    return _entry(t, draft, line, presses)


def running(t: Words, state: OrderState, *, link: str | None, ready: str | None) -> list[Block]:
    """What is being made: how far it is, and when it may be there.

    Args:
        t: The reader's words.
        state: The order.
        link: The way to its card; None: it is not known.
        ready: See `ready`.
    """
    draft = Draft.model_validate_json(state.order.draft)
    presses = [] if link is None else [_to_card(t, link)]
    return _entry(t, draft, _line(t, draft, standing.stands(t, state), ready), presses)


def ready(t: Words, state: OrderState, over: Sequence[OrderState], now: float) -> str | None:
    """When it may be there, by how long the person's last videos took; None: nobody can tell.

    A time of day, since what is published once would tell less and less of how long it still takes.
    """
    took = [
        job.ended_at - job.submitted_at
        for each in over
        for job in each.jobs
        if job.status is JobStatus.DELIVERED and job.ended_at and job.submitted_at
    ]
    left = [job for job in state.jobs if job.ended_at is None and job.status is not JobStatus.DELIVERING]
    begun = [job.submitted_at for job in left if job.status is JobStatus.PROCESSING and job.submitted_at]
    if not took or not begun or len(begun) < len(left):
        return None
    moment = max(begun) + median(took)
    if moment <= now:
        return t("takes longer than your last ones")
    return t("ready at about {moment}, if it takes as long as your last ones", moment=clock_time(t, moment))


def result(t: Words, state: OrderState, *, link: str | None) -> list[Block]:
    """What came of it, and what can be done with that.

    Args:
        t: The reader's words.
        state: The order.
        link: The way to its card, in whose thread the video stands; None: it is not known.
    """
    if state.order.forgotten is not None:
        return _wordless(t, state, link)
    order, draft = state.order, Draft.model_validate_json(state.order.draft)
    here = [job for job in state.jobs if job.status is JobStatus.DELIVERED]
    facts = (standing.stands(t, state), standing.price(t, state), offer.result_length(t, order))
    presses = []
    if link is not None:
        presses.append(link_button(t("Play") if here else t("Open its thread"), Action.OPEN_LINK, link))
    if draft.complete and is_repeatable(state.failure_code):
        presses.append(button(t("Run again"), Action.RERUN, button_value(order.id)))
    if not state.is_several:  # of which the form holds one alone: the card has a menu for each
        presses.append(another(order, t("Another version")))
    presses += [*_downloads(t, state, here), delete_button(t, order.id)]
    return _entry(t, draft, _line(t, draft, *facts, date(t, order.created_at)), presses)


def _wordless(t: Words, state: OrderState, link: str | None) -> list[Block]:
    """Of what was asked for nothing is kept any more; what was made of it may still be there."""
    told = t("What was asked for is not kept any more")
    facts = (f"*{told}*", standing.price(t, state), date(t, state.order.created_at))
    presses = [] if link is None else [link_button(t("Open its thread"), Action.OPEN_LINK, link)]
    presses.append(delete_button(t, state.order.id))
    named = [blocks.about(press, plain_date(t, state.order.created_at)) for press in presses]
    return [section(" · ".join(filter(None, facts))), blocks.actions(named)]


def _downloads(t: Words, state: OrderState, here: Sequence[Job]) -> list[Block]:
    """A button for the one that is here, a menu for several."""
    if not here:
        return []
    if not state.is_several:
        value = button_value(state.order.id, here[0].id)
        return [button(t("Download"), Action.DOWNLOAD, value)]
    choices = [
        Choice(
            option_value(Action.DOWNLOAD, job.order_id, job.id), one_line(job.label) or f"{job.position + 1}."
        )
        for job in here
    ]
    placeholder = blocks.plain(t("Download one of them"), 150)
    return [blocks.menu(choices) | {"action_id": Action.PART, "placeholder": placeholder}]


def _is_warned_of(t: Words, state: OrderState, draft: Draft) -> bool:
    """Whether its card says what is to be read before anybody pays, as of several it does of each."""
    order, prepared = state.order, Prepared.model_validate_json(state.order.prepared)
    part = order.sole
    return bool(
        part is None
        or order.offer_usd is None
        or offer.doubt(t, order)
        or repriced.instead(t, order)
        or repriced.dearer(t, order)
        or fit_words(t, part, draft, prepared)
        or seen_words(t, draft, prepared, part.length_s)
    )


def _yes(t: Words, order: Order, ask_again_from_usd: Decimal) -> Block:
    """As on the card; here the price stands on it as well, and another button is the page's main one."""
    press, _ = accepting(t, order, ask_again_from_usd, None)
    label = t("Generate for {price}", price=about(t, order.offer_usd or Decimal(0)))
    press |= {"text": blocks.plain(label, blocks.BUTTON_LIMIT)}
    return {name: value for name, value in press.items() if name != "style"}


def _to_card(t: Words, link: str) -> Block:
    return link_button(t("Open its card"), Action.OPEN_LINK, link)


def _entry(t: Words, draft: Draft, line: str, presses: Sequence[Block]) -> list[Block]:
    """A line and its buttons, each of which tells aloud what it is about: there are more of the same name."""
    name = _named(t, draft)
    told = [blocks.about(press, name) if press["type"] == "button" else press for press in presses]
    if len(told) == 1:
        return [section(line) | {"accessory": told[0]}]
    return [section(line), *([blocks.actions(told)] if told else [])]


def _line(t: Words, draft: Draft, *facts: str | None) -> str:
    return " · ".join((f"*{user_text(_named(t, draft))}*", *filter(None, facts)))


def _named(t: Words, draft: Draft) -> str:
    """Its title, and how its words begin where that tells it from others of the same video and voice."""
    title = words.title(t, draft)
    if draft.name or not isinstance(draft.speech, Script):
        return title
    begins = cut(one_line(draft.speech.text), _BEGINS)
    return t("{title}: “{words}”", title=title, words=begins)
