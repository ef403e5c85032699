"""One generation for one Idempotency-Key, whatever is repeated, lost or sent twice at once."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request

from bot.sandbox.fake_sync.problems import problem
from bot.sandbox.fake_sync.state import Generation

_VALID = re.compile(r"[A-Za-z0-9._~-]{1,128}")


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key, if it carries one.

    Raises:
        Problem: 400 `INVALID_IDEMPOTENCY_KEY` for a malformed or repeated header.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not _VALID.fullmatch(keys[0]):
        raise problem("INVALID_IDEMPOTENCY_KEY")
    return keys[0]


class Ledger:
    """Remembers, for each organization and key, the inputs and the generation they made.

    A refused create does not use up its key, and keys are kept for ever: the service documents neither.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], tuple[str, asyncio.Future[Generation]]] = {}

    def forget(self) -> None:
        """Know none of the keys that were used up: nothing says for how long the service knows them."""
        self._made.clear()

    def kept(self) -> object:
        """The inputs and the generation of each key; what is being made just now is not known yet."""
        return {key: (inputs, made.result()) for key, (inputs, made) in self._made.items() if made.done()}

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        for key, (inputs, generation) in kept.items():
            made: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
            made.set_result(generation)
            self._made[key] = (inputs, made)

    async def once(
        self, org_id: str, key: str, body: Any, create: Callable[[], Awaitable[Generation]]
    ) -> tuple[Generation, bool]:
        """Return the key's generation, and whether this call made it; copies in flight wait for the first.

        Raises:
            Problem: 409 for other inputs under the same key (status and code are ours: not documented), or
                whatever `create` raises.
        """
        inputs = json.dumps(body, sort_keys=True)
        while (known := self._made.get((org_id, key))) is not None:
            if known[0] != inputs:
                raise problem("IDEMPOTENCY_KEY_CONFLICT")
            await asyncio.wait([known[1]])
            if not known[1].cancelled():
                return known[1].result(), False
        made: asyncio.Future[Generation] = asyncio.get_running_loop().create_future()
        self._made[org_id, key] = (inputs, made)
        try:
            generation = await create()
        except BaseException:
            self._made.pop((org_id, key), None)
            made.cancel()
            raise
        made.set_result(generation)
        return generation, True
