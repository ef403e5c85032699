"""What can be done to one of several videos: one menu for all of them, in place of buttons for each."""

from collections.abc import Iterator, Mapping, Sequence

from bot.asking.plan import Take
from bot.messages import blocks
from bot.messages.blocks import Block, Choice, Group, Message, button
from bot.messages.failures import failure
from bot.messages.ids import Action, button_value, option_value
from bot.messages.repriced import PRICE_CHANGED
from bot.messages.standing import STANDS
from bot.messages.text import one_line, user_text
from storage.cards import OrderState
from storage.jobs import Job, JobStatus, job_id
from storage.orders import Order, OrderStatus, Part

_CAN_BE_ASKED_ANEW = frozenset({OrderStatus.OFFERED, OrderStatus.RUNNING, OrderStatus.ENDED})
_WORDS: Mapping[Action, str] = {
    Action.RERUN: "Try again",
    Action.ANOTHER: "Change",
    Action.DOWNLOAD: "Get a download link",
    Action.CHECK: "Look again",
    Action.GIVE_UP: "Give up",
}


def part_menu(state: OrderState, takes: Sequence[Take]) -> tuple[Block, ...]:
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
            for action, words in _choices(state.order, part, jobs.get(place), take)
        )
        if choices:
            groups.append(Group(f"{label}: {_heading(jobs.get(place))}", choices))
    if not groups:
        return ()
    placeholder = blocks.plain("Choose a video and what to do", 150)
    return (blocks.menu(groups) | {"action_id": Action.PART, "placeholder": placeholder},)


def _heading(job: Job | None) -> str:
    return "left out" if job is None else _HEADINGS.get(job.status, STANDS[job.status])


_HEADINGS = {JobStatus.DELIVERED: "here", JobStatus.UNRESOLVED: "unclear"}


def _choices(order: Order, part: Part, job: Job | None, take: Take) -> Iterator[tuple[Action, str]]:
    if job is None:
        if part.problem is not None and order.status in _CAN_BE_ASKED_ANEW:
            yield from _again(part.problem, take)
        return
    match job.status:
        case JobStatus.DELIVERED:
            yield Action.ANOTHER, "Make another version"
        case JobStatus.FAILED if job.generation_status == "COMPLETED":
            if failure(job.failure_code, made=True).downloadable:
                yield Action.DOWNLOAD, _WORDS[Action.DOWNLOAD]
            yield Action.ANOTHER, "Make another version"
        case JobStatus.FAILED | JobStatus.CANCELLED:
            yield from _again(job.failure_code, take)
        case JobStatus.UNRESOLVED:
            yield Action.CHECK, _WORDS[Action.CHECK]
            yield Action.GIVE_UP, _WORDS[Action.GIVE_UP]


def _again(code: str | None, take: Take) -> Iterator[tuple[Action, str]]:
    """Nothing for what is offered anew by itself; the same once more where that may end otherwise."""
    if code == PRICE_CHANGED:
        return
    if take.draft.complete and failure(code).repeatable:
        yield Action.RERUN, _WORDS[Action.RERUN]
    yield Action.ANOTHER, _WORDS[Action.ANOTHER]


def really_give_up(order: Order, job: Job) -> Message:
    """What is asked before one of several videos is given up: a menu asks nothing by itself."""
    name = user_text(job.label) or "this video"
    text = (
        f"Give up on {name}? If sync.so did take it, it is charged there, but I will not bring it here. "
        "To keep waiting, do nothing."
    )
    press = button("Give up", Action.GIVE_UP, button_value(order.id, job.id), style="danger")
    return Message(text, [blocks.section(text), blocks.actions([press])])
