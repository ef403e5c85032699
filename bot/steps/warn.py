"""Warn: tell admins, once a month for each budget, that it is nearly used up."""

from collections.abc import Sequence

import structlog

from bot.messages.over_budget import nearly_used
from bot.steps.admins import to_admins
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import answers, budget_warnings
from storage.answers import Answer
from storage.budget_warnings import BudgetWarning
from storage.errors import Undecryptable

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 5.0
_AT_ONCE = 20
_AGAIN_S = 60.0
"""Until those are tried again whose team cannot be told anything now."""


class Warn:
    """Hands on what is to be told in the transaction in which it counts as told: cut anywhere, it comes once.

    It is said as answers are: see `bot.use_cases.answering`.
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
            try:
                await self._tell(warning, now)
            except Undecryptable as error:
                # It comes after those of other teams from then on, and keeps nobody else's waiting.
                _log.warning("a team cannot be warned", owner=warning.owner_id, cause=str(error))
                async with self._tools.database.write() as conn:
                    await budget_warnings.put_off(conn, warning, until=now + _AGAIN_S)
        return len(due) == _AT_ONCE

    async def _tell(self, warning: BudgetWarning, now: float) -> None:
        admins = await self._answers(warning)
        async with self._tools.database.write() as conn:
            if await budget_warnings.told(conn, warning):
                for answer in admins:
                    await answers.begin(conn, answer, due_at=now)

    async def _answers(self, warning: BudgetWarning) -> Sequence[Answer]:
        words = nearly_used(
            self._tools.words,
            warning.scope,
            warning.month,
            used_usd=warning.used_usd,
            limit_usd=warning.limit_usd,
        )
        key = f"budget:{warning.month}:{warning.scope}"
        return await to_admins(self._tools, warning.owner_id, words, key=key)
