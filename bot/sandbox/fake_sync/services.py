"""Routes of everything around generations: speech, voices, models, account, error catalog, webhook secret."""

from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fake_sync.config import Org
from bot.sandbox.fake_sync.desk import json_body
from bot.sandbox.fake_sync.parts import Parts
from bot.sandbox.fake_sync.planning import find_voice
from bot.sandbox.fake_sync.pricing import MODELS
from bot.sandbox.fake_sync.problems import CATALOG, UPGRADE_URL
from bot.sandbox.fake_sync.requests import Share, invalid
from bot.sandbox.fake_sync.voices import VOICES, VoiceCard


class _Script(BaseModel):
    """Body of POST /v2/tts."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    script: Annotated[str, Field(min_length=1, max_length=5000)]
    voice_id: str
    provider: Literal["elevenlabs"]
    stability: Share | None = None
    similarity_boost: Share | None = None


class ServiceRoutes:
    """The routes and what they need."""

    def __init__(self, parts: Parts) -> None:
        self._state, self._desk, self._links = parts.state, parts.desk, parts.links
        self._faults = parts.faults
        self._planner, self._studio = parts.planner, parts.studio

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v2/tts", self.speak, methods=["POST"]),
            Route("/v2/voices", self.voices, methods=["GET"]),
            Route("/v2/voices/{id}", self.voice, methods=["GET"]),
            Route("/previews/{id}.mp3", self.preview, methods=["GET"]),
            Route("/v2/models", self.models, methods=["GET"]),
            Route("/v2/account", self.account, methods=["GET"]),
            Route("/v2/errors", self.errors, methods=["GET"]),
            Route("/v2/organizations/webhook/secret", self.secret, methods=["GET"]),
        ]

    async def speak(self, request: Request) -> Response:
        """Speech from a script, at once; asking twice speaks twice."""
        self._desk.admit(request, "speech")
        try:
            wanted = _Script.model_validate(await json_body(request))
        except ValidationError as refused:
            raise invalid(refused) from None
        file = await self._planner.speak(find_voice(wanted.voice_id), wanted.script)
        facts = await self._studio.probe(file)
        url = self._links.sign(self._links.publish(file, "speech.mp3", "audio/mpeg"))
        return JSONResponse({"id": str(uuid4()), "url": url, "duration": facts.duration_s})

    async def voices(self, request: Request) -> Response:
        """All voices."""
        self._desk.admit(request)
        return JSONResponse([self._voice(voice) for voice in VOICES.values()])

    async def voice(self, request: Request) -> Response:
        """One voice."""
        self._desk.admit(request)
        return JSONResponse(self._voice(find_voice(request.path_params["id"])))

    def _voice(self, voice: VoiceCard) -> dict[str, Any]:
        shown = {
            "id": voice.id,
            "name": voice.name,
            "provider": "elevenlabs",
            "previewUrl": self._links.plain(f"/previews/{voice.id}.mp3"),
        }
        return shown | ({"restriction": voice.restriction} if voice.restriction else {})

    async def preview(self, request: Request) -> Response:
        """A voice introducing itself; public."""
        voice = find_voice(request.path_params["id"])
        file = await self._studio.speak(f"Hello, I am {voice.name}.", voice.sound)
        return FileResponse(file, media_type="audio/mpeg")

    async def models(self, request: Request) -> Response:
        """All models."""
        self._desk.admit(request)
        shown = [
            {
                "id": f"model_{card.name}",
                "name": card.name,
                "type": card.kind,
                "version": "1.0.0",
                "description": card.description,
                "deprecatedAt": None,
            }
            for card in MODELS.values()
        ]
        return JSONResponse(shown)

    async def account(self, request: Request) -> Response:
        """Whose key it is, plan, limits and state.

        The names of the limits are those of the hosted MCP server's answer. Whether an organization is always
        told, nobody has written: a switch leaves it out.
        """
        org = self._desk.admit(request)
        return JSONResponse(self._account(org))

    def _account(self, org: Org) -> dict[str, Any]:
        plan, untold = self._desk.plan(org), self._faults.peek("account_untold") is not None
        return {
            "account": None,
            "organization": None if untold else {"id": org.id, "name": org.name},
            "credentialType": "api_key",
            "billingModel": "usage" if plan.paid else "free",
            "billingUrl": UPGRADE_URL,
            "plan": {"name": plan.name},
            "generationLimits": {
                "maxOutputDurationSeconds": plan.max_output_s,
                "concurrency": plan.concurrency,
            },
            "activeGenerations": self._state.running(org.id),
        }

    async def errors(self, _request: Request) -> Response:
        """The public catalog of error codes; needs no key."""
        shown = [
            {"code": code, "message": entry.message, "suggestion": entry.suggestion}
            for code, entry in CATALOG.items()
        ]
        return JSONResponse(shown)

    async def secret(self, request: Request) -> Response:
        """The secret that signs the organization's webhooks."""
        return JSONResponse({"secret": self._desk.admit(request).webhook_secret})
