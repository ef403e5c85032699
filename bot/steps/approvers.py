"""Approvers: notice who has left since their card was posted, so that nothing waits for them unsaid."""

from contextlib import suppress

from bot.errors import NotInstalled
from bot.slack import SlackRefused, SlackUnreachable
from bot.steps.asked import not_reached
from bot.steps.loops import look_now_and_then
from bot.steps.tools import Tools
from storage import card_store, gate_store
from storage.errors import Undecryptable
from storage.gates import Gate, card_id
from storage.owners import Owner
from storage.people import Membership

AT_ONCE = 200
"""Gates that are read at once."""
_LOOKS_EVERY_S = 3600.0
"""As long as what Slack told of somebody counts as fresh."""


class Approvers:
    """Each process looks by itself: what was noticed is not told again."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._last: Gate | None = None

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="approvers")

    async def turn(self) -> bool:
        """Look at some of what waits for somebody; False: that was the last of it.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self._tools.database.read() as conn:
            waiting = await gate_store.open_ones(conn, after=self._last, limit=AT_ONCE)
        for gate in waiting:
            await self._look(gate)
        self._last = waiting[-1] if len(waiting) == AT_ONCE else None
        return self._last is not None

    async def _look(self, gate: Gate) -> None:
        for user_id in gate.by_allowance:  # with who has left ends what they allow
            await has_left(self._tools, gate, user_id)
        for user_id in gate.asked:
            if user_id not in gate.unreached and await has_left(self._tools, gate, user_id):
                await self._note(gate, user_id)

    async def _note(self, gate: Gate, user_id: str) -> None:
        async with self._tools.database.read() as conn:
            card = await card_store.find(conn, card_id(gate.id, user_id))
        if card is not None:
            await not_reached(self._tools, card, gate)


async def has_left(tools: Tools, owner: Owner, user_id: str) -> bool:
    """Whether that account is nobody's any more; what Slack does not tell, or cannot be asked, is no."""
    with suppress(NotInstalled, SlackRefused, SlackUnreachable, Undecryptable):
        profile = await tools.roles.people.of(owner, user_id)
        return profile.membership is Membership.GONE
    return False
