"""Show: bring each order's card in Slack up to the truth in the database."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from bot.errors import NotInstalled
from bot.messages.blocks import Message
from bot.messages.card import card as card_of
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
from bot.slack.card_links import card_links
from bot.slack.paces import Edit
from bot.steps.beside import begins_thread, say_beside
from bot.steps.live_cards import LiveCard
from bot.steps.needs import needs_of
from bot.steps.sides import by_team, side_by_side
from bot.steps.tools import Tools
from bot.teams.approval import Approval
from bot.troubles import cause_of, is_ours, log_trouble
from storage import card_store, endings, homes, slots, states
from storage.cards import MOVING, Card, OrderState
from storage.errors import StorageError, Undecryptable
from storage.jobs import JobStatus
from storage.orders import Forgotten, Order

_log = structlog.get_logger(__name__)

_SOON_S = 1.0
_AT_LAST_S = 3600.0
_AWAITED_S, _AWAITED_AT_LAST_S = 600.0, 30.0
"""Who has not seen any card yet does not know that the app heard them; for so long they may be waiting."""
_PERHAPS_POSTED_S = 10.0
"""Where no answer came, the card may stand already, and each further try may post another."""
_OLD_NEWS_S = 3 * 24 * 3600.0
"""What could not be shown for so long is not tried any more."""
_LINE_MOVES_S = (10.0, 300.0)
"""The soonest and the latest second look at a place in the line; in between the further back, the later."""
_PLACE_PATIENCE_S = 2.0
"""For each place."""
_LINK_WITHIN_S = 3.0
_DIRECT = "D"
"""Begins the ids of direct messages."""


class _NotItsTurn(Exception):
    """Slack's pace says to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class _Showing:
    """A card as it was claimed, and what it has to show."""

    card: Card
    state: OrderState
    needs: Approval | None = None
    """Whose yes an offer takes beside its asker's."""

    def at(self, place: int | None) -> "_Showing":
        """The same, with its place in line."""
        return self._with(replace(self.card, place=place))

    def moved(self) -> "_Showing":
        """The same, in the asker's direct message."""
        return self._with(replace(self.card, moved=True))

    def going_to(self, channel: str | None) -> "_Showing":
        """The same, where its card is about to stand; None: that is not known."""
        return self._with(replace(self.card, channel=channel))

    def _with(self, card: Card) -> "_Showing":
        return replace(self, card=card, state=replace(self.state, card=card))

    def slow(self) -> "_Showing | None":
        """The same, if what goes on took longer than usual; None: nothing does, or it says so already."""
        order, jobs = self.state.order, self.state.jobs
        if not self.state.goes_on_by_itself or order.slow or any(job.slow for job in jobs):
            return None
        slower = replace(
            self.state,
            order=replace(order, slow=True),
            jobs=tuple(replace(job, slow=job.status in MOVING) for job in jobs),
        )
        return replace(self, state=slower)


class Show:
    """Posts or edits the cards that are behind; a card never stops its order."""

    def __init__(self, tools: Tools, *, ask_again_from_usd: Decimal) -> None:
        """Take what it works with, and the price from which Generate asks once more."""
        self._tools = tools
        self._ask_again_from_usd = ask_again_from_usd
        self._lining_up = asyncio.Lock()

    async def __call__(self, cards: list[Card]) -> None:
        """Show each card once; what fails is tried again later, unless it never can succeed."""
        async with self._lining_up:  # in the order of the claims, whosever read is the quicker one
            behind = await self._read(cards)
            waits = await self._line_up(behind)
        places = await self._places(behind)
        teams = by_team(behind, lambda each: each.state.order.team_id)
        await side_by_side(self._show_some(some, places, waits) for some in teams)
        hidden = [each.state.order for each in behind if each.card.ts is None]
        if hidden := [order for order in hidden if begins_thread(order)]:
            await say_beside(self._tools, hidden)

    async def _show_some(
        self, some: Sequence[_Showing], places: Mapping[str, int], waits: Mapping[str, float]
    ) -> None:
        """Those of one team, one after the other."""
        for showing in some:
            order = showing.state.order
            with structlog.contextvars.bound_contextvars(order=order.id, team=order.team_id, step="show"):
                await self._guarded(showing, _place_in(places, showing.state), waits.get(order.id))

    async def _read(self, cards: Sequence[Card]) -> list[_Showing]:
        """What the cards have to show, in the order in which it was asked for; new cards first."""
        held = {card.id: card for card in cards}
        async with self._tools.database.read() as conn:
            found = await states.find_all(conn, held)
        behind = [
            _Showing(
                _still_held(held[state.order.id], state.card), state, await needs_of(self._tools, state.order)
            )
            for state in found
        ]
        return sorted(behind, key=lambda each: (each.card.ts is not None, each.state.order.created_at))

    async def _line_up(self, behind: Sequence[_Showing]) -> Mapping[str, float]:
        """The waits of first cards for their turn, taken before anything is posted.

        So they stand in the order in which they were asked for, though other claims run beside this one: each
        comes when those before it have taken theirs. It takes no token for that, which one team may have to
        wait for.
        """
        waits: dict[str, float] = {}
        for showing in behind:
            if showing.card.ts is None:
                order = showing.state.order
                with suppress(NotInstalled, Undecryptable):
                    installation = await self._tools.teams.need(order.enterprise_id, order.team_id)
                    slack = self._tools.slack.team(installation)
                    waits[order.id] = slack.turn_to_post(_place_of(showing), order.id)
        return waits

    async def _places(self, behind: Sequence[_Showing]) -> Mapping[str, int]:
        """The present places of the jobs that wait in a line; each line is read once."""
        jobs = [job for showing in behind for job in showing.state.jobs]
        lines = {job.account_key for job in jobs if job.status is JobStatus.QUEUED}
        if not lines:
            return {}
        places: dict[str, int] = {}
        async with self._tools.database.read() as conn:
            for account_key in lines:
                places |= await slots.places(conn, account_key, now=self._tools.clock())
        return places

    async def _guarded(self, showing: _Showing, place: int | None, wait_s: float | None) -> None:
        card = showing.card
        try:
            if _is_shown(card, place):
                await self._later(card, _next_look_s(showing.state, place))
            else:
                await self._show(showing.at(place), wait_s)
        except _NotItsTurn as error:
            await self._later(card, error.wait_s)
        except (NotInstalled, SlackRefused, SlackUnreachable, Undecryptable) as error:
            await self._later_for(card, error)
        except StorageError:
            raise  # of the worker, which repeats the step when the database works again
        except Exception as error:  # noqa: BLE001 - a card that cannot be drawn must not stop the others
            await self._later_for(card, error)

    async def _later_for(self, card: Card, error: Exception) -> None:
        wait_s = self._wait_s(card, error)
        if is_ours(error):
            log_trouble("the card broke", error, next_try_s=wait_s)
        else:
            _log.info("the card is not shown; trying again", cause=cause_of(error), next_try_s=wait_s)
        await self._later(card, wait_s)

    def _wait_s(self, card: Card, error: Exception) -> float | None:
        """As long as Slack asks, else the longer the older the news is; None: it never will be shown."""
        behind_s = self._tools.clock() - card.updated_at
        if behind_s > _OLD_NEWS_S:
            return None
        if isinstance(error, NotInstalled | NotAllowed | CallBroken | PlaceClosed):
            return _AT_LAST_S  # somebody may mend it, by installing the app again for one
        asked_s: float | None = getattr(error, "retry_after_s", None)
        if isinstance(error, SlackUnreachable) and card.ts is None:
            return min(max(_PERHAPS_POSTED_S, behind_s), _AT_LAST_S)
        is_awaited = card.ts is None and behind_s < _AWAITED_S
        at_last_s = _AWAITED_AT_LAST_S if is_awaited else _AT_LAST_S
        return asked_s if asked_s is not None else min(max(_SOON_S, behind_s), at_last_s)

    async def _show(self, showing: _Showing, wait_s: float | None) -> None:
        """Edit the card, or post it; `wait_s`: for how long until it is its turn, if that was asked."""
        order, card = showing.state.order, showing.card
        installation = await self._tools.teams.need_token(order.enterprise_id, order.team_id)
        slack, me = self._tools.slack.team(installation), installation.bot_user_id
        if card.ts is not None and card.channel is not None:
            message = self._card(showing, me)
            _its_turn(slack.turn_to_update(order.id, _edit(showing)))
            try:
                await slack.update(card.channel, card.ts, message.text, message.blocks)
            except (CardFixed, PlaceClosed) as error:
                if order.forgotten is not None:  # of no use to anybody in another place
                    _log.info("the card stays as it is", cause=str(error))
                    await self._done(showing, card.channel, card.ts)
                    return
                _log.info("the card is posted anew", cause=str(error))
            else:
                self._remember(showing, slack, me, card.channel, card.ts)
                link = await _link(slack, showing.state)
                await self._done(showing, card.channel, card.ts, link=link, quiet=showing.state.is_several)
                return
        _its_turn(slack.turn_to_post(_place_of(showing), order.id) if wait_s is None else wait_s)
        await self._post(showing, slack, me)

    def _card(self, showing: _Showing, bot_user_id: str) -> Message:
        return card_of(
            self._tools.words,
            showing.state,
            bot_user_id=bot_user_id,
            ask_again_from_usd=self._ask_again_from_usd,
            needs=showing.needs,
        )

    async def _post(self, showing: _Showing, slack: SlackTeam, bot_user_id: str) -> None:
        order = showing.state.order
        if not showing.card.moved:
            message = self._card(showing, bot_user_id)
            try:
                channel, ts = await slack.post(
                    order.channel_id, message.text, message.blocks, thread_ts=order.thread_ts
                )
            except (PlaceClosed, ThreadGone) as error:
                _log.info("the card goes to the person", cause=str(error))
                _its_turn(slack.turn_to_post(order.user_id, order.id))
                showing = showing.going_to(_where_else(order, error))
            else:
                self._remember(showing, slack, bot_user_id, channel, ts)
                await self._done(showing, channel, ts)
                return
        await self._post_to_person(showing.moved(), slack, bot_user_id)

    async def _post_to_person(self, showing: _Showing, slack: SlackTeam, bot_user_id: str) -> None:
        """The card cannot stand where it was asked for: the app's direct message with the asker takes it."""
        message = self._card(showing, bot_user_id)
        channel, ts = await slack.post(showing.state.order.user_id, message.text, message.blocks)
        self._remember(showing, slack, bot_user_id, channel, ts)
        await self._done(showing, channel, ts)

    async def _done(
        self, showing: _Showing, channel: str, ts: str, *, link: str | None = None, quiet: bool = False
    ) -> None:
        card, state = showing.card, showing.state
        now, again_s = self._tools.clock(), _next_look_s(state, card.place)
        async with self._tools.database.write() as conn:
            if state.has_only_ended_jobs:
                await endings.end_order(conn, state.order.id, now=now, shown=card)
            shown = await card_store.card_shown(
                conn,
                card,
                now=now,
                channel=channel,
                ts=ts,
                moved=card.moved,
                link=link,
                place=card.place,
                again_at=None if again_s is None else now + again_s,
                quiet=quiet,
            )
            if shown is None:
                # The lease ended on the way, so that these words may have come over somebody's newer ones.
                await card_store.newer(conn, card.id, now=now)
            await homes.changed(conn, card, now=now)

    def _remember(self, showing: _Showing, slack: SlackTeam, me: str, channel: str, ts: str) -> None:
        """What the card would say if nothing could be stored; people wait at it while the order goes on."""
        live = None
        slower = showing.slow()
        if slower is not None:
            live = LiveCard(slack, channel, ts, self._card(slower, me))
        self._tools.live_cards.keep(showing.card.id, live)

    async def _later(self, card: Card, wait_s: float | None) -> None:
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            if wait_s is None:
                await endings.end_order(conn, card.id, now=now, shown=None)
                await homes.changed(conn, card, now=now)
            due_at = None if wait_s is None else now + wait_s
            if not await card_store.card_later(conn, card, due_at=due_at):
                # As above: a call without an answer may have been heard.
                await card_store.newer(conn, card.id, now=now)


async def _link(slack: SlackTeam, state: OrderState) -> str | None:
    """The way to the card, asked for when its videos have ended: from then on lists and Homes lead there."""
    if not state.has_only_ended_jobs:
        return None
    return (await card_links(slack, [state], within_s=_LINK_WITHIN_S)).get(state.order.id)


def _where_else(order: Order, error: SlackRefused) -> str | None:
    """Where a card goes, if that is known: a direct message that lacks just a thread is the app's own."""
    is_own = isinstance(error, ThreadGone) and order.channel_id.startswith(_DIRECT)
    return order.channel_id if is_own else None


def _still_held(claimed: Card, now: Card | None) -> Card:
    """The card as it was read with the rest, so that it says which revision that is; if it is still held."""
    return now if now is not None and now.lease_token == claimed.lease_token else claimed


def _place_of(showing: _Showing) -> str:
    """Where a card is posted that stands nowhere yet."""
    return showing.state.order.user_id if showing.card.moved else showing.state.order.channel_id


def _place_in(places: Mapping[str, int], state: OrderState) -> int | None:
    """The place in line of its job that is served next; None: none waits, or far behind."""
    return min((places[job.id] for job in state.jobs if job.id in places), default=None)


def _edit(showing: _Showing) -> Edit:
    if showing.state.goes_on_by_itself:
        return Edit.PROGRESS
    is_old_news = showing.state.order.forgotten is Forgotten.OLD  # many at once, and nobody waits for it
    return Edit.REDRAW if is_old_news or showing.card.shown == showing.card.revision else Edit.NEWS


def _its_turn(wait_s: float) -> None:
    if wait_s > 0:
        raise _NotItsTurn(wait_s)


def _is_shown(card: Card, place: int | None) -> bool:
    """Whether it was looked at only because the line may have moved, and it has not."""
    return place is not None and place == card.place and card.shown == card.revision


def _next_look_s(state: OrderState, place: int | None) -> float | None:
    """Seconds until a place in line is looked at again; None: nothing of it is in one."""
    if not any(job.status is JobStatus.QUEUED for job in state.jobs):
        return None
    soonest, latest = _LINE_MOVES_S
    return latest if place is None else min(max(soonest, place * _PLACE_PATIENCE_S), latest)
