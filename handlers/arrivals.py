"""The app was added to a channel: it says once what it does there."""

from dataclasses import replace

from bot.messages import welcome
from bot.messages.refusals import ruled_out
from bot.services import Services
from bot.teams.rights import RuledOut
from bot.teams.rules import against_place
from handlers.answers import Answers
from handlers.routing import Answer, Ask


class Arrivals:
    """Says hello; Slack tells of it only who granted `channels:read` or `groups:read`."""

    def __init__(self, services: Services, answers: Answers) -> None:
        self._services = services
        self._answers = answers

    async def joined(self, ask: Ask) -> Answer:
        """Somebody joined a channel: people come and go, and only the app's own coming is told of.

        Where a rule keeps it out of the channel, it tells whoever added it, and nobody else.
        """
        asker, event, words = ask.asker, ask.event, self._services.words
        installation = await self._services.teams.need(asker.enterprise_id, asker.team_id)
        if event.get("user") != installation.bot_user_id:
            return None
        inviter: str | None = event.get("inviter")
        book = await self._services.roles.rulebook.of(asker)
        rule = against_place(book.rules, str(event["channel"]))
        if rule is None:
            await self._answers.post(ask, welcome.to_channel(words, installation.bot_user_id, inviter))
        elif inviter is not None:
            to_them = replace(ask, asker=replace(asker, user_id=inviter))
            await self._answers.whisper(to_them, ruled_out(words, RuledOut(rule, book.admins)))
        return None
