"""The front desk: whose key it is, whether it may call again this minute, and reading bodies and numbers."""

import json
from collections import defaultdict, deque
from typing import Any, Literal

from starlette.requests import Request

from bot.sandbox.fake_sync.allowed import plan_of
from bot.sandbox.fake_sync.config import FakeSyncConfig, Org, Plan
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.problems import Problem, bad_key, no_key, problem, too_many_requests
from bot.sandbox.fake_sync.state import State

Group = Literal["create", "upload", "speech", "other"]
_WINDOW_S = 60.0
_PAGE_LIMIT = 100


class Desk:
    """Admits callers."""

    def __init__(self, config: FakeSyncConfig, state: State, faults: Faults) -> None:
        self._config, self._state, self._faults = config, state, faults
        self._calls: defaultdict[tuple[str, Group], deque[float]] = defaultdict(deque)

    def admit(self, request: Request, group: Group = "other") -> Org:
        """Return the organization of the request's key and count the call.

        Raises:
            Problem: 401 without a key or with a wrong or withdrawn one, 429 over the rate.
        """
        key = api_key_of(request)
        if not key:
            raise no_key()
        org = self._config.orgs.get(key)
        revoked = self._faults.peek("key_revoked")
        if org is None or (revoked is not None and revoked["org"] in {"", org.id}):
            raise bad_key()
        if key in self._state.revoked_keys:
            raise bad_key()
        self._count(key, group)
        return org

    def plan(self, org: Org) -> Plan:
        """What the organization may do, now."""
        return plan_of(org, self._faults)

    def _count(self, key: str, group: Group) -> None:
        calls, now = self._calls[key, group], self._config.clock()
        while calls and calls[0] <= now - _WINDOW_S:
            calls.popleft()
        if len(calls) >= getattr(self._config.rates, group):
            raise too_many_requests(max(1, round(calls[0] + _WINDOW_S - now)))
        calls.append(now)


def api_key_of(request: Request) -> str:
    """The API key that a request came with; empty where it has none."""
    return request.headers.get("x-api-key", "")


async def json_body(request: Request) -> Any:
    """Return the parsed body.

    Raises:
        Problem: 400, not JSON.
    """
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Problem(400, "The body is not valid JSON", extra={"error": "Bad Request"}) from None


def values(request: Request, name: str) -> list[str]:
    """A query list, however it is written: with commas, by repeating the name, or as JSON.

    So the documentation, `syncsdk` 0.3.0 and `@sync.so/sdk` 0.3.0 write it; which of them the service takes
    besides commas is not known.

    Raises:
        Problem: 400, it begins as JSON and is no list of strings.
    """
    return [part for value in request.query_params.getlist(name) for part in _parts(value, name) if part]


def _parts(value: str, name: str) -> list[str]:
    if not value.startswith("["):
        return value.split(",")
    try:
        listed = json.loads(value)
    except ValueError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
        raise bad_query(f"{name} must be a list", name)
    return listed


def whole_number(request: Request, name: str, *, highest: int = _PAGE_LIMIT) -> int | None:
    """A query number from 1 up to the highest, or None where it is missing.

    Raises:
        Problem: 400, not such a number.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= highest:
        raise bad_query(f"{name} must be a number from 1 to {highest}", name)
    return int(text)


def bad_query(message: str, field: str) -> Problem:
    """400 for a query parameter."""
    return problem("generation_input_validation_failed", message, field=field)
