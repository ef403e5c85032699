"""First words, to whoever installs the app, alone, and to a channel that it is added to; and last ones."""

from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.messages.notices import say
from bot.messages.text import date, user


def to_installer(t: Words, *, is_paid: bool) -> Message:
    """The first words: what the app does, and one next step; `is_paid`: a sync.so account works already."""
    hello = t(
        "Hello! Thank you for installing me: I make a video say something else, and tell the price first."
    )
    step = t("Your next step: type `/lipsync` here, and choose a video and what it should say.")
    if not is_paid:
        step = t(
            "Your next step: an owner or admin of this workspace opens my *Home* tab and presses *Connect "
            "sync.so*. Until then nothing can be made, and nothing is charged."
        )
    return say(f"{hello}\n{step}")


def to_channel(t: Words, bot_user_id: str, inviter: str | None) -> Message:
    """To a channel that the app was just added to, once; `inviter` added it, where Slack says who."""
    hello = t("Hello! I make a video say something else.")
    if inviter is not None:
        hello = t("Hello! {person} added me: I make a video say something else.", person=user(inviter))
    how = t(
        'Post a video here with {me} and words such as `say "Hello everybody"` beside it, or type '
        "`/lipsync`. You see the price first, and nothing is charged until you press Generate.",
        me=user(bot_user_id),
    )
    return say(f"{hello}\n{how}\n" + t("I read only messages that name me. `/lipsync help` tells more."))


def token_ends(t: Words, at: float) -> Message:
    """To admins: Slack gives no new token, and after `at` the one that is left works no more."""
    return say(
        t(
            "Slack does not renew my token for this workspace. It ends {moment}; after that I hear and bring "
            "nothing here. Please install me again, by the same link as the first time. Nothing has to be "
            "removed for it, and what is being made goes on.",
            moment=date(t, at),
        )
    )
