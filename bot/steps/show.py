"""Show: bring each job's card in Slack up to the truth in the database."""

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

import structlog

from bot.errors import NotInstalled
from bot.messages.blocks import Message
from bot.messages.card import card
from bot.slack import (
    CallBroken,
    CardFixed,
    NotAllowed,
    PlaceClosed,
    SlackRefused,
    SlackTeam,
    SlackUnreachable,
    ThreadGone,
)
from bot.slack.paces import Edit
from bot.steps.beside import begins_thread, say_beside
from bot.steps.live_cards import LiveCard
from bot.steps.tools import Tools
from bot.troubles import cause_of, is_ours, log_trouble
from storage import job_cards, slots
from storage.errors import StorageError
from storage.jobs import Job, JobStatus

_log = structlog.get_logger(__name__)

_SOON_S = 1.0
_AT_LAST_S = 3600.0
_AWAITED_S, _AWAITED_AT_LAST_S = 600.0, 30.0
"""Who has not seen any card yet does not know that the app heard them; for so long they may be waiting."""
_PERHAPS_POSTED_S = 10.0
"""Where no answer came, the card may stand already, and each further try may post another."""
_OLD_NEWS_S = 3 * 24 * 3600.0
"""What could not be shown for so long is not tried any more."""
_PROGRESS = frozenset(
    {
        JobStatus.PREPARING,
        JobStatus.QUEUED,
        JobStatus.SUBMITTING,
        JobStatus.PROCESSING,
        JobStatus.DELIVERING,
    },
)
"""What waits for nobody and soon is something else: an edit that says no more gives way to others."""
_LINE_MOVES_S = (10.0, 300.0)
"""The soonest and the latest second look at a place in the line; in between the further back, the later."""
_PLACE_PATIENCE_S = 2.0
"""For each place."""
_DIRECT = "D"
"""Begins the ids of direct messages."""


class _NotItsTurn(Exception):
    """Slack's pace says to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Show:
    """Posts or edits the cards that are behind; a card never stops its job."""

    def __init__(self, tools: Tools, *, ask_again_from_usd: Decimal) -> None:
        """Take what it works with, and the price from which Generate asks once more."""
        self._tools = tools
        self._ask_again_from_usd = ask_again_from_usd

    async def __call__(self, jobs: list[Job]) -> None:
        """Show each card once; what fails is tried again later, unless it never can succeed."""
        waits = await self._line_up(jobs)
        places = await self._places(jobs)
        for job in jobs:
            with structlog.contextvars.bound_contextvars(job=job.id, team=job.team_id, step="show"):
                await self._guarded(job, places.get(job.id), waits.get(job.id))
        if hidden := [job for job in jobs if job.card_ts is None and begins_thread(job)]:
            await say_beside(self._tools, hidden)

    async def _line_up(self, jobs: Sequence[Job]) -> Mapping[str, float]:
        """The waits of first cards for their turn, taken before anything is posted.

        So they stand in the order in which they were asked for, though other claims run beside this one.
        """
        waits: dict[str, float] = {}
        for job in jobs:
            if job.card_ts is None:
                with suppress(NotInstalled):
                    slack = await self._tools.slack_of(job)
                    waits[job.id] = slack.turn_to_post(_place_of(job), job.id)
        return waits

    async def _places(self, jobs: Sequence[Job]) -> Mapping[str, int]:
        """The present places of those that wait in a line; each line is read once."""
        lines = {job.account_key for job in jobs if job.status is JobStatus.QUEUED and job.account_key}
        if not lines:
            return {}
        places: dict[str, int] = {}
        async with self._tools.database.read() as conn:
            for account_key in lines:
                places |= await slots.places(conn, account_key, now=self._tools.clock())
        return places

    async def _guarded(self, job: Job, place: int | None, wait_s: float | None) -> None:
        try:
            if _is_shown(job, place):
                await self._later(job, _next_look_s(job, place))
            else:
                await self._show(dataclasses.replace(job, card_place=place), wait_s)
        except _NotItsTurn as error:
            await self._later(job, error.wait_s)
        except (NotInstalled, SlackRefused, SlackUnreachable) as error:
            await self._later_for(job, error)
        except StorageError:
            raise  # of the worker, which repeats the step when the database works again
        except Exception as error:  # noqa: BLE001 - a card that cannot be drawn must not stop the others
            await self._later_for(job, error)

    async def _later_for(self, job: Job, error: Exception) -> None:
        wait_s = self._wait_s(job, error)
        if is_ours(error):
            log_trouble("the card broke", error, next_try_s=wait_s)
        else:
            _log.info("the card is not shown; trying again", cause=cause_of(error), next_try_s=wait_s)
        await self._later(job, wait_s)

    def _wait_s(self, job: Job, error: Exception) -> float | None:
        """As long as Slack asks, else the longer the older the news is; None: it never will be shown."""
        behind_s = self._tools.clock() - job.updated_at
        if behind_s > _OLD_NEWS_S:
            return None
        if isinstance(error, NotInstalled | NotAllowed | CallBroken | PlaceClosed):
            return _AT_LAST_S  # somebody may mend it, by installing the app again for one
        asked_s: float | None = getattr(error, "retry_after_s", None)
        if isinstance(error, SlackUnreachable) and job.card_ts is None:
            return min(max(_PERHAPS_POSTED_S, behind_s), _AT_LAST_S)
        is_awaited = job.card_ts is None and behind_s < _AWAITED_S
        at_last_s = _AWAITED_AT_LAST_S if is_awaited else _AT_LAST_S
        return asked_s if asked_s is not None else min(max(_SOON_S, behind_s), at_last_s)

    async def _show(self, job: Job, wait_s: float | None) -> None:
        """Edit the card, or post it; `wait_s`: for how long until it is its turn, if that was asked."""
        installation = await self._tools.teams.need(job.enterprise_id, job.team_id)
        slack = self._tools.slack.team(installation)
        if job.card_ts is not None and job.card_channel is not None:
            message = self._card(job, installation.bot_user_id)
            _its_turn(slack.turn_to_update(job.id, _edit(job)))
            try:
                await slack.update(job.card_channel, job.card_ts, message.text, message.blocks)
            except (CardFixed, PlaceClosed) as error:
                _log.info("the card is posted anew", cause=str(error))
            else:
                self._remember(job, slack, installation.bot_user_id, job.card_channel, job.card_ts)
                await self._done(job, job.card_channel, job.card_ts)
                return
        _its_turn(slack.turn_to_post(_place_of(job), job.id) if wait_s is None else wait_s)
        await self._post(job, slack, installation.bot_user_id)

    def _card(self, job: Job, bot_user_id: str) -> Message:
        return card(job, bot_user_id=bot_user_id, ask_again_from_usd=self._ask_again_from_usd)

    async def _post(self, job: Job, slack: SlackTeam, bot_user_id: str) -> None:
        if not job.card_moved:
            message = self._card(job, bot_user_id)
            try:
                channel, ts = await slack.post(
                    job.channel_id, message.text, message.blocks, thread_ts=job.thread_ts
                )
            except (PlaceClosed, ThreadGone) as error:
                _log.info("the card goes to the person", cause=str(error))
                _its_turn(slack.turn_to_post(job.user_id, job.id))
                job = dataclasses.replace(job, card_channel=_where_else(job, error))
            else:
                self._remember(job, slack, bot_user_id, channel, ts)
                await self._done(job, channel, ts)
                return
        await self._post_to_person(job, slack, bot_user_id)

    async def _post_to_person(self, job: Job, slack: SlackTeam, bot_user_id: str) -> None:
        """The card cannot stand where it was asked for: the app's direct message with the asker takes it."""
        moved = dataclasses.replace(job, card_moved=True)
        message = self._card(moved, bot_user_id)
        channel, ts = await slack.post(job.user_id, message.text, message.blocks)
        self._remember(moved, slack, bot_user_id, channel, ts)
        await self._done(moved, channel, ts)

    async def _done(self, job: Job, channel: str, ts: str) -> None:
        now, again_s = self._tools.clock(), _next_look_s(job, job.card_place)
        async with self._tools.database.write() as conn:
            shown = await job_cards.card_shown(
                conn,
                job,
                now=now,
                revision=job.card_revision,
                channel=channel,
                ts=ts,
                moved=job.card_moved,
                place=job.card_place,
                again_at=None if again_s is None else now + again_s,
            )
            if shown is None:
                # The lease ended on the way, so that these words may have come over somebody's newer ones.
                await job_cards.card_again(conn, job.id, now=now)

    def _remember(self, job: Job, slack: SlackTeam, bot_user_id: str, channel: str, ts: str) -> None:
        """What the card would say if nothing could be stored; people wait at it while the job goes on."""
        live = None
        if job.status in _PROGRESS and not job.slow:
            slow = self._card(dataclasses.replace(job, slow=True), bot_user_id)
            live = LiveCard(slack, channel, ts, slow)
        self._tools.live_cards.keep(job.id, live)

    async def _later(self, job: Job, wait_s: float | None) -> None:
        due_at = None if wait_s is None else self._tools.clock() + wait_s
        async with self._tools.database.write() as conn:
            if not await job_cards.card_later(conn, job, due_at=due_at):
                # As above: a call without an answer may have been heard.
                await job_cards.card_again(conn, job.id, now=self._tools.clock())


def _where_else(job: Job, error: SlackRefused) -> str | None:
    """Where a card goes, if that is known: a direct message that lacks just a thread is the app's own."""
    is_own = isinstance(error, ThreadGone) and job.channel_id.startswith(_DIRECT)
    return job.channel_id if is_own else None


def _place_of(job: Job) -> str:
    """Where a card is posted that stands nowhere yet."""
    return job.user_id if job.card_moved else job.channel_id


def _edit(job: Job) -> Edit:
    if job.status in _PROGRESS:
        return Edit.PROGRESS
    return Edit.REDRAW if job.card_shown == job.card_revision else Edit.NEWS


def _its_turn(wait_s: float) -> None:
    if wait_s > 0:
        raise _NotItsTurn(wait_s)


def _is_shown(job: Job, place: int | None) -> bool:
    """Whether it was looked at only because the line may have moved, and it has not."""
    return place is not None and place == job.card_place and job.card_shown == job.card_revision


def _next_look_s(job: Job, place: int | None) -> float | None:
    """Seconds until a place in line is looked at again; None: the job is in none."""
    if job.status is not JobStatus.QUEUED:
        return None
    soonest, latest = _LINE_MOVES_S
    return latest if place is None else min(max(soonest, place * _PLACE_PATIENCE_S), latest)
