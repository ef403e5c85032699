"""From Slack's payloads to our handlers: one Bolt listener for each kind of payload, one table behind them.

Bolt asks its listeners one by one, so that the fortieth costs eight times the first; a table costs the same.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.generations import Asker

_log = structlog.get_logger(__name__)
_ANY = re.compile("")


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
    def view(self) -> Mapping[str, Any]:
        """The modal that was sent, changed or closed."""
        return self.body.get("view") or {}

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


def bind(app: AsyncApp, routes: Routes) -> None:
    """Register one listener for each kind of payload; what the table does not name is only acknowledged."""

    async def on_command(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await _answer(routes.commands, str(body.get("command")), body, context, ack)

    async def on_action(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await _answer(routes.actions, _action_id(body), body, context, ack)

    async def on_shortcut(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await _answer(routes.shortcuts, str(body.get("callback_id")), body, context, ack)

    async def on_view(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        table = routes.closings if body.get("type") == "view_closed" else routes.submissions
        await _answer(table, str(body["view"].get("callback_id")), body, context, ack)

    async def on_event(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await _answer(routes.events, str(body["event"].get("type")), body, context, ack)

    app.command(_ANY)(on_command)
    app.action(_ANY)(on_action)
    app.view(_ANY)(on_view)
    app.shortcut(_ANY)(on_shortcut)
    app.event(_ANY)(on_event)


async def _answer(
    table: Mapping[str, Route], name: str, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck
) -> None:
    route = table.get(name)
    if route is None:
        _log.info("nothing to do for this", name=name)
        await ack()
        return
    asker = Asker(context.enterprise_id, str(context.team_id), str(context.user_id))
    answer = await route(Ask(asker, body))
    await ack(**answer or {})


def _action_id(body: Mapping[str, Any]) -> str:
    return str((body.get("actions") or [{}])[0].get("action_id"))
