"""Private words: what only the person who asked or wrote something is told."""

from collections.abc import Sequence

from bot.asking.drafts import Draft
from bot.messages import blocks
from bot.messages.blocks import Message, button
from bot.messages.catalogue import N_, Words
from bot.messages.failures import file_problem
from bot.messages.ids import Action, button_value
from bot.messages.text import cut, linked, listed, literal, one_line, user, user_text
from bot.messages.words import said_gist, shown_gist

_NAMES_TOLD = 12
EXAMPLE = N_('/lipsync https://example.com/video.mp4 say "Hello everybody" voice Rachel')


def say(text: str) -> Message:
    """A message of one paragraph, in mrkdwn."""
    return Message(text, [blocks.section(text)])


def no_video_in_message(t: Words) -> str:
    """The shortcut was used on a message without a usable video; a line for the form."""
    return t("I found no video in that message. Choose one below.")


def page_in_message(t: Words) -> str:
    """The shortcut was used on a message whose link leads to a page, not a file; a line for the form."""
    return t(
        "The link in that message leads to a page, not to a video file. Download the video "
        "there and add it below."
    )


def unusable_file(t: Words, code: str, name: str | None, *, at_home: bool = True) -> Message:
    """A file cannot be used; `at_home`: it was dropped in the direct message, where this is said."""
    return say(literal(file_problem(t, code, cut(one_line(name), 80) if name else None, at_home=at_home)))


def goes_together(t: Words, draft: Draft, link: str | None) -> Message:
    """What was just sent completes what was sent before, whose card stands in another thread, at `link`."""
    card = t("the card in the thread of what you sent first")
    if link:
        card = linked(link, t("its card"))
    if draft.video is None or draft.speech is None:
        return say(
            t("I took that together with what you sent before. The rest is asked on {card}.", card=card)
        )
    return say(
        t(
            "{video} will say {speech}. The price comes on {card}. Not what you want? "
            "Press *Change* or *Cancel* there.",
            video=shown_gist(t, draft),
            speech=said_gist(t, draft),
            card=card,
        )
    )


def nothing_to_do(t: Words) -> Message:
    """Words that no card waits for, in the direct message."""
    return say(
        t(
            "Send me a video here, alone or with the words it should say beside it, and I make "
            "it say them. You see the price first. Type `help` for more."
        )
    )


def settled_already(t: Words) -> Message:
    """Plain words in a thread whose card asks for none."""
    return say(
        t(
            "The card here does not ask for words: to go on, change or cancel, press its "
            "buttons. To have the video of this thread say something else, write {example} "
            "here or send audio: that is a new version with a price of its own.",
            example=t(_SAY_EXAMPLE),
        )
    )


def not_understood(t: Words, why: str, example: str) -> Message:
    """Why words in a conversation are not understood, with some that work there; both escaped already."""
    works = t("For example: {example}", example=t(example))
    return say(f"{why}\n{works}")


def greeting(t: Words) -> Message:
    """Somebody says hello."""
    return say(
        t(
            "Hello! Send me a video, and I make it say what you like: write the words beside it, "
            "or add audio. You see the price first."
        )
    )


def you_are_welcome(t: Words) -> Message:
    """Somebody says thanks."""
    return say(t("You are welcome! Send me another video whenever you like."))


def mention_me_with(t: Words, bot_user_id: str, in_thread: bool) -> Message:  # noqa: FBT001 - says where it is told
    """A mention that nothing can be made of: what would work there."""
    me, example = user(bot_user_id), t(_SAY_EXAMPLE)
    ways: tuple[str, ...] = (
        t(
            "Mention me in the message that has the video, with the words beside it: {me} {example}",
            me=me,
            example=example,
        ),
        t("On a message with a video: More actions, then *Lip-sync this video*."),
        t("Type `/lipsync` and fill in the form."),
    )
    why = t("I see only messages that mention me, so I cannot tell which video you mean.")
    if in_thread:
        why = t(
            "I did not take that as something to say: to go on, change or cancel, press the card's buttons."
        )
        here = t(
            "Here, to have the video of this thread say something else: {me} {example}",
            me=me,
            example=example,
        )
        ways = (here, *ways)
    lines = "\n".join(f"• {way}" for way in ways)
    work = t("This would work:")
    promise = t("You see the price before anything is charged.")
    return say(f"{why} {work}\n{lines}\n{promise}")


_SAY_EXAMPLE = N_('`say "Hello everybody"`')
SPEECH_EXAMPLE = N_('`say "Hello everybody" voice Rachel`')
LINE_EXAMPLE = N_('`https://example.com/video.mp4 say "Hello everybody" voice Rachel`')


def went_wrong(t: Words, reference: str) -> Message:
    """A form could not be shown, for an error of ours; `reference` is in the log."""
    return say(
        t(
            "Something went wrong on my side. Nothing was charged. Please try again; if it "
            "happens again, tell whoever looks after me this reference: `{reference}`.",
            reference=user_text(reference),
        ),
    )


def not_connected(t: Words) -> Message:
    """Nobody pays, so nothing can be begun."""
    return say(
        t(
            "No sync.so account is connected here, so nothing was charged. "
            "Ask an owner or admin to press *Connect sync.so* in my Home, then press again."
        )
    )


def key_refused(t: Words) -> Message:
    """Who pays cannot: sync.so does not accept the key."""
    return say(
        t(
            "sync.so no longer accepts this workspace's key, so nothing was charged. "
            "Ask an owner or admin to press *Connect sync.so* in my Home, then press again."
        )
    )


def not_confirmed(t: Words, reference: str) -> Message:
    """What was asked broke or was cut short, perhaps just after it was stored; `reference` is in the log."""
    return say(
        t(
            "Something went wrong on my side, so look at the card first: it may have been done. "
            "If nothing has changed, please try again; pressing again never charges twice. If it "
            "happens again, tell whoever looks after me this reference: `{reference}`.",
            reference=user_text(reference),
        ),
    )


def not_taken(t: Words, reference: str) -> Message:
    """What was asked for broke or was cut short before it had a card; `reference` is in the log."""
    return say(
        t(
            "Something went wrong on my side, and I cannot tell yet whether I took that in. If "
            "nothing comes within a minute, please ask again: nothing is charged before you "
            "press *Generate* on a card. If it happens again, tell whoever looks after me this "
            "reference: `{reference}`.",
            reference=user_text(reference),
        ),
    )


def not_installed(t: Words) -> Message:
    """Somebody asked in a workspace that does not have the app, or no longer."""
    return say(
        t(
            "I am not installed in this workspace, or no longer, so I cannot do that. This "
            "charged nothing. Whoever may add apps here, mostly an owner or admin, can install "
            "me; then just try again."
        ),
    )


def takes_longer(t: Words) -> Message:
    """A message could not be taken in now; Slack will deliver it once more."""
    return say(
        t(
            "This takes longer than usual: I cannot get at my records just now. Your message is "
            "not lost, Slack sends it to me again by itself within some minutes. Nothing is "
            "charged."
        ),
    )


def too_many_open(t: Words, most: int) -> Message:
    """One person asks for more than the app makes for one at a time."""
    return say(
        t(
            "One person can have {most} videos open at a time, and this would be more, so I have "
            "not taken it. Nothing is charged for it. Ask again when one of yours is done, or "
            "press Cancel on a card that you no longer need.",
            most=t.number(most),
        ),
    )


def open_form(t: Words, order_id: str) -> Message:
    """A form could not be opened in time: a button that opens it."""
    text = t("That took too long for Slack. Press the button to open the form.")
    opener = button(t("Open the form"), Action.CHANGE, button_value(order_id), style="primary")
    return Message(text, [blocks.section(text), blocks.actions([opener])])


# --- lines that cannot be understood --------------------------------------------------------------------


def bad_command(t: Words, why: str) -> str:
    """Why a command line cannot be understood, with one that works; `why` is escaped already."""
    example = f"`{t(EXAMPLE)}`"
    works = t("For example: {example}", example=example)
    form = t("Or type `/lipsync` alone and fill in a form.")
    return f"{why}\n{works}\n{form}"


def unknown_voice(t: Words, name: str, voices: Sequence[str]) -> str:
    """No voice has the name; `voices` are those that can speak."""
    return t(
        "There is no voice called {name}. There are: {voices}. If that was part of what the "
        "video should say, put all of it in quotes.",
        name=user_text(name, 60),
        voices=_names(t, voices),
    )


def which_voice(t: Words, name: str, voices: Sequence[str]) -> str:
    """Several voices may be meant: `voices`, told apart."""
    return t(
        "More than one voice could be meant by {name}. Choose one by its whole name: {voices}.",
        name=user_text(name, 60),
        voices=_names(t, voices),
    )


def unknown_model(t: Words, name: str, models: Sequence[str]) -> str:
    """The account has no model of the name; `models` are those it has."""
    return t(
        "There is no model called {name}. There are: {models}.",
        name=user_text(name, 60),
        models=_names(t, models),
    )


def _names(t: Words, names: Sequence[str]) -> str:
    shown = listed(t, [user_text(name, 60) for name in names[:_NAMES_TOLD]])
    more = len(names) - _NAMES_TOLD
    return (
        shown if more <= 0 else t.n("{names} and {count} more", "{names} and {count} more", more, names=shown)
    )
