"""Beside: say in the conversation what a new card asks that stands in a thread which nobody has open."""

import asyncio
from collections.abc import Iterable

import structlog

from bot.errors import NotInstalled
from bot.messages.places import card_in_own_thread
from bot.slack import SlackRefused, SlackUnreachable
from bot.steps.tools import Tools
from storage import job_store
from storage.errors import StorageError
from storage.jobs import Conversation, Job, JobStatus

_log = structlog.get_logger(__name__)

_AFTER_S = 1.1
"""Slack takes one message a second in a conversation, and the card was one."""
_ASKS = frozenset(
    {JobStatus.DRAFT, JobStatus.PREPARING, JobStatus.AWAITING_CONFIRMATION, JobStatus.FAILED},
)
"""Where somebody has to see the card, or will soon."""


def begins_thread(job: Job) -> bool:
    """Whether its card hangs on the very message that asked for it: all that is seen of it is "1 reply".

    Of several videos in one message the first speaks for all, since their cards stand in the same thread.
    """
    return job.thread_ts is not None and job.request_key == f"message:{job.channel_id}:{job.thread_ts}:0"


async def say_beside(tools: Tools, jobs: Iterable[Job]) -> None:
    """Point to the cards of `jobs`, which have just come to stand; what cannot be said is left out.

    Nothing is said twice: a job is only new once, and a line that a process leaves behind is not made up for.
    """
    await asyncio.sleep(_AFTER_S)
    for job in jobs:
        with structlog.contextvars.bound_contextvars(job=job.id, team=job.team_id, step="beside"):
            try:
                await _say(tools, job)
            except (NotInstalled, SlackRefused, SlackUnreachable, StorageError) as error:
                _log.info("not said beside the message", cause=str(error))


async def _say(tools: Tools, job: Job) -> None:
    async with tools.database.read() as conn:
        now = await job_store.get(conn, job.id, team_id=job.team_id)
    if now is None or now.card_ts is None or now.card_channel != job.channel_id:
        return
    if now.status not in _ASKS or now.joined_key is not None:
        return  # it was answered, or told of where it was completed
    slack = await tools.slack_of(now)
    message = card_in_own_thread(now, await slack.permalink(job.channel_id, now.card_ts))
    if now.conversation is not Conversation.DIRECT_MESSAGE:
        await slack.whisper(now.channel_id, now.user_id, message.text, message.blocks, thread_ts=None)
    elif slack.spare_turn_to_post(now.channel_id):  # cards that wait for it say more
        await slack.post(now.channel_id, message.text, message.blocks)
