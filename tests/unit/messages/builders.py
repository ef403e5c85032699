"""Jobs, drafts and texts to show."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bot.asking.drafts import Draft, Link, Prepared, PreparedInput, Script, SlackFile
from bot.messages.blocks import Message
from bot.messages.card import card
from storage.jobs import Conversation, Guessed, Job, JobStatus

VIDEO = SlackFile(file_id="F1", name="clip.mp4", mimetype="video/mp4", size=41_000_000)
AUDIO = SlackFile(file_id="F2", name="hello.mp3", mimetype="audio/mpeg", size=340_000)
SCRIPT = Script(text="Hello everybody", voice_id="v-rachel", voice_name="Rachel")
DRAFT = Draft(video=VIDEO, speech=SCRIPT, name="Spring welcome")

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
)


def prepared(video_s: float | None, speech_s: float | None = None) -> str:
    """The column of a job whose inputs sync.so has measured."""
    video = PreparedInput(asset_id="a1", duration_s=video_s)
    audio = PreparedInput(asset_id="a2", duration_s=speech_s)
    return Prepared(video=video, audio=audio).model_dump_json()


_JOB = Job(
    id="J7f3a9",
    request_key="command:1",
    enterprise_id=None,
    team_id="T1",
    user_id="U1",
    channel_id="C1",
    thread_ts=None,
    conversation=Conversation.CHANNEL,
    status=JobStatus.DRAFT,
    draft=DRAFT.model_dump_json(),
    addresses=None,
    prepared=prepared(12.4),
    length_s=9.6,
    estimate_id="e5",
    estimate_usd=Decimal("1.284"),
    guessed=Guessed.LENGTH,
    expires_at=1_800_000_000.0,
    confirmed_by=None,
    confirmed_at=None,
    idempotency_key=None,
    request_body=None,
    account_key=None,
    generation_id=None,
    generation_status=None,
    submitted_at=None,
    slack_file_id=None,
    failure_code=None,
    failure_detail=None,
    card_channel="C1",
    card_ts="1700000000.000100",
    card_moved=False,
    card_revision=1,
    card_shown=0,
    card_due_at=None,
    card_lease=None,
    card_place=None,
    joined_key=None,
    due_at=None,
    lease_token=None,
    attempts=0,
    slow=False,
    created_at=1_700_000_000.0,
    updated_at=1_700_000_000.0,
    ended_at=None,
    pricing_since=None,
    priced_at=None,
    repriced_usd=None,
    accepted_usd=None,
    cost_usd=None,
)


def a_job(status: JobStatus, draft: Draft = DRAFT, **changes: Any) -> Job:
    """A job in a status; `changes` are columns."""
    return replace(_JOB, status=status, draft=draft.model_dump_json(), **changes)


def a_card(job: Job, *, ask_again_from_usd: Decimal = Decimal(10)) -> Message:
    """The card of a job."""
    return card(job, bot_user_id="UBOT", ask_again_from_usd=ask_again_from_usd)


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
    return {button["text"]["text"]: button for row in rows for button in row}
