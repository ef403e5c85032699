"""What approvers always allow: offered below what they have approved, and a page of the Home that ends it."""

from collections.abc import Sequence

from bot.messages import blocks, words
from bot.messages.blocks import Block, button, confirm, section
from bot.messages.catalogue import Words
from bot.messages.ids import Action, Callback, button_value
from bot.messages.text import channel, date, usd, user
from bot.teams.allowances import TIMES, Allowable
from storage.allowances import Allowance
from storage.columns import to_micro

_MOST = 40
"""On the page, which is no wall."""


def allowable_line(t: Words, offered: Allowable) -> str:
    """What they may allow, or do, by name."""
    model, where = words.model_words(t, offered.kind.model), channel(offered.kind.channel_id)
    price = usd(t, offered.most_usd)
    if offered.is_given:
        return t(
            "You chose to always allow {model} in {channel}, up to {price} each time. What you always allow "
            "stands on my Home, where you can take it back.",
            model=model,
            channel=where,
            price=price,
        )
    return t(
        "You have approved the last {count} like this: {model} in {channel}. From now on I can take your yes "
        "for granted there, up to {price} each time, instead of asking you.",
        count=t.number(TIMES),
        model=model,
        channel=where,
        price=price,
    )


def allow(t: Words, gate_id: str, offered: Allowable) -> Block:
    """Asked once more, since others spend by it."""
    price = usd(t, offered.most_usd)
    question = confirm(
        t("Always allow this?"),
        t(
            "Whoever may use me in that channel can then use this model for up to {price} each time without "
            "asking you. Budgets hold all the same. You can take it back on my Home.",
            price=price,
        ),
        yes=t("Always allow"),
        no=t("Keep asking me"),
    )
    value = button_value(gate_id, str(to_micro(offered.most_usd)))
    return button(t("Always allow up to {price}", price=price), Action.ALLOW, value, confirm=question)


def allowances_page(t: Words, allowances: Sequence[Allowance], *, is_admins: bool, now: float) -> Block:
    """The view (Slack: `views.publish`).

    Args:
        t: The reader's words.
        allowances: Their own, or to admins everybody's.
        is_admins: Whether the reader is an admin, who may end each.
        now: Seconds since the epoch.
    """
    told = t(
        "I take your yes for granted here, as long as your team's rules name you as an approver. Budgets "
        "hold all the same, and for what costs more, or has no known price, I ask you as before."
    )
    if is_admins:
        told = t(
            "Here I take an approver's yes for granted, as long as the team's rules name them. Budgets hold "
            "all the same, and for what costs more, or has no known price, they are asked as before."
        )
    shown = [block for each in allowances[:_MOST] for block in _entry(t, each, is_admins=is_admins)]
    if len(allowances) > _MOST:
        shown.append(blocks.context(t("There are more: take one back, and the next one shows.")))
    return {
        "type": "home",
        "callback_id": Callback.HOME,
        "blocks": [
            blocks.header(t("Always allowed")),
            section(told if allowances else t("Nothing is allowed in advance.")),
            *shown,
            blocks.actions([button(t("Back"), Action.HOME_NEWEST, "newest")]),
            blocks.context(t("As of {moment}", moment=date(t, now))),
        ],
    }


def _entry(t: Words, each: Allowance, *, is_admins: bool) -> list[Block]:
    model, price = words.model_words(t, each.model), usd(t, each.most_usd)
    line = t(
        "*{model}* in {channel}, up to {price} each time",
        model=model,
        channel=channel(each.channel_id),
        price=price,
    )
    if is_admins:
        line = t("{person}: {line}", person=user(each.user_id), line=line)
    press = button(t("Take back"), Action.TAKE_BACK, each.id)
    return [section(line) | {"accessory": blocks.about(press, f"{model}, {price}")}]


def allowances_button(t: Words, allowances: Sequence[Allowance]) -> list[Block]:
    """The way to that page; none where there is nothing on it."""
    if not allowances:
        return []
    label = t("Always allowed ({count})", count=t.number(len(allowances)))
    return [button(label, Action.HOME_ALLOWED, "allowed")]
