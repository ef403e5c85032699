"""A person's own videos, told to that person alone: the list, and what is running."""

from collections.abc import Mapping, Sequence

from bot.asking.drafts import Draft
from bot.asking.list_filters import OUR_WORDS, SYNC_WORDS
from bot.messages import blocks, notices, offer, standing, words
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.ids import Action
from bot.messages.text import cut, date, linked, user_text
from storage.cards import OrderState

PAGE = 15
"""Videos in one list."""
_MOST_TEXT = 4_000


def own_videos(
    t: Words,
    states: Sequence[OrderState],
    links: Mapping[str, str],
    *,
    word: str,
    begun: bool,
    older: str | None,
) -> Message:
    """A page of somebody's videos, newest first.

    Args:
        t: The reader's words.
        states: At most a page.
        links: Where each stands in Slack, by the order's id, as far as it is known.
        word: The filter.
        begun: Whether newer ones were listed before.
        older: What the button for the next page carries; None: there are no older ones.
    """
    if not states and older is None:
        return notices.say(_none(t, word, begun=begun))
    title = (
        _title(t, word, begun=begun)
        if states
        else t("None of your latest videos has the status “{word}”", word=word)
    )
    more = [blocks.button(t("Show older ones"), Action.LIST_OLDER, older)] if older else []
    return _listed(t, title, states, links, more)


def _title(t: Words, word: str, *, begun: bool) -> str:
    if word == "all":
        return t("Older videos of yours") if begun else t("Your videos, newest first")
    if begun:
        return t("Older videos of yours ({word})", word=word)
    return t("Your videos ({word}), newest first", word=word)


def running(t: Words, states: Sequence[OrderState], links: Mapping[str, str], *, more: bool) -> Message:
    """What has not ended yet; `more`: there are others, older ones."""
    if not states:
        return notices.say(
            t(
                "Nothing of yours is running or waiting. `/lipsync list` shows your videos, "
                "`/lipsync` makes one."
            )
        )
    shown = _listed(t, t("Your videos that have not ended yet, newest first"), states, links, [])
    if not more:
        return shown
    rest = t("There are more: `/lipsync list open` shows them.")
    return Message(f"{shown.text}\n{rest}", [*shown.blocks, blocks.context(rest)])


def no_such_filter(t: Words, word: str) -> Message:
    """A word behind `list` that stands for nothing."""
    ours, theirs = (", ".join(f"`{each}`" for each in each_of) for each_of in (OUR_WORDS, SYNC_WORDS))
    return notices.say(
        t(
            "I do not know the status “{word}”. `/lipsync list` takes one of these: {ours}; or "
            "one of sync.so's own: {theirs}.",
            word=user_text(word, 60),
            ours=ours,
            theirs=theirs,
        )
    )


def not_listed(t: Words) -> Message:
    """The list could not be made."""
    return notices.say(t("I could not look that up just now. Nothing was changed. Try again in a minute."))


def sync_not_asked(t: Words, word: str) -> Message:
    """sync.so could not be asked for its own statuses."""
    return notices.say(
        t(
            "sync.so does not tell me at the moment which of your videos are {word}. Try again "
            "in a minute, or use my own words, as in `/lipsync list done`.",
            word=user_text(word),
        )
    )


def _listed(
    t: Words,
    title: str,
    states: Sequence[OrderState],
    links: Mapping[str, str],
    buttons: Sequence[blocks.Block],
) -> Message:
    lines = [_line(t, state, links.get(state.order.id)) for state in states]
    shown = [blocks.section(f"*{title}*"), *map(blocks.section, lines)]
    if buttons:
        shown.append(blocks.actions(buttons))
    return Message(cut("\n".join((title, *lines)), _MOST_TEXT), shown)


def _none(t: Words, word: str, *, begun: bool) -> str:
    if begun:
        return t("There are no older ones.")
    if word == "all":
        return t("You have no videos yet. Type `/lipsync` to make one.")
    return t("None of your videos has the status “{word}”. `/lipsync list` shows all of them.", word=word)


def _line(t: Words, state: OrderState, link: str | None) -> str:
    """One video: its name, where it stands, price and length, when it was asked for, and the way to it."""
    order = state.order
    draft = Draft.model_validate_json(order.draft)
    facts = [f"*{user_text(words.title(t, draft))}*", standing.stands(t, state), standing.price(t, state)]
    facts += [offer.result_length(t, order), date(t, order.created_at)]
    if link:
        facts.append(linked(link, t("Open its thread")))
    return " · ".join(filter(None, facts))
