"""Where a card stands and why, in words that fit the place somebody asked in."""

from dataclasses import dataclass

from bot.asking.drafts import Draft
from bot.messages import blocks, offer
from bot.messages.blocks import Block, Message
from bot.messages.ids import Action
from bot.messages.text import channel, escape, user
from bot.messages.words import said_gist, shown_gist
from storage.cards import OrderState
from storage.orders import Conversation, Order, OrderStatus


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Files of a conversation that the app may not read since it is not in there."""

    channel_id: str
    bot_user_id: str
    can_invite: bool = True


def unreadable_files(unreadable: Unreadable, order_id: str) -> list[Block]:
    """What stands above the form's fields then."""
    if not unreadable.can_invite:
        return [
            blocks.section(
                "*I cannot see the files in that conversation,* and nobody can invite me there. Download "
                "the file and upload it here, or send it to me in our direct message if it is over 10 MB.",
            ),
        ]
    where, bot = channel(unreadable.channel_id), user(unreadable.bot_user_id)
    return [
        blocks.section(
            f"*I cannot see the files in {where} yet.* Upload the file below, or have somebody type "
            f"`/invite` {bot} there and press Try again; what you filled in stays.",
        ),
        blocks.actions([blocks.button("Try again", Action.FORM_TRY_AGAIN, order_id)]),
    ]


def card_place(conversation: Conversation, channel_id: str, *, at_home: bool) -> str:
    """Where the card will stand, for a form that is still open."""
    if at_home:
        return "The card appears here."
    match conversation:
        case Conversation.CHANNEL:
            where = f"{channel(channel_id)}, or in our direct message if I am not in there"
        case Conversation.GROUP_MESSAGE:
            where = "this group message if I am in it, else in our direct message"
        case _:
            where = "our direct message"
    return f"The card appears in {where}."


def why_moved(state: OrderState, bot_user_id: str) -> str | None:
    """The line of a card that could not stand where it was asked for; and an invite, where one can be."""
    order, channel_id = state.order, state.card.channel if state.card is not None else None
    match order.conversation:
        case Conversation.GROUP_MESSAGE:
            why = "I am not in that group message, where nobody can add me any more"
            return f"{_or_gone(order, why)}, so I answer here."
        case Conversation.DIRECT_MESSAGE if channel_id == order.channel_id:
            return "The message that you sent for this is gone, so I answer here."
        case Conversation.DIRECT_MESSAGE:
            why = "I cannot be in a direct message between two people"
            return f"{_or_gone(order, why)}, so I answer here."
        case Conversation.CHANNEL:
            why = _or_gone(order, f"I am not in {channel(order.channel_id)}", "it is closed")
            return (
                f"{why}, so I answer here. "
                f"To have me there, type `/invite` {user(bot_user_id)} in that channel."
            )
    return None


def _or_gone(order: Order, *whys: str) -> str:
    """What may have kept the card from its place: of an ask at a message, that it was deleted as well."""
    *whys_before, last = (*whys, "the message you asked at is gone") if order.thread_ts else whys
    return f"{', '.join(whys_before)}, or {last}" if whys_before else last


def card_moved(order: Order, bot_user_id: str, link: str | None) -> Message:
    """For the place somebody asked in: their card is in the direct message instead."""
    match order.conversation:
        case Conversation.GROUP_MESSAGE:
            why = _or_gone(order, "I am not in this group message, and nobody can add me to it")
        case Conversation.DIRECT_MESSAGE:
            why = _or_gone(order, "I cannot be in a direct message between two people")
        case _:
            why = _or_gone(order, "I am not in this channel", "it is closed")
    text = f"{why}, so your card with the price{_sum(order)} is in our direct message."
    if order.conversation is Conversation.CHANNEL:
        text += f" To have me here next time, type `/invite` {user(bot_user_id)}."
    return _pointing(text, link)


def card_in_thread(order: Order, link: str | None) -> Message:
    """For the place somebody asked in: their card is in a thread that may not be open."""
    return _pointing(f"Your card with the price{_sum(order)} is in the thread of that message.", link)


def _sum(order: Order) -> str:
    """The price of an offer, where one is known already."""
    price = offer.price(order) if order.status is OrderStatus.OFFERED else None
    return "" if price is None else f", {price},"


def card_in_own_thread(order: Order, link: str) -> Message:
    """For the conversation of a message: what its card, at `link` in its thread, asks or tells."""
    draft = Draft.model_validate_json(order.draft)
    text = f"{_gist(order, draft)} {_where_to_answer(order, draft, f'<{escape(link)}|in its thread>')}"
    return Message(text, [blocks.section(text)])


def _gist(order: Order, draft: Draft) -> str:
    speech = said_gist(draft)
    if order.status is OrderStatus.FAILED:
        what = shown_gist(draft) if draft.video else speech
        return f"{what}: that did not work, and nothing was charged."
    if draft.video is None:
        return f"Which video should say {speech}?"
    video = shown_gist(draft)
    if draft.choices:
        return f"You sent more than {video} can say at once."
    return f"What should {video} say?" if draft.speech is None else f"{video} will say {speech}."


def _where_to_answer(order: Order, draft: Draft, in_thread: str) -> str:
    if order.status is OrderStatus.FAILED:
        return f"Why, and what to do next, stands {in_thread}."
    if draft.complete:
        return f"The price comes {in_thread}; nothing is charged before you press *Generate* there."
    if draft.video is not None and draft.choices:
        return f"Choose {in_thread}."
    if order.conversation is not Conversation.DIRECT_MESSAGE:
        return f"Answer {in_thread}, and mention me there."
    how = "Send it" if draft.video is None else "Write it or send audio"
    return f"{how} here in the next 10 minutes, or {in_thread}."


def no_card(order: Order) -> Message:
    """No conversation takes the card: not the place somebody asked in, nor the app's direct message."""
    where = (
        "Or ask again in a channel that I am in."
        if order.conversation is Conversation.CHANNEL
        else "Or ask in a channel that I am in."
    )
    text = (
        "Slack lets me write neither here nor in our direct message, so I cannot show you the card, and "
        f"nothing was charged. Ask a workspace admin to open my Messages tab to people. {where}"
    )
    return Message(text, [blocks.section(text)])


def _pointing(text: str, link: str | None) -> Message:
    said = text if link is None else f"{text} <{escape(link)}|Open the card>"
    return Message(said, [blocks.section(said)])
