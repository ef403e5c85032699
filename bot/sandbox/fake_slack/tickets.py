"""Things Slack hands out that work for a while or a number of times: trigger_ids and response_urls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.fake_slack.ids import Ids
from bot.sandbox.fake_slack.refusals import Refusal

_RESPONSE_USES = 5
_TRIGGER_PARTS = 3


@dataclass(slots=True)
class Trigger:
    """The right to open one modal for one person. `view_id` is the modal it came from, if any."""

    team: str
    user: str
    view_id: str | None
    minted_at: float
    exchanged: bool = False


class Triggers:
    """Mints trigger_ids and takes them back: once, within seconds (Slack: 3 s)."""

    def __init__(self, ids: Ids, now: Callable[[], float], life_s: float) -> None:
        self._ids = ids
        self._now = now
        self._life_s = life_s
        self._open: dict[str, Trigger] = {}

    def mint(self, team: str, user: str, view_id: str | None = None) -> str:
        """A fresh trigger_id for a payload that is about to be sent."""
        trigger_id = self._ids.trigger_id()
        self._open[trigger_id] = Trigger(team, user, view_id, self._now())
        return trigger_id

    def team_of(self, trigger_id: str) -> str | None:
        """The team in which it was minted; None for one that never was."""
        trigger = self._open.get(trigger_id)
        return trigger.team if trigger else None

    def exchange(self, trigger_id: str, team: str) -> Trigger:
        """Spend a trigger_id.

        Raises:
            Refusal: invalid_trigger_id, expired_trigger_id, exchanged_trigger_id.
        """
        trigger = self._open.get(trigger_id)
        if trigger is None or trigger.team != team or len(trigger_id.split(".")) != _TRIGGER_PARTS:
            raise Refusal("invalid_trigger_id")
        if trigger.exchanged:
            raise Refusal("exchanged_trigger_id")
        if self._now() - trigger.minted_at > self._life_s:
            raise Refusal("expired_trigger_id")
        trigger.exchanged = True
        return trigger


@dataclass(slots=True)
class ResponseTicket:
    """Where answers to one interaction go. `source_ts` is the message that was clicked, None for commands."""

    team: str
    user: str
    channel: str
    source_ts: str | None
    source_ephemeral: bool
    minted_at: float
    uses: int = 0


class ResponseUrls:
    """Mints response_urls and counts their uses: five in 30 minutes (Slack: handling user interaction)."""

    def __init__(self, ids: Ids, now: Callable[[], float], base_url: str, life_s: float) -> None:
        self._ids = ids
        self._now = now
        self._base_url = base_url
        self._life_s = life_s
        self._tickets: dict[str, ResponseTicket] = {}

    def kept(self) -> object:
        """The tickets that were handed out."""
        return self._tickets

    def recall(self, kept: Any) -> None:
        """Begin with what `kept` gave."""
        self._tickets = kept

    def for_command(self, team: str, user: str, channel: str) -> str:
        """The response_url of a slash command."""
        return self._mint("commands", ResponseTicket(team, user, channel, None, False, self._now()))

    def for_message(self, team: str, user: str, channel: str, ts: str, *, ephemeral: bool) -> str:
        """The response_url of a click on a message, or of a shortcut on it."""
        return self._mint("actions", ResponseTicket(team, user, channel, ts, ephemeral, self._now()))

    def _mint(self, path: str, ticket: ResponseTicket) -> str:
        secret = self._ids.secret()
        self._tickets[secret] = ticket
        return f"{self._base_url}/{path}/{ticket.team}/{secret}"

    def use(self, secret: str) -> ResponseTicket:
        """Count one use.

        Raises:
            Refusal: used_url after five uses, expired_url after 30 minutes, both with status 404.
        """
        ticket = self._tickets.get(secret)
        if ticket is None:
            raise Refusal("no_service", status=404)
        if self._now() - ticket.minted_at > self._life_s:
            raise Refusal("expired_url", status=404)
        if ticket.uses >= _RESPONSE_USES:
            raise Refusal("used_url", status=404)
        ticket.uses += 1
        return ticket
