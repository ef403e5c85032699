"""Words for whoever is named as shown in somebody's video and may object, and for those whom that stops."""

from collections.abc import Sequence

from bot.asking.drafts import Draft, Script
from bot.messages import words
from bot.messages.approval import people
from bot.messages.blocks import Block, Message, actions, button, section
from bot.messages.catalogue import Words
from bot.messages.ids import Action, button_value
from bot.messages.notices import say
from bot.messages.text import user, user_text
from storage.orders import OVER, Order, OrderStatus

OBJECTED = "objected"
"""The code of what ended unsent since somebody who is shown objects."""
_SAYS = 80
"""Characters of a script that are shown to whoever would say it."""


def named(t: Words, order: Order, *, objects: bool, is_again: bool = False) -> Message:
    """What a colleague is told who is named as shown; the same once they object.

    `is_again`: it was said of the same video before, for something else. No file is named: it may be one that
    they are not to know of.
    """
    asker = user(order.user_id)
    said = (
        t(
            "{person} asks me for another video from one that shows your face and voice: it was said before "
            "that you have agreed.",
            person=asker,
        )
        if is_again
        else t(
            "{person} asks me for a video with your face and voice, and has said that you have agreed.",
            person=asker,
        )
    )
    lines = [said, *_says(t, Draft.model_validate_json(order.draft))]
    value = button_value(order.id)
    if objects:
        lines += [
            t(
                "*You object to being shown.* What sync.so does not have yet is cancelled. What it has "
                "already is finished: {person} can delete it, so talk to them.",
                person=asker,
            ),
            t("No new video that shows you is made here, whoever asks for it, until you withdraw that."),
            _by_name(t),
        ]
        press = button(t("Withdraw my objection"), Action.WITHDRAW_OBJECTION, value)
    else:
        lines.append(
            t(
                "If you agree, there is nothing to do. If you object, what sync.so does not have yet is "
                "cancelled, no new video that shows you is made here until you withdraw it, and {person} is "
                "told. When something else is made of the same video, I tell you, at most once a day.",
                person=asker,
            )
        )
        press = button(t("I object"), Action.OBJECT, value)
    return Message("\n".join(lines), [*map(section, lines), actions([press])])


def _by_name(t: Words) -> str:
    """How far it reaches: nothing is kept that tells what is in a file, nor is anybody looked for in it."""
    return t(
        "I know this video by its file in Slack or its link, and other videos by who is named as shown. If "
        "somebody uploads a copy and does not name you, I cannot know that it shows you."
    )


def _says(t: Words, draft: Draft) -> tuple[str, ...]:
    """How it begins, where it is a script: that the asker has written, or has had read."""
    if not isinstance(draft.speech, Script):
        return ()
    words = user_text(draft.speech.text, _SAYS)
    if draft.more_scripts:
        return (t("The first of its texts begins: “{words}”", words=words),)
    return (t("What you would be made to say begins: “{words}”", words=words),)


def withdrawn(t: Words) -> Message:
    """In place of what they were told, where there is nothing to object to any more."""
    return say(t("You do not object to being shown any more. Videos that show you can be made here again."))


def of_nothing_kept(t: Words) -> Message:
    """I object was pressed on what is not kept any more, or names them no more: it stands for what comes."""
    nothing_here = t(
        "Of the video that I told you of here there was nothing to cancel: it was deleted, its time is over, "
        "or it is not said any more that you are shown in it. If it was made, whoever asked for it can "
        "delete it, so talk to them."
    )
    press = button(t("Withdraw my objection"), Action.WITHDRAW_OBJECTION, Action.WITHDRAW_OBJECTION)
    lines = (_stands(t), nothing_here, _by_name(t))
    return Message("\n".join(lines), [*map(section, lines), actions([press])])


def not_theirs(t: Words) -> Message:
    """Somebody of another organisation has pressed: they cannot be named as colleagues."""
    return say(
        t(
            "Only people of this workspace are named as colleagues here, so there is nothing to object to. "
            "Nothing was changed."
        )
    )


def in_home(t: Words) -> list[Block]:
    """What somebody who objects sees in their Home."""
    press = button(t("Withdraw my objection"), Action.WITHDRAW_OBJECTION, "home")
    return [section(_stands(t)), actions([press])]


def _stands(t: Words) -> str:
    return t(
        "*You object to being shown.* No new video is made that shows you, whoever asks for it here, until "
        "you withdraw that."
    )


def for_asker(t: Words, order: Order, objectors: Sequence[str], *, stopped: bool) -> Message:
    """What the asker is told of an objection to their video: a changed card tells nobody.

    Args:
        t: the asker's words.
        order: as it stood before.
        objectors: who objects.
        stopped: whether something of it was cancelled.
    """
    first = _object_to(t, order, objectors)
    if stopped:
        then = t(
            "What sync.so did not have yet is cancelled, and nothing is charged for that; what it had is "
            "finished as usual."
        )
    elif order.status is OrderStatus.RUNNING or order.status in OVER:
        then = t("Nothing of it was left to cancel. What comes of it you can delete on your Home.")
    else:
        then = t("It is not made until that is withdrawn, and nothing is charged.")
    return say(" ".join((first, then, _settle(t))))


def _object_to(t: Words, order: Order, objectors: Sequence[str]) -> str:
    if order.forgotten is not None:
        return t.n(
            "{people} objects to being shown in a video of yours whose title is not kept any more.",
            "{people} object to being shown in a video of yours whose title is not kept any more.",
            len(objectors),
            people=people(t, objectors),
        )
    return t.n(
        "{people} objects to being shown in *{title}*.",
        "{people} object to being shown in *{title}*.",
        len(objectors),
        people=people(t, objectors),
        title=user_text(words.title(t, Draft.model_validate_json(order.draft))),
    )


def at_generate(t: Words, objectors: Sequence[str], *, unnamed: bool = False) -> Message:
    """A yes that was not taken; the offer stays as it is.

    `unnamed`: one of them is not named as shown now, but was when the same video was asked for before.
    """
    stays = t(
        "So nothing was made or charged, and your offer stays good for as long as its card says. Talk to "
        "them; when they have withdrawn it, press the button once more."
    )
    return say(f"{_object(t, objectors, unnamed=unnamed)} {stays}")


def at_approve(t: Words, objectors: Sequence[str], asker_id: str, *, unnamed: bool = False) -> Message:
    """An approver's yes that was not taken; it goes on waiting. `unnamed`: as at Generate."""
    waits = t(
        "So nothing was approved or charged, and it goes on waiting. {person} has to settle it with them.",
        person=user(asker_id),
    )
    return say(f"{_object(t, objectors, unnamed=unnamed)} {waits}")


def at_change(t: Words, objectors: Sequence[str]) -> str:
    """Somebody who objects was left out where it is said who is shown."""
    stays = t("So what was said of them stays. When they have withdrawn it, it can be changed.")
    return f"{_object(t, objectors)} {stays}"


def on_card(t: Words) -> tuple[str, tuple[str, ...]]:
    """Headline and lines of the card of what an objection has ended."""
    why = t("Somebody who is shown in it objects. Nothing was charged.")
    return t("Not made: somebody objects to being shown"), (why, _settle(t))


def _object(t: Words, objectors: Sequence[str], *, unnamed: bool = False) -> str:
    told = t.n(
        "{people} objects to being shown in videos here.",
        "{people} object to being shown in videos here.",
        len(objectors),
        people=people(t, objectors),
    )
    if not unnamed:
        return told
    why = t(
        "Whoever was named as shown when the same video was asked for before counts as shown in it, whoever "
        "is named now."
    )
    return f"{told} {why}"


def _settle(t: Words) -> str:
    return t("Talk to them: no new video that shows them is made here until they withdraw it.")
