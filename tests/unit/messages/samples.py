"""One or more values for whatever a builder of texts may be handed.

What people call things is made of the letter Q alone, so that it is told from words of the code.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import chain, product
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from bot.asking.command_line import BadCommand, Why
from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.asking.links import LinkProblem
from bot.asking.list_filters import OUR_WORDS, SYNC_WORDS
from bot.asking.plan import Take, plan
from bot.messages import differences, notices
from bot.messages.about import About
from bot.messages.audit_page import DEEDS
from bot.messages.blocks import Choice, Message, section
from bot.messages.consent import ConsentState, Person
from bot.messages.differences import LedgerState
from bot.messages.failure_words import WORDS
from bot.messages.failures import Circumstances
from bot.messages.form import FormState
from bot.messages.form_options import Options
from bot.messages.home import HomeState
from bot.messages.ids import Source
from bot.messages.objection import OBJECTED
from bot.messages.pages import REFUSALS
from bot.messages.part_lines import PartLine
from bot.messages.places import Unreadable
from bot.messages.repriced import ACCOUNT_CHANGED, LINK_CHANGED, OFFERED_ANEW, PRICE_CHANGED
from bot.messages.rule_words import RULE_WORDS
from bot.messages.settings import SettingsState
from bot.messages.undelivered import DELIVERY
from bot.messages.words import MODELS, SYNC_MODES
from bot.probe.facts import Facts
from bot.teams.allowances import Allowable, Kind
from bot.teams.approval import Approval
from bot.teams.rights import Rule, RuledOut
from bot.teams.rules import Notice, Rules, Who
from bot.teams.weeks import Week
from storage.allowances import Allowance
from storage.audit import OPERATOR, Action
from storage.audit_lately import Done
from storage.cards import OrderState
from storage.consents import MOST_SHOWN, Consent, Ground, Shown
from storage.departures import Waits
from storage.differences import Difference
from storage.gates import DECLINED, Gate, GateKind, GateState
from storage.jobs import Job, JobStatus, Money
from storage.limits import Shortfall, Standing
from storage.listings import Night
from storage.money import DifferenceKind, Entry
from storage.orders import Conversation, Forgotten, Guessed, Order, OrderStatus, Part
from storage.pauses import Pause
from storage.removals import APP_REMOVED
from storage.reports import Line, Report, Sums
from storage.waiting import WAITS
from tests.unit.messages.builders import EVERY_STATUS, WITH_JOBS, a_job, a_state, several
from tests.unit.messages.test_on_the_way import moving

HANDED_IN = {
    *("Q" * number for number in range(1, 100)),
    *("q", "qq"),  # in addresses
    "mp",  # of MP4, in names of files
    *chain.from_iterable(name.replace(".", "-").split("-") for name in MODELS),
    *OUR_WORDS,
    *SYNC_WORDS,
    "US",  # of the dollar
    *("joined", DECLINED, OBJECTED),  # codes
    "UTC",
    "Europe",  # of a time zone's name
    "Berlin",
}
"""Words that a text shows as they were handed in."""

VIDEO = SlackFile(file_id="F1", name="QQ", mimetype="video/mp4", size=41_000_000)
AUDIO = SlackFile(file_id="F2", name="QQQ", mimetype="audio/mpeg", size=340)
SCRIPT = Script(text="Q QQ", voice_id="v", voice_name="QQ", stability=0.2, similarity=0.7)
LINK = Link(url="https://qq/QQ.mp4")
FORGOTTEN = Link(host="QQ")
WHOLE = Draft(video=VIDEO, speech=SCRIPT, name="QQ", project="QQ")
SEVERAL = Draft(
    video=VIDEO, more_videos=(LINK,), speech=SCRIPT, more_scripts=(Script(text="QQQ", voice_id=None),)
)
DRAFTS = (
    Draft(),
    WHOLE,
    Draft(video=VIDEO),
    Draft(speech=AUDIO),
    Draft(speech=SCRIPT),
    Draft(speech=Script(text="Q", voice_id=None)),
    Draft(choices=(SCRIPT, AUDIO)),
    Draft(video=VIDEO, choices=(SCRIPT, AUDIO)),
    Draft(video=VIDEO, more_videos=(LINK,)),
    Draft(video=VIDEO, more_videos=(LINK,), choices=(SCRIPT, AUDIO)),
    Draft(video=FORGOTTEN, speech=FORGOTTEN),
    Draft(video=LINK, speech=AUDIO),
    Draft(video=VIDEO, speech=Script(text="QQ", voice_id=None)),
    SEVERAL,
    Draft(video=VIDEO, more_videos=(LINK,), speech=AUDIO),
    Draft(video=VIDEO, speech=SCRIPT, more_scripts=(SCRIPT,)),
    *(Draft(video=VIDEO, speech=AUDIO, sync_mode=mode) for mode in SYNC_MODES),
    *(Draft(video=VIDEO, speech=AUDIO, model=model) for model in MODELS),
)


def prepared_of(video_s: float | None, speech_s: float | None, **facts: Any) -> Prepared:
    read = Facts(container="mov", **facts) if facts else None
    return Prepared(
        video=PreparedInput(duration_s=video_s, facts=read), audio=PreparedInput(duration_s=speech_s)
    )


PREPARED = (
    Prepared(),
    prepared_of(None, None),
    prepared_of(10, None),
    prepared_of(10, 10.5),
    prepared_of(10, 20),
    prepared_of(20, 10),
    prepared_of(20, None, fps=25, duration_s=20),
    prepared_of(100_000, None, fps=25, duration_s=100_000, width=4_096, height=2_160),
    prepared_of(0.05, 0.05, frames=1, width=8_000, height=8_000, duration_s=0.05),
    Prepared(video=PreparedInput(is_coming=True)),
)
_ABOUT = (
    Prepared(about_usd=(Decimal("0.2"), Decimal("0.2"))),
    Prepared(about_usd=(Decimal("0.2"), Decimal(1))),
)
PARTS = (
    Part(usd=None, length_s=None),
    Part(usd=None, most_usd=Decimal("19.224"), length_s=None),
    Part(usd=Decimal("0.001"), length_s=100_000, guessed=Guessed.PRICE),
    Part(usd=Decimal("1.284"), length_s=9.6, guessed=Guessed.LENGTH),
    Part(usd=Decimal("1.284"), length_s=9.6),
    Part(usd=Decimal("1.284"), length_s=30, guessed=Guessed.LENGTH),
)
CODES = (None, "Q", *WORDS, *RULE_WORDS, *DELIVERY)
_JOBS: tuple[dict[str, Any], ...] = (
    {},
    {"slow": True, "submitted_at": 1_000.0, "ended_at": 1_100.0, "card_place": 1},
    {"generation_id": "g", "generation_status": "PENDING", "card_place": 3},
    {"generation_id": "g", "generation_status": "PROCESSING", "cost_usd": Decimal(0)},
    {"generation_id": "g", "generation_status": "COMPLETED", "cost_usd": Decimal("0.43")},
    {"generation_status": "FAILED", "estimate_usd": None, "cost_usd": Decimal("0.43")},
    {"estimate_usd": Decimal("0.30"), "cost_usd": Decimal("0.43"), "billed_frames": 250},
    {"estimate_usd": Decimal("0.60"), "cost_usd": Decimal("0.43"), "billed_frames": 250},
    {"estimate_usd": Decimal("0.60"), "cost_usd": Decimal("0.43")},
    {"estimate_usd": Decimal("0.30"), "cost_usd": Decimal("0.43")},
    {"generation_status": "REJECTED"},
    {"generation_status": "Q", "failure_code": "sync_unavailable"},
    {"failure_code": "outcome_unknown", "failure_detail": "QQ"},
    {"failure_code": PRICE_CHANGED},
    {"failure_code": PRICE_CHANGED, "failure_detail": LINK_CHANGED},
    {"failure_code": PRICE_CHANGED, "repriced_usd": Decimal(2)},
    {"failure_code": ACCOUNT_CHANGED},
    {"failure_code": OBJECTED},
)
_ORDERS: tuple[dict[str, Any], ...] = (
    {},
    {"slow": True, "offer_id": None, "card_moved": True},
    {"estimate_usd": None, "most_usd": Decimal(9), "confirmed_at": 1.0, "accepted_usd": Decimal(1)},
    {"guessed": Guessed.PRICE, "accepted_usd": Decimal(1), "length_s": None},
    {"guessed": None, "accepted_usd": Decimal(2)},
)


def _states() -> Iterable[OrderState]:
    for status in EVERY_STATUS:
        for columns in _ORDERS if isinstance(status, OrderStatus) else _JOBS:
            if status is JobStatus.CANCELLED or columns.get("failure_code") not in {*OFFERED_ANEW, OBJECTED}:
                offered = {"offer_id": "e5"} if status is OrderStatus.OFFERED else {}
                yield a_state(status, WHOLE, **columns | offered)
    for why in ("joined", ACCOUNT_CHANGED, OBJECTED):
        yield a_state(OrderStatus.CANCELLED, WHOLE, failure_code=why)
    yield a_state(OrderStatus.FAILED, WHOLE, failure_code=APP_REMOVED)
    for forgotten in Forgotten:
        yield a_state(JobStatus.DELIVERED, WHOLE, forgotten=forgotten)
    ends = (OrderStatus.PREPARING, OrderStatus.EXPIRED)
    for status, why, admins in product(ends, sorted(WAITS), (None, "QQ QQQ")):
        yield a_state(status, WHOLE, failure_code=why, failure_detail=admins)
    for prepared in (*_ABOUT, Prepared(offered_usd=Decimal("0.2"))):
        for status in (OrderStatus.PREPARING, OrderStatus.OFFERED):
            yield a_state(status, WHOLE, prepared=prepared.model_dump_json())
    for code, stage in product(CODES, (None, "COMPLETED")):
        yield _failed(code, stage)
    yield from _waiting()
    yield from _of_drafts()
    yield from _elsewhere()
    yield from _of_several()


def _gated(**changes: Any) -> Gate:
    usual: dict[str, Any] = {
        "id": "G1",
        "order_id": "J7f3a9",
        "owner_id": "T1",
        "enterprise_id": None,
        "team_id": "T1",
        "offer_id": "e5",
        "kind": GateKind.APPROVAL,
        "needed": 1,
        "approvers": ("Q", "QQ"),
        "opened_at": 1_000.0,
        "ends_at": 300_000.0,
    }
    return Gate(**usual | changes)


GATES = (
    *(_gated(state=state, kind=kind) for state in GateState for kind in GateKind),
    _gated(needed=2, approvers=tuple("Q" * number for number in range(1, 9))),
    _gated(needed=2, approved_by=("QQ",)),
    _gated(approvers=()),
    _gated(unreached=("Q",)),
    _gated(needed=2, approvers=("Q", "QQ", "QQQ"), approved_by=("QQ",), unreached=("Q", "QQQ")),
    _gated(approvers=("Q", "QQ"), unreached=("QQ",)),
    _gated(needed=3, approved_by=("Q",), approvers=("Q", "QQ", "QQQ")),
    _gated(needed=2, approved_by=("Q", "QQ"), state=GateState.APPROVED, closed_at=2.0),
    _gated(needed=2, approved_by=("QQ",), by_allowance=("QQ",)),
    _gated(state=GateState.DECLINED, closed_by="Q", reason="QQ", closed_at=2.0),
)
ALLOWABLE = tuple(Allowable(Kind("C1", "Q"), Decimal(4), is_given) for is_given in (True, False))
ALLOWANCES = tuple(
    Allowance(
        id=f"A{at}",
        owner_id="T1",
        enterprise_id=None,
        team_id="T1",
        user_id="Q",
        channel_id="C1",
        model=model,
        most_usd=Decimal("4.2"),
        at=1_000.0,
    )
    for at, model in enumerate(("sync-3", "QQ") * 25)
)


def _waiting() -> Iterable[OrderState]:
    for gate in GATES:
        waits = a_state(OrderStatus.AWAITING_APPROVAL, WHOLE, confirmed_at=1.0)
        yield replace(waits, gate=gate)
    for closed in (None, GATES[-1], _gated(state=GateState.DECLINED, closed_by="Q")):
        yield replace(a_state(OrderStatus.CANCELLED, WHOLE, failure_code=DECLINED), gate=closed)
    yield a_state(OrderStatus.OFFERED, WHOLE, conversation=Conversation.DIRECT_MESSAGE, channel_id="D1")


def _of_drafts() -> Iterable[OrderState]:
    for draft in DRAFTS:
        for status in (OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED, OrderStatus.FAILED):
            yield a_state(status, draft, channel_id="D1")
        yield a_state(OrderStatus.DRAFT, draft)
        yield a_state(OrderStatus.DRAFT, draft, conversation=Conversation.DIRECT_MESSAGE)
    for prepared, draft in product(PREPARED, DRAFTS[-11:]):
        yield a_state(OrderStatus.OFFERED, draft, prepared=prepared.model_dump_json())
    for number, sent, took_s in product((1, 2), (1_000_000, 40_000_000), (0.01, 100.0)):
        inputs = (moving(sent, took_s=took_s),) * number
        yield replace(a_state(OrderStatus.PREPARING, WHOLE), inputs=inputs)


def _elsewhere() -> Iterable[OrderState]:
    for conversation, thread_ts, channel in product(Conversation, (None, "1.1"), ("C1", "C2")):
        where: dict[str, Any] = {"thread_ts": thread_ts, "card_moved": True, "card_channel": channel}
        yield a_state(OrderStatus.OFFERED, WHOLE, conversation=conversation, **where)


def _failed(code: str | None, stage: str | None) -> OrderState:
    told = {"failure_code": code, "failure_detail": "QQ"}
    return a_state(JobStatus.FAILED, WHOLE, generation_id="g", generation_status=stage, **told)


def _several(*labels: str, **columns: Any) -> OrderState:
    state = several(labels, **columns)
    draft = Draft.model_validate_json(state.order.draft).model_copy(update={"speech": AUDIO})
    return replace(state, order=replace(state.order, draft=draft.model_dump_json()))


def _of_several() -> Iterable[OrderState]:
    labels = ("QQ", "QQQ", "Q")
    faults = {1: "slack_file_gone", 2: "media_no_sound"}
    for status, usd in product(OrderStatus, (None, Decimal("0.42"))):
        if status not in WITH_JOBS:
            yield _several(*labels, status=status, usd=usd)
            yield _several(*labels, status=status, usd=usd, problems=faults, slow=True)
    offered = _several(*labels)
    guessed = tuple(replace(part, guessed=Guessed.PRICE) for part in offered.order.parts)
    yield replace(offered, order=replace(offered.order, parts=guessed))
    unpriced = (replace(guessed[0], usd=None), *guessed[1:])
    yield replace(offered, order=replace(offered.order, parts=unpriced, offer_usd=None))
    here, moving = a_job(JobStatus.DELIVERED, cost_usd=Decimal(1)), a_job(JobStatus.PROCESSING)
    yield _several(*labels, usd=None, jobs={0: here, 1: moving})
    yield _several(*labels, usd=None, jobs={0: a_job(JobStatus.QUEUED), 1: moving})
    for status, columns in product(JobStatus, _JOBS):
        if status is JobStatus.CANCELLED or columns.get("failure_code") not in {*OFFERED_ANEW, OBJECTED}:
            kept = {name: value for name, value in columns.items() if name not in _OF_ONE}
            job, place = a_job(status, **kept), columns.get("card_place")
            yield _several(*labels, jobs={0: job, 1: a_job(JobStatus.DELIVERED), 2: job}, card_place=place)
            yield _several(*labels, jobs={0: job, 1: job, 2: job}, card_place=place)
            yield _several(*labels, jobs={0: moving, 1: job}, problems={2: "slack_file_gone"})


_OF_ONE = {"card_place", "estimate_usd"}


PAUSES = (Pause("T1", "Q", 1_000.0, "QQ"), Pause("", OPERATOR, 1_790_000_000.0, None))


def _paused() -> Iterable[OrderState]:
    one, many = a_state(JobStatus.QUEUED, WHOLE), _several("QQ", "Q", jobs={0: a_job(JobStatus.QUEUED)})
    for state, pause in product((one, many, a_state(OrderStatus.CONFIRMED, WHOLE)), PAUSES):
        yield replace(state, paused=pause)


_SHOWN = (
    Shown(Ground.OWN, "Q"),
    Shown(Ground.COLLEAGUE, "QQ"),
    Shown(Ground.RELEASE, name="Q" * 40),
    Shown(Ground.NOT_REAL),
)
CONSENTS = (
    *(Consent(each, "Q", 1_000.0) for each in _SHOWN),
    Consent(Shown(Ground.COLLEAGUE, "QQQ"), "Q", 1_000.0, objects=True),
)


def _consenting() -> Iterable[OrderState]:
    for status, said in product((OrderStatus.OFFERED, OrderStatus.AWAITING_APPROVAL), ((), CONSENTS)):
        yield replace(a_state(status, WHOLE), consents=said)
    yield replace(a_state(JobStatus.DELIVERED, WHOLE), consents=CONSENTS[:1])


STATES = (*_states(), *_paused(), *_consenting())
TAKES = [take for draft in DRAFTS for take in plan(draft)]
FORMS = (
    *(FormState("J1", draft) for draft in DRAFTS),
    *(FormState("J1", WHOLE, video_choice=each, speech_choice=each) for each in Source),
    *(FormState("J1", at_home=True, video_choice=each, speech_choice=each) for each in Source),
    FormState("J1", Draft(speech=Script(text="Q" * 9_000, voice_id=None))),
    FormState(
        "J1",
        videos=tuple(
            VIDEO.model_copy(update={"file_id": f"F{at}", "sent_at": at * 90_000.0}) for at in range(4)
        ),
        audios=(AUDIO, AUDIO.model_copy(update={"file_id": "F9"})),
        voices=tuple(Choice(f"v{at}", "QQ") for at in range(150)),
        options=Options(model="Q", name="QQ", project="QQ", stability=0.5, similarity=1.0),
        now=300_000.0,
        notice="QQ",
        unreadable=Unreadable("C1", "UBOT"),
    ),
    FormState("J1", unreadable=Unreadable("D1", "UBOT", can_invite=False)),
    *(FormState("J1", conversation=each, channel_id="C1") for each in Conversation),
)
_WAITS = a_state(OrderStatus.AWAITING_APPROVAL, WHOLE, confirmed_at=1.0)
_BEGUN = [a_state(JobStatus.PROCESSING, WHOLE, submitted_at=1_000.0)]
_MADE = [a_state(JobStatus.DELIVERED, WHOLE, submitted_at=800.0, ended_at=900.0)]
_OVER = [state for state in STATES if state.jobs and state.jobs[0].ended_at]
_LINES = tuple(
    Line(f"2026-{month:02}", f"U{month}", channel, model, Sums(month % 3, month % 2 * 9, month), project)
    for month, channel, (model, project) in product(
        range(1, 12), ("C1", "D1"), (("sync-3", None), ("Q", "QQ"))
    )
)
REPORTS = tuple(
    Report("2026-11", is_teams, lines)
    for is_teams in (True, False)
    for lines in ((), _LINES, [replace(line, month="2026-11") for line in _LINES])
)
DONE = (
    *(Done(1_000.0, each, {}, {"actor": "U1"}) for each in DEEDS),
    Done(1_000.0, "Q", {"usd": "12.5"}, {"actor": OPERATOR, "reason": "QQ", "channel": "C1"}),
    Done(1_000.0, Action.APPROVED, {"usd": "4.2", "allowance": "A1"}, {"actor": "U1"}),
    Done(1_000.0, "Q", {"usd": "Q", "last_four": "QQ"}, {"channel": "D1"}),
    Done(1_000.0, "Q", {"usd": None}, {}, is_removed=True),
)
SCOPES = ("team", "user:U1", "channel:C1", "model:sync-3", "model:Q")
_STANDINGS = tuple(
    Standing(scope, Decimal(50), Decimal(at % 2), Decimal("1.2"), Decimal("0.001"))
    for at, scope in enumerate((*SCOPES, *(f"user:U{at}" for at in range(2, 40))))
)
_USED_FAST = tuple(replace(each, spent_usd=Decimal(40)) for each in _STANDINGS[:2])
HOMES = (
    HomeState(),
    *(
        HomeState(budgets=budgets, is_admins=is_admins, now=1_790_000_000.0)
        for budgets, is_admins in product((_STANDINGS[1:2], _USED_FAST), (True, False))
    ),
    *(HomeState(report=report, budgets=_USED_FAST, now=1_790_000_000.0) for report in REPORTS[:1]),
    *(HomeState(as_member=True, report=report, now=1_000.0) for report in (None, REPORTS[-1])),
    *(HomeState(done=done, now=1_000.0) for done in ((), DONE)),
    *(HomeState(report=report, now=1_000.0) for report in REPORTS),
    *(
        HomeState(allowances=some, shows_allowances=True, is_admins=is_admins, now=1_000.0)
        for some, is_admins in product((ALLOWANCES, ALLOWANCES[:1], ()), (True, False))
    ),
    HomeState(allowances=ALLOWANCES[:2]),
    HomeState(viewer="Q", asked=[(_WAITS, gate) for gate in GATES[:1] * 12]),
    HomeState(
        viewer="Q",
        asked=[(_WAITS, gate) for gate in GATES[:2]],
        lacking={
            gate.id: [Shortfall("team", Decimal(5), Decimal(1), Decimal(4), Decimal(3))] for gate in GATES
        },
    ),
    HomeState(live=STATES, over=STATES[-5:], older="1.0:J1", now=1_000.0),
    *(
        HomeState(live=STATES[at : at + 8], over=_OVER[:5], links={"J7f3a9": "https://q/Q"}, now=1_000.0)
        for at in range(0, len(STATES), 8)
    ),
    *(HomeState(live=_BEGUN, over=_MADE, now=now) for now in (1_050.0, 2_000.0)),
    HomeState(older="1.0:J1", is_first=False, is_admins=True),
    HomeState(objects=True),
    *(HomeState(is_admins=is_admins, is_paid=False) for is_admins in (True, False)),
    *(HomeState(is_admins=True, pauses=pauses) for pauses in (PAUSES[:1], PAUSES[::-1])),
    HomeState(is_admins=True, pauses=[replace(PAUSES[1], scope_id="T1")]),
    HomeState(over=STATES[:5], links={"J7f3a9": "https://q/Q"}, older="1.0:J1", is_first=False),
)
_MANY = tuple("Q" * number for number in range(1, 30))
_STRICT = Rules(
    who=Who.NAMED,
    people=_MANY,
    guests=True,
    outsiders=True,
    blocked_people=_MANY,
    admins=_MANY,
    channels=_MANY,
    models=tuple(MODELS),
    model="lipsync-2",
    voice_id="v1",
    sync_mode="loop",
    blocked_words=_MANY,
    inputs_kept_days=5,
    words_kept_days=5,
    notice=Notice.QUIET,
    digest_channel="C1",
    approval_from_usd=Decimal(5),
    approvers=("Q", "QQ"),
    approvals_needed=2,
    may_approve_own=True,
    approval_hours=30,
    consent_required=True,
)
_ALONE = Rules(approval_from_usd=Decimal(5), approvers=("Q",))
_OF_THREE = Rules(approval_from_usd=Decimal(5), approvers=_MANY[:20], approvals_needed=2)
_VOICES = tuple(Choice(f"v{at}", "QQ") for at in range(150))
SETTINGS = (
    SettingsState(budgets=_STANDINGS[:3]),
    SettingsState(budgets=_STANDINGS),
    SettingsState(budgets=_USED_FAST, now=1_790_000_000.0),
    SettingsState(),
    SettingsState(lacks="q"),
    SettingsState(lacks="q", groups_url="https://lipsync.example.com/slack/install?groups"),
    SettingsState(_STRICT, 3, models=("Q", *MODELS), voices=_VOICES),
    SettingsState(_ALONE),
    SettingsState(_OF_THREE),
    SettingsState(Rules(who=Who.GROUP, group="Q1"), 1, groups=[Choice("Q1", "@qq")] * 1),
    SettingsState(
        Rules(
            who=Who.GROUP,
            group="Q1",
            guests=True,
            blocked_words=("Q",),
            inputs_kept_days=1,
            words_kept_days=1,
        )
    ),
)
_PEOPLE = tuple(Person(each.ground, each.user_id, each.name) for each in _SHOWN)
CONSENT_FORMS = tuple(
    ConsentState("J1", "QQ", "v", people, required=required, after_form=after_form)
    for people in ((Person(),), _PEOPLE, (Person(),) * MOST_SHOWN)
    for required in (True, False)
    for after_form in (True, False)
)
DIFFERENCES = tuple(
    Difference(
        generation_id="q",
        kind=kind,
        owner_id="Q",
        account_key="q",
        ours=400_000,
        theirs=theirs,
        found_at=1_790_000_000.0,
        order_id="q",
        position=1,
    )
    for kind in DifferenceKind
    for theirs in (None, 1_230_000)
)
_ENTRY = Entry("q", 1, Money.CHARGE, "", 1.0, "2026-11", "Q", "Q", "U1", "C1", "Q", 0, 1, None)
ENTRIES = (_ENTRY, replace(_ENTRY, channel_id="D1"), replace(_ENTRY, user_id=""))
LEDGERS = (
    LedgerState(),
    LedgerState(
        (DIFFERENCES * 9)[: differences.SHOWN],
        500,
        {("q", 1): _ENTRY},
        [Night("q", 1.0, 3, Decimal("1.5"))] * 7,
    ),
)
_BY_NAME: Mapping[str, Sequence[Any]] = {
    "channel_id": ("C1", "D1"),
    "code": CODES,
    "refusal": ("Q", *REFUSALS),
    "example": (notices.SPEECH_EXAMPLE, notices.LINE_EXAMPLE),
    "month": ("2026-11", "2026-12"),
    "called": ({}, {"U1": "QQ"}),
    "budget": SCOPES,
    "zone": ("QQ",),
    "mode": (None, "Q", *SYNC_MODES),
    "model": ("Q", *MODELS),
    "number": (1, 2, 51, 120),
    "characters": (5_001, 6_000),
    "num_bytes": (1, 18, 340_000, 41_000_000, 1_200_000_000),
    "seconds": (0.0, 48.0, 200.0, 8_000.0, 200_000.0),
    "url": ("https://q/Q", "https://q/" + "Q" * 3_000),
    "word": ("all", "QQ"),
    "link": ("https://qq/QQ",),
    "links": ({}, {"J7f3a9": "https://q/Q"}),
    "states": ([], STATES[:15], STATES[15:30], STATES[-15:]),
    "carried": (None, {"way": "QQ"}),
    "since": (1_000.0, 1_790_000_000.0),
    "now": (1_000.0, 1_790_000_000.0),
}
_BY_TYPE: Mapping[Any, Sequence[Any]] = {
    NoneType: (None,),
    bool: (False, True),
    str: ("QQ",),
    int: (1, 20),
    float: (0.05, 9.6, 100_000.0),
    Decimal: (Decimal("0.001"), Decimal(1_234)),
    Sequence[str]: (["QQ"], ["QQ"] * 40),
    SlackFile: (VIDEO, AUDIO),
    Link: (LINK, FORGOTTEN),
    Script: (SCRIPT, Script(text="Q", voice_id=None)),
    Draft: DRAFTS,
    Prepared: PREPARED,
    Part: PARTS,
    Take: TAKES,
    OrderState: STATES,
    Order: tuple({id(state.order): state.order for state in STATES}.values()),
    Job: tuple(job for state in STATES for job in state.jobs),
    FormState: FORMS,
    HomeState: HOMES,
    SettingsState: SETTINGS,
    LedgerState: LEDGERS,
    Difference: DIFFERENCES,
    Night: LEDGERS[1].nights,
    ConsentState: CONSENT_FORMS,
    Consent: CONSENTS,
    Report: REPORTS,
    Options: (
        Options(model="Q", name="QQ", project="QQ", stability=0.5, similarity=1.0),
        Options(model="sync-3", sync_mode="loop"),
    ),
    Mapping[str, Sums]: tuple({f"q{at}": Sums(at, 1, 1) for at in range(many)} for many in (0, 1, 9)),
    Callable[[str], str]: (lambda _: "QQ",),
    Sequence[Line]: tuple(report.lines for report in REPORTS[:3]),
    Week: (Week(date(2026, 11, 16), "QQ"), Week(date(2026, 12, 28), "QQ")),
    Done: DONE,
    Sums: (Sums(), Sums(1, 0, 1), Sums(20, 1_000_000, 12_345_678)),
    Message: (Message("QQ", [section("QQ")]),),
    Gate: GATES,
    Allowable: ALLOWABLE,
    Allowance: ALLOWANCES,
    Entry: ENTRIES,
    GateState: tuple(GateState),
    Pause: PAUSES,
    About: (
        About(),
        About("QQ", "q@qq.qq"),
        About(None, "https://qq/QQ"),
        About("QQ", "q@qq.qq", "https://qq"),
    ),
    Approval: (
        Approval(Decimal(5), 1, ("Q",)),
        Approval(Decimal(0), 1, ("Q",)),
        Approval(Decimal(5), 1, ("Q", "QQ")),
        Approval(Decimal(5), 2, ("Q", "QQ", "QQQ")),
        Approval(Decimal(5), 1, ()),
    ),
    Rules: (Rules(), _STRICT, _ALONE, _OF_THREE),
    RuledOut: tuple(
        RuledOut(rule, admins, detail)
        for rule in Rule
        for admins in ((), ("Q", "QQ"))
        for detail in (None, "q")
    ),
    Waits: (Waits(0, 0), Waits(1, 0), Waits(1, 1), Waits(20, 12)),
    Standing: (*_STANDINGS[: len(SCOPES)], *_USED_FAST),
    Sequence[Standing]: ((), _STANDINGS[: len(SCOPES)], _USED_FAST),
    Shortfall: tuple(
        Shortfall(scope, Decimal(5), Decimal("0.001"), Decimal(1), Decimal("0.999")) for scope in SCOPES
    ),
    Unreadable: (Unreadable("C1", "UBOT"), Unreadable("D1", "UBOT", can_invite=False)),
    Circumstances: (
        Circumstances(),
        Circumstances("video", VIDEO, at_home=True),
        Circumstances("speech", LINK),
        Circumstances(can_invite=False),
    ),
    BadCommand: tuple(BadCommand(why, "QQ", 5_001) for why in (*Why, *LinkProblem)),
    PartLine: tuple(PartLine("Q" * 30, "QQ", "QQ. QQ.", "QQ.") for _ in range(200)),
    Choice: tuple(Choice(f"v{at}", "QQ") for at in range(150)),
}


_PLAIN = {str, int, float}
"""Types that say nothing of what they hold."""


def samples_of(name: str, hint: Any) -> Sequence[Any]:
    """Values for a parameter. Raises LookupError: nobody has thought of any."""
    if name in _BY_NAME and (hint not in _BY_TYPE or hint in _PLAIN):
        return _BY_NAME[name]
    if hint in _BY_TYPE:
        return _BY_TYPE[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return [value for each in inner for value in samples_of(name, each)]
    if origin is Literal:
        return inner
    if origin in {Sequence, Collection, Iterable, tuple}:
        return [[], list(samples_of("", inner[0]))]
    raise LookupError(f"{name}: {hint}")
