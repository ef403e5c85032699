"""Jobs, drafts and texts to show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bot.asking.drafts import PROJECT_LIMIT, Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.messages.blocks import Message
from bot.messages.card import card
from bot.messages.catalogue import ENGLISH
from storage.cards import Card, CardKind, OrderState
from storage.jobs import Job, JobStatus, Phase, job_id
from storage.orders import Conversation, Guessed, Order, OrderStatus, Part, sum_of

VIDEO = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=41_000_000)
AUDIO = SlackFile(file_id="F2", name="hello.mp3", mimetype="audio/mpeg", size=340_000)
SCRIPT = Script(text="Hello everybody", voice_id="v-rachel", voice_name="Rachel")
DRAFT = Draft(video=VIDEO, speech=SCRIPT, model="sync-3", name="Spring welcome")

HOSTILE = "<!channel> <@U999> <https://evil.example|safe> &lt;!here&gt; @channel *b* `c`"
"""What a file or a script may be called by somebody who wants to call the whole channel."""

# Surrogates cannot reach us: Slack's JSON is decoded and stored as UTF-8.
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
wild_text = st.one_of(
    any_text,
    st.sampled_from(
        ["", " ", "\u202e", HOSTILE, "&" * 300, "<" * 300, "😀" * 300, "لا" * 200, "字" * 400, "a" * 900]
    ),
)
files = st.builds(
    SlackFile,
    file_id=st.text("ABCDEFGH0123456789", min_size=1, max_size=12),
    name=wild_text,
    mimetype=st.just("video/mp4"),
    size=st.integers(1, 2**30),
)
links = st.builds(Link, url=wild_text.map(lambda text: "https://example.com/" + "".join(text.split())))
scripts = st.builds(
    Script,
    text=st.one_of(wild_text, st.integers(1, 5_000).map(lambda n: "word " * (n // 5) + "w" * (n % 5 + 1))),
    voice_id=st.one_of(st.none(), st.just("v1")),
    voice_name=st.one_of(st.none(), wild_text),
    stability=st.one_of(st.none(), st.floats(0, 1)),
    similarity=st.one_of(st.none(), st.floats(0, 1)),
)
drafts = st.builds(
    Draft,
    video=st.one_of(st.none(), files, links),
    speech=st.one_of(st.none(), files, links, scripts),
    model=st.one_of(st.just("sync-3"), wild_text),
    sync_mode=st.one_of(st.none(), st.sampled_from(["bounce", "loop", "remap"]), wild_text),
    name=st.one_of(st.none(), wild_text),
    project=st.one_of(st.none(), wild_text.map(lambda text: text[:PROJECT_LIMIT])),
)


def prepared(video_s: float | None, speech_s: float | None = None) -> str:
    """The column of a job whose inputs sync.so has measured."""
    video = PreparedInput(asset_id="a1", duration_s=video_s)
    audio = PreparedInput(asset_id="a2", duration_s=speech_s)
    return Prepared(video=video, audio=audio).model_dump_json()


_ORDER = Order(
    id="J7f3a9",
    request_key="command:1",
    joined_key=None,
    enterprise_id=None,
    team_id="T1",
    user_id="U1",
    channel_id="C1",
    thread_ts=None,
    conversation=Conversation.CHANNEL,
    status=OrderStatus.DRAFT,
    draft=DRAFT.model_dump_json(),
    addresses=None,
    prepared=prepared(12.4),
    parts=(),
    offer_id="e5",
    offer_usd=None,
    expires_at=1_800_000_000.0,
    confirmed_by=None,
    confirmed_at=None,
    accepted_usd=None,
    failure_code=None,
    failure_detail=None,
    due_at=None,
    lease_token=None,
    attempts=0,
    slow=False,
    created_at=1_700_000_000.0,
    updated_at=1_700_000_000.0,
    ended_at=None,
)
_JOB = Job(
    id="J7f3a9-00",
    order_id="J7f3a9",
    position=0,
    label="",
    enterprise_id=None,
    team_id="T1",
    user_id="U1",
    account_key="account-1",
    status=JobStatus.QUEUED,
    estimate_usd=None,
    idempotency_key="lipsync-J7f3a9-00-e5",
    generation_id=None,
    generation_status=None,
    submitted_at=None,
    phase=Phase.UPLOADING,
    slack_file_id=None,
    failure_code=None,
    failure_detail=None,
    pricing_since=None,
    priced_at=None,
    repriced_usd=None,
    cost_usd=None,
    billed_frames=None,
    due_at=None,
    lease_token=None,
    attempts=0,
    slow=False,
    created_at=1_700_000_000.0,
    updated_at=1_700_000_000.0,
    ended_at=None,
)
_CARD = Card(
    id="J7f3a9",
    enterprise_id=None,
    team_id="T1",
    kind=CardKind.ORDER,
    order_id="J7f3a9",
    user_id="U1",
    channel="C1",
    ts="1700000000.000100",
    moved=False,
    revision=1,
    shown=0,
    place=None,
    due_at=None,
    lease_token=None,
    quiet_until=None,
    updated_at=1_700_000_000.0,
)


WITH_JOBS = frozenset({OrderStatus.RUNNING, OrderStatus.ENDED})
"""Where an order's jobs speak for it."""
EVERY_STATUS = (*(status for status in OrderStatus if status not in WITH_JOBS), *JobStatus)


def a_state(status: OrderStatus | JobStatus, draft: Draft = DRAFT, **changes: Any) -> OrderState:
    """An order of one video that stands in a status; `changes` are columns, those of its card `card_…`."""
    of_part: dict[str, Any] = {"usd": changes.pop("estimate_usd", Decimal("1.284"))}
    of_part |= {name: changes.pop(name, usual) for name, usual in _OFFERED.items()}
    part = Part(**of_part)
    card = {
        name.removeprefix("card_"): changes.pop(name) for name in list(changes) if name.startswith("card_")
    }
    of_order = {name: changes.pop(name) for name in changes.keys() - _NAMES_OF_JOBS}
    order = replace(_ORDER, draft=draft.model_dump_json(), parts=(part,), offer_usd=part.usd, **of_order)
    if isinstance(status, OrderStatus):
        # What only a job can tell is left out.
        order = replace(order, status=status, **{n: changes[n] for n in changes.keys() & _NAMES_OF_ORDERS})
        return OrderState(order, replace(_CARD, **card), ())
    order = replace(order, status=OrderStatus.RUNNING)
    job = replace(_JOB, status=status, user_id=order.user_id, estimate_usd=part.usd, **changes)
    return OrderState(order, replace(_CARD, **card), (job,))


def several(
    labels: Sequence[str],
    status: OrderStatus = OrderStatus.OFFERED,
    *,
    jobs: Mapping[int, Job] | None = None,
    usd: Decimal | None = Decimal("0.42"),
    problems: Mapping[int, str] | None = None,
    **columns: Any,
) -> OrderState:
    """An order of a video for each label; `problems` by place, and after the yes its jobs by theirs.

    Jobs get their label, place and id here.
    """
    faults = problems or {}
    videos = [VIDEO.model_copy(update={"file_id": f"F{at}", "name": name}) for at, name in enumerate(labels)]
    draft = Draft(video=videos[0], more_videos=tuple(videos[1:]), speech=AUDIO)
    parts = tuple(
        Part(label=label, usd=None if at in faults else usd, length_s=9.6, problem=faults.get(at))
        for at, label in enumerate(labels)
    )
    state = a_state(status, draft, **columns)
    order = replace(state.order, parts=parts, offer_usd=sum_of(parts))
    if jobs is None:
        return replace(state, order=order)
    born = tuple(
        replace(job, id=job_id(order.id, at), position=at, label=labels[at]) for at, job in jobs.items()
    )
    return replace(state, order=replace(order, status=OrderStatus.RUNNING), jobs=born)


def a_job(status: JobStatus, **changes: Any) -> Job:
    """A job in a status; `changes` are columns."""
    return replace(_JOB, status=status, **changes)


def an_order(status: OrderStatus, draft: Draft = DRAFT, **changes: Any) -> Order:
    """An order of one video in a status; `changes` are columns."""
    return a_state(status, draft, **changes).order


_OFFERED: dict[str, Any] = {"length_s": 9.6, "guessed": Guessed.LENGTH, "most_usd": None}
_NAMES_OF_ORDERS = {field.name for field in fields(Order)}
_NAMES_OF_JOBS = {field.name for field in fields(Job)} - {"created_at", "user_id", "team_id"}


def a_card(state: OrderState, *, ask_again_from_usd: Decimal = Decimal(10)) -> Message:
    """The card of an order."""
    return card(ENGLISH, state, bot_user_id="UBOT", ask_again_from_usd=ask_again_from_usd)


def shown_text(value: Any) -> str:
    """All mrkdwn of a message or a view, as one text."""
    if isinstance(value, dict):
        own = value["text"] if value.get("type") == "mrkdwn" else ""
        return own + "\n" + "\n".join(shown_text(inner) for inner in value.values())
    return "\n".join(shown_text(inner) for inner in value) if isinstance(value, list) else ""


def markup(text: str) -> set[str]:
    """Everything that Slack would read as a mention, a call, a link or a date."""
    return set(re.findall(r"<[^>]*>", text))


def buttons(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The buttons of a message, by label."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return {each["text"]["text"]: each for row in rows for each in row if each["type"] == "button"}
