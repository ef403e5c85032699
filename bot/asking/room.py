"""How many orders one person may have open."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import TooManyOpen
from storage.open_orders import count_open
from storage.orders import NewOrder, Order

MOST_OPEN: Final = 20
"""Asked for, waiting for a yes, in the line, in the making."""


async def check_room(conn: AsyncConnection, order: Order | NewOrder, *, for_more: bool = False) -> None:
    """Undo what made an order one too many of its asker's; `for_more`: so that there is room for one more.

    Args:
        conn: the transaction that made it.
        order: what was made.
        for_more: whether it does not count yet, since only its form is open.

    Raises:
        TooManyOpen: it is one too many; the transaction is to be given up.
    """
    if await count_open(conn, order, at_most=MOST_OPEN + 1) > MOST_OPEN - for_more:
        raise TooManyOpen(MOST_OPEN)
