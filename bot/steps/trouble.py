"""Trouble: what becomes of an order or a job whose step meets an error. One table; pure.

It is read by the error's class, or its nearest base, and by where the order or job stands.
`bot.steps.guarded` does what it says.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot import errors as app
from bot.media import errors as media
from bot.messages.rule_words import code_of
from bot.slack import errors as slack
from bot.steps.tools import wait_for
from bot.sync_api import errors as sync
from bot.teams.rights import RuledOut
from storage import errors as store
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from storage.waiting import KEY_REFUSED, NOT_CONNECTED

MOST_TRIES = 14
"""Tries of one step before it is given up; with the waits between them about a quarter of an hour."""
GIVEN_TIME_S = 12 * 3600.0
"""sync.so's jobs take minutes; one of which nothing is known for so long will hardly end by itself."""
MOST_TRIES_TO_BRING = 180
"""About six hours: what was paid for is worth waiting for."""

AWAY_LOOK_S = 600.0
"""Between looks for an app that was removed; whoever installs it again has it looked at once."""


class Stage(StrEnum):
    """Where an order or a job stands, as far as trouble has another meaning there."""

    UNPRICED = "unpriced"
    """An order before its price: nobody has said yes to anything, and no money is held."""
    ASKED = "asked"
    """Nothing was sent to sync.so that costs anything: any other order, or a job in line."""
    SENDING = "sending"
    """It is sent for the first time: what is refused now was never taken."""
    SENT = "sent"
    """It may have been sent before, and be made for money: an error now says nothing of that."""
    MAKING = "making"
    """sync.so has it."""
    BRINGING = "bringing"
    """sync.so made it, and charges for it; the video is not in the thread yet."""
    UNRESOLVED = "unresolved"
    """A person decides."""


_STAGES: Mapping[JobStatus, Stage] = {
    JobStatus.QUEUED: Stage.ASKED,
    JobStatus.SUBMITTING: Stage.SENT,
    JobStatus.PROCESSING: Stage.MAKING,
    JobStatus.DELIVERING: Stage.BRINGING,
    JobStatus.UNRESOLVED: Stage.UNRESOLVED,
}


class Answer(StrEnum):
    """What the table can say."""

    FAIL = "fail"
    """It ends, with the error's words."""
    RETRY = "retry"
    """Its step runs again, later and later; after a quarter of an hour it fails."""
    BRING = "bring"
    """As RETRY, for hours."""
    WAIT = "wait"
    """Its step runs again, however often: it was only asked to wait, which says nothing against it."""
    AWAY = "away"
    """It waits until the app is installed again; `bot.steps.removals` ends what waits for too long."""
    CONNECT = "connect"
    """It waits until somebody connects an account that pays."""
    LINE = "line"
    """Back into its account's line, where it can be cancelled and is priced again."""
    LOOK = "look"
    """Its step looks again, later and later; after half a day a person decides."""
    KEEP = "keep"
    """It stays with the person who decides."""


FAIL, RETRY, BRING, WAIT, AWAY, CONNECT, LINE, LOOK, KEEP = Answer

Words = tuple[str, str | None]
"""A failure's code, and what may be shown beside it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: an answer for each stage, and the words of a failure."""

    asked: Answer
    sending: Answer
    sent: Answer
    bringing: Answer
    words: Callable[[Any], Words]
    at_last: str | None = None
    """The code where it was tried for too long; None: the same words."""
    unpriced: Answer | None = None
    """None: as where it is asked."""

    def at(self, stage: Stage) -> Answer:
        """What becomes of it there. What sync.so has, and what a person decides, no error ends."""
        return {
            Stage.UNPRICED: self.unpriced or self.asked,
            Stage.ASKED: self.asked,
            Stage.SENDING: self.sending,
            Stage.SENT: self.sent,
            Stage.MAKING: LOOK,
            Stage.BRINGING: self.bringing,
            Stage.UNRESOLVED: KEEP,
        }[stage]


def _just(code: str) -> Callable[[Any], Words]:
    return lambda _error: (code, None)


def _own(error: app.JobFailed) -> Words:
    return error.code, error.detail


def _of_sync(error: sync.SyncApiError) -> Words:
    return error.code, error.suggestion or error.message


def _of_media(error: media.MediaError) -> Words:
    return error.code, None


def _of_rule(error: RuledOut) -> Words:
    """Beside the rule, who can change it."""
    return code_of(error.rule), " ".join(error.admins) or None


def _of_upload(error: slack.UploadRefused) -> Words:
    return _UPLOAD_REFUSED.get(error.code, "slack_uploads_disabled"), None


_UPLOAD_REFUSED = {
    "file_upload_size_restricted": "slack_upload_too_large",
    "storage_limit_reached": "slack_storage_full",
}
"""Refusals of an upload that are not about what kind of file it is."""
_INTERNAL, _SYNC_AWAY, _SLACK_AWAY = _just("internal"), _just("sync_unavailable"), _just("slack_unavailable")

_LINES: Sequence[tuple[Row, Sequence[type[Exception]]]] = (
    # asked, sending, sent, bringing; what is being made is looked for, what is unresolved stays so
    (Row(FAIL, FAIL, FAIL, FAIL, _own), (app.JobFailed,)),
    (Row(FAIL, LOOK, LOOK, AWAY, _just("app_removed")), (app.NotInstalled, slack.TokenDead)),
    (Row(FAIL, FAIL, LOOK, BRING, _just(NOT_CONNECTED), unpriced=CONNECT), (app.NotConnected,)),
    (Row(FAIL, FAIL, LOOK, BRING, _just(KEY_REFUSED), "sync_unavailable", CONNECT), (app.KeyRefused,)),
    (Row(RETRY, LINE, LOOK, BRING, _SYNC_AWAY), (app.KeyWorks,)),
    (Row(FAIL, LOOK, LOOK, FAIL, _just("too_many_open")), (app.TooManyOpen,)),
    (Row(FAIL, LOOK, LOOK, FAIL, _of_rule), (RuledOut,)),
    (Row(RETRY, LOOK, LOOK, BRING, _INTERNAL), (Exception, app.BotError, app.BadSettings, app.Malformed)),
    # sync.so: once it is sent, only a refusal of sync.so's own says that there is nothing to pay for. A key
    # that is refused today may be put right while there is still a video to bring.
    (Row(FAIL, FAIL, FAIL, FAIL, _of_sync), (sync.Refused,)),
    (Row(FAIL, LOOK, LOOK, FAIL, _of_sync), (sync.SyncApiError, sync.BadSignature)),
    (Row(FAIL, FAIL, LOOK, FAIL, _of_sync), (sync.Unexplained,)),
    (Row(FAIL, FAIL, LOOK, BRING, _of_sync, "sync_unavailable"), (sync.NotAuthorised, sync.PaymentNeeded)),
    (
        Row(RETRY, LINE, LOOK, BRING, _SYNC_AWAY),
        (sync.RateLimited, sync.ConcurrencyReached, sync.Unreachable),
    ),
    (
        Row(RETRY, LOOK, LOOK, BRING, _SYNC_AWAY),
        (sync.Unavailable, sync.OutcomeUnknown, sync.Unreadable),
    ),
    # Slack: a refusal that no table of ours knows may hold for good, and is not worth hours.
    (Row(WAIT, LOOK, LOOK, WAIT, _SLACK_AWAY), (slack.SlackRateLimited,)),
    (
        Row(RETRY, LOOK, LOOK, BRING, _SLACK_AWAY),
        (slack.SlackError, slack.SlackUnreachable, slack.SlackBusy),
    ),
    (
        Row(RETRY, LOOK, LOOK, RETRY, _SLACK_AWAY),
        (
            slack.SlackRefused,
            slack.ThreadGone,
            slack.CardFixed,
            slack.FileUnreadable,
            slack.FileDeleted,
            slack.NotThere,
            slack.TooLate,
        ),
    ),
    (
        Row(FAIL, LOOK, LOOK, FAIL, lambda error: ("slack_not_allowed", error.code)),
        (slack.NotAllowed, slack.PlaceClosed),
    ),
    (
        Row(FAIL, LOOK, LOOK, FAIL, lambda error: ("slack_scope_missing", error.needed)),
        (slack.ScopeMissing,),
    ),
    (Row(FAIL, LOOK, LOOK, FAIL, _of_upload), (slack.UploadRefused,)),
    (Row(FAIL, LOOK, LOOK, FAIL, lambda error: ("slack_call_broken", error.code)), (slack.CallBroken,)),
    # Media: a file of somebody's will not get better; a paid video's link may, when it is asked for anew.
    (
        Row(FAIL, LOOK, LOOK, BRING, _of_media, media.SourceUnavailable.code),
        (
            media.Unusable,
            media.NotMedia,
            media.IsPage,
            media.Gone,
            media.WrongType,
            media.Empty,
            media.TooLarge,
            media.NoLength,
            media.WrongLength,
            media.NoRanges,
            media.Redirected,
            media.UnsafeAddress,
        ),
    ),
    (
        Row(RETRY, LOOK, LOOK, BRING, _of_media),
        (
            media.MediaError,
            media.Interrupted,
            media.SourceUnavailable,
            media.SourceCut,
            media.SinkUnavailable,
            media.Stalled,
            media.SinkRefused,
        ),
    ),
    # The store: where not even the answer can be stored, the worker waits for it.
    (
        Row(RETRY, LOOK, LOOK, BRING, _INTERNAL),
        (
            store.StorageError,
            store.StorageBusy,
            store.StorageInUse,
            store.StorageUnreachable,
            store.StorageUnreadable,
            store.StorageFull,
            store.StorageCorrupt,
            store.SchemaTooNew,
            store.UnsupportedDatabase,
            store.BadEncryptionKey,
            store.Undecryptable,
            store.Misplaced,
        ),
    ),
)
TABLE: Mapping[type[Exception], Row] = {kind: row for row, kinds in _LINES for kind in kinds}
"""What becomes of an order or job, by the class of the error; a class without a line is as its base."""


@dataclass(frozen=True, slots=True)
class Fail:
    """It ends without a video."""

    code: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class Again:
    """Its step runs again."""

    wait_s: float
    counts: bool
    """Whether this was a failed try."""


class Elsewhere(StrEnum):
    """Its step is not the one to go on with it."""

    ACCOUNT = "account"
    """It waits for an account that pays."""
    LINE = "line"
    """It waits for its turn once more."""
    PERSON = "person"
    """A person decides."""
    NOWHERE = "nowhere"
    """A person decides already."""


Verdict = Fail | Again | Elsewhere


def row_of(error: Exception) -> Row:
    """The line of the table for an error."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def verdict(error: Exception, stage: Stage, *, attempts: int, age_s: float) -> Verdict:
    """What becomes of an order or a job. Pure.

    Args:
        error: what its step met.
        stage: where it stands.
        attempts: failed tries of this step before this one.
        age_s: seconds since it was sent to sync.so.
    """
    row = row_of(error)
    answer = row.at(stage)
    if answer is FAIL:
        return Fail(*row.words(error))
    if attempts + 1 >= _MOST.get(answer, math.inf):
        return Fail(row.at_last or row.words(error)[0], None)
    if answer is LOOK and age_s > GIVEN_TIME_S:
        return Elsewhere.PERSON
    if answer is AWAY:
        return Again(AWAY_LOOK_S, counts=False)
    return _ELSEWHERE.get(answer) or Again(wait_for(error, attempts), counts=answer is not WAIT)


_MOST: Mapping[Answer, int] = {RETRY: MOST_TRIES, BRING: MOST_TRIES_TO_BRING}
_ELSEWHERE: Mapping[Answer, Elsewhere] = {
    CONNECT: Elsewhere.ACCOUNT,
    LINE: Elsewhere.LINE,
    KEEP: Elsewhere.NOWHERE,
}


def stage_of(held: Order | Job) -> Stage:
    """Where it stands by its row; that it is sent for the first time, only who sends it knows."""
    if isinstance(held, Order):
        return Stage.UNPRICED if held.status is OrderStatus.PREPARING else Stage.ASKED
    return _STAGES[held.status]
