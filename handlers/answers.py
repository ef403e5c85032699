"""Answers to what people wrote: each once, however often Slack delivers it."""

import hashlib

from bot.messages.blocks import Message
from bot.services import Services
from handlers.routing import Ask
from storage.answers import Answer


class Answers:
    """Says what no card says, in the place where it was asked, or where what it answers to happened."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def post(self, ask: Ask, message: Message, which: str | None = None) -> None:
        """Answer a message for all who see it, in its thread if it stands in one. For `which` see `_give`."""
        await self._give(ask, message, which, private=False)

    async def whisper(self, ask: Ask, message: Message, which: str | None = None) -> None:
        """Answer a message for its author alone; where that is not taken, in the direct message."""
        await self._give(ask, message, which, private=True)

    async def _give(self, ask: Ask, message: Message, which: str | None, *, private: bool) -> None:
        """`which` of a message's answers it is; None: that its words tell."""
        event = ask.event
        named = which or hashlib.sha256(message.text.encode()).hexdigest()[:16]
        await self._services.answering.give(
            Answer(
                team_id=ask.asker.team_id,
                key=f"{event['channel']}:{event.get('ts') or event['event_ts']}:{named}",
                enterprise_id=ask.asker.enterprise_id,
                channel_id=str(event["channel"]),
                user_id=ask.asker.user_id,
                thread_ts=event.get("thread_ts"),
                private=private,
                text=message.text,
                blocks=message.blocks,
                asked_at=self._services.clock(),
            )
        )
