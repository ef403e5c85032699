"""A mention of the app in a channel: does what the direct message does, in that message's thread."""

from functools import partial

from bot.messages import notices
from bot.services import Services
from handlers.answers import Answers
from handlers.conversation_words import without_mention
from handlers.hearing import FROM_PEOPLE, Heard, Hearing
from handlers.routing import Answer, Ask


class Mentions:
    """Hears the messages that mention the app; of others in channels it knows nothing.

    Slack does not send mentions of the direct message, nor of channels that the app is not in (Slack:
    app_mention event).
    """

    def __init__(self, services: Services, hearing: Hearing, answers: Answers) -> None:
        self._services = services
        self._hearing = hearing
        self._answers = answers

    async def mention(self, ask: Ask) -> Answer:
        """Take a message that mentions the app; what no card can say is told to its author alone."""
        event = ask.event
        if event.get("subtype") not in FROM_PEOPLE or event.get("bot_id") or not event.get("user"):
            return None
        installation = await self._services.teams.need(ask.asker.enterprise_id, ask.asker.team_id)
        bot_user_id = installation.bot_user_id
        heard = Heard(
            ask,
            without_mention(str(event.get("text") or ""), bot_user_id),
            is_direct=False,
            say=lambda message, which: self._answers.whisper(ask, message, which),
            lost=partial(notices.mention_me_with, self._services.words, bot_user_id),
            now=self._services.clock(),
        )
        await self._hearing.hear(heard)
        return None
