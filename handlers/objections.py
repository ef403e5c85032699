"""What somebody presses who is named as shown in another's video: I object, and the same in reverse."""

from bot.messages import objection
from bot.messages.blocks import Message
from bot.messages.ids import read_button
from bot.services import Services
from bot.teams.rights import Forbidden
from handlers.replies import put_in_place, reply_privately
from handlers.routing import Answer, Ask
from storage.orders import Order


class Objectors:
    """Hands every press to its use case, which checks it again: team, person, and who is named."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def object(self, ask: Ask) -> Answer:
        """Stop what shows them; the message then offers to withdraw it."""
        words = self._services.words
        try:
            order = await self._services.objections.object(_order_id(ask), ask.asker)
        except Forbidden:
            reply_privately(self._services, ask, objection.not_theirs(words))
            return None
        message = objection.of_nothing_kept(words) if order is None else self._told(order, objects=True)
        put_in_place(self._services, ask, message)
        return None

    async def withdraw(self, ask: Ask) -> Answer:
        """It is settled; said in that message, or in their Home."""
        await self._services.objections.withdraw(ask.asker)
        if ask.pressed is not None and ask.pressed[0] == "view":
            await self._services.homes.open(ask.asker)
            return None
        order = await self._services.objections.find(_order_id(ask), ask.asker)
        words = self._services.words
        put_in_place(
            self._services,
            ask,
            objection.withdrawn(words) if order is None else self._told(order, objects=False),
        )
        return None

    def _told(self, order: Order, *, objects: bool) -> Message:
        return objection.named(self._services.words, order, objects=objects)


def _order_id(ask: Ask) -> str:
    return read_button(str(ask.action.get("value") or "")).order_id
