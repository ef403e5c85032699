"""Phases: how far a finished video is on its way into a thread, and what comes next. One table; pure.

Completing an upload works once, however often it is asked: a call that Slack is still busy with, or that a
holder with an old lease has yet to make, cannot share it a second time. Another upload could. So there is
never a second one while the first may still come to stand in the thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage.jobs import Phase

GIVEN_TIME_S = 6 * 3600.0
"""Seconds from the submission. After these a link that sync.so does not tell is waited for no more, and an
upload that Slack never shares is not begun anew."""
SHARE_PATIENCE_TRIES = 7
"""Slack shows a share seconds after it took it; after two minutes of growing waits it will not come."""
APPEAR_PATIENCE_TRIES = 3
"""A completed file may be unknown to Slack for a moment; one that stays unknown is completed once more."""


class Answer(StrEnum):
    """What Slack says of an upload."""

    SHARED = "shared"
    """Its record: it stands where it was to be."""
    KNOWN = "known"
    """Its record: it was completed, and stands there not, or not yet."""
    UNKNOWN = "unknown"
    """Its record: no such file; it was never completed, is about to appear, or is gone."""
    UNSEEN = "unseen"
    """The app may share files, and not look at them."""
    SILENT = "silent"
    """Slack is in trouble: that is no look, and says nothing of what was shared."""
    TAKEN = "taken"
    """To the call that completes it: ok. That is no share yet, and sometimes never becomes one."""
    DROPPED = "dropped"
    """To that call: there is no such upload; it was completed before, or Slack has dropped it."""


class Next(StrEnum):
    """What comes next."""

    UPLOAD = "upload"
    """Bring the bytes to Slack."""
    COMPLETE = "complete"
    """Have Slack share the upload."""
    COMPLETE_UNSEEN = "complete unseen"
    """As above; whatever the answer is, it is shared by then."""
    LOOK_SOON = "look soon"
    """Slack has just taken it: look a moment later."""
    LOOK = "look"
    """Look again, later and later."""
    LISTEN = "listen"
    """Look again when Slack may have found its voice; that was no try."""
    ANEW = "anew"
    """Delete this upload and begin another."""
    DONE = "done"
    """The video stands in the thread."""
    NEVER_SHARED = "never shared"
    """It ends with a link instead."""
    TROUBLE = "trouble"
    """That was a failed try: the table of troubles says what becomes of it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What comes next in one case."""

    then: Next
    first: Next | None = None
    """For so many tries before that."""
    tries: int = 0
    when_old: Next | None = None
    """In its place where the time is over, so that no patience begins again; None: the same."""


_NOT_SHOWN = Cell(Next.ANEW, Next.LOOK, SHARE_PATIENCE_TRIES, when_old=Next.NEVER_SHARED)
_UNSEEN, _SILENT = Cell(Next.COMPLETE_UNSEEN), Cell(Next.LISTEN, when_old=Next.TROUBLE)

TABLE: Mapping[tuple[Phase, Answer | None], Cell] = {
    # Nothing of it is at Slack that could be shared, and nothing is asked.
    (Phase.UPLOADING, None): Cell(Next.UPLOAD),
    # The bytes are there under an id that is stored; perhaps a share was asked for by who died since.
    (Phase.UPLOADED, Answer.SHARED): Cell(Next.DONE),
    (Phase.UPLOADED, Answer.KNOWN): _NOT_SHOWN,
    (Phase.UPLOADED, Answer.UNKNOWN): Cell(Next.COMPLETE),
    (Phase.UPLOADED, Answer.UNSEEN): _UNSEEN,
    (Phase.UPLOADED, Answer.SILENT): _SILENT,
    (Phase.UPLOADED, Answer.TAKEN): Cell(Next.LOOK_SOON),
    (Phase.UPLOADED, Answer.DROPPED): _NOT_SHOWN,
    # Slack has said that it shares it.
    (Phase.SHARING, Answer.SHARED): Cell(Next.DONE),
    (Phase.SHARING, Answer.KNOWN): _NOT_SHOWN,
    (Phase.SHARING, Answer.UNKNOWN): Cell(
        Next.COMPLETE, Next.LOOK, APPEAR_PATIENCE_TRIES, when_old=Next.NEVER_SHARED
    ),
    (Phase.SHARING, Answer.UNSEEN): _UNSEEN,
    (Phase.SHARING, Answer.SILENT): _SILENT,
    (Phase.SHARING, Answer.TAKEN): Cell(Next.LOOK),
    (Phase.SHARING, Answer.DROPPED): _NOT_SHOWN,
}
"""What an answer leads to, by the phase in which it comes."""


def next_of(phase: Phase, answer: Answer | None, *, attempts: int, is_old: bool) -> Next:
    """What comes next.

    Args:
        phase: how far the video is.
        answer: what Slack said; None: nothing was asked.
        attempts: failed tries since the upload.
        is_old: whether its time is over.

    Raises:
        KeyError: that is no answer in this phase.
    """
    cell = TABLE[phase, answer]
    if cell.first is not None and attempts < cell.tries:
        return cell.first
    return cell.when_old if is_old and cell.when_old is not None else cell.then
