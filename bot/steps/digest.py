"""Digest: post in a channel what an installation spent in the last week, once."""

import structlog

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.messages import usage
from bot.messages.blocks import Message
from bot.messages.digest import digest as digest_message
from bot.messages.digest import not_posted
from bot.slack import PlaceClosed, SlackBusy, SlackRateLimited, SlackRefused, SlackTeam, SlackUnreachable
from bot.slack.naming import names_of
from bot.steps.admins import to_admins
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from bot.teams.weeks import Week, last_week
from bot.troubles import cause_of
from storage import answers, digests, reports
from storage.digests import Digest
from storage.errors import Undecryptable

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 30.0
_AT_ONCE = 20
_SOON_S, _LATER_S = 60.0, 3600.0
"""Until it is tried again where Slack is busy or away, and where somebody has to mend something first."""


class Digests:
    """Each process looks by itself. That a week is told of is stored before it is posted: never twice."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="weekly figures")

    async def turn(self) -> bool:
        """Post some; whether there may be more.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            due = await digests.due(conn, now=self._tools.clock(), limit=_AT_ONCE)
        for digest in due:
            try:
                await self._tell(digest)
            except (NotInstalled, SlackRefused, SlackUnreachable, Undecryptable) as error:
                await self._later(digest, error)
        return len(due) == _AT_ONCE

    async def _tell(self, digest: Digest) -> None:
        whose = Asker(None, digest.owner_id, "")
        rules = (await self._tools.roles.rulebook.latest(whose)).rules
        week, channel = last_week(self._tools.clock(), rules.zone), rules.digest_channel
        monday = week.monday.isoformat()
        if channel is None or monday <= digest.week:
            await self._move(digest, digest.week, due_at=week.next_told_at)
            return
        slack = await self._tools.slack_of(whose)
        await slack.who_am_i()  # a Slack that is away is found out before the week counts as told
        message = await self._message(digest, week, slack)
        if not await self._move(digest, monday, due_at=week.next_told_at):
            return
        try:
            await slack.post(channel, message.text, message.blocks)
        except PlaceClosed as error:
            _log.warning("weekly figures are not taken", owner=digest.owner_id, cause=cause_of(error))
            await self._refused(digest, channel)
        except SlackRateLimited as error:
            await self._later(digest, error, seen=monday)
        except (SlackUnreachable, SlackBusy) as error:
            # A Slack in trouble may have posted them, so they are not posted again.
            _log.warning("weekly figures are posted, or not", owner=digest.owner_id, cause=cause_of(error))
        except SlackRefused as error:
            await self._later(digest, error, seen=monday)
        else:
            await self._taken(digest)

    async def _message(self, digest: Digest, week: Week, slack: SlackTeam) -> Message:
        async with self._tools.database.read() as conn:
            lines = await reports.between(conn, digest.owner_id, week.begins_at, week.ends_at)
        names = await names_of(slack, usage.people(lines)[: usage.MOST])
        return digest_message(self._tools.words, week, lines, names)

    async def _later(self, digest: Digest, error: Exception, *, seen: str | None = None) -> None:
        """It was certainly not posted; `seen`: the week as it was stored on the way."""
        wait_s = _SOON_S if isinstance(error, SlackBusy | SlackUnreachable) else _LATER_S
        _log.warning(
            "weekly figures are not told yet",
            owner=digest.owner_id,
            cause=cause_of(error),
            next_try_s=wait_s,
        )
        await self._move(digest, digest.week, due_at=self._tools.clock() + wait_s, seen=seen)

    async def _move(self, digest: Digest, week: str, *, due_at: float, seen: str | None = None) -> bool:
        async with self._tools.database.write() as conn:
            seen = digest.week if seen is None else seen
            return await digests.move(conn, digest.owner_id, seen=seen, week=week, due_at=due_at)

    async def _refused(self, digest: Digest, channel: str) -> None:
        """Have admins told, unless they were since it was last taken."""
        now = self._tools.clock()
        key = f"digest:{channel}:{now:.0f}"
        told = await to_admins(self._tools, digest.owner_id, not_posted(self._tools.words, channel), key=key)
        async with self._tools.database.write() as conn:
            is_news = await digests.refused(conn, digest.owner_id, now=now)
            for answer in told if is_news else ():
                await answers.begin(conn, answer, due_at=now)

    async def _taken(self, digest: Digest) -> None:
        if digest.refused_at is not None:
            async with self._tools.database.write() as conn:
                await digests.taken(conn, digest.owner_id)
