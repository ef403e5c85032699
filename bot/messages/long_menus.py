"""Menus of things of which an account or a workspace may have more than Slack puts into one list."""

from collections.abc import Sequence

from bot.messages import blocks
from bot.messages.blocks import Block, Choice, Group
from bot.messages.catalogue import Words
from bot.messages.text import cut, one_line


def long_menu(
    t: Words, choices: Sequence[Choice], *, initial: str | None, first: Choice | None = None
) -> Block:
    """One list up to Slack's 100 options; beyond, groups in alphabetical order.

    Args:
        t: The reader's words.
        choices: What Slack can carry, in the order of a short list.
        initial: The value that is chosen at first; one that is not offered is left out.
        first: What stands before all of them, in a group of its own if there are groups.
    """
    ahead = [] if first is None else [first]
    step = blocks.OPTIONS_LIMIT
    if len(choices) + len(ahead) <= step:
        return blocks.menu([*ahead, *choices], initial=initial)
    ordered = sorted(choices, key=lambda choice: one_line(choice.label).casefold())
    pages = [tuple(ordered[at : at + step]) for at in range(0, len(ordered), step)]
    groups = [
        *(Group(choice.label, (choice,)) for choice in ahead),
        *(
            Group(t("{first} to {last}", first=_short(page[0]), last=_short(page[-1])), page)
            for page in pages
        ),
    ]
    return blocks.menu(groups[:step], initial=initial)


def _short(choice: Choice) -> str:
    return cut(one_line(choice.label), 30)
