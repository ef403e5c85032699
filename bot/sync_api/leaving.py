"""The last moment at which a request can be kept back. Pure but for what it is given to call."""

from collections.abc import Awaitable, Callable
from typing import Any

_LEAVES = ("send_request_headers.started", "send_request_body.started")
"""Ends of httpx's names for what it is about to do (its docs, `trace`). Getting a connection may
take its time, and whoever stands still does so anywhere; but without its body a request is none."""


def right_before(leaving: Callable[[], Awaitable[None]]) -> Callable[[str, Any], Awaitable[None]]:
    """For httpx's `trace`: what `leaving` raises keeps the request back."""

    async def trace(event: str, _info: Any) -> None:
        if event.endswith(_LEAVES):
            await leaving()

    return trace
