"""Private words: what only the person who did something is told, and the lines at a form's fields."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.asking.drafts import SCRIPT_LIMIT, Draft
from bot.asking.links import LinkProblem
from bot.messages import blocks
from bot.messages.blocks import Message, button
from bot.messages.failures import file_problem
from bot.messages.ids import Action, button_value
from bot.messages.text import (
    CHANNELS,
    channel,
    count,
    cut,
    escape,
    literal,
    one_line,
    size,
    user,
    user_text,
    width,
)
from bot.messages.words import said_gist, shown_gist
from storage.jobs import JobStatus
from storage.orders import OrderStatus

_NAMES_TOLD = 12
EXAMPLE = '/lipsync https://example.com/video.mp4 say "Hello everybody" voice Rachel'


def say(text: str) -> Message:
    """A message of one paragraph, in mrkdwn."""
    return Message(text, [blocks.section(text)])


# --- presses on a card ----------------------------------------------------------------------------------


def only_the_asker(asker_id: str) -> Message:
    """Somebody else pressed a button that spends or ends."""
    return say(
        f"Only {user(asker_id)} can do that, since they asked for this video. "
        "To make your own, type `/lipsync`. Nothing was changed.",
    )


def only_this_workspace() -> Message:
    """Somebody of another organisation pressed a button in a channel that is shared with it."""
    return say(
        "Only people of the workspace that made this video can do that: theirs is the account that pays. "
        "Ask one of them. Nothing was charged.",
    )


def only_this_workspace_asks() -> Message:
    """Somebody of another organisation mentioned the app in a channel that is shared with it."""
    return say(
        "Only people of the workspace that has me can ask me for videos: theirs is the account that pays. "
        "Ask one of them. Nothing was charged.",
    )


def already_used(status: OrderStatus | JobStatus) -> Message:
    """Generate was pressed twice, or on a card that has moved on to `status`."""
    if status in _UNDER_WAY:
        return say(
            "That was already done: this video is on its way. This press charged nothing. "
            "The card shows where it is."
        )
    if status is JobStatus.UNRESOLVED:
        return say(
            "That was already done: this video was sent to sync.so once, and how that ended is not known "
            "yet. This press charged nothing. The card says what you can do."
        )
    return say(_has_ended(status))


def too_late() -> Message:
    """The order left the status in which the button was shown."""
    return say(_MOVED_ON)


def too_late_to_cancel(status: OrderStatus | JobStatus) -> Message:
    """An order that cannot be cancelled any more, since it has moved on to `status`."""
    return say(_NOT_TO_BE_STOPPED.get(status) or _has_ended(status))


def _has_ended(status: OrderStatus | JobStatus) -> str:
    return _HAS_ENDED.get(status, _MOVED_ON)


_MOVED_ON = "This has moved on since the card was shown, so nothing was changed. Look at the card again."
_UNDER_WAY = frozenset(
    {OrderStatus.RUNNING, JobStatus.QUEUED, JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING},
)
_NOT_TO_BE_STOPPED: Mapping[OrderStatus | JobStatus, str] = {
    OrderStatus.RUNNING: "All of it was sent to sync.so, and cannot be stopped any more.",
    JobStatus.SUBMITTING: "It is being sent to sync.so just now and cannot be stopped any more.",
    JobStatus.PROCESSING: "sync.so is making it already and cannot be stopped. "
    "The video comes as soon as it is done.",
    JobStatus.DELIVERING: "The video is made already and comes in a moment.",
    JobStatus.UNRESOLVED: "It was sent to sync.so, and how that ended is not known yet, so I cannot cancel "
    "it. The card says what you can do.",
}
_HAS_ENDED: Mapping[OrderStatus | JobStatus, str] = {
    JobStatus.DELIVERED: "This video is done already: it is in the thread. This press changed nothing.",
    JobStatus.CANCELLED: "This was already cancelled, and nothing was charged.",
    OrderStatus.EXPIRED: "This has expired, and nothing was charged.",
    JobStatus.FAILED: "This has already ended without a video. The card says why, and what was charged. "
    "This press changed nothing.",
}


def looking_again() -> Message:
    """sync.so is being asked once more about a job whose fate is unknown."""
    return say("I am asking sync.so again. If it knows more about this video, the card changes in a moment.")


def old_card(channel_id: str) -> Message:
    """What takes the place of a card that was posted twice, once it is pressed."""
    return say(
        f"This card is out of date. The one that counts stands elsewhere in {channel(channel_id)}."
        if channel_id.startswith(CHANNELS)
        else "This card is out of date. The one that counts stands in our direct message."
    )


def price_changed() -> Message:
    """The estimate behind the button is not the present one."""
    return say("That offer is no longer the current one, so nothing was charged. The card shows the new one.")


def price_expired() -> Message:
    """The estimate is too old for a click."""
    return say("That offer has ended, so nothing was charged. Press Ask again on the card for a new one.")


def not_found() -> Message:
    """The order is not stored (any more)."""
    return say("I no longer know this video; it may have been deleted. Type `/lipsync` to start anew.")


def download_link(url: str, title: str) -> Message:
    """A fresh link to a finished video.

    Args:
        url: sync.so's signed link, used unaltered.
        title: The order's title, as plain text.
    """
    text = f"Your video {user_text(title)}: {escape(url)}\nThe link works for a limited time; save it soon."
    shown = f"Your video *{user_text(title)}* is ready to download. The link works for a limited time."
    if width(url) > blocks.URL_LIMIT:
        return Message(text, [])
    link = blocks.link_button("Download the video", Action.OPEN_LINK, url)
    return Message(text, [blocks.section(shown), blocks.actions([link])])


def no_download_link(suggestion: str | None) -> Message:
    """sync.so gave no link; `suggestion` is its advice, as plain text."""
    said = f" In sync.so's words: “{user_text(suggestion, 300)}”" if suggestion else ""
    return say(f"sync.so gives no link to this video at the moment. Try again in a few minutes.{said}")


# --- ways in --------------------------------------------------------------------------------------------


def no_video_in_message() -> str:
    """The shortcut was used on a message without a usable video; a line for the form."""
    return "I found no video in that message. Choose one below."


def page_in_message() -> str:
    """The shortcut was used on a message whose link leads to a page, not a file; a line for the form."""
    return (
        "The link in that message leads to a page, not to a video file. Download the video there and add "
        "it below."
    )


def unusable_file(code: str, name: str | None, *, at_home: bool = True) -> Message:
    """A file cannot be used; `at_home`: it was dropped in the direct message, where this is said."""
    return say(literal(file_problem(code, cut(one_line(name), 80) if name else None, at_home=at_home)))


def goes_together(draft: Draft, link: str | None) -> Message:
    """What was just sent completes what was sent before, whose card stands in another thread, at `link`."""
    card = f"<{escape(link)}|its card>" if link else "the card in the thread of what you sent first"
    if draft.video is None or draft.speech is None:
        return say(f"I took that together with what you sent before. The rest is asked on {card}.")
    return say(
        f"{shown_gist(draft)} will say {said_gist(draft)}. The price comes on {card}. "
        "Not what you want? Press *Change* or *Cancel* there."
    )


def nothing_to_do() -> Message:
    """Words that no card waits for, in the direct message."""
    return say(
        "Send me a video here, alone or with the words it should say beside it, and I make it say them. "
        "You see the price first. Type `help` for more."
    )


def settled_already() -> Message:
    """Plain words in a thread whose card asks for none."""
    return say(
        "The card here does not ask for words: to go on, change or cancel, press its buttons. To have the "
        f"video of this thread say something else, write {_SAY_EXAMPLE} here or send audio: that is a new "
        "version with a price of its own."
    )


def not_understood(why: str, example: str) -> Message:
    """Why words in a conversation are not understood, with some that work there; both escaped already."""
    return say(f"{why}\nFor example: {example}")


def greeting() -> Message:
    """Somebody says hello."""
    return say(
        "Hello! Send me a video, and I make it say what you like: write the words beside it, or add audio. "
        "You see the price first."
    )


def you_are_welcome() -> Message:
    """Somebody says thanks."""
    return say("You are welcome! Send me another video whenever you like.")


def mention_me_with(bot_user_id: str, in_thread: bool) -> Message:  # noqa: FBT001 - says where it is told
    """A mention that nothing can be made of: what would work there."""
    me = user(bot_user_id)
    why, here = "I see only messages that mention me, so I cannot tell which video you mean.", ""
    if in_thread:
        why = "I did not take that as something to say: to go on, change or cancel, press the card's buttons."
        here = f"• Here, to have the video of this thread say something else: {me} {_SAY_EXAMPLE}\n"
    return say(
        f"{why} This would work:\n"
        f"{here}• Mention me in the message that has the video, with the words beside it: "
        f"{me} {_SAY_EXAMPLE}\n"
        "• On a message with a video: More actions, then *Lip-sync this video*.\n"
        "• Type `/lipsync` and fill in the form.\n"
        "You see the price before anything is charged."
    )


_SAY_EXAMPLE = '`say "Hello everybody"`'
SPEECH_EXAMPLE = '`say "Hello everybody" voice Rachel`'
LINE_EXAMPLE = '`https://example.com/video.mp4 say "Hello everybody" voice Rachel`'


def went_wrong(reference: str) -> Message:
    """A form could not be shown, for an error of ours; `reference` is in the log."""
    return say(
        f"Something went wrong on my side. Nothing was charged. Please try again; "
        f"if it happens again, tell whoever looks after me this reference: `{user_text(reference)}`.",
    )


def not_confirmed(reference: str) -> Message:
    """What was asked broke or was cut short, perhaps just after it was stored; `reference` is in the log."""
    return say(
        "Something went wrong on my side, so look at the card first: it may have been done. "
        "If nothing has changed, please try again; pressing again never charges twice. If it happens again, "
        f"tell whoever looks after me this reference: `{user_text(reference)}`.",
    )


def not_taken(reference: str) -> Message:
    """What was asked for broke or was cut short before it had a card; `reference` is in the log."""
    return say(
        "Something went wrong on my side, and I cannot tell yet whether I took that in. If nothing comes "
        "within a minute, please ask again: nothing is charged before you press *Generate* on a card. If it "
        f"happens again, tell whoever looks after me this reference: `{user_text(reference)}`.",
    )


def not_installed() -> Message:
    """Somebody asked in a workspace that does not have the app, or no longer."""
    return say(
        "I am not installed in this workspace, or no longer, so I cannot do that. This charged nothing. "
        "Whoever may add apps here, mostly an owner or admin, can install me; then just try again.",
    )


def takes_longer() -> Message:
    """A message could not be taken in now; Slack will deliver it once more."""
    return say(
        "This takes longer than usual: I cannot get at my records just now. Your message is not lost, Slack "
        "sends it to me again by itself within some minutes. Nothing is charged.",
    )


def too_many_open(most: int) -> Message:
    """One person asks for more than the app makes for one at a time."""
    return say(
        f"One person can have {most} videos open at a time, and this would be more, so I have not taken it. "
        "Nothing is charged for it. Ask again when one of yours is done, or press Cancel on a card that you "
        "no longer need.",
    )


def open_form(order_id: str) -> Message:
    """A form could not be opened in time: a button that opens it."""
    text = "That took too long for Slack. Press the button to open the form."
    opener = button("Open the form", Action.CHANGE, button_value(order_id), style="primary")
    return Message(text, [blocks.section(text), blocks.actions([opener])])


# --- lines that cannot be understood --------------------------------------------------------------------


def bad_command(why: str) -> str:
    """Why a command line cannot be understood, with one that works; `why` is escaped already."""
    return f"{why}\nFor example: `{EXAMPLE}`\nOr type `/lipsync` alone and fill in a form."


def unknown_voice(name: str, voices: Sequence[str]) -> str:
    """No voice has the name; `voices` are those that can speak."""
    return (
        f"There is no voice called {user_text(name, 60)}. There are: {_names(voices)}. "
        "If that was part of what the video should say, put all of it in quotes."
    )


def which_voice(name: str, voices: Sequence[str]) -> str:
    """Several voices may be meant: `voices`, told apart."""
    return (
        f"More than one voice could be meant by {user_text(name, 60)}. "
        f"Choose one by its whole name: {_names(voices)}."
    )


def unknown_model(name: str, models: Sequence[str]) -> str:
    """The account has no model of the name; `models` are those it has."""
    return f"There is no model called {user_text(name, 60)}. There are: {_names(models)}."


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(user_text(name, 60) for name in names[:_NAMES_TOLD])
    return f"{shown} and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else shown


# --- lines at a field (plain text) ----------------------------------------------------------------------


def script_too_long(characters: int) -> str:
    """A script over sync.so's limit."""
    over = characters - SCRIPT_LIMIT
    return f"{characters:,} of {SCRIPT_LIMIT:,} characters. Please cut {count(over, 'character')}."


def script_file_too_large(num_bytes: int) -> str:
    """A text file that is not worth reading, since it must be over the limit."""
    return f"This file holds {size(num_bytes)} of text. A script may have {SCRIPT_LIMIT:,} characters."


NOT_A_SHARE = "Give a number from 0 to 1, such as 0.5, or leave this empty."
SCRIPT_MISSING = "Type what the video should say."
SCRIPT_TWICE = "There is text in the fields and in the file. Please keep one of the two."
SCRIPT_FILE_EMPTY = "This file holds no text."
SCRIPT_FILE_UNREADABLE = "I cannot read this as text. Save it as plain text (UTF-8) and try again."
VIDEO_MISSING = "Choose the video, or give a link or a file."
SPEECH_MISSING = "Choose what it should say."
VIDEO_GONE = "I can no longer find this video. Choose another, or send it to me again."
AUDIO_GONE = "I can no longer find this audio. Choose another, or send it to me again."
UPLOAD_MISSING = "Add a file, or choose another way above."
UPLOAD_TOO_LARGE = "Slack lets a form take up to 10 MB. Send me bigger files as a message."
NOT_A_VIDEO = "This is not a video I can use. Use MP4, MOV, WebM or AVI."
NOT_AUDIO = "This is not audio I can use. Use MP3, WAV, M4A, OGG or FLAC."
NOT_TEXT = "This is not a text file. Use a .txt file."
LINK_MISSING = "Paste a link that begins with https://"
LINK_PROBLEMS: Mapping[LinkProblem, str] = MappingProxyType(
    {
        LinkProblem.NOT_HTTPS: "The link has to begin with https:// and lead straight to the file.",
        LinkProblem.BROKEN: "This link is not whole, or there is something in it that belongs to no link. "
        "Copy it once more.",
        LinkProblem.HAS_LOGIN: "This link has a user name or password in it, which would go to sync.so. "
        "Use a link without them, or send me the file itself.",
        LinkProblem.TOO_LONG: "This link is too long. Use a shorter one, or upload the file.",
        LinkProblem.TO_SLACK: "Links into Slack stay private. Send me the file itself.",
        LinkProblem.TO_PAGE: "This leads to a page, not to a media file. "
        "Download the video and send it to me instead.",
    },
)
"""What is wrong with a link and what to do, as plain text."""
