"""A person's Home in the app: what waits for them comes first, then what is being made, and what was made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.messages import blocks, forecast, home_orders, objection, paused
from bot.messages.about import About
from bot.messages.allowing import allowances_button, allowances_page
from bot.messages.approval_card import on_home
from bot.messages.audit_page import audit_page
from bot.messages.blocks import Block, Style, button, context, section
from bot.messages.catalogue import Words
from bot.messages.deleting import forget_button
from bot.messages.help import help_message, promise
from bot.messages.ids import Action, Callback, Page
from bot.messages.notices import EXAMPLE
from bot.messages.text import date
from bot.messages.usage_page import usage_page
from storage.allowances import Allowance
from storage.audit_lately import Done
from storage.cards import OrderState
from storage.gates import Gate
from storage.jobs import JobStatus
from storage.limits import Shortfall, Standing
from storage.orders import OrderStatus
from storage.pauses import Pause
from storage.reports import Report

RESULTS = 5
"""Orders that have ended, on one page."""
_MOST = 5
"""Orders that wait, and as many that run or have just ended; one person may have some twenty open."""
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
    """Whether it is of somebody who may change what holds for all, and is shown as such."""
    as_member: bool = False
    """Whether it is of such a one, and shown as somebody sees theirs who may not."""
    is_paid: bool = True
    """Whether a sync.so account works for the workspace."""
    pauses: Sequence[Pause] = ()
    """What stops all new spending there, that of all teams first."""
    budgets: Sequence[Standing] = ()
    """Those of which the person sees what is left, as they stand this month."""
    zone: str = "UTC"
    """The one of the team's months."""
    objects: bool = False
    """Whether they object to being shown in what others ask for."""
    report: Report | None = None
    """What was spent, where that is the page to show; None: another one is."""
    done: Sequence[Done] | None = None
    """The last that was done and counts, where that is the page to show; None: another one is."""
    allowances: Sequence[Allowance] = ()
    """What they always allow as an approver; to admins, what everybody does."""
    shows_allowances: bool = False
    """Whether that is the page to show."""
    ask_again_from_usd: Decimal = Decimal(0)
    """From this price on Generate asks once more."""
    need_approval: Collection[str] = ()
    """The offers that others have to say yes to as well, by the orders' ids."""

    def link_to(self, state: OrderState) -> str | None:
        """The way to an order's card, as far as it is known."""
        return (self.links or {}).get(state.order.id)


def home(t: Words, state: HomeState) -> Block:
    """The view (Slack: `views.publish`), far within its 100 blocks."""
    shown = _page(t, state)
    return shown | {"blocks": [*_as_member(t), *shown["blocks"]]} if state.as_member else shown


def _page(t: Words, state: HomeState) -> Block:
    if state.report is not None:
        return usage_page(t, state.report, state.now, budgets=state.budgets, zone=state.zone)
    if state.done is not None:
        return audit_page(t, state.done, state.now)
    if state.shows_allowances:
        return allowances_page(t, state.allowances, is_admins=state.is_admins, now=state.now)
    waits = [each for each in state.live if _waits(each)]
    runs = [each for each in state.live if not _waits(each) and not each.has_only_ended_jobs]
    made = [each for each in state.live if each.has_only_ended_jobs and not _waits(each)]
    made = [*(made[:_MOST] if state.is_first else []), *state.over]
    shown = [
        *_asked(t, state),
        *_section(t, t("Waits for you"), [_waiting(t, each, state) for each in waits[: _MOST + 1]]),
        *_section(t, t("In the making"), [_running(t, each, state) for each in runs[: _MOST + 1]]),
        *_results(t, made, state),
    ]
    shown = [*shown, {"type": "divider"}] if shown else _for_a_newcomer(t)
    shown += forecast.in_small(t, state.budgets, state.zone, state.now)
    unpaid = [] if state.is_paid else [section(_unpaid(t, is_admins=state.is_admins))]
    objects = objection.in_home(t) if state.objects else []
    first = [*paused.in_home(t, state.pauses), *unpaid, *objects]
    foot = _foot(t, state, with_usage=bool(runs or made) and not state.is_admins)
    if state.is_admins:
        foot += _for_admins(t, state)
    return {"type": "home", "callback_id": Callback.HOME, "blocks": [*first, *shown, *foot]}


def help_view(t: Words, about: About) -> Block:
    """What the app does and the ways to ask, in a modal of its own; there one's data is deleted, too."""
    return {
        "type": "modal",
        "title": blocks.plain(t("How it works"), 24),
        "close": blocks.plain(t("Close"), 24),
        "blocks": [*help_message(t, about).blocks, blocks.actions([forget_button(t)])],
    }


def _as_member(t: Words) -> list[Block]:
    """Above each page that an admin sees as a member: what it is, and the way back."""
    told = t(
        "*You see your Home as a member sees theirs:* without what is for admins. You still are an admin, "
        "and what you press here counts."
    )
    back = button(t("View as admin"), Action.HOME_AS_ADMIN, "admin")
    return [section(told) | {"accessory": back}]


def _waits(state: OrderState) -> bool:
    return state.status in _WAIT or any(job.status in _WAIT for job in state.jobs)


def _for_a_newcomer(t: Words) -> list[Block]:
    """What this is, and one example; the button that opens the form stands right below."""
    return [
        blocks.header(t("Make a video say something else")),
        section(t("You give me a video, and either audio or words with a voice. I make the lips fit.")),
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
    opened = [
        button(t("Settings"), Action.SETTINGS, "settings"),
        button(t("Budgets"), Action.SETTINGS_PAGE, Page.BUDGETS),
        button(t("Ledger"), Action.LEDGER, "ledger"),
        button(t("Team's usage"), Action.HOME_USAGE, "usage"),
        button(t("Audit log"), Action.HOME_AUDIT, "audit"),
        button(t("View as member"), Action.HOME_AS_MEMBER, "member"),
    ]
    return [
        blocks.header(t("For admins")),
        section(_who_pays(t, is_paid=state.is_paid)),
        blocks.actions([connect, *opened, *paused.switch(t, state.pauses)]),
    ]


def _who_pays(t: Words, *, is_paid: bool) -> str:
    if is_paid:
        return t(
            "A sync.so account is connected. Here you see and change which one pays, who may use me, where, "
            "and how videos are made."
        )
    return t("Say whose sync.so account pays, who may use me, where, and how videos are made.")


def _section(t: Words, title: str, entries: Sequence[Sequence[Block]]) -> list[Block]:
    if not entries:
        return []
    shown = [blocks.header(title), *(block for entry in entries[:_MOST] for block in entry)]
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


def _waiting(t: Words, each: OrderState, home: HomeState) -> list[Block]:
    return home_orders.waiting(
        t,
        each,
        link=home.link_to(each),
        ask_again_from_usd=home.ask_again_from_usd,
        needs_approval=each.order.id in home.need_approval,
    )


def _running(t: Words, each: OrderState, home: HomeState) -> list[Block]:
    ready = home_orders.ready(t, each, home.over, home.now)
    return home_orders.running(t, each, link=home.link_to(each), ready=ready)


def _results(t: Words, made: Sequence[OrderState], home: HomeState) -> list[Block]:
    if not made and home.is_first:
        return []
    entries = [block for each in made for block in home_orders.result(t, each, link=home.link_to(each))]
    title = t("Your last videos") if home.is_first else t("Older videos of yours")
    pages = []
    if not home.is_first:
        pages.append(button(t("Show the newest"), Action.HOME_NEWEST, "newest"))
    if home.older is not None:
        pages.append(button(t("Show older ones"), Action.HOME_OLDER, home.older))
    none = [] if entries else [context(t("There are no older ones."))]
    return [blocks.header(title), *entries, *none, *([blocks.actions(pages)] if pages else [])]


def _foot(t: Words, state: HomeState, *, with_usage: bool) -> list[Block]:
    style: Style | None = "primary" if state.is_paid else None  # else connecting comes first
    start = button(t("Create a lip-sync"), Action.HOME_START, "start", style=style)
    how = button(t("How it works"), Action.HOME_HELP, "help")
    spent = [button(t("Usage"), Action.HOME_USAGE, "usage")] if with_usage else []
    allowed = allowances_button(t, state.allowances)
    return [
        blocks.actions([start, *spent, *allowed, how]),
        context(t("As of {moment}", moment=date(t, state.now))),
    ]
