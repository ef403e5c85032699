"""Drafts: look at the files of an unfinished ask, so that nobody goes on with what cannot be used."""

import asyncio
from collections.abc import Iterator

import structlog

from bot.asking.drafts import DRAFT_LIFE_S, Draft, SlackFile
from bot.asking.file_inputs import medium_of
from bot.errors import JobFailed, NotConnected
from bot.media import MediaError
from bot.messages.failures import is_repeatable
from bot.slack import SlackRefused, SlackUnreachable
from bot.steps.expire import Expire
from bot.steps.guarded import guarded
from bot.steps.inputs import opened, tell
from bot.steps.take import StillComing, take
from bot.steps.tools import Tools
from bot.troubles import cause_of
from storage import card_store
from storage.inputs import InputKind
from storage.orders import Conversation, Order

_log = structlog.get_logger(__name__)

_LOOK_WITHIN_S = 10.0
"""Whoever sent the file may be typing the answer already."""


def _brought(draft: Draft) -> Iterator[tuple[SlackFile, InputKind]]:
    """The files of a draft that it will surely need."""
    for kind, parts in ((InputKind.VIDEO, draft.videos), (InputKind.AUDIO, (draft.speech,))):
        yield from (
            (part, kind) for part in parts if isinstance(part, SlackFile) and medium_of(part) != "text"
        )


class Drafts:
    """The step of `draft`: due once when it has begun, and again when its time is over."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._expire = Expire(tools)

    async def __call__(self, orders: list[Order]) -> None:
        """Look at the files of those that are new; end those that are old."""
        now = self._tools.clock()
        await self._expire([order for order in orders if order.created_at + DRAFT_LIFE_S <= now])
        for order in orders:
            if order.created_at + DRAFT_LIFE_S > now:
                await guarded(self._tools, order, self._look)

    async def _look(self, order: Order) -> None:
        """Look at its files: it goes on while any of them may be used, and its price tells of the others.

        Raises:
            RuledOut: a rule of the team's stands against it.
        """
        draft = Draft.model_validate_json(order.draft)
        await self._tools.roles.gate.surely(order, order.channel_id, draft)
        parts = draft.videos or draft.speeches
        files = [part for part in parts if isinstance(part, SlackFile) and medium_of(part) != "text"]
        problems = await asyncio.gather(*(self._problem(order, file) for file in files))
        if problems and len(problems) == len(parts) and all(problems):
            await self._tools.fail(order, problems[0] or "internal", None)
        else:
            await self._begin(order, draft)
            await self._tools.rest(order, until=order.created_at + DRAFT_LIFE_S)

    async def _begin(self, order: Order, draft: Draft) -> None:
        """Have what was dropped into the direct message brought to sync.so while it still asks for the rest.

        A form that was only opened has no card, and may be closed again.
        """
        tools = self._tools
        async with tools.database.read() as conn:
            card = await card_store.of_order(conn, order.id)
        if card is None or order.conversation is not Conversation.DIRECT_MESSAGE:
            return
        try:
            account = await tools.account_of(order)
        except NotConnected as error:
            _log.info("not brought ahead", cause=cause_of(error))  # once it is whole, it waits for one
            return
        for media, kind in _brought(draft):
            try:
                await take(tools, order, account, media, kind)
            except StillComing:
                pass
            except (JobFailed, MediaError, SlackRefused, SlackUnreachable) as error:
                _log.info("not brought ahead", cause=cause_of(error))  # its order will tell, if there is one

    async def _problem(self, order: Order, file: SlackFile) -> str | None:
        """What its first bytes show to be wrong, as a code; trouble in reading them says nothing of it."""
        try:
            async with asyncio.timeout(_LOOK_WITHIN_S):
                told = await tell(self._tools, order, file)
                async with opened(self._tools, told, medium_of(file)):
                    return None
        except (JobFailed, MediaError) as error:
            if not is_repeatable(error.code):
                return error.code
            _log.info("a new file was not looked at", cause=error.code)
        except (SlackRefused, SlackUnreachable, TimeoutError) as error:
            _log.info("a new file was not looked at", cause=cause_of(error))
        return None
