"""Slack's Bolt as this app runs it: with a time limit, our errors, and no mode switched by a variable."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.middleware.async_middleware_error_handler import AsyncMiddlewareErrorHandler

from bot.patience import Patience
from bot.slack.authorization import Authorize
from bot.slack.client import Slack
from bot.teams.installations import Teams

_BOLT_READS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")

OnError = Callable[[Exception, dict[str, Any], AsyncBoltContext], Awaitable[BoltResponse]]
"""Answers Slack after a listener raised."""


class Bolt(AsyncApp):
    """Bolt with a time limit, and without its new Web API client for each request.

    The client costs more than our route does. Our handlers call Slack through `Services`; `Authorize` tells
    Bolt no token that its client might keep.
    """

    def __init__(self, *, on_error: OnError, patience: Patience, **options: Any) -> None:
        super().__init__(**options)
        self._on_error = on_error
        self._patience = patience
        self._async_middleware_error_handler = _ErrorHandler(on_error)
        self._cut: set[asyncio.Task[BoltResponse]] = set()

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Answer while Slack still listens, even if the database does not answer us."""
        loop = asyncio.get_running_loop()
        answer, ended = loop.create_task(super().async_dispatch(req)), loop.create_future()
        answer.add_done_callback(partial(_end, ended))
        # As asyncio.wait does, in half its time: every request passes here.
        late = loop.call_later(self._patience.answer_s, _end, ended)
        try:
            await ended
        finally:
            late.cancel()
            if not answer.done():
                # Not waited for: a server that is silent lets go of nothing.
                self._cut.add(answer)
                answer.add_done_callback(self._cut.discard)
                answer.cancel()
        if answer.done():
            return answer.result()
        return await self._on_error(TimeoutError("not answered in time"), dict(req.body), req.context)

    def _init_context(self, req: AsyncBoltRequest) -> None:
        req.context["logger"] = self.logger
        req.context["client"] = self.client
        req.context["listener_runner"] = self.listener_runner


def bolt_app(slack: Slack, teams: Teams, on_error: OnError, patience: Patience) -> Bolt:
    """The Bolt app, still without routes.

    Listeners only validate, store and answer, so the answer may wait for them: Bolt would look for it every
    10 ms otherwise. The signature is checked in `bot.web`.
    """
    with _without_environment(_BOLT_READS):
        return Bolt(
            on_error=on_error,
            patience=patience,
            name="lipsync",
            client=slack.web_client(None),
            authorize=Authorize(teams),
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )


class _ErrorHandler(AsyncMiddlewareErrorHandler):
    """Bolt's own gathers every argument that a listener could want, and breaks where a payload lacks one."""

    def __init__(self, on_error: OnError) -> None:
        self._on_error = on_error

    async def handle(
        self, error: Exception, request: AsyncBoltRequest, response: BoltResponse | None
    ) -> None:
        answer = await self._on_error(error, request.body, request.context)
        if response is not None:
            response.status, response.headers, response.body = answer.status, answer.headers, answer.body


def _end(ended: asyncio.Future[None], _cause: object = None) -> None:
    if not ended.done():
        ended.set_result(None)


@contextmanager
def _without_environment(names: tuple[str, ...]) -> Iterator[None]:
    """Bolt switches its modes by variables of these names; ours are settings and reach it as arguments."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)
