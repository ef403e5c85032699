"""Digest: post in a channel what an installation spent in the last week, once."""

from dataclasses import replace
from datetime import date

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.messages import usage
from bot.messages.blocks import Message
from bot.messages.digest import digest as digest_message
from bot.messages.digest import not_posted, perhaps_posted
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
from storage.leases import LEASE_S

_log = structlog.get_logger(__name__)

_LOOKS_EVERY_S = 30.0
_AT_ONCE = 20
_SOON_S, _LATER_S = 60.0, 3600.0
"""Until it is tried again where Slack is busy or away, and where somebody has to mend something first."""


class Digests:
    """Each process looks by itself. That a week is told of is stored before it is posted: never twice.

    Nothing that the app may read tells whether a message stands in a channel. So who dies at the post, or
    gets no answer, leaves open whether it does; then admins get the figures, and none are lost.
    """

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
        channel, now = rules.digest_channel, self._tools.clock()
        last, begun_at = last_week(now, rules.zone), digest.posting_at
        monday = last.monday.isoformat()
        if channel is None or (begun_at is None and monday <= digest.week):
            await self._move(digest, due_at=last.next_told_at)
            return
        if begun_at is not None and now < begun_at + LEASE_S:
            await self._move(digest, due_at=begun_at + LEASE_S)
            return
        # What was begun is settled first, however many Mondays have gone by since.
        week = last if begun_at is None else Week(date.fromisoformat(digest.week), rules.zone)
        slack = await self._tools.slack_of(whose)
        await slack.who_am_i()  # a Slack that is away is found out before the week counts as told
        message = await self._message(digest, week, slack)
        if begun_at is not None:
            await self._perhaps(digest, week, message)
            return
        async with self._tools.database.write() as conn:
            if not await digests.begin(conn, digest, monday, now=now, until=now + LEASE_S):
                return
        await self._post(digest, replace(digest, week=monday, posting_at=now), week, channel, slack, message)

    async def _post(
        self,
        before: Digest,
        begun: Digest,
        week: Week,
        channel: str,
        slack: SlackTeam,
        message: Message,
    ) -> None:
        try:
            await slack.post(channel, message.text, message.blocks)
        except PlaceClosed as error:
            _log.warning("weekly figures are not taken", owner=begun.owner_id, cause=cause_of(error))
            await self._refused(begun, channel, week)
        except SlackRateLimited as error:
            await self._later(before, error, begun=begun)
        except (SlackUnreachable, SlackBusy) as error:
            # A Slack in trouble may have posted them.
            _log.warning("weekly figures are posted, or not", owner=begun.owner_id, cause=cause_of(error))
            await self._perhaps(begun, week, message)
        except SlackRefused as error:
            await self._later(before, error, begun=begun)
        else:
            await self._taken(begun, week)

    async def _message(self, digest: Digest, week: Week, slack: SlackTeam) -> Message:
        async with self._tools.database.read() as conn:
            lines = await reports.between(conn, digest.owner_id, week.begins_at, week.ends_at)
        names = await names_of(slack, usage.people(lines)[: usage.MOST])
        return digest_message(self._tools.words, week, lines, names)

    async def _later(self, digest: Digest, error: Exception, *, begun: Digest | None = None) -> None:
        """It was certainly not posted; `begun`: the row as it was stored on the way."""
        wait_s = _SOON_S if isinstance(error, SlackBusy | SlackUnreachable) else _LATER_S
        _log.warning(
            "weekly figures are not told yet",
            owner=digest.owner_id,
            cause=cause_of(error),
            next_try_s=wait_s,
        )
        due_at = self._tools.clock() + wait_s
        if begun is None:
            await self._move(digest, due_at=due_at)
            return
        async with self._tools.database.write() as conn:
            await digests.end(conn, begun, week=digest.week, due_at=due_at)

    async def _move(self, digest: Digest, *, due_at: float) -> None:
        async with self._tools.database.write() as conn:
            await digests.move(conn, digest.owner_id, seen=digest.week, week=digest.week, due_at=due_at)

    async def _perhaps(self, begun: Digest, week: Week, message: Message) -> None:
        """Nobody knows whether it stands in the channel: it is not posted again, and admins get it."""
        told = await to_admins(
            self._tools,
            begun.owner_id,
            perhaps_posted(self._tools.words, message),
            key=f"digest:{begun.week}:perhaps",
        )
        async with self._tools.database.write() as conn:
            if await self._end(conn, begun, week):
                for answer in told:
                    await answers.begin(conn, answer, due_at=self._tools.clock())

    async def _refused(self, begun: Digest, channel: str, week: Week) -> None:
        """Have admins told, unless they were since it was last taken."""
        now = self._tools.clock()
        key = f"digest:{channel}:{now:.0f}"
        told = await to_admins(self._tools, begun.owner_id, not_posted(self._tools.words, channel), key=key)
        async with self._tools.database.write() as conn:
            if await self._end(conn, begun, week) and await digests.refused(conn, begun.owner_id, now=now):
                for answer in told:
                    await answers.begin(conn, answer, due_at=now)

    async def _taken(self, begun: Digest, week: Week) -> None:
        async with self._tools.database.write() as conn:
            if await self._end(conn, begun, week) and begun.refused_at is not None:
                await digests.taken(conn, begun.owner_id)

    async def _end(self, conn: AsyncConnection, begun: Digest, week: Week) -> bool:
        """Note that the post has come to an end; False: somebody else has noted that."""
        return await digests.end(conn, begun, week=begun.week, due_at=week.next_told_at)
