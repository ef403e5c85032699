"""The HTTP side: Slack's requests, sync.so's webhooks, health. One plain ASGI app under one lifespan."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sync_api.errors import BadSignature, SyncApiError, Unreadable
from bot.web.endpoint import BodyTooLarge, Left, SlackEndpoint, read_body
from bot.web.webhooks import Webhooks
from storage.errors import StorageError

_log = structlog.get_logger(__name__)

SLACK_PATH = "/slack/events"
_CLOSE = {"connection": "close"}
_WEBHOOK_WITHIN_S = 5.0
"""No sender waits for ever; without an answer it could not know that it has to come again."""

_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Check = Callable[[], Awaitable[Mapping[str, bool]]]


class Front:
    """Sends Slack's requests straight to their endpoint and everything else through Starlette's routes.

    Starlette's routing and middleware cost a third of the time of a request that only acknowledges.
    """

    def __init__(self, slack: SlackEndpoint | None, rest: ASGIApp) -> None:
        self._slack = slack
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one ASGI connection."""
        is_slack = scope["type"] == "http" and scope["path"] == SLACK_PATH and scope["method"] == "POST"
        if is_slack and self._slack is not None:
            await self._slack(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def create_web(
    slack: SlackEndpoint | None, webhooks: Webhooks, *, ready: Check, pages: Sequence[Route] = ()
) -> ASGIApp:
    """The ASGI app. Without `slack` (Socket Mode) only webhooks, health and `pages` are there."""

    async def certificate_check(request: Request) -> Response:
        """Slack looks by a plain GET, too (Slack: slash commands)."""
        if slack is None or "ssl_check" not in request.query_params:
            raise HTTPException(404)
        return Response()

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_request: Request) -> Response:
        checks = await ready()
        return JSONResponse(dict(checks), status_code=200 if all(checks.values()) else 503)

    routes = [
        Route(SLACK_PATH, certificate_check),
        Route("/sync/webhook/{job_id}", _webhook(webhooks), methods=["POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *pages,
    ]
    rest = Starlette(routes=routes)
    # A webhook that is sent on to another address would lose its signature on the way.
    rest.router.redirect_slashes = False
    return Front(slack, rest)


def _webhook(webhooks: Webhooks) -> Callable[[Request], Awaitable[Response]]:
    async def webhook(request: Request) -> Response:
        job_id, signature = str(request.path_params["job_id"]), request.headers.get("sync-signature")
        if not _JOB_ID.fullmatch(job_id):
            raise HTTPException(404, headers=_CLOSE)
        try:
            webhooks.check_age(signature)
            raw = await read_body(request.receive, dict(request.scope["headers"]))
            async with asyncio.timeout(_WEBHOOK_WITHIN_S):
                await webhooks.take(job_id, raw, signature)
        except (StorageError, TimeoutError) as error:
            # It may come again; if not, the poll tells.
            _log.warning("webhook not stored", error=str(error))
            raise HTTPException(503) from error
        except BodyTooLarge as error:
            raise HTTPException(413, headers=_CLOSE) from error
        except Left as error:
            raise HTTPException(400) from error  # nobody is there to read it
        except (BadSignature, Unreadable) as error:
            _log.warning("webhook refused", reason=error.message)
            raise HTTPException(401, headers=_CLOSE) from error
        except SyncApiError as error:
            _log.warning("webhook not verified", reason=error.message)
            raise HTTPException(503) from error
        return PlainTextResponse("ok")

    return webhook
