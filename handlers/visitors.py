"""People of another organisation, in a channel that is shared with theirs."""

from bot.services import Services
from bot.teams.rights import Rule, RuledOut
from handlers.routing import Ask


async def keep_visitors_out(services: Services, ask: Ask) -> None:
    """See that what an event tells was written by no such person, or that the team lets them ask.

    Raises RuledOut.
    """
    if await _is_visitor(services, ask):
        book = await services.roles.rulebook.of(ask.asker)
        if not book.rules.outsiders:
            raise RuledOut(Rule.OUTSIDERS, book.admins)


async def _is_visitor(services: Services, ask: Ask) -> bool:
    """Of an Enterprise organisation Slack may name another workspace than the channel's."""
    asker, home = ask.asker, ask.asker.home
    if not ask.body.get("is_ext_shared_channel") or home in {None, asker.team_id, asker.enterprise_id}:
        return False
    installed = await services.teams.find(None, home) if asker.enterprise_id else None
    return installed is None or installed.enterprise_id != asker.enterprise_id
