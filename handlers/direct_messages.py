"""The direct message with the app: the drop zone for videos and audio of any size, and a conversation."""

from functools import partial

from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.services import Services
from handlers.answers import Answers
from handlers.conversation_words import without_mention
from handlers.hearing import FROM_PEOPLE, Heard, Hearing
from handlers.routing import Answer, Ask


class DirectMessages:
    """Hears everything that a person writes there.

    Files come with the message. The app takes no `file_shared` events: each file would come once more, by its
    id alone, and so would every file of the channels that the app is in (Slack: file_shared event).
    """

    def __init__(self, services: Services, hearing: Hearing, answers: Answers) -> None:
        self._services = services
        self._hearing = hearing
        self._answers = answers

    async def message(self, ask: Ask) -> Answer:
        """Take one message of a person."""
        event = ask.event
        if (
            event.get("channel_type") != "im"
            or event.get("subtype") not in FROM_PEOPLE
            or event.get("bot_id")
        ):
            return None
        installation = await self._services.teams.need(ask.asker.enterprise_id, ask.asker.team_id)
        heard = Heard(
            ask,
            without_mention(str(event.get("text") or ""), installation.bot_user_id),
            is_direct=True,
            say=lambda message, which: self._answers.post(ask, message, which),
            lost=partial(_lost, self._services.words),
            now=self._services.clock(),
        )
        await self._hearing.hear(heard)
        return None


def _lost(t: Words, in_thread: bool) -> Message:  # noqa: FBT001 - `Heard.lost`
    return notices.settled_already(t) if in_thread else notices.nothing_to_do(t)
