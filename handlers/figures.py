"""What was spent, told or sent to whoever asks: their own figures, or to an admin the team's."""

from functools import partial

import structlog

from bot.asking.asks import Asker
from bot.messages import usage
from bot.messages.blocks import Message
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable, patiently
from bot.slack.naming import names_of
from handlers.replies import privately, told
from handlers.routing import Answer, Ask
from storage.reports import Report

_log = structlog.get_logger(__name__)


class Figures:
    """Reads and tells; nothing is changed."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def csv(self, ask: Ask) -> Answer:
        """As a file, to the direct message of whoever pressed."""
        own = ask.action.get("value") == usage.OWN
        send = partial(self.send, ask.asker, own=own)
        sent = told(self._services.words, send, privately(self._services, ask))
        self._services.background.start(sent, name="send figures")
        return None

    async def tell(self, asker: Asker) -> Message:
        """In words."""
        return usage.usage(self._services.words, await self._services.reports.of(asker))

    async def send(self, asker: Asker, *, own: bool = False) -> Message:
        """As a file, with `own` of an admin's own figures too; what is told is where that is."""
        t, report = self._services.words, await self._services.reports.of(asker, own=own)
        try:
            await self._share(asker, report)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("figures not sent", cause=str(error))
            return usage.csv_not_sent(t)
        return usage.csv_sent(t)

    async def _share(self, asker: Asker, report: Report) -> None:
        """In the direct message, whose id the message tells under which the file stands."""
        slack, comment = await self._services.slack_of(asker), usage.csv_comment(self._services.words)
        name, content = usage.csv_file(report, await names_of(slack, usage.people(report.lines)))
        file_id = await patiently(lambda: slack.upload(content, filename=name))
        channel, ts = await patiently(lambda: slack.post(asker.user_id, comment, None))
        await patiently(
            lambda: slack.complete_upload(file_id, title=name, channel=channel, thread_ts=ts, comment=comment)
        )
