"""Admins: those of an installation who are told what only they can mend, each in the direct message."""

from dataclasses import dataclass

from bot.asking.asks import Asker
from bot.messages.blocks import Message
from bot.steps.telling import in_direct_message
from bot.steps.tools import Tools
from storage.answers import Answer
from storage.installations import Installation


@dataclass(frozen=True, slots=True)
class Admins:
    """Those of one installation that are known; where none is, whoever has installed the app."""

    installation: Installation
    user_ids: tuple[str, ...]

    def told(self, message: Message, *, key: str, now: float) -> list[Answer]:
        """What each is to be told, once for each `key`; see `bot.steps.telling`."""
        where = (self.installation.enterprise_id, self.installation.id)
        return [
            in_direct_message(Asker(*where, admin), message, key=f"{key}:{admin}", now=now)
            for admin in self.user_ids
        ]


async def admins_of(tools: Tools, installation_id: str) -> Admins | None:
    """Who is told of what concerns an installation; None: it has the app no more."""
    installation = await tools.teams.find(None, installation_id)
    if installation is None:
        return None
    book = await tools.roles.rulebook.of(Asker(None, installation.id, ""))
    installer = () if installation.installed_by is None else (installation.installed_by,)
    return Admins(installation, book.admins or installer)


async def to_admins(tools: Tools, installation_id: str, message: Message, *, key: str) -> list[Answer]:
    """What each of them is to be told; `storage.answers.begin` has it said once for each `key`."""
    admins = await admins_of(tools, installation_id)
    return [] if admins is None else admins.told(message, key=key, now=tools.clock())
