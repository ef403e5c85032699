"""Deliver: stream the finished video into the thread, once."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog

from bot.asking.drafts import Draft
from bot.asking.plan import plan
from bot.errors import JobFailed
from bot.media import Expect
from bot.messages import notices
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
from bot.steps.tools import LeaseLost, Tools, backoff_s
from storage import card_store, job_store
from storage.cards import Card, OrderState
from storage.jobs import Job, JobStatus

_log = structlog.get_logger(__name__)

_OUTPUT = Expect(kinds=frozenset({"video"}), max_bytes=5 * 1024**3)
"""sync.so's own ceiling; what Slack takes, Slack says."""
_FIRST_LOOK_S = 1.0
_SHARE_PATIENCE_TRIES = 7
"""Slack shows a share seconds after it took it; after two minutes of growing waits it will not come."""
_APPEAR_PATIENCE_TRIES = 3
"""A completed file may be unknown to Slack for a moment; one that stays unknown is completed once more."""
_CARD_PATIENCE_TRIES = 37
"""With the growing waits between them an hour; a card that Slack refuses for so long may never stand."""
_GIVEN_TIME_S = 6 * 3600.0
"""Seconds from the submission. After these a link that sync.so does not tell is waited for no more, and an
upload that Slack never shares is not begun anew."""
_NO_ANSWER_S = 10.0
_WORTH_WAITING_S = 30.0
"""How long an upload waits for its turn to be shared, at a time; well within a lease."""


class Deliver:
    """The step of `delivering`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def __call__(self, jobs: list[Job]) -> None:
        """Deliver each job. The upload's id is stored before it is shared, and asked for before a new try."""
        for job in jobs:
            await guarded(self._tools, job, self._deliver)

    async def _deliver(self, job: Job) -> None:
        state = await self._tools.state_of(job)
        if not _has_thread(state):
            await self._wait_for_card(job)
            return
        slack = await self._tools.slack_of(job)
        if job.slack_file_id is not None:
            await self._look(job, state, slack, job.slack_file_id)
        else:
            await self._bring(job, state, slack)

    async def _bring(self, job: Job, state: OrderState, slack: SlackTeam) -> None:
        url = await self._output_url(job)
        if url is None:
            await self._tools.later(job, backoff_s(job.attempts), why="sync.so has no link to the video yet")
            return
        job, file_id = await self._upload(job, _draft_of(state, job), slack, url)
        state = await self._tools.state_of(job)
        if not _has_thread(state):
            await self._tools.later(job, 0.0, count=False)  # its card is on the move; the upload stays good
        elif await self._shared(job, state, slack, file_id):
            # Slack's "ok" is no share yet, and sometimes never becomes one: its own record says when it is.
            await self._tools.later(job, _FIRST_LOOK_S, count=False)

    async def _output_url(self, job: Job) -> str | None:
        """Where the video lies; None: sync.so will hopefully tell a little later, for it was paid for."""
        account = await self._tools.accounts.of_team(job.enterprise_id, job.team_id)
        url = await account.client.output_link(job.generation_id or "")
        if url is None and self._is_old(job):
            raise JobFailed("output_missing")
        return url

    async def _wait_for_card(self, job: Job) -> None:
        """The card begins the thread, and is being posted."""
        if job.attempts >= _CARD_PATIENCE_TRIES:
            raise JobFailed("slack_unavailable")
        await self._tools.later(job, backoff_s(job.attempts), why="its card does not stand yet")

    async def _upload(self, job: Job, draft: Draft, slack: SlackTeam, url: str) -> tuple[Job, str]:
        tools = self._tools
        async with tools.relay.open(url, expect=_OUTPUT) as source:
            upload_url, file_id = await slack.start_upload(
                filename=file_name(draft, job), length=source.length
            )
            await tools.relay.send(
                source, upload_url, method="POST", on_progress=lambda _sent: tools.renew(job)
            )
        await tools.renew(job)
        # Looks for the share are counted from here: what failed before says nothing about this upload.
        return await tools.save(job, slack_file_id=file_id, anew=True), file_id

    async def _shared(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> bool:
        """Have Slack share the upload; False: that place is closed, and the job begins in another.

        Where `state` says that the card stands: that may have moved since the job was claimed.
        """
        try:
            while wait_s := await self._complete(job, state, slack, file_id):
                await self._wait(job, wait_s)
        except ThreadGone:
            # The card's own thread begins anew with a new card; somebody else's cannot.
            is_others = state.order.thread_ts is not None
            await self._begin_thread_anew(job, state, moved=state.has_moved or is_others)
            return False
        except PlaceClosed:
            if state.has_moved:
                raise
            await self._begin_thread_anew(job, state, moved=True)
            return False
        return True

    async def _wait(self, job: Job, wait_s: float) -> None:
        """Stand in line without losing the lease, however long the line is."""
        while wait_s > 0:
            await asyncio.sleep(min(wait_s, _WORTH_WAITING_S))
            await self._tools.renew(job)
            wait_s -= _WORTH_WAITING_S

    async def _complete(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> float:
        """Share the upload, if it is the channel's turn: 0, or the seconds after which to try again."""
        channel, thread_ts = state.thread
        wait_s = slack.turn_to_post(channel, job.id)
        if wait_s > 0:
            return wait_s
        draft = _draft_of(state, job)
        await self._tools.make_sure(job)
        try:
            await slack.complete_upload(
                file_id,
                title=title(draft, job.label),
                channel=channel,
                thread_ts=thread_ts,
                comment=comment(self._tools.words, job, draft),
            )
        except SlackRateLimited as error:
            # It did nothing, and the upload is still good: waiting here costs less than another one.
            if (error.retry_after_s or 1.0) > _WORTH_WAITING_S:
                raise
            return error.retry_after_s or 1.0
        return 0.0

    async def _look(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> None:
        """Go on with an upload. Slack's silence is no look: it says nothing about what was shared."""
        try:
            await self._finish(job, state, slack, file_id)
        except ScopeMissing as error:
            _log.warning("not allowed to look for the share", cause=str(error))
            await self._finish_unseen(job, state, slack, file_id)
        except SlackError as error:
            if self._is_old(job) or not _is_silence(error):
                raise
            await self._tools.later(job, _NO_ANSWER_S, count=False, why=error)

    def _is_old(self, job: Job) -> bool:
        return job.submitted_at is not None and self._tools.clock() - job.submitted_at > _GIVEN_TIME_S

    async def _finish(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> None:
        """Look whether the upload is shared; begin anew where it will not be, and never leave two."""
        channel, _ = state.thread
        info = await _known_file(slack, file_id)
        if info is not None and _is_shared(info, channel):
            await self._tools.move(job, JobStatus.DELIVERED)
        elif job.attempts < (_APPEAR_PATIENCE_TRIES if info is None else _SHARE_PATIENCE_TRIES):
            await self._tools.later(job, backoff_s(job.attempts), why="Slack does not show the video yet")
        elif self._is_old(job):
            raise JobFailed("slack_never_shared")
        elif info is None:
            await self._share_once_more(job, state, slack, file_id)
        else:
            await self._upload_anew(job, slack, file_id)

    async def _finish_unseen(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> None:
        """Where the app may share files but not look at them: completing works once, and now it has."""
        with suppress(FileUnreadable):
            if not await self._shared(job, state, slack, file_id):
                return
        await self._tools.move(job, JobStatus.DELIVERED)

    async def _share_once_more(self, job: Job, state: OrderState, slack: SlackTeam, file_id: str) -> None:
        """Complete an upload that Slack does not know as a file: that works once, however often it is asked.

        So a call that Slack is still busy with, or that a holder with an old lease has yet to make, cannot
        share it a second time. Another upload could.
        """
        try:
            shared = await self._shared(job, state, slack, file_id)
        except FileUnreadable:
            # It was completed after all, and is about to appear; or Slack has dropped it.
            if job.attempts >= _SHARE_PATIENCE_TRIES:
                await self._upload_anew(job, slack, file_id)
                return
            shared = True
        if shared:
            await self._tools.later(job, backoff_s(job.attempts), why="Slack was asked once more to share it")

    async def _upload_anew(self, job: Job, slack: SlackTeam, file_id: str) -> None:
        _log.warning("upload begins anew")
        await slack.delete_file(file_id)
        await self._tools.later(await self._tools.save(job, slack_file_id=None), 0.0, count=False)

    async def _begin_thread_anew(self, job: Job, state: OrderState, *, moved: bool) -> None:
        """Bring the video to a new card, in the asker's direct message if `moved`.

        The card has met the same trouble as the video, and may stand there already.
        """
        tools, left, now = self._tools, state.card, self._tools.clock()
        async with tools.database.write() as conn:
            begun = await job_store.save(conn, job, now=now, lease_token=job.lease_token, slack_file_id=None)
            if begun is None:
                raise LeaseLost(job.id)
            card = await card_store.of_order(conn, job.order_id)
            stays = left is not None and card is not None and card.ts not in {None, left.ts}
            if not stays:
                await card_store.leave(conn, job.order_id, moved=moved, now=now)
        if moved and not stays and left is not None:
            await self._leave_card(job, left)
        await tools.later(begun, 1.0, count=False)

    async def _leave_card(self, job: Job, left: Card) -> None:
        """Say on the card that is left where the video goes, if it stands and may still be changed."""
        if left.channel is None or left.ts is None:
            return
        slack = await self._tools.slack_of(job)
        words = notices.old_card(job.user_id)
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


async def _known_file(slack: SlackTeam, file_id: str) -> Mapping[str, Any] | None:
    """The file as Slack knows it; None: it was never completed, or is gone."""
    try:
        return await slack.file_info(file_id)
    except FileUnreadable:
        return None


def _is_shared(info: Mapping[str, Any], channel: str) -> bool:
    """Whether a file stands in a channel; an answer that tells nothing of places counts as yes."""
    told = {"shares", "channels", "groups", "ims"} & info.keys()
    shares: Mapping[str, Mapping[str, Any]] = info.get("shares") or {}
    in_shares = any(channel in places for places in shares.values())
    in_lists = any(channel in (info.get(kind) or ()) for kind in ("channels", "groups", "ims"))
    return in_shares or in_lists or not told
