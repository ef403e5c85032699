"""Deliver: stream the finished video into the thread, once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.asking.drafts import Draft
from bot.asking.plan import plan
from bot.errors import JobFailed
from bot.media import Expect
from bot.messages import presses
from bot.messages.delivery import comment, file_name, title
from bot.slack import (
    FileUnreadable,
    PlaceClosed,
    ScopeMissing,
    SlackBusy,
    SlackError,
    SlackRateLimited,
    SlackTeam,
    SlackUnreachable,
    ThreadGone,
)
from bot.slack.paces import Edit
from bot.steps.guarded import guarded
from bot.steps.phases import GIVEN_TIME_S, Answer, Next, next_of
from bot.steps.tools import LeaseLost, Tools, backoff_s
from bot.teams.rules import Notice
from storage import card_store, job_store
from storage.cards import Card, OrderState
from storage.jobs import Job, JobFacts, JobStatus, Phase

_log = structlog.get_logger(__name__)

_OUTPUT = Expect(kinds=frozenset({"video"}), max_bytes=5 * 1024**3)
"""sync.so's own ceiling; what Slack takes, Slack says."""
_FIRST_LOOK_S = 1.0
_CARD_PATIENCE_TRIES = 37
"""With the growing waits between them an hour; a card that Slack refuses for so long may never stand."""
_NO_ANSWER_S = 10.0
_WORTH_WAITING_S = 30.0
"""How long an upload waits for its turn to be shared, at a time; well within a lease."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One video on its way: the job, its order with the card under which it is to stand, and Slack there."""

    job: Job
    state: OrderState
    slack: SlackTeam

    @property
    def file_id(self) -> str:
        """The upload that is stored."""
        return self.job.slack_file_id or ""


class Deliver:
    """The step of `delivering`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, jobs: list[Job]) -> None:
        """Deliver each job. The upload's id is stored before it is shared, and asked for before a new try."""
        for job in jobs:
            await guarded(self._tools, job, self._deliver)

    async def _deliver(self, job: Job) -> None:
        state, slack = await self._tools.state_of(job), await self._tools.slack_of(job)
        if not _has_thread(state):
            await self._wait_for_card(job)
            return
        way = _Way(job, state, slack)
        if job.phase is Phase.UPLOADING:
            await self._bring(way)
        else:
            await self._look(way)

    async def _bring(self, way: _Way) -> None:
        url = await self._output_url(way.job)
        if url is None:
            wait_s = backoff_s(way.job.attempts)
            await self._tools.later(way.job, wait_s, why="sync.so has no link to the video yet")
            return
        job = await self._upload(way, url)
        way = replace(way, job=job, state=await self._tools.state_of(job))
        if not _has_thread(way.state):
            await self._tools.later(job, 0.0, count=False)  # its card is on the move; the upload stays good
        else:
            await self._complete(way)

    async def _output_url(self, job: Job) -> str | None:
        """Where the video lies; None: sync.so will hopefully tell a little later, for it was paid for."""
        account = await self._tools.account_of_sent(job)
        url = await account.client.output_link(job.generation_id or "")
        if url is None and self._is_old(job):
            raise JobFailed("output_missing")
        return url

    async def _wait_for_card(self, job: Job) -> None:
        """The card begins the thread, and is being posted."""
        if job.attempts >= _CARD_PATIENCE_TRIES:
            raise JobFailed("slack_unavailable")
        await self._tools.later(job, backoff_s(job.attempts), why="its card does not stand yet")

    async def _upload(self, way: _Way, url: str) -> Job:
        tools, job, slack = self._tools, way.job, way.slack
        async with tools.relay.open(url, expect=_OUTPUT) as source:
            name = file_name(self._tools.words, _draft_of(way.state, job), job)
            upload_url, file_id = await slack.start_upload(filename=name, length=source.length)
            await tools.relay.send(
                source, upload_url, method="POST", on_progress=lambda _sent: tools.renew(job)
            )
        await tools.renew(job)
        # Looks for the share are counted from here: what failed before says nothing about this upload.
        return await tools.save(job, phase=Phase.UPLOADED, slack_file_id=file_id, anew=True)

    async def _look(self, way: _Way) -> None:
        """Go on with an upload, by what Slack tells of it."""
        try:
            await self._go_on(way, await _told_of(way))
        except SlackError as error:
            if not _is_silence(error) or self._next(way, Answer.SILENT) is Next.TROUBLE:
                raise
            await self._tools.later(way.job, _NO_ANSWER_S, count=False, why=error)

    def _next(self, way: _Way, answer: Answer) -> Next:
        job = way.job
        return next_of(job.phase, answer, attempts=job.attempts, is_old=self._is_old(job))

    async def _go_on(self, way: _Way, answer: Answer) -> None:
        """Do what the table of phases says."""
        tools, job = self._tools, way.job
        match self._next(way, answer):
            case Next.DONE:
                await tools.move(job, JobStatus.DELIVERED)
            case Next.COMPLETE:
                await self._complete(way)
            case Next.COMPLETE_UNSEEN:
                if await self._shared(way) is not None:
                    await tools.move(job, JobStatus.DELIVERED)
            case Next.LOOK_SOON:
                await tools.later(job, _FIRST_LOOK_S, count=False, phase=Phase.SHARING)
            case Next.ANEW:
                await self._upload_anew(way)
            case Next.NEVER_SHARED:
                raise JobFailed("slack_never_shared")
            case Next.LOOK:
                await tools.later(job, backoff_s(job.attempts), why="Slack does not show the video yet")

    async def _complete(self, way: _Way) -> None:
        answer = await self._shared(way)
        if answer is not None:
            await self._go_on(way, answer)

    async def _shared(self, way: _Way) -> Answer | None:
        """Have Slack share the upload; None: that place is closed, and the job begins in another.

        Where the state says that the card stands: that may have moved since the job was claimed.
        """
        state = way.state
        try:
            while wait_s := await self._ask_to_share(way):
                await self._wait(way.job, wait_s)
        except FileUnreadable:
            return Answer.DROPPED
        except ThreadGone:
            # The card's own thread begins anew with a new card; somebody else's cannot.
            is_others = state.order.thread_ts is not None
            await self._begin_thread_anew(way, moved=state.has_moved or is_others)
            return None
        except PlaceClosed:
            if state.has_moved:
                raise
            await self._begin_thread_anew(way, moved=True)
            return None
        return Answer.TAKEN

    async def _wait(self, job: Job, wait_s: float) -> None:
        """Stand in line without losing the lease, however long the line is."""
        while wait_s > 0:
            await asyncio.sleep(min(wait_s, _WORTH_WAITING_S))
            await self._tools.renew(job)
            wait_s -= _WORTH_WAITING_S

    async def _ask_to_share(self, way: _Way) -> float:
        """Share the upload, if it is the channel's turn: 0, or the seconds after which to try again."""
        job, (channel, thread_ts) = way.job, way.state.thread
        wait_s = way.slack.turn_to_post(channel, job.id)
        if wait_s > 0:
            return wait_s
        draft = _draft_of(way.state, job)
        rules = (await self._tools.roles.rulebook.of(job)).rules
        await self._tools.make_sure(job)
        try:
            await way.slack.complete_upload(
                way.file_id,
                title=title(self._tools.words, draft, job.label),
                channel=channel,
                thread_ts=thread_ts,
                comment=comment(self._tools.words, job, draft, names=rules.notice is Notice.MENTION),
            )
        except SlackRateLimited as error:
            # It did nothing, and the upload is still good: waiting here costs less than another one.
            if (error.retry_after_s or 1.0) > _WORTH_WAITING_S:
                raise
            return error.retry_after_s or 1.0
        return 0.0

    def _is_old(self, job: Job) -> bool:
        return job.submitted_at is not None and self._tools.clock() - job.submitted_at > GIVEN_TIME_S

    async def _upload_anew(self, way: _Way) -> None:
        _log.warning("upload begins anew")
        await way.slack.delete_file(way.file_id)
        saved = await self._tools.save(way.job, phase=Phase.UPLOADING, slack_file_id=None)
        await self._tools.later(saved, 0.0, count=False)

    async def _begin_thread_anew(self, way: _Way, *, moved: bool) -> None:
        """Bring the video to a new card, in the asker's direct message if `moved`.

        The card has met the same trouble as the video, and may stand there already.
        """
        tools, job, left, now = self._tools, way.job, way.state.card, self._tools.clock()
        anew: JobFacts = {"phase": Phase.UPLOADING, "slack_file_id": None}
        async with tools.database.write() as conn:
            begun = await job_store.save(conn, job, now=now, lease_token=job.lease_token, **anew)
            if begun is None:
                raise LeaseLost(job.id)
            card = await card_store.of_order(conn, job.order_id)
            stays = left is not None and card is not None and card.ts not in {None, left.ts}
            if not stays:
                await card_store.leave(conn, job.order_id, moved=moved, now=now)
        if moved and not stays and left is not None:
            await self._leave_card(way, left)
        await tools.later(begun, 1.0, count=False)

    async def _leave_card(self, way: _Way, left: Card) -> None:
        """Say on the card that is left where the video goes, if it stands and may still be changed."""
        if left.channel is None or left.ts is None:
            return
        job, slack = way.job, way.slack
        words = presses.old_card(self._tools.words, job.user_id)
        try:
            if slack.turn_to_update(job.order_id, Edit.NEWS) == 0:
                await slack.update(left.channel, left.ts, words.text, words.blocks)
        except SlackError as error:
            _log.info("the card that is left was not changed", error=str(error))


def _has_thread(state: OrderState) -> bool:
    """Whether the message stands that begins the thread for the video."""
    return state.thread[1] is not None and not (state.has_moved and not state.is_posted)


def _draft_of(state: OrderState, job: Job) -> Draft:
    return plan(Draft.model_validate_json(state.order.draft))[job.position].draft


def _is_silence(error: SlackError) -> bool:
    """Whether Slack is in trouble itself; a 429 is an answer, and says when to come again."""
    is_trouble = isinstance(error, SlackUnreachable | SlackBusy)
    return is_trouble and not isinstance(error, SlackRateLimited)


async def _told_of(way: _Way) -> Answer:
    """What Slack's record says of the upload.

    Raises:
        SlackError: Slack is in trouble, which is no look, or refuses for a reason of its own.
    """
    channel, _ = way.state.thread
    try:
        info = await way.slack.file_info(way.file_id)
    except FileUnreadable:
        return Answer.UNKNOWN
    except ScopeMissing as error:
        _log.warning("not allowed to look for the share", cause=str(error))
        return Answer.UNSEEN
    return Answer.SHARED if _is_shared(info, channel) else Answer.KNOWN


def _is_shared(info: Mapping[str, Any], channel: str) -> bool:
    """Whether a file stands in a channel; an answer that tells nothing of places counts as yes."""
    told = {"shares", "channels", "groups", "ims"} & info.keys()
    shares: Mapping[str, Mapping[str, Any]] = info.get("shares") or {}
    in_shares = any(channel in places for places in shares.values())
    in_lists = any(channel in (info.get(kind) or ()) for kind in ("channels", "groups", "ims"))
    return in_shares or in_lists or not told
