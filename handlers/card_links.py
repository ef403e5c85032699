"""Where a card stands, for words that lead to it."""

import structlog

from bot.slack import SlackRefused, SlackTeam, SlackUnreachable
from storage.jobs import Job

_log = structlog.get_logger(__name__)


async def card_link(slack: SlackTeam, job: Job) -> str | None:
    """The address of the job's card; None: it does not stand yet, or Slack does not tell."""
    if job.card_channel is None or job.card_ts is None:
        return None
    try:
        return await slack.permalink(job.card_channel, job.card_ts)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("no link to a card", job=job.id, error=str(error))
        return None
