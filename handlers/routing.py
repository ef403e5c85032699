"""From Slack's payloads to our handlers: one table for each kind of payload, and one way into them.

Bolt asks its listeners one by one, each with all arguments it could want: the fortieth costs eight times the
first, and even the first more than all that our handlers do. The router is its last middleware instead.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncBoltContext, AsyncBoltRequest
from slack_bolt.middleware.async_middleware import AsyncMiddleware

from bot.asking.asks import Asker

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One payload from Slack, and who is behind it."""

    asker: Asker
    body: Mapping[str, Any]

    @property
    def event(self) -> Mapping[str, Any]:
        """The event of an Events API payload."""
        return self.body.get("event") or {}

    @property
    def action(self) -> Mapping[str, Any]:
        """The pressed button or changed element."""
        actions: Sequence[Mapping[str, Any]] = self.body.get("actions") or [{}]
        return actions[0]

    @property
    def pressed(self) -> tuple[str, str] | None:
        """Where a button or menu was used: channel and message, or the view; None: on none of them."""
        container: Mapping[str, Any] = self.body.get("container") or {}
        match container.get("type"):
            case "message":
                return str(container.get("channel_id")), str(container.get("message_ts"))
            case "view":
                return "view", str(container.get("view_id"))
        return None

    @property
    def view(self) -> Mapping[str, Any]:
        """The modal that was sent, changed or closed; empty for a press anywhere else, a Home included."""
        view: Mapping[str, Any] = self.body.get("view") or {}
        return {} if view.get("type") == "home" else view

    @property
    def response_url(self) -> str | None:
        """Where a private answer can be posted (Slack: 5 times, 30 minutes)."""
        return self.body.get("response_url")


Answer = Mapping[str, Any] | None
"""Arguments of Bolt's `ack`: `text`, or `response_action` with `errors` or `view`; None acknowledges only."""
Route = Callable[[Ask], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Routes:
    """The whole table: what Slack can send, by the name it sends it under."""

    commands: Mapping[str, Route] = field(default_factory=dict)
    shortcuts: Mapping[str, Route] = field(default_factory=dict)
    actions: Mapping[str, Route] = field(default_factory=dict)
    submissions: Mapping[str, Route] = field(default_factory=dict)
    closings: Mapping[str, Route] = field(default_factory=dict)
    events: Mapping[str, Route] = field(default_factory=dict)


def asker_of(context: AsyncBoltContext, body: Mapping[str, Any]) -> Asker:
    """Who is behind a payload.

    One that names no workspace at all is of an app that is installed for a whole organisation: what it makes
    is kept under the organisation's own id.
    """
    known = context.authorize_result
    enterprise_id = context.enterprise_id if known is None else known.enterprise_id
    team_id = str(context.team_id or enterprise_id)
    return Asker(enterprise_id, team_id, str(context.user_id), _home(body))


class Router(AsyncMiddleware):
    """Hands each payload to the route its table has for it; what no route is named for is acknowledged."""

    def __init__(self, routes: Routes) -> None:
        self._kinds = _kinds(routes)

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt's signature
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - as above
    ) -> BoltResponse:
        """Answer a payload of a kind that the app knows; the others go on."""
        body, context = req.body, req.context
        kind = self._kinds.get(body.get("type"))
        if kind is None:
            return await next()
        table, name_in = kind
        route = table.get(name_in(body))
        if route is None:
            _log.info("nothing to do for this", name=name_in(body))
            return await context.ack()
        answer = await route(Ask(asker_of(context, body), body))
        return await context.ack(**answer) if answer else BoltResponse(status=200)


def _home(body: Mapping[str, Any]) -> str | None:
    """The workspace or organisation that Slack calls the person's own.

    Of an Enterprise organisation always the same one, wherever they are (slackapi/bolt-js, issue 1875);
    in a channel shared with another organisation one of theirs (slackapi/java-slack-sdk, issue 1041).
    """
    event: Mapping[str, Any] = body.get("event") or {}
    told = event.get("user_team") or event.get("source_team")
    home = told if event else (body.get("user") or {}).get("team_id")
    return None if home is None else str(home)


class Acknowledge(AsyncMiddleware):
    """Takes what no listener takes: Bolt would refuse it, and Slack send it again or show an error."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt's signature
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002, ARG002 - as above
    ) -> BoltResponse:
        """Acknowledge, and no more."""
        _log.info("nothing to do for this kind", kind=str(req.body.get("type")))
        return await req.context.ack()


_Kind = tuple[Mapping[str, Route], Callable[[Mapping[str, Any]], str]]
"""A table, and where a payload of its kind carries the name to look up."""


def _kinds(routes: Routes) -> Mapping[str | None, _Kind]:
    """By the payload's `type`, which only a command has not (Slack: interaction payloads, Events API)."""
    return {
        None: (routes.commands, lambda body: str(body.get("command"))),
        "event_callback": (routes.events, lambda body: str(body["event"].get("type"))),
        "block_actions": (
            routes.actions,
            lambda body: str((body.get("actions") or [{}])[0].get("action_id")),
        ),
        "view_submission": (routes.submissions, lambda body: str(body["view"].get("callback_id"))),
        "view_closed": (routes.closings, lambda body: str(body["view"].get("callback_id"))),
        "shortcut": (routes.shortcuts, lambda body: str(body.get("callback_id"))),
        "message_action": (routes.shortcuts, lambda body: str(body.get("callback_id"))),
    }
