"""Warn: tell admins, once a month for each budget, that it is nearly used up."""

from collections.abc import Iterable, Sequence

import structlog

from bot.errors import NotInstalled
from bot.messages.over_budget import nearly_used
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import answers, budget_warnings
from storage.answers import Answer
from storage.budget_warnings import BudgetWarning

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0
_AT_ONCE = 20


class Warn:
    """Hands on what is to be told in the transaction in which it counts as told: cut anywhere, it comes once.

    It is said as answers are: see `bot.answering`.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="budgets that are nearly used up")

    async def turn(self) -> bool:
        """Hand on some; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            due = await budget_warnings.due(conn, now=now, limit=_AT_ONCE)
        for warning in due:
            admins = await self._admins(warning)
            async with self._tools.database.write() as conn:
                if await budget_warnings.told(conn, warning):
                    for answer in self._answers(warning, admins, now):
                        await answers.begin(conn, answer, due_at=now)
        return len(due) == _AT_ONCE

    async def _admins(self, warning: BudgetWarning) -> Sequence[str]:
        """Those who are known to be; else who has set the limit. Nobody, once it is taken away."""
        if warning.set_by is None:
            return ()
        try:
            return (await self._tools.roles.rulebook.of(warning)).admins or (warning.set_by,)
        except NotInstalled:
            _log.info("nobody to tell that a budget is nearly used up", team=warning.team_id)
            return ()

    def _answers(self, warning: BudgetWarning, admins: Sequence[str], now: float) -> Iterable[Answer]:
        told = nearly_used(
            self._tools.words,
            warning.scope,
            warning.month,
            used_usd=warning.used_usd,
            limit_usd=warning.limit_usd,
        )
        for admin in admins:
            yield Answer(
                team_id=warning.team_id,
                key=f"budget:{warning.owner_id}:{warning.month}:{warning.scope}:{admin}",
                enterprise_id=warning.enterprise_id,
                channel_id=admin,
                user_id=admin,
                thread_ts=None,
                private=False,
                text=told.text,
                blocks=told.blocks,
                asked_at=now,
            )
