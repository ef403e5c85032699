"""Routes of generations: create, price, read, list, count, download, delete."""

import asyncio
import hashlib
from functools import partial
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.allowed import check
from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.desk import api_key_of, bad_query, json_body, values, whole_number
from bot.sandbox.fake_sync.idempotency import key_of
from bot.sandbox.fake_sync.library import checked_id
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.planning import Work
from bot.sandbox.fake_sync.pricing import MODELS
from bot.sandbox.fake_sync.problems import (
    Problem,
    outcome_unknown,
    payment_needed,
    problem,
    too_many_running,
)
from bot.sandbox.fake_sync.requests import CreateRequest, invalid, parse
from bot.sandbox.fake_sync.state import Generation

_STATUSES = frozenset({"PENDING", "PROCESSING", "COMPLETED", "FAILED", "REJECTED"})
_LONGEST_WAIT_S, _USUAL_WAIT_S = 10, 5
_TRY_LATER_S = 5


class _ByLength(BaseModel):
    """Body of POST /v2/generations/estimate."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    model: Literal["sync-3", "lipsync-2-pro", "lipsync-2", "lipsync-1.9.0-beta", "react-1"]
    duration: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    fps: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 30
    reasoning_enabled: bool = Field(default=False, alias="reasoningEnabled")


class GenerationRoutes:
    """The routes and what they need."""

    def __init__(self, parts: Parts) -> None:
        self._config, self._state, self._faults = parts.config, parts.state, parts.faults
        self._desk, self._planner, self._engine = parts.desk, parts.planner, parts.engine
        self._views, self._links = parts.views, parts.links
        self._ledger = parts.ledger

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v2/generate", self.create, methods=["POST"]),
            Route("/v2/generate/estimate-cost", self.estimate, methods=["POST"]),
            Route("/v2/generations/estimate", self.estimate, methods=["POST"]),
            Route("/v2/analyze/cost", self.analyze, methods=["POST"]),
            Route("/v2/generate/{id}", self.read, methods=["GET"]),
            Route("/v2/generations", self.listing, methods=["GET"]),
            Route("/v2/generations/count", self.count, methods=["GET"]),
            Route("/v2/generations/{id}", self.read_plain, methods=["GET"]),
            Route("/v2/generations/{id}", self.delete, methods=["DELETE"]),
            Route("/v2/generations/{id}/download", self.download, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Start a generation, once for each Idempotency-Key; every attempt is recorded."""
        org = self._desk.admit(request, "create")
        record: dict[str, Any] = {"at": self._config.clock(), "org": org.id}
        self._state.records.creates.append(record)
        try:
            key = record["idempotency_key"] = key_of(request)
            body = await json_body(request)
            record["body_sha256"] = hashlib.sha256(await request.body()).hexdigest()
            generation, new = await self._create(org, api_key_of(request), key, body)
        except Problem as refused:
            record |= {"outcome": "refused", "status": refused.status, "code": refused.code}
            record |= {"generation_id": refused.extra.get("generationId")}
            raise
        record |= {"outcome": "created" if new else "replayed", "generation_id": generation.id}
        return JSONResponse(self._views.generation(generation), 201)

    async def _create(self, org: Org, made_by: str, key: str | None, body: Any) -> tuple[Generation, bool]:
        unknown = self._faults.take("outcome_unknown")
        if unknown and not unknown["accepted"]:
            raise outcome_unknown(None)
        if self._faults.strikes("key_conflict"):
            raise problem("IDEMPOTENCY_KEY_CONFLICT")
        if self._faults.strikes("keys_forgotten"):
            self._ledger.forget()
        make = partial(self._make, org, made_by, body, keyed=key is not None)
        if key is None:
            generation, new = await make(), True
        else:
            generation, new = await self._ledger.once(org.id, key, body, make)
        if unknown:
            raise outcome_unknown(generation.id if unknown["with_id"] else None)
        return generation, new

    async def _make(self, org: Org, made_by: str, body: Any, *, keyed: bool) -> Generation:
        request, parts = parse(body, list(MODELS))
        self._check_account(org, request)
        self._check_slots(org)
        try:
            work = await self._planner.plan(request, parts, org)
        except Problem as refused:
            if keyed and refused.code == "elevenlabs_service_unavailable":
                raise outcome_unknown(None) from None
            raise
        check(work.picture, request.model, work.recipe.length_s, org, self._faults)
        self._check_slots(org)  # again: others came while the inputs were read
        generation = self._generation(org, request, body, work)
        generation.made_by = made_by
        self._state.generations[generation.id] = generation
        life = self._engine.start(generation, work, org)
        if self._faults.strikes("webhook_early"):
            await asyncio.wait([life])
        return generation

    async def go_on(self) -> None:
        """Take up the generations that were running when the service ended, from their beginning.

        One whose inputs are gone by now fails: what was read of them is gone too.
        """
        orgs = {org.id: org for org in self._config.orgs.values()}
        for generation in [each for each in self._state.generations.values() if each.running]:
            org = orgs[generation.org_id]
            try:
                work = await self._planner.plan(*parse(generation.body, list(MODELS)), org)
            except Problem as gone:
                self._engine.fail(generation, gone.code or "generation_pipeline_failed", org)
            else:
                self._engine.start(generation, work, org)

    def _generation(self, org: Org, request: CreateRequest, body: Any, work: Work) -> Generation:
        return Generation(
            id=str(uuid4()),
            org_id=org.id,
            created_at=self._config.clock(),
            body=body,
            output_name=request.clean_name,
            length_s=round(work.recipe.length_s, 3),
            frames=work.price.frames,
            usd=work.price.usd,
            speech=self._links.publish(work.speech, "speech.mp3", "audio/mpeg") if work.speech else None,
        )

    def _check_account(self, org: Org, request: CreateRequest) -> None:
        if unpaid := self._faults.take("payment_required"):
            raise payment_needed(unpaid["code"])
        if request.project_id is not None:
            raise problem("project_not_found", field="projectId")  # the sandbox has no projects
        if org.plan.jobs is not None and self._state.accepted(org.id) >= org.plan.jobs:
            raise payment_needed("free_tier_generations_exhausted")

    def _check_slots(self, org: Org) -> None:
        active, limit = self._state.running(org.id), self._desk.plan(org).concurrency
        forced = self._faults.take("concurrency_reached")
        if forced or active >= limit:
            wait = forced["retry_after"] if forced else _TRY_LATER_S
            raise too_many_running(active=max(active, limit), limit=limit, retry_after_s=wait)

    async def analyze(self, request: Request) -> Response:
        """Price a create body by its real inputs: the older estimate, a list of one (official SDK)."""
        org = self._desk.admit(request)
        wanted, parts = parse(await json_body(request), list(MODELS))
        if self._faults.strikes("estimate_unavailable"):
            raise problem("cost_estimate_unavailable")
        work = await self._planner.plan(wanted, parts, org)
        return JSONResponse([_estimate(work.price.frames, float(work.price.usd))])

    async def estimate(self, request: Request) -> Response:
        """Price a model and a length: the newer estimate, one object."""
        self._desk.admit(request)
        try:
            wanted = _ByLength.model_validate(await json_body(request))
        except ValidationError as refused:
            raise invalid(refused) from None
        unavailable = self._faults.peek("estimate_unavailable")
        if unavailable and unavailable["by_length_too"] and self._faults.strikes("estimate_unavailable"):
            raise problem("cost_estimate_unavailable")
        cost = self._planner.price(wanted.model, wanted.duration, wanted.fps)
        return JSONResponse(_estimate(cost.frames, float(cost.usd)) | {"estimatedCredits": None})

    async def read(self, request: Request) -> Response:
        """One generation, optionally waiting for its end (sync.so docs, get generation)."""
        generation = self.find(request)
        progress = "progress" in values(request, "include")
        if request.query_params.get("wait") != "true":
            if "timeout" in request.query_params:
                whole_number(request, "timeout", highest=_LONGEST_WAIT_S)
            return JSONResponse(self._views.generation(generation, progress=progress))
        if progress:
            raise bad_query("include=progress cannot be combined with wait", "include")
        timeout = whole_number(request, "timeout", highest=_LONGEST_WAIT_S) or _USUAL_WAIT_S
        headers = {"X-Sync-Wait-Mode": "long-poll", "X-Sync-Wait-Timeout-Seconds": str(timeout)}
        try:
            await asyncio.wait_for(generation.ended.wait(), timeout)
        except TimeoutError:
            headers["Retry-After"] = "2"
        return JSONResponse(self._views.generation(generation), headers=headers)

    async def read_plain(self, request: Request) -> Response:
        """One generation, at once."""
        return JSONResponse(self._views.generation(self.find(request)))

    async def listing(self, request: Request) -> Response:
        """The organization's generations: paged and newest first with `limit`, else all in no order."""
        found = self._filtered(request)
        limit, cursor = whole_number(request, "limit"), request.query_params.get("cursor")
        if limit is None:
            if cursor is not None:
                raise bad_query("cursor needs limit", "cursor")
            unordered = sorted(found, key=lambda each: each.id)
            return JSONResponse([self._views.generation(each) for each in unordered])
        found.reverse()
        if cursor is not None:
            places = [place for place, each in enumerate(found) if each.id == cursor]
            if not places:
                raise bad_query("unknown cursor", "cursor")
            found = found[places[0] + 1 :]
        return JSONResponse([self._views.generation(each) for each in found[:limit]])

    async def count(self, request: Request) -> Response:
        """How many generations match."""
        return JSONResponse({"count": len(self._filtered(request))})

    def _filtered(self, request: Request) -> list[Generation]:
        org = self._desk.admit(request)
        statuses, ids = set(values(request, "status")), set(values(request, "ids"))
        if unknown := statuses - _STATUSES:
            raise bad_query(f"unknown status {', '.join(sorted(unknown))}", "status")
        lag = self._faults.peek("list_lags")
        listed_until = self._config.clock() - (lag["seconds"] if lag else 0.0)
        return [
            each
            for each in self._state.of(org.id)
            if (not statuses or each.status in statuses) and (not ids or each.id in ids)
            if each.created_at <= listed_until
        ]

    async def download(self, request: Request) -> Response:
        """A fresh link to the output, as bare text."""
        link = self._views.download_link(self.find(request))
        if link is None:
            raise problem("generation_conflict", "There is no output yet")
        return PlainTextResponse(link)

    async def delete(self, request: Request) -> Response:
        """Forget an ended generation and return it."""
        generation = self.find(request)
        if generation.running:
            raise problem("generation_not_deletable_while_processing")
        generation.deleted = True
        return JSONResponse(self._views.generation(generation))

    def find(self, request: Request) -> Generation:
        """The one that a request names, if it is the organization's and was not deleted."""
        org = self._desk.admit(request)
        generation = self._state.generations.get(
            checked_id(request.path_params["id"], "invalid_generation_id")
        )
        if generation is None or generation.org_id != org.id or generation.deleted:
            raise problem("generation_not_found")
        return generation


def _estimate(frames: int, usd: float) -> dict[str, Any]:
    return {"estimatedFrameCount": frames, "estimatedGenerationCost": usd}
