"""Forms drawn anew: however quickly somebody chooses, a form shows in the end what they chose last."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.messages.blocks import Block
from bot.slack import SlackRefused, SlackTeam, patiently
from handlers.routing import Answer, Ask, Route

_CONFLICT = "hash_conflict"
"""Somebody else has drawn the view since the hash that was named (Slack: views.update)."""
_KEPT = 1_000
"""Views of which it is remembered who draws them next."""


@dataclass
class _View:
    """An open view, as this process knows it."""

    latest: int = 0
    """The turn that may draw it."""
    chosen_at: float = 0.0
    hash: str | None = None
    """What the last drawing left; None: the view was answered since, or never drawn here."""
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to draw a view, until a later choice has it."""

    view_id: str
    number: int
    hash: str | None
    view: _View

    @property
    def is_over(self) -> bool:
        """Whether something later is drawn, or was."""
        return self.number != self.view.latest


class _Overtaken(Exception):
    """A later choice draws the view."""


async def _always() -> bool:
    return True


class Redraws:
    """One drawing of a view at a time, each only until the next turn has begun.

    Two choices within a moment come with the same hash: by that alone Slack would refuse whichever is drawn
    second, and that is the later one. Where another process has drawn the view, it is drawn once more.
    """

    def __init__(self) -> None:
        self._views: dict[str, _View] = {}
        """Those that were chosen in latest come last."""

    def chosen(self, ask: Ask) -> Turn:
        """Somebody chose or pressed something in a form: what it shows now comes from there.

        To be called before anything is awaited, so that turns follow each other as choices come; where Slack
        says that one was made before another that overtook it, it has no turn any more.
        """
        view = self._known(str(ask.view["id"]))
        made_at = _seconds(ask.action.get("action_ts"))
        if made_at is not None and made_at < view.chosen_at:
            return Turn(str(ask.view["id"]), 0, None, view)
        view.chosen_at = made_at or view.chosen_at
        return self.turn(str(ask.view["id"]), ask.view.get("hash"))

    def turn(self, view_id: str, view_hash: str | None = None) -> Turn:
        """Something that is stored by now is to be shown in a view."""
        view = self._known(view_id)
        view.latest += 1
        return Turn(view_id, view.latest, view_hash, view)

    async def draw(
        self,
        slack: SlackTeam,
        turn: Turn,
        shown: Block,
        *,
        holds: Callable[[], Awaitable[bool]] = _always,
    ) -> bool:
        """Draw a view; False: something later is drawn instead.

        Args:
            slack: With the workspace's token.
            turn: Whose drawing it is.
            shown: The view.
            holds: Asked where another process may have drawn it, or answered it: whether it is to be drawn.

        Raises:
            SlackRefused, SlackUnreachable: Slack does not take it.
        """
        with suppress(_Overtaken):
            async with turn.view.drawing:
                await self._draw(slack, turn, shown, holds)
        return not turn.is_over

    async def _draw(
        self, slack: SlackTeam, turn: Turn, shown: Block, holds: Callable[[], Awaitable[bool]]
    ) -> None:
        async def update(view_hash: str | None) -> None:
            if turn.is_over:
                raise _Overtaken
            turn.view.hash = await slack.update_view(turn.view_id, shown, view_hash=view_hash)

        try:
            await patiently(lambda: update(turn.view.hash or turn.hash))
        except SlackRefused as error:
            if error.code != _CONFLICT:
                raise
            if await holds():
                await patiently(lambda: update(None))

    def answered(self, route: Route) -> Route:
        """A route of submissions: Slack draws their answers, but for errors, over what was on its way."""

        async def answer(ask: Ask) -> Answer:
            stays = False
            try:
                given = await route(ask)
                stays = given is not None and given.get("response_action") == "errors"
            finally:
                if not stays:
                    self.turn(str(ask.view["id"])).view.hash = None
            return given

        return answer

    def _known(self, view_id: str) -> _View:
        view = self._views.pop(view_id, None) or _View()
        self._views[view_id] = view
        if len(self._views) > _KEPT:
            del self._views[next(iter(self._views))]
        return view


def _seconds(written: Any) -> float | None:
    """The moment of a choice (Slack: `action_ts`)."""
    try:
        return float(written)
    except (TypeError, ValueError):
        return None
