"""The use case of consent: who is shown in an order's videos, and on what ground; asked and said."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.addresses import open_draft
from bot.asking.asks import Asker
from bot.asking.drafts import Draft
from bot.errors import BotError
from bot.steps import naming
from bot.steps.tools import Tools
from bot.teams.consents import against, recall, show_consents, sources_of
from bot.teams.rights import Deed
from bot.teams.rulebook import Book
from bot.use_cases.askers import check, order_of
from bot.use_cases.confirmation import Confirmation
from storage import audit, consent_store
from storage.consents import Consent, Objected, Shown, objectors, of_asker
from storage.encryption import Cipher
from storage.orders import Order, OrderStatus

_OPEN = frozenset({OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED})
"""Before the asker's yes, which is given to what was said as well."""


class NotColleagues(BotError):
    """People were named as colleagues who are none: apps, or people from elsewhere."""

    def __init__(self, people: frozenset[str]) -> None:
        super().__init__("somebody is named as a colleague who is none")
        self.people = people
        """By their ids in Slack."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of an order, and what was said already."""

    order: Order
    said: tuple[Consent, ...]
    required: bool
    """Whether the team's rules want it said before the yes."""
    videos: str
    """Tells the videos that it is asked of from all others."""


async def unsaid(
    conn: AsyncConnection, order: Order, book: Book, cipher: Cipher, now: float
) -> Confirmation | None:
    """Why a yes is too early by the rule on consent; None: it is not. See `bot.teams.consents`.

    Raises:
        Objected: somebody who is shown objects; roll back.
    """
    draft = open_draft(order, cipher)
    said = await recall(conn, order, draft, now=now)
    if objected := await against(conn, order, draft, said):
        raise objected
    return Confirmation.CONSENT_UNSAID if book.rules.consent_required and not said else None


class Consents:
    """Asks who is shown, and keeps what is said. `wake` tells the worker that something is due."""

    def __init__(self, tools: Tools, *, wake: Callable[[], None]) -> None:
        self._tools = tools
        self._wake = wake

    async def ask(self, order_id: str, asker: Asker) -> Asked | None:
        """What there is to ask of an order. None: there is none, or it is too late to say it.

        Raises:
            Forbidden: only its asker may.
        """
        async with self._tools.database.read() as conn:
            order = await order_of(conn, order_id, asker)
            said = await consent_store.of_orders(conn, [order_id])
        if order is None:
            return None
        await check(Deed.CHANGE, order, asker, self._tools.teams, self._tools.database)
        of_it = said.get(order_id, ())
        if not _may_be_said(order, of_it):
            return None
        rules = (await self._tools.roles.rulebook.of(order)).rules
        videos = told_apart(sources_of(open_draft(order, self._tools.cipher)))
        return Asked(order, of_it, rules.consent_required, videos)

    async def say(self, order_id: str, asker: Asker, people: Sequence[Shown], *, videos: str) -> bool:
        """Keep who is shown, in place of what was said.

        False: there is no such order, it is too late, or it is not of those `videos` (any more): see `Asked`.

        Colleagues who are named anew are told, and may object.

        Raises:
            Forbidden: only its asker may.
            NotColleagues: an app, or somebody from elsewhere, is named as a colleague.
            Objected: somebody who objects is left out; that is theirs to settle.
        """
        asked = await self.ask(order_id, asker)
        if asked is None:
            return False
        whom = dict.fromkeys(of_asker(each, asker.user_id) for each in people)
        if elsewhere := await naming.from_elsewhere(self._tools, asked.order, whom):
            raise NotColleagues(elsewhere)
        now = self._tools.clock()
        async with self._tools.database.write() as conn:
            order = await order_of(conn, order_id, asker, lock=True)
            before = (await consent_store.of_orders(conn, [order_id])).get(order_id, ())
            if order is None or not _may_be_said(order, before):
                return False
            said = [Consent(each, asker.user_id, now) for each in whom]
            _keep_objectors(before, said, asker)
            sources = sources_of(open_draft(order, self._tools.cipher))
            if told_apart(sources) != videos:
                return False
            await consent_store.put(conn, order, sources, said, now=now)
            await show_consents(conn, [order.id], now=now)
            await naming.tell(conn, self._tools, order, said, before=before)
            await audit.append(conn, audited.consent_said(order, said), now=now)
        self._wake()
        return True


def told_apart(sources: Collection[str]) -> str:
    """What tells videos from all others, for a form to carry."""
    return hashlib.sha256("\n".join(sorted(sources)).encode()).hexdigest()


def _may_be_said(order: Order, said: Sequence[Consent]) -> bool:
    """What approvers have seen is not changed any more, but what is lacking can be said."""
    if Draft.model_validate_json(order.draft).video is None:
        return False
    return order.status in _OPEN or (order.status is OrderStatus.AWAITING_APPROVAL and not said)


def _keep_objectors(before: Sequence[Consent], said: Sequence[Consent], asker: Asker) -> None:
    """Raises Objected: somebody who objects is named no more, so that nothing would stand against it."""
    stay = {each.shown.user_id for each in said}
    left_out = tuple(each for each in objectors(before, asker.user_id) if each not in stay)
    if left_out:
        raise Objected(left_out)
