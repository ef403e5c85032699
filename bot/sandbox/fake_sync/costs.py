"""The record of what generations cost (sync.so docs: get generation costs; usage export; November 2026)."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.desk import bad_query, whole_number
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.problems import Problem
from bot.sandbox.fake_sync.state import Generation
from bot.sandbox.fake_sync.views import iso

_ASK_AGAIN_S = 2
_CENT = Decimal("0.01")
_LARGEST_PAGE, _USUAL_PAGE = 500, 100


class CostRoutes:
    """The routes and what they need; `find` gives the generation that a request names."""

    def __init__(self, parts: Parts, find: Callable[[Request], Generation]) -> None:
        self._config, self._faults, self._find = parts.config, parts.faults, find
        self._state, self._desk = parts.state, parts.desk

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v2/generate/{id}/costs", self.costs, methods=["GET"]),
            Route("/v2/usage/generations", self.usage, methods=["GET"]),
        ]

    async def costs(self, request: Request) -> Response:
        """What was charged, as far as it is known by now. Amounts are decimal strings, never floats."""
        return JSONResponse(self._record(self._find(request)))

    async def usage(self, request: Request) -> Response:
        """The same of all that finished in a range, whoever in the organization made it; oldest first."""
        org = self._desk.admit(request)
        limit = whole_number(request, "limit", highest=_LARGEST_PAGE) or _USUAL_PAGE
        start, end = _moment(request, "startTime"), _moment(request, "endTime")
        if end <= start:
            raise bad_query("endTime must be after startTime", "endTime")
        after = _after(request)
        lag = self._faults.peek("usage_lags")
        listed_until = min(end, self._config.clock() - (lag["seconds"] if lag else 0.0))
        found = sorted(
            (each.ended_at, each.id)
            for each in self._state.generations.values()
            if each.org_id == org.id and each.ended_at is not None and start <= each.ended_at < end
            if each.ended_at <= listed_until and (each.ended_at, each.id) > after
        )
        page = [self._item(self._state.generations[which]) for _, which in found[:limit]]
        cursor = _cursor(request, found[limit - 1]) if len(found) > limit else None
        return JSONResponse({"items": page, "nextCursor": cursor})

    def _item(self, generation: Generation) -> dict[str, Any]:
        """The guide names what is in it beside the costs, and no field: these are ours."""
        return self._record(generation) | {
            "finishedAt": None if generation.ended_at is None else iso(generation.ended_at),
            "model": generation.body["model"],
            "billedFrames": generation.frames if generation.charged_usd else 0,
            "apiKey": _name(generation.made_by),
        }

    def _record(self, generation: Generation) -> dict[str, Any]:
        availability = self._availability(generation)
        total = str(generation.charged_usd)
        known = {"complete": total, "partial": str((generation.charged_usd / 2).quantize(_CENT))}
        return {
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

    def _availability(self, generation: Generation) -> str:
        if self._faults.peek("cost_unavailable") is not None:
            return "unavailable"
        if generation.ended_at is None:
            return "pending"
        if generation.recorded is not None:
            return generation.recorded
        late = self._faults.peek("cost_late")
        after_s = float(late["seconds"]) if late else self._config.costs_after_s
        if self._config.clock() < generation.ended_at + after_s:
            return "pending"
        return "partial" if self._faults.strikes("cost_partial") else "complete"


def _components(generation: Generation) -> list[dict[str, Any]]:
    """The inner names are in no stored copy of the documentation: nobody may rely on these."""
    return [{"type": "lip-sync", "amountUsd": str(generation.charged_usd)}]


def _name(api_key: str | None) -> str | None:
    """How the export names a key, which is known of no stored copy: never by the key itself."""
    return None if api_key is None else f"key_{hashlib.sha256(api_key.encode()).hexdigest()[:12]}"


def _moment(request: Request, name: str) -> float:
    """A required time of the range.

    Raises:
        Problem: 400, it is missing or not ISO 8601 in UTC.
    """
    text = request.query_params.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - has no zone, and so is refused
    if "T" not in text or moment.tzinfo is None or moment.utcoffset() != UTC.utcoffset(None):
        raise bad_query(f"{name} must be an ISO 8601 date-time in UTC", name)
    return moment.timestamp()


def _after(request: Request) -> tuple[float, str]:
    """Behind which generation the page begins.

    Raises:
        Problem: 400, no page of this very range has given the cursor.
    """
    text = request.query_params.get("cursor")
    if text is None:
        return 0.0, ""
    try:
        of_range, moment, which = base64.urlsafe_b64decode(text.encode()).decode().split("|")
        if of_range == _range(request):
            return float(moment), which
    except (binascii.Error, ValueError):
        pass
    raise _bad_cursor()


def _bad_cursor() -> Problem:
    return bad_query("cursor is not one of this startTime and endTime", "cursor")


def _cursor(request: Request, last: tuple[float, str]) -> str:
    moment, which = last
    return base64.urlsafe_b64encode(f"{_range(request)}|{moment!r}|{which}".encode()).decode()


def _range(request: Request) -> str:
    return f"{request.query_params['startTime']}/{request.query_params['endTime']}"
