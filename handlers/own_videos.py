"""What people ask about what they have made: the list, page by page, what is running, what it cost."""

import asyncio
from collections.abc import Awaitable, Sequence

import structlog

from bot.asking.asks import Asker
from bot.asking.list_filters import OPEN, ListFilter, list_filter
from bot.asking.short_words import AskForget, AskList, AskStatus, AskUsage, Own
from bot.errors import NotConnected
from bot.messages import deleting, listing
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.services import Services
from bot.slack.card_links import card_links
from bot.sync_api.client import PAGE_LIMIT
from bot.sync_api.errors import SyncApiError
from bot.use_cases.deleting import Leaver
from handlers.figures import Figures
from handlers.replies import Say, privately, reply_privately, told
from handlers.routing import Answer, Ask
from storage.cards import OrderState
from storage.states import NEWEST, Mark

_log = structlog.get_logger(__name__)

_SYNC_WITHIN_S = 10.0
_LINKS_WITHIN_S = 5.0
"""What a list waits for its links; it is told without those that are late."""


class OwnVideos:
    """Reads and tells; nothing is changed. Nobody sees another's videos, nor those of another workspace."""

    def __init__(self, services: Services, figures: Figures) -> None:
        self._services = services
        self._figures = figures

    def answer(self, asker: Asker, wanted: Own, say: Say) -> None:
        """Look up what is wanted and tell it, after the answer to Slack."""

        def look() -> Awaitable[Message]:
            match wanted:
                case AskStatus():
                    return self._status(asker)
                case AskUsage(as_csv=as_csv):
                    return self._figures.send(asker) if as_csv else self._figures.tell(asker)
                case AskForget(user_id=user_id):
                    return self._ask_to_forget(asker, user_id)
                case AskList(word=word):
                    return self._list(asker, word, NEWEST)

        self._services.background.start(told(self._services.words, look, say), name="list of own videos")

    async def forget(self, ask: Ask) -> Answer:
        """Have all that is kept of whoever presses deleted, and say what that waits for."""
        waits = await self._services.deleting.delete_person(ask.asker)
        reply_privately(self._services, ask, deleting.forgetting_begun(self._services.words, waits))
        return None

    async def forget_person(self, ask: Ask) -> Answer:
        """Have all that is kept of somebody who has left deleted, for an admin."""
        user_id = str(ask.action.get("value") or "")
        leaver, waits = await self._services.deleting.delete_leaver(ask.asker, user_id)
        t = self._services.words
        done = deleting.person_forgetting_begun(t, user_id, waits)
        reply_privately(self._services, ask, done if leaver is Leaver.GONE else _why_not(t, leaver, user_id))
        return None

    async def _ask_to_forget(self, asker: Asker, user_id: str | None) -> Message:
        t = self._services.words
        if user_id is None:
            return deleting.ask_to_forget(t)
        leaver = await self._services.deleting.leaver(asker, user_id)
        if leaver is Leaver.GONE:
            return deleting.ask_to_forget_person(t, user_id)
        return _why_not(t, leaver, user_id)

    async def older(self, ask: Ask) -> Answer:
        """The next page of a list."""
        word, _, place = str(ask.action.get("value") or "").partition(":")
        before = Mark.read(place)
        if before is None:
            return None
        older = told(
            self._services.words,
            lambda: self._list(ask.asker, word, before),
            privately(self._services, ask),
        )
        self._services.background.start(older, name="list of own videos")
        return None

    async def _list(self, asker: Asker, word: str, before: Mark) -> Message:
        wanted = list_filter(word)
        if wanted is None:
            return listing.no_such_filter(self._services.words, word)
        try:
            states, older = await self._page(asker, wanted, before)
        except (TimeoutError, NotConnected, SyncApiError) as error:
            _log.warning("sync.so not asked for a list", error=repr(error))
            return listing.sync_not_asked(self._services.words, wanted.word)
        return listing.own_videos(
            self._services.words,
            states,
            await self._links(asker, states),
            word=wanted.word,
            begun=before != NEWEST,
            older=older and f"{wanted.word}:{older.written()}",
        )

    async def _page(
        self, asker: Asker, wanted: ListFilter, before: Mark
    ) -> tuple[Sequence[OrderState], Mark | None]:
        """Orders of one page, and the place behind it; None: there are no older ones."""
        most = listing.PAGE if wanted.at_sync is None else PAGE_LIMIT
        own = self._services.orders.own
        read = await own(asker, wanted.statuses, before=before, limit=most + 1)
        states, is_last = read[:most], len(read) <= most
        if wanted.at_sync is not None:
            states = await self._as_sync_says(asker, states, wanted.at_sync)
        page = states[: listing.PAGE]
        if len(states) > listing.PAGE:
            return page, Mark.after(page[-1])
        return page, None if is_last else Mark.after(read[most - 1])

    async def _as_sync_says(
        self, asker: Asker, states: Sequence[OrderState], status: str
    ) -> list[OrderState]:
        """Those of which sync.so says this status now. Raises SyncApiError and TimeoutError."""
        ids = [job.generation_id for state in states for job in state.jobs if job.generation_id is not None]
        async with asyncio.timeout(_SYNC_WITHIN_S):
            account = await self._services.accounts.of_team(asker.enterprise_id, asker.team_id)
            found = await account.client.list(ids=ids, status=[status])
        known = {generation.id for generation in found if generation.status == status}
        return [state for state in states if any(job.generation_id in known for job in state.jobs)]

    async def _status(self, asker: Asker) -> Message:
        states = await self._services.orders.own(asker, OPEN, before=NEWEST, limit=listing.PAGE + 1)
        shown = states[: listing.PAGE]
        return listing.running(
            self._services.words, shown, await self._links(asker, shown), more=len(states) > len(shown)
        )

    async def _links(self, asker: Asker, states: Sequence[OrderState]) -> dict[str, str]:
        """Where their cards stand, as far as Slack tells in time."""
        if not states:
            return {}
        return await card_links(await self._services.slack_of(asker), states, within_s=_LINKS_WITHIN_S)


def _why_not(t: Words, leaver: Leaver, user_id: str) -> Message:
    """Why an admin cannot have somebody's data deleted, or somebody else cannot."""
    match leaver:
        case Leaver.STILL_HERE:
            return deleting.person_still_here(t, user_id)
        case Leaver.NOT_FOR_THEM:
            return deleting.only_admins_forget(t)
    return deleting.person_unknown(t)
