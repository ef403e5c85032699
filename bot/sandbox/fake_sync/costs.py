"""The record of what a generation cost (sync.so docs: get generation costs; reference of November 2026)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.state import Generation

_ASK_AGAIN_S = 2
_CENT = Decimal("0.01")


class CostRoutes:
    """The route and what it needs; `find` gives the generation that a request names."""

    def __init__(self, parts: Parts, find: Callable[[Request], Generation]) -> None:
        self._config, self._faults, self._find = parts.config, parts.faults, find

    def routes(self) -> list[Route]:
        """All of them."""
        return [Route("/v2/generate/{id}/costs", self.costs, methods=["GET"])]

    async def costs(self, request: Request) -> Response:
        """What was charged, as far as it is known by now. Amounts are decimal strings, never floats."""
        generation = self._find(request)
        availability = self._availability(generation)
        total = str(generation.charged_usd)
        known = {"complete": total, "partial": str((generation.charged_usd / 2).quantize(_CENT))}
        return JSONResponse(
            {
                "generationId": generation.id,
                "generationStatus": generation.status,
                "currency": "USD",
                "availability": availability,
                "totalCostUsd": total if availability == "complete" else None,
                "knownSubtotalUsd": known.get(availability, "0"),
                "retryAfterSeconds": _ASK_AGAIN_S if availability in {"pending", "partial"} else None,
                "components": _components(generation) if availability == "complete" else [],
                "excludedCosts": ["tax", "subscription"],
            }
        )

    def _availability(self, generation: Generation) -> str:
        if self._faults.peek("cost_unavailable") is not None:
            return "unavailable"
        if generation.ended_at is None:
            return "pending"
        late = self._faults.peek("cost_late")
        after_s = float(late["seconds"]) if late else self._config.costs_after_s
        if self._config.clock() < generation.ended_at + after_s:
            return "pending"
        return "partial" if self._faults.strikes("cost_partial") else "complete"


def _components(generation: Generation) -> list[dict[str, Any]]:
    """The inner names are in no stored copy of the documentation: nobody may rely on these."""
    return [{"type": "lip-sync", "amountUsd": str(generation.charged_usd)}]
