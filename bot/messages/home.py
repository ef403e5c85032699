"""A person's Home in the app: what waits for them comes first, then what is being made, and what was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bot.asking.drafts import Draft
from bot.messages import blocks, offer, paused, standing, words
from bot.messages.about import About
from bot.messages.approval_card import on_home
from bot.messages.blocks import Block, Style, button, context, link_button, section
from bot.messages.card_body import another
from bot.messages.catalogue import Words
from bot.messages.help import help_message, introduction, promise
from bot.messages.ids import Action, Callback
from bot.messages.notices import EXAMPLE
from bot.messages.text import clock_time, date, linked, user_text
from bot.messages.usage_page import usage_page
from storage.cards import OrderState
from storage.gates import Gate
from storage.jobs import JobStatus
from storage.limits import Shortfall
from storage.orders import OrderStatus
from storage.pauses import Pause
from storage.reports import Report

RESULTS = 5
"""Orders that have ended, on one page."""
_MOST = 10
"""Orders that wait, and as many that run; one person may have some twenty open."""
ASKED = _MOST
"""What waits for their yes to what others ask for."""
_WAIT = frozenset({OrderStatus.DRAFT, OrderStatus.OFFERED, JobStatus.UNRESOLVED})
"""What goes on only when its asker does something."""


@dataclass(frozen=True, slots=True)
class HomeState:
    """All that a Home shows."""

    viewer: str = ""
    """Whose Home it is."""
    asked: Sequence[tuple[OrderState, Gate]] = ()
    """What waits for their yes to what others ask for, the oldest first."""
    lacking: Mapping[str, Sequence[Shortfall]] = field(default_factory=dict)
    """What budgets lack for it, by the gate's id, where a yes raises them."""
    live: Sequence[OrderState] = ()
    """The person's orders that have not ended, newest first."""
    over: Sequence[OrderState] = ()
    """A page of those that have."""
    links: Mapping[str, str] | None = None
    """Where cards stand in Slack, by the order's id, as far as it is known."""
    older: str | None = None
    """What the button for the next page carries; None: there are no older ones."""
    is_first: bool = True
    """Whether it is the first page."""
    now: float = 0.0
    """Seconds since the epoch."""
    is_admins: bool = False
    """Whether it is of somebody who may change what holds for all."""
    is_paid: bool = True
    """Whether a sync.so account works for the workspace."""
    pauses: Sequence[Pause] = ()
    """What stops all new spending there, that of all teams first."""
    report: Report | None = None
    """What was spent, where that is the page to show; None: another one is."""


def home(t: Words, state: HomeState) -> Block:
    """The view (Slack: `views.publish`), far within its 100 blocks."""
    if state.report is not None:
        return usage_page(t, state.report, state.now)
    waits = [each for each in state.live if _waits(each)]
    runs = [each for each in state.live if not _waits(each) and not each.has_only_ended_jobs]
    made = [each for each in state.live if each.has_only_ended_jobs and not _waits(each)]
    made = [*(made if state.is_first else []), *state.over]
    shown = [
        *_asked(t, state),
        *_section(t, t("Waits for you"), [_waiting(t, each, state) for each in waits]),
        *_section(t, t("In the making"), [_running(t, each, state) for each in runs]),
        *_results(t, made, state),
    ]
    if not shown:
        shown = _for_a_newcomer(t)
    unpaid = [] if state.is_paid else [section(_unpaid(t, is_admins=state.is_admins))]
    first = [*paused.in_home(t, state.pauses), *unpaid]
    foot = _foot(t, state, with_usage=bool(runs or made) or state.is_admins)
    if state.is_admins:
        foot += _for_admins(t, state)
    return {"type": "home", "callback_id": Callback.HOME, "blocks": [*first, *shown, *foot]}


def help_view(t: Words, about: About) -> Block:
    """What the app does and the ways to ask, in a modal of its own."""
    return {
        "type": "modal",
        "title": blocks.plain(t("How it works"), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": help_message(t, about).blocks,
    }


def _waits(state: OrderState) -> bool:
    return state.status in _WAIT or any(job.status in _WAIT for job in state.jobs)


def _for_a_newcomer(t: Words) -> list[Block]:
    """What this is, and one example; the button that opens the form stands right below."""
    return [
        blocks.header(t("Make a video say something else")),
        section(introduction(t)),
        section(t("For example, write this in any channel:") + f"\n`{t(EXAMPLE)}`"),
        context(promise(t)),
    ]


def _unpaid(t: Words, *, is_admins: bool) -> str:
    """Nobody's account pays yet, and who can change that."""
    if is_admins:
        return t(
            "*One step is left:* press *Connect sync.so* below, and say whose sync.so account pays. Until "
            "then nothing can be made, and nothing is charged."
        )
    return t(
        "*No sync.so account is connected here yet*, so nothing can be made. Ask an owner or admin of this "
        "workspace to press *Connect sync.so* in their Home of mine."
    )


def _for_admins(t: Words, state: HomeState) -> list[Block]:
    """What holds for all of the workspace."""
    style: Style | None = None if state.is_paid else "primary"
    connect = button(t("Connect sync.so"), Action.HOME_CONNECT, "connect", style=style)
    settings = button(t("Settings"), Action.SETTINGS, "settings")
    ledger = button(t("Ledger"), Action.LEDGER, "ledger")
    return [
        blocks.header(t("For admins")),
        section(_who_pays(t, is_paid=state.is_paid)),
        blocks.actions([connect, settings, ledger, *paused.switch(t, state.pauses)]),
    ]


def _who_pays(t: Words, *, is_paid: bool) -> str:
    if is_paid:
        return t(
            "A sync.so account is connected. Here you see and change which one pays, who may use me, where, "
            "and how videos are made."
        )
    return t("Say whose sync.so account pays, who may use me, where, and how videos are made.")


def _section(t: Words, title: str, entries: Sequence[Block]) -> list[Block]:
    if not entries:
        return []
    shown = [blocks.header(title), *entries[:_MOST]]
    if len(entries) > _MOST:
        shown.append(context(t("There are more: `/lipsync list open` shows them.")))
    return shown


def _asked(t: Words, home: HomeState) -> list[Block]:
    """What others ask them for, each with its buttons."""
    if not home.asked:
        return []
    shown = [blocks.header(t("Waits for your approval"))]
    for state, gate in home.asked[:ASKED]:
        shown += on_home(t, state, gate, viewer=home.viewer, lacking=home.lacking.get(gate.id, ()))
    if len(home.asked) > ASKED:
        shown.append(context(t("There are more: each has a card of its own under Messages.")))
    return shown


def _waiting(t: Words, state: OrderState, home: HomeState) -> Block:
    order = state.order
    until = None
    if order.status is OrderStatus.OFFERED and order.expires_at is not None:
        until = t("can be answered until {moment}", moment=date(t, order.expires_at))
    return _with_card(t, state, home, standing.stands(t, state), standing.price(t, state), until)


def _running(t: Words, state: OrderState, home: HomeState) -> Block:
    return _with_card(t, state, home, standing.stands(t, state), _ready(t, state, home))


def _with_card(t: Words, state: OrderState, home: HomeState, *facts: str | None) -> Block:
    """One order, with the button that leads to its card."""
    made = section(_line(t, state, *facts))
    link = (home.links or {}).get(state.order.id)
    if link is not None:
        opener = link_button(t("Open its card"), Action.OPEN_LINK, link)
        made["accessory"] = blocks.about(opener, _title(t, state))
    return made


def _ready(t: Words, state: OrderState, home: HomeState) -> str | None:
    """When it may be ready, by how long the person's last videos took; None: nobody can tell.

    A time of day, since what is published once would tell less and less of how long it still takes.
    """
    took = [
        job.ended_at - job.submitted_at
        for each in home.over
        for job in each.jobs
        if job.status is JobStatus.DELIVERED and job.ended_at and job.submitted_at
    ]
    begun = [job.submitted_at for job in state.jobs if job.status is JobStatus.PROCESSING]
    if not took or len(begun) != 1 or begun[0] is None or len(state.jobs) > 1:
        return None
    moment = begun[0] + median(took)
    if moment <= home.now:
        return t("takes longer than your last ones")
    return t("ready at about {moment}, if it takes as long as your last ones", moment=clock_time(t, moment))


def _results(t: Words, made: Sequence[OrderState], home: HomeState) -> list[Block]:
    if not made and home.is_first:
        return []
    entries = [_result(t, each, home) for each in made]
    title = t("Your last videos") if home.is_first else t("Older videos of yours")
    pages = []
    if not home.is_first:
        pages.append(button(t("Show the newest"), Action.HOME_NEWEST, "newest"))
    if home.older is not None:
        pages.append(button(t("Show older ones"), Action.HOME_OLDER, home.older))
    none = [] if entries else [context(t("There are no older ones."))]
    return [blocks.header(title), *entries, *none, *([blocks.actions(pages)] if pages else [])]


def _result(t: Words, state: OrderState, home: HomeState) -> Block:
    order = state.order
    link = (home.links or {}).get(order.id)
    is_here = any(job.status is JobStatus.DELIVERED for job in state.jobs)
    words_for_it = t("Play it in its thread") if is_here else t("Open its thread")
    line = _line(
        t,
        state,
        standing.stands(t, state),
        standing.price(t, state),
        offer.result_length(t, order),
        date(t, order.created_at),
        None if link is None else linked(link, words_for_it),
    )
    press = another(order, t("Make another version"))
    return section(line) | {"accessory": blocks.about(press, _title(t, state))}


def _line(t: Words, state: OrderState, *facts: str | None) -> str:
    return " · ".join((f"*{user_text(_title(t, state))}*", *filter(None, facts)))


def _title(t: Words, state: OrderState) -> str:
    return words.title(t, Draft.model_validate_json(state.order.draft))


def _foot(t: Words, state: HomeState, *, with_usage: bool) -> list[Block]:
    start = button(t("Create a lip-sync"), Action.HOME_START, "start", style="primary")
    how = button(t("How it works"), Action.HOME_HELP, "help")
    spent = [button(t("Usage"), Action.HOME_USAGE, "usage")] if with_usage else []
    return [blocks.actions([start, *spent, how]), context(t("As of {moment}", moment=date(t, state.now)))]
