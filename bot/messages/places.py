"""Where a card stands and why, in words that fit the place somebody asked in."""

from dataclasses import dataclass

from bot.asking.drafts import Draft
from bot.messages import blocks, offer
from bot.messages.blocks import Block, Message
from bot.messages.catalogue import Words
from bot.messages.ids import Action
from bot.messages.text import channel, linked, user
from bot.messages.words import said_gist, shown_gist
from storage.cards import OrderState
from storage.orders import Conversation, Order, OrderStatus


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Files of a conversation that the app may not read since it is not in there."""

    channel_id: str
    bot_user_id: str
    can_invite: bool = True


def unreadable_files(t: Words, unreadable: Unreadable, order_id: str) -> list[Block]:
    """What stands above the form's fields then."""
    if not unreadable.can_invite:
        return [
            blocks.section(
                t(
                    "*I cannot see the files in that conversation,* and nobody can invite me there. "
                    "Download the file and upload it here, or send it to me in our direct message if it "
                    "is over 10 MB."
                ),
            ),
        ]
    where, bot = channel(unreadable.channel_id), user(unreadable.bot_user_id)
    return [
        blocks.section(
            t(
                "*I cannot see the files in {where} yet.* Upload the file below, or have somebody "
                "type `/invite` {bot} there and press Try again; what you filled in stays.",
                where=where,
                bot=bot,
            ),
        ),
        blocks.actions([blocks.button(t("Try again"), Action.FORM_TRY_AGAIN, order_id)]),
    ]


def card_place(t: Words, conversation: Conversation, channel_id: str, *, at_home: bool) -> str:
    """Where the card will stand, for a form that is still open."""
    if at_home:
        return t("The card appears here.")
    match conversation:
        case Conversation.CHANNEL:
            where = channel(channel_id)
            return t(
                "The card appears in {channel}, or in our direct message if I am not in there.", channel=where
            )
        case Conversation.GROUP_MESSAGE:
            return t("The card appears in this group message if I am in it, else in our direct message.")
    return t("The card appears in our direct message.")


def why_moved(t: Words, state: OrderState, bot_user_id: str) -> str | None:
    """The line of a card that could not stand where it was asked for; and an invite, where one can be."""
    order, channel_id = state.order, state.card.channel if state.card is not None else None
    match order.conversation:
        case Conversation.GROUP_MESSAGE:
            why = t("I am not in that group message, where nobody can add me any more")
            return t("{why}, so I answer here.", why=_or_gone(t, order, why))
        case Conversation.DIRECT_MESSAGE if channel_id == order.channel_id:
            return t("The message that you sent for this is gone, so I answer here.")
        case Conversation.DIRECT_MESSAGE:
            why = t("I cannot be in a direct message between two people")
            return t("{why}, so I answer here.", why=_or_gone(t, order, why))
        case Conversation.CHANNEL:
            why = _not_in(t, order, t("I am not in {channel}", channel=channel(order.channel_id)))
            return t(
                "{why}, so I answer here. To have me there, type `/invite` {bot} in that channel.",
                why=why,
                bot=user(bot_user_id),
            )
    return None


def _or_gone(t: Words, order: Order, why: str) -> str:
    """What may have kept the card from its place: of an ask at a message, that it was deleted as well."""
    return t("{why}, or the message you asked at is gone", why=why) if order.thread_ts else why


def _not_in(t: Words, order: Order, why: str) -> str:
    """As above, of a channel, which may be closed as well."""
    if order.thread_ts:
        return t("{why}, it is closed, or the message you asked at is gone", why=why)
    return t("{why}, or it is closed", why=why)


def card_moved(t: Words, order: Order, bot_user_id: str, link: str | None) -> Message:
    """For the place somebody asked in: their card is in the direct message instead."""
    match order.conversation:
        case Conversation.GROUP_MESSAGE:
            why = _or_gone(t, order, t("I am not in this group message, and nobody can add me to it"))
        case Conversation.DIRECT_MESSAGE:
            why = _or_gone(t, order, t("I cannot be in a direct message between two people"))
        case _:
            why = _not_in(t, order, t("I am not in this channel"))
    price = _sum(t, order)
    if price is None:
        text = t("{why}, so your card with the price is in our direct message.", why=why)
    else:
        text = t(
            "{why}, so your card with the price, {price}, is in our direct message.", why=why, price=price
        )
    if order.conversation is Conversation.CHANNEL:
        text += " " + t("To have me here next time, type `/invite` {bot}.", bot=user(bot_user_id))
    return _pointing(t, text, link)


def card_in_thread(t: Words, order: Order, link: str | None) -> Message:
    """For the place somebody asked in: their card is in a thread that may not be open."""
    price = _sum(t, order)
    if price is None:
        return _pointing(t, t("Your card with the price is in the thread of that message."), link)
    text = t("Your card with the price, {price}, is in the thread of that message.", price=price)
    return _pointing(t, text, link)


def _sum(t: Words, order: Order) -> str | None:
    """The price of an offer, where one is known already."""
    return offer.price(t, order) if order.status is OrderStatus.OFFERED else None


def card_in_own_thread(t: Words, order: Order, link: str) -> Message:
    """For the conversation of a message: what its card, at `link` in its thread, asks or tells."""
    draft = Draft.model_validate_json(order.draft)
    in_thread = linked(link, t("in its thread"))
    text = f"{_gist(t, order, draft)} {_where_to_answer(t, order, draft, in_thread)}"
    return Message(text, [blocks.section(text)])


def _gist(t: Words, order: Order, draft: Draft) -> str:
    speech = said_gist(t, draft)
    if order.status is OrderStatus.FAILED:
        what = shown_gist(t, draft) if draft.video else speech
        return t("{what}: that did not work, and nothing was charged.", what=what)
    if draft.video is None:
        return t("Which video should say {speech}?", speech=speech)
    video = shown_gist(t, draft)
    if draft.choices:
        return t("You sent more than {video} can say at once.", video=video)
    if draft.speech is None:
        return t("What should {video} say?", video=video)
    return t("{video} will say {speech}.", video=video, speech=speech)


def _where_to_answer(t: Words, order: Order, draft: Draft, in_thread: str) -> str:
    if order.status is OrderStatus.FAILED:
        return t("Why, and what to do next, stands {in_thread}.", in_thread=in_thread)
    if draft.complete:
        return t(
            "The price comes {in_thread}; nothing is charged before you press *Generate* there.",
            in_thread=in_thread,
        )
    if draft.video is not None and draft.choices:
        return t("Choose {in_thread}.", in_thread=in_thread)
    if order.conversation is not Conversation.DIRECT_MESSAGE:
        return t("Answer {in_thread}, and mention me there.", in_thread=in_thread)
    if draft.video is None:
        return t("Send it here in the next 10 minutes, or {in_thread}.", in_thread=in_thread)
    return t("Write it or send audio here in the next 10 minutes, or {in_thread}.", in_thread=in_thread)


def no_card(t: Words, order: Order) -> Message:
    """No conversation takes the card: not the place somebody asked in, nor the app's direct message."""
    where = (
        t("Or ask again in a channel that I am in.")
        if order.conversation is Conversation.CHANNEL
        else t("Or ask in a channel that I am in.")
    )
    why = t(
        "Slack lets me write neither here nor in our direct message, so I cannot show you the card, and "
        "nothing was charged. Ask a workspace admin to open my Messages tab to people."
    )
    text = f"{why} {where}"
    return Message(text, [blocks.section(text)])


def _pointing(t: Words, text: str, link: str | None) -> Message:
    opener = "" if link is None else linked(link, t("Open the card"))
    said = f"{text} {opener}".rstrip()
    return Message(said, [blocks.section(said)])
