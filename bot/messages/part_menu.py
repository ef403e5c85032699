"""What can be done to one of several videos: one menu for all of them, in place of buttons for each."""

from collections.abc import Iterator, Mapping, Sequence

from bot.asking.plan import Take
from bot.messages import blocks
from bot.messages.blocks import Block, Choice, Group, Message, button
from bot.messages.catalogue import N_, Words
from bot.messages.failures import failure
from bot.messages.ids import Action, button_value, option_value
from bot.messages.repriced import OFFERED_ANEW
from bot.messages.standing import STANDS
from bot.messages.text import one_line, user_text
from storage.cards import OrderState
from storage.jobs import Job, JobStatus, job_id
from storage.orders import Order, OrderStatus, Part

_CAN_BE_ASKED_ANEW = frozenset({OrderStatus.OFFERED, OrderStatus.RUNNING, OrderStatus.ENDED})
_WORDS: Mapping[Action, str] = {
    Action.RERUN: N_("Try again"),
    Action.ANOTHER: N_("Change"),
    Action.DOWNLOAD: N_("Get a download link"),
    Action.CHECK: N_("Look again"),
    Action.GIVE_UP: N_("Give up"),
}


def part_menu(t: Words, state: OrderState, takes: Sequence[Take]) -> tuple[Block, ...]:
    """The menu, with what fits each video as it stands, in the order of their lines; none where nothing does.

    At most two things for each of at most 50 (Slack: 100 options, 75 characters each).
    """
    jobs = {job.position: job for job in state.jobs}
    groups = []
    for place, (part, take) in enumerate(zip(state.order.parts, takes, strict=False)):
        label = one_line(part.label) or take.label or f"{place + 1}."
        detail = job_id(state.order.id, place)
        choices = tuple(
            Choice(option_value(action, state.order.id, detail), f"{words}: {label}")
            for action, words in _choices(t, state.order, part, jobs.get(place), take)
        )
        if choices:
            groups.append(Group(f"{label}: {_heading(t, jobs.get(place))}", choices))
    if not groups:
        return ()
    placeholder = blocks.plain(t("Choose a video and what to do"), 150)
    return (blocks.menu(groups) | {"action_id": Action.PART, "placeholder": placeholder},)


def _heading(t: Words, job: Job | None) -> str:
    return t("left out") if job is None else t(_HEADINGS.get(job.status, STANDS[job.status]))


_HEADINGS = {JobStatus.DELIVERED: N_("here"), JobStatus.UNRESOLVED: N_("unclear")}


def _choices(t: Words, order: Order, part: Part, job: Job | None, take: Take) -> Iterator[tuple[Action, str]]:
    if job is None:
        if part.problem is not None and order.status in _CAN_BE_ASKED_ANEW:
            yield from _again(t, part.problem, take)
        return
    match job.status:
        case JobStatus.DELIVERED:
            yield Action.ANOTHER, t("Make another version")
        case JobStatus.FAILED if job.generation_status == "COMPLETED":
            if failure(t, job.failure_code, made=True).downloadable:
                yield Action.DOWNLOAD, t(_WORDS[Action.DOWNLOAD])
            yield Action.ANOTHER, t("Make another version")
        case JobStatus.FAILED | JobStatus.CANCELLED:
            yield from _again(t, job.failure_code, take)
        case JobStatus.UNRESOLVED:
            yield Action.CHECK, t(_WORDS[Action.CHECK])
            yield Action.GIVE_UP, t(_WORDS[Action.GIVE_UP])


def _again(t: Words, code: str | None, take: Take) -> Iterator[tuple[Action, str]]:
    """Nothing for what is offered anew by itself; the same once more where that may end otherwise."""
    if code in OFFERED_ANEW:
        return
    if take.draft.complete and failure(t, code).repeatable:
        yield Action.RERUN, t(_WORDS[Action.RERUN])
    yield Action.ANOTHER, t(_WORDS[Action.ANOTHER])


def really_give_up(t: Words, order: Order, job: Job) -> Message:
    """What is asked before one of several videos is given up: a menu asks nothing by itself."""
    name = user_text(job.label) or t("this video")
    text = t(
        "Give up on {name}? If sync.so did take it, it is charged there, but I will not "
        "bring it here. To keep waiting, do nothing.",
        name=name,
    )
    press = button(t("Give up"), Action.GIVE_UP, button_value(order.id, job.id), style="danger")
    return Message(text, [blocks.section(text), blocks.actions([press])])
