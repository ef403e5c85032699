"""Answers to what people wrote, after it was acknowledged: each once, however often Slack delivers it."""

from collections.abc import Awaitable, Callable

import structlog

from bot.messages.blocks import Message
from bot.services import Services
from bot.slack import SlackRefused, SlackTeam, patiently
from handlers.routing import Ask

_log = structlog.get_logger(__name__)

_DELIVERED_WITHIN_S = 3_600.0
"""Slack tries to deliver an event for about an hour (Slack: Events API, retries)."""
Tell = Callable[[SlackTeam], Awaitable[None]]


class Answers:
    """Says what no card says, in the place where it was asked."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def post(self, ask: Ask, message: Message) -> None:
        """Answer a message for all who see it, in its thread if it stands in one."""
        channel, thread_ts = str(ask.event["channel"]), ask.event.get("thread_ts")

        async def tell(slack: SlackTeam) -> None:
            await patiently(lambda: slack.post(channel, message.text, message.blocks, thread_ts=thread_ts))

        self._once(ask, message, tell)

    def whisper(self, ask: Ask, message: Message) -> None:
        """Answer a message for its author alone; where that is not taken, in the direct message."""
        channel, user, thread_ts = str(ask.event["channel"]), ask.asker.user_id, ask.event.get("thread_ts")
        text, blocks = message.text, message.blocks

        async def tell(slack: SlackTeam) -> None:
            try:
                await patiently(lambda: slack.whisper(channel, user, text, blocks, thread_ts=thread_ts))
            except SlackRefused as error:
                _log.info("not answered beside the message", error=str(error))
                await patiently(lambda: slack.post(user, text, blocks))

        self._once(ask, message, tell)

    def _once(self, ask: Ask, message: Message, tell: Tell) -> None:
        answered = str(ask.event["channel"]), str(ask.event["ts"]), message.text
        if self._services.once.first("answered", *answered, within_s=_DELIVERED_WITHIN_S):
            self._services.background.start(self._tell(ask, tell), name="answer a message")

    async def _tell(self, ask: Ask, tell: Tell) -> None:
        await tell(await self._services.slack_of(ask.asker))
