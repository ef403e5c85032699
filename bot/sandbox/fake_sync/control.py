"""Routes for the sandbox's panel and for judges: switches, the wire, and what really happened."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.config import FakeSyncConfig
from bot.sandbox.fake_sync.disturb import ROUTE_LABELS
from bot.sandbox.fake_sync.faults import Faults, Setting, UnknownFaultError
from bot.sandbox.fake_sync.state import Generation, State

_SHOWN = 4
"""Characters of an API key."""


class _Turn(BaseModel):
    """Body of POST /_control/faults: one switch on or off; without a name all off."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    on: bool = False
    times: int | None = Field(default=None, ge=1)
    share: float = Field(default=1.0, gt=0, le=1)
    settings: dict[str, Setting] = Field(default_factory=dict)


class _Key(BaseModel):
    """Body of POST /_control/keys: an API key is withdrawn, or taken again."""

    model_config = ConfigDict(extra="forbid")

    key: str
    revoked: bool


class ControlRoutes:
    """The routes and what they need."""

    def __init__(self, config: FakeSyncConfig, state: State, faults: Faults) -> None:
        self._config, self._state, self._faults = config, state, faults

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/_control/faults", self.faults, methods=["GET", "POST"]),
            Route("/_control/keys", self.keys, methods=["POST"]),
            Route("/_control/wire", self.wire, methods=["GET"]),
            Route("/_control/records", self.records, methods=["GET"]),
        ]

    async def faults(self, request: Request) -> Response:
        """Show the switchboard; POST turns a switch first."""
        if request.method == "POST":
            try:
                self._turn(_Turn.model_validate_json(await request.body()))
            except (ValidationError, UnknownFaultError) as wrong:
                return JSONResponse({"error": str(wrong)}, 400)
        return JSONResponse({"switches": self._faults.describe(), "routes": ROUTE_LABELS})

    def _turn(self, turn: _Turn) -> None:
        if turn.name is not None and turn.on:
            self._faults.set(turn.name, times=turn.times, share=turn.share, **turn.settings)
        else:
            self._faults.clear(turn.name)

    async def keys(self, request: Request) -> Response:
        """Withdraw an API key, or take it again."""
        try:
            turn = _Key.model_validate_json(await request.body())
        except ValidationError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        if turn.key not in self._config.orgs:
            return JSONResponse({"error": "no organization has this key"}, 400)
        change = self._state.revoked_keys.add if turn.revoked else self._state.revoked_keys.discard
        change(turn.key)
        return JSONResponse({"ok": True})

    async def wire(self, request: Request) -> Response:
        """Exchanges after a sequence number, oldest first."""
        text = request.query_params.get("after", "0")
        after = int(text) if text.isdecimal() else 0
        return JSONResponse({"entries": [each for each in self._state.records.wire if each["seq"] > after]})

    async def records(self, _request: Request) -> Response:
        """Every create attempt, generation, webhook, download and upload as the service saw it."""
        records = self._state.records
        shown = {
            "creates": records.creates,
            "generations": [_record(each) for each in self._state.generations.values()],
            "webhooks": records.webhooks,
            "downloads": records.downloads,
            "uploads": records.uploads,
            "deletions": records.deletions,
        }
        return JSONResponse(shown)


def _record(generation: Generation) -> dict[str, Any]:
    kept = (
        "id",
        "org_id",
        "created_at",
        "ended_at",
        "status",
        "output_name",
        "length_s",
        "frames",
        "error_code",
        "deleted",
    )
    fields = {name: getattr(generation, name) for name in kept}
    made_by = generation.made_by and generation.made_by[-_SHOWN:]  # a key is a secret
    fields |= {"made_by": made_by}
    return fields | {"charged_usd": str(generation.charged_usd), "request": generation.body}
