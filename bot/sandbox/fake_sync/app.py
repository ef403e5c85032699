"""Puts the fake service together: parts, routes, layers, beginning and end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.sandbox.fake_sync.assets import AssetRoutes
from bot.sandbox.fake_sync.blobs import Blobs, Links
from bot.sandbox.fake_sync.config import FakeSyncConfig
from bot.sandbox.fake_sync.control import ControlRoutes
from bot.sandbox.fake_sync.costs import CostRoutes
from bot.sandbox.fake_sync.desk import Desk
from bot.sandbox.fake_sync.disturb import Disturb
from bot.sandbox.fake_sync.engine import Engine
from bot.sandbox.fake_sync.faults import Faults
from bot.sandbox.fake_sync.fetch import Inputs
from bot.sandbox.fake_sync.generations import GenerationRoutes
from bot.sandbox.fake_sync.idempotency import Ledger
from bot.sandbox.fake_sync.library import Library
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.planning import Planner
from bot.sandbox.fake_sync.problems import Problem
from bot.sandbox.fake_sync.services import ServiceRoutes
from bot.sandbox.fake_sync.state import Generation, State
from bot.sandbox.fake_sync.storage import StorageRoutes
from bot.sandbox.fake_sync.views import Views
from bot.sandbox.fake_sync.webhooks import Webhooks
from bot.sandbox.fake_sync.wire import Wire
from bot.sandbox.media.studio import Studio

_FETCH_TIMEOUT = httpx.Timeout(30, connect=10)


@dataclass(frozen=True)
class FakeSync:
    """A fake sync.so: serve `asgi` with uvicorn, lifespan on; `state` and `faults` are for tests."""

    config: FakeSyncConfig
    asgi: ASGIApp
    state: State
    faults: Faults
    studio: Studio
    ledger: Ledger
    links: Links

    def revoke(self, key: str) -> None:
        """Withdraw an API key, for good; other keys of its organization go on."""
        self.state.revoked_keys.add(key)

    def made_elsewhere(self, org_id: str, usd: Decimal, *, made_by: str | None = None) -> Generation:
        """A finished video of the organization that the app knows nothing of.

        Args:
            org_id: Whose it is.
            usd: What it cost.
            made_by: The other API key that ordered it; None: it was made in Studio.
        """
        return self.state.made_elsewhere(org_id, usd, made_by, self.config.clock())

    def kept(self) -> object:
        """What was made, ordered and published, in one piece: a key's generation is the state's."""
        return self.state.kept(), self.ledger.kept(), self.links.kept()

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave; what was running goes on once this is served."""
        state, ledger, links = kept
        self.state.recall(state)
        self.ledger.recall(ledger)
        self.links.recall(links)


def create_fake_sync(config: FakeSyncConfig) -> FakeSync:
    """Build a fake sync.so. The lifespan's end stops everything that requests began."""
    state, ledger, faults = State(), Ledger(), Faults()
    studio = Studio(config.folder / "studio")
    blobs, links = Blobs(config.folder / "blobs"), Links(config.base_url, config.clock)
    # No proxies: what the sandbox fetches is on this machine or directly reachable.
    http = httpx.AsyncClient(timeout=_FETCH_TIMEOUT, follow_redirects=True, max_redirects=5, trust_env=False)
    library = Library(state, links, faults, config.clock)
    inputs = Inputs(config, state, library, blobs, studio, http, faults)
    views = Views(links, faults, config.clock)
    engine = Engine(config, studio, links, faults, Webhooks(views, faults, state.records, http, config.clock))
    desk, planner = Desk(config, state, faults), Planner(inputs, studio, faults)
    parts = Parts(
        config, state, library, ledger, faults, desk, blobs, links, inputs, planner, engine, views, studio
    )
    generations = GenerationRoutes(parts)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            await generations.go_on()
            yield
        finally:
            await engine.close()
            await inputs.close()
            await studio.close()
            await http.aclose()

    app = Starlette(
        routes=_routes(parts, generations),
        exception_handlers={Problem: _refused, HTTPException: _no_route},
        lifespan=lifespan,
    )
    # Around Starlette, not inside: its own outermost layer hides the connection that Wire may have to drop.
    asgi = Wire(Disturb(app, faults), state.records, config.clock)
    return FakeSync(config, asgi, state, faults, studio, ledger, links)


def _routes(parts: Parts, generations: GenerationRoutes) -> list[Route]:
    groups = (
        generations,
        CostRoutes(parts, generations.find),
        AssetRoutes(parts),
        StorageRoutes(parts),
        ServiceRoutes(parts),
        ControlRoutes(parts.config, parts.state, parts.faults),
    )
    return [route for group in groups for route in group.routes()]


async def _refused(_request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Problem):
        raise TypeError from refusal
    return refusal.response()


async def _no_route(request: Request, missing: Exception) -> Response:
    status = missing.status_code if isinstance(missing, HTTPException) else 404
    message = f"Cannot {request.method} {request.url.path}"
    return JSONResponse({"message": message, "error": "Not Found", "statusCode": status}, status)
