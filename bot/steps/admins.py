"""Admins: those of an installation who are told what only they can mend, each in the direct message."""

from bot.asking.asks import Asker
from bot.messages.blocks import Message
from bot.steps.tools import Tools
from storage.answers import Answer


async def to_admins(tools: Tools, installation_id: str, message: Message, *, key: str) -> list[Answer]:
    """What each of them is to be told; `storage.answers.begin` has it said once for each `key`.

    To those who are known; where none is, to whoever has installed the app, if Slack has told who that was.
    """
    installation = await tools.teams.find(None, installation_id)
    if installation is None:
        return []
    book = await tools.roles.rulebook.of(Asker(None, installation.id, ""))
    installer = () if installation.installed_by is None else (installation.installed_by,)
    return [
        Answer(
            team_id=installation.id,
            key=f"{key}:{admin}",
            enterprise_id=installation.enterprise_id,
            channel_id=admin,
            user_id=admin,
            thread_ts=None,
            private=False,
            text=message.text,
            blocks=message.blocks,
            asked_at=tools.clock(),
        )
        for admin in book.admins or installer
    ]
