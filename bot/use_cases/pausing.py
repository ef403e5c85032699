"""The use case of the switch: admins stop all new spending where the app is installed, and let it go on."""

from collections.abc import Callable

from bot.asking.asks import Asker
from bot.use_cases import switching
from bot.use_cases.administration import Administration
from storage.database import Database
from storage.pauses import Pause


class Pausing:
    """Throws the switch of a whole installation. `wake` tells the worker that something is due."""

    def __init__(
        self,
        database: Database,
        administration: Administration,
        *,
        clock: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._administration = administration
        self._clock = clock
        self._wake = wake

    async def pause(self, asker: Asker) -> None:
        """Stop all new spending there.

        Raises:
            Forbidden: only admins, and those they named, may.
            NotInstalled: the app is not installed there.
        """
        book = await self._administration.see(asker)
        wanted = Pause(book.installation_id, asker.user_id, self._clock(), None)
        await switching.pause(self._database, wanted)
        self._wake()

    async def resume(self, asker: Asker) -> None:
        """Let go on what admins have paused; an operator's pause stays. Raises as `pause`."""
        book = await self._administration.see(asker)
        await switching.resume(self._database, book.installation_id, by=asker.user_id, now=self._clock())
        self._wake()
