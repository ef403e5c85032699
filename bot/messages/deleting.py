"""Words about what was deleted: on the card of an order that says nothing any more, and to who pressed."""

from collections.abc import Sequence

from bot.messages import blocks
from bot.messages.blocks import Block, Message, button, confirm
from bot.messages.catalogue import Words
from bot.messages.ids import Action, button_value
from bot.messages.notices import say
from bot.messages.text import user
from storage.departures import Waits
from storage.orders import Forgotten


def forgotten_card(t: Words, why: Forgotten, order_id: str | None = None) -> Message:
    """What is left of a card, an order's or an approver's.

    Args:
        t: The reader's words.
        why: What became of the words.
        order_id: Which may be deleted from here, if something of it is left; None: none.
    """
    presses = []
    if why is Forgotten.DELETED:
        headline = t("What was asked for here was deleted.")
        small = t("What it cost, if anything, stays in the team's books.")
    else:
        headline = t("What was asked for here is not kept any more.")
        small = t("Your team's settings say for how long it is. A finished video stays where it was posted.")
        presses = [] if order_id is None else [blocks.actions([delete_button(t, order_id)])]
    text = f"{headline}\n{small}"
    return Message(text, [blocks.section(f"*{headline}*"), blocks.context(small), *presses])


def delete_button(t: Words, order_id: str) -> Block:
    """Deletes one of a person's videos, after a question of Slack's own: it cannot be taken back."""
    question = confirm(
        t("Delete this for good?"),
        t(
            "What was asked for goes, and the finished video in Slack and at sync.so. What it cost stays in "
            "the team's books."
        ),
        yes=t("Delete"),
        no=t("Keep it"),
        style="danger",
    )
    return button(t("Delete"), Action.DELETE, button_value(order_id), confirm=question)


def order_deleted(t: Words) -> Message:
    """The press did it."""
    return say(
        t(
            "Deleted: what was asked for, the files sent to sync.so for it and the finished video, there and "
            "in this workspace. Most of it is gone in a few minutes; the video at sync.so goes once the "
            "record of its cost is complete, a week later at the latest. What it cost stays in the team's "
            "books."
        )
    )


def order_is_open(t: Words) -> Message:
    """It cannot be deleted yet."""
    return say(
        t(
            "This video is still being worked on, so nothing was deleted. Cancel it first, or wait until it "
            "is finished; then delete it."
        )
    )


def order_unknown(t: Words) -> Message:
    """It was deleted before, or never was."""
    return say(t("There is nothing left to delete here."))


def not_yours_to_delete(t: Words, asker_id: str) -> Message:
    """Somebody else wants it deleted."""
    return say(
        t(
            "Only {asker}, who asked for this video, and your team's admins can delete it. Nothing was "
            "deleted.",
            asker=user(asker_id),
        )
    )


def ask_to_forget(t: Words) -> Message:
    """What goes and what stays if somebody has their data deleted, with the button for it."""
    goes = t(
        "*What goes:* your scripts, titles and file names, the files sent to sync.so for you and what it "
        "made of them, what the cards of your videos say, your Home here, your recent files, and your "
        "objection to being shown, if you have one. What has not been sent to sync.so yet is cancelled; what "
        "is being made is finished first."
    )
    later = t(
        "*What goes later:* your name in the team's books when the month is over, since a budget may hold "
        "for you until then, and in the audit log after 30 days."
    )
    stays = t(
        "*What stays:* finished videos where they were posted (delete those you want gone in your "
        "Home before), what they cost without your name, what you have approved of others' for as long as "
        "they are kept, and what your team's admins have set for you."
    )
    return _ask(t("Shall I delete your data?"), (goes, later, stays), forget_button(t))


def forget_button(t: Words) -> Block:
    """Begins it, after a question of Slack's own."""
    return _forget(
        t,
        t("Delete my data"),
        (Action.FORGET_ME, Action.FORGET_ME),
        t("Delete your data?"),
        t(
            "Your scripts, your files at sync.so and your Home go; videos that were posted stay. What is "
            "open is cancelled where that is still possible. This cannot be undone."
        ),
    )


def ask_to_forget_person(t: Words, user_id: str) -> Message:
    """What goes of somebody who has left, and the button by which an admin has it deleted."""
    goes = t(
        "*What goes:* their scripts and files, here and at sync.so, and what the cards of their videos say; "
        "their name in the team's books when the month is over, and in the audit log after 30 days. What has "
        "not been sent to sync.so yet is cancelled."
    )
    stays = t("*What stays:* finished videos where they were posted, and what they cost, without the name.")
    press = _forget(
        t,
        t("Delete their data"),
        (Action.FORGET_PERSON, user_id),
        t("Delete their data?"),
        t("This cannot be undone. The audit log says that you asked for it."),
    )
    asked = t("Shall I delete the data of {person}, who has left?", person=user(user_id))
    return _ask(asked, (goes, stays), press)


def _ask(asked: str, lines: Sequence[str], press: Block) -> Message:
    shown = [blocks.section(line) for line in (f"*{asked}*", *lines)]
    return Message("\n".join((asked, *lines)), [*shown, blocks.actions((press,))])


def _forget(t: Words, label: str, pressed: tuple[Action, str], asked: str, told: str) -> Block:
    """The button of an action with its value; a yes to the question says the same once more."""
    question = confirm(asked, told, yes=label, no=t("Keep it"), style="danger")
    return button(label, *pressed, style="danger", confirm=question)


def only_admins_forget(t: Words) -> Message:
    """A member asked for another's deletion."""
    return say(
        t(
            "Only your team's admins can have the data of somebody else deleted. Nothing was deleted. "
            "`/lipsync delete my data` deletes yours."
        )
    )


def person_still_here(t: Words, user_id: str) -> Message:
    """Whoever is still there does it themselves."""
    return say(
        t(
            "Slack does not say that {person} has left. Whoever is still here does that themselves: "
            "`/lipsync delete my data`. Nothing was deleted.",
            person=user(user_id),
        )
    )


def person_unknown(t: Words) -> Message:
    """Nothing is kept of anybody of that id in this workspace."""
    return say(
        t(
            "I keep nothing of a member with that ID. It stands in their profile in Slack, under *More*, as "
            "*Copy member ID*. Nothing was deleted."
        )
    )


def person_forgetting_begun(t: Words, user_id: str, waits: Waits) -> Message:
    """It is under way, for an admin."""
    begun = t("I am deleting the data of {person}.", person=user(user_id))
    return say(" ".join((begun, *_goes_on(t, waits))))


def forgetting_begun(t: Words, waits: Waits) -> Message:
    """It is under way, for whoever asked for it of themselves."""
    return say(" ".join((t("I am deleting your data."), *_goes_on(t, waits))))


def _goes_on(t: Words, waits: Waits) -> list[str]:
    """Whenever what goes; of some videos the end comes first."""
    goes = t(
        "Most of it is gone in a few minutes; the name in the team's books goes when the month is over, and "
        "in the audit log after 30 days."
    )
    if not waits.open:
        return [goes]
    ends = t.n(
        "One video is still open: it is cancelled, or finished first if sync.so has it already.",
        "{count} videos are still open: they are cancelled, or finished first if sync.so has them already.",
        waits.open,
    )
    return [goes, ends, *unresolved(t, waits)]


def unresolved(t: Words, waits: Waits) -> list[str]:
    """What becomes of those of which nobody knows what sync.so did with them."""
    if not waits.unresolved:
        return []
    return [
        t.n(
            "Of one nobody knows whether sync.so has made it: its card asks you about it. If it still waits "
            "after 7 days, I give it up, and its price counts as spent.",
            "Of {count} nobody knows whether sync.so has made them: their cards ask you about them. What "
            "still waits after 7 days I give up, and its price counts as spent.",
            waits.unresolved,
        )
    ]
