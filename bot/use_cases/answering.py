"""Answering: what people are told in words comes once, whatever dies between their message and the answer."""

import asyncio
from collections.abc import Callable

import structlog

from bot.background import Background
from bot.errors import NotInstalled
from bot.slack import Slack, SlackBusy, SlackRefused, SlackTeam, SlackUnreachable, patiently
from bot.steps.loops import look_now_and_then
from bot.teams.installations import Teams
from storage import answers
from storage.answers import Answer
from storage.database import Database
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

TRY_S = 25.0
"""How long one process tries to say it."""
TAKEN_OVER_AFTER_S = 30.0
"""After this another one does."""
OLD_S = 900.0
"""Nobody waits for an answer to a greeting for so long."""
LASTING_S = 24 * 3600.0
"""For so long what people must learn is tried, though Slack is away."""
SELDOM_S = 300.0
"""Between tries of what is as old as an answer that nobody waits for."""
_AT_ONCE = 20
_LOOKS_EVERY_S = 5.0
_TRIES_TO_STORE = 20
_STORED_EVERY_S = 1.0


class Answering:
    """Says answers, and those that another process has left unsaid."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        slack: Slack,
        background: Background,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._teams = teams
        self._slack = slack
        self._background = background
        self._clock = clock

    async def give(self, answer: Answer) -> None:
        """Store an answer before its message is acknowledged, and say it beside that; a second one is none.

        Raises:
            StorageError: it could not be stored, and the message has to be delivered again.
        """
        async with self._database.write() as conn:
            due_at = self._clock() + TAKEN_OVER_AFTER_S
            is_new = await answers.begin(conn, answer, due_at=due_at)
        if is_new:
            self._background.start(self._say(answer), name="answer a message")

    async def run(self) -> None:
        """Look now and then for what others have left unsaid, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="answers")

    async def turn(self) -> bool:
        """Say what others have left unsaid; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        now = self._clock()
        async with self._database.read() as conn:
            due_at = await answers.next_due(conn)
        if due_at is None or due_at > now:
            return False
        async with self._database.write() as conn:
            left = await answers.take_over(conn, now=now, again_at=now + TAKEN_OVER_AFTER_S, limit=_AT_ONCE)
        for answer in left:
            self._background.start(self._say(answer), name="answer a message")
        return len(left) == _AT_ONCE

    async def _say(self, answer: Answer) -> None:
        age_s = self._clock() - answer.asked_at
        if age_s < (LASTING_S if answer.lasting else OLD_S):
            try:
                async with asyncio.timeout(TRY_S):
                    await self._tell(answer)
            except (SlackBusy, SlackUnreachable, TimeoutError) as error:
                _log.info("not answered yet", cause=repr(error))
                if age_s >= OLD_S:
                    await self._store_later(answer)
                return
            except (SlackRefused, NotInstalled) as error:
                _log.warning("not answered", cause=str(error))
        await self._store_said(answer)

    async def _tell(self, answer: Answer) -> None:
        slack = self._slack.team(await self._teams.need_token(answer.enterprise_id, answer.team_id))
        if answer.private:
            await _whisper(slack, answer)
        else:
            await _post(slack, answer, answer.channel_id, answer.thread_ts)

    async def _store_later(self, answer: Answer) -> None:
        """Where this cannot be stored it is merely tried sooner."""
        try:
            async with self._database.write() as conn:
                await answers.later(conn, answer, due_at=self._clock() + SELDOM_S)
        except StorageError as error:
            _log.warning("not stored when to try again", error=str(error))

    async def _store_said(self, answer: Answer) -> None:
        """A database that is away for a moment must not have it said twice."""
        for _ in range(_TRIES_TO_STORE):
            try:
                async with self._database.write() as conn:
                    await answers.said(conn, answer)
            except StorageError as error:
                _log.warning("not stored that it was said", error=str(error))
                await asyncio.sleep(_STORED_EVERY_S)
            else:
                return


async def _whisper(slack: SlackTeam, answer: Answer) -> None:
    """Where that is not taken, in the direct message."""
    try:
        await patiently(
            lambda: slack.whisper(
                answer.channel_id,
                answer.user_id,
                answer.text,
                list(answer.blocks),
                thread_ts=answer.thread_ts,
            )
        )
    except SlackBusy:
        raise
    except SlackRefused as error:
        _log.info("not answered beside the message", error=str(error))
        await _post(slack, answer, answer.user_id, None)


async def _post(slack: SlackTeam, answer: Answer, channel: str, thread_ts: str | None) -> None:
    await patiently(lambda: slack.post(channel, answer.text, list(answer.blocks), thread_ts=thread_ts))
