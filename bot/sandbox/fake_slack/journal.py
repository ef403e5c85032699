"""What happened, for tests (`records()`) and for the page's wire panel. No token is ever written down."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.fake_slack.page.hub import Hub
from bot.sandbox.fake_slack.records import Call, DeliveryRecord, Ephemeral, File, Json, Message, Notice

_MAX_TEXT = 2000
_SECRET_KEYS = frozenset(
    {"token", "authorization", "access_token", "refresh_token", "client_secret", "code", "code_verifier"}
)


@dataclass(slots=True)
class FileShare:
    """A file as it appeared in a conversation."""

    file: File
    channel: str
    thread_ts: str | None
    ts: str
    by_bot: bool
    at: float


@dataclass(slots=True)
class Records:
    """Everything that happened since the start; what a test counts."""

    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    shares: list[FileShare] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    deliveries: list[DeliveryRecord] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one Web API method, oldest first."""
        return [call for call in self.calls if call.method == method]


class Wire:
    """The last requests and answers between the app and this Slack, shown live on the page."""

    def __init__(self, hub: Hub, now: Callable[[], float], remembered: int = 500) -> None:
        self._hub = hub
        self._now = now
        self._entries: deque[Json] = deque(maxlen=remembered)
        self._seq = 0

    def note(
        self,
        direction: Literal["in", "out"],
        title: str,
        *,
        status: int | str | None = None,
        ms: float | None = None,
        request: Any = None,
        response: Any = None,
    ) -> None:
        """Add an entry; `in` is the app calling Slack, `out` is Slack calling the app."""
        self._seq += 1
        entry: Json = {
            "seq": self._seq,
            "at": self._now(),
            "side": "slack",
            "direction": direction,
            "title": title,
        }
        more = {"status": status, "ms": None if ms is None else round(ms, 1)}
        more |= {"request": _shown(request), "response": _shown(response)}
        entry |= {key: value for key, value in more.items() if value is not None}
        self._entries.append(entry)
        self._hub.publish(
            "wire", **{key: value for key, value in entry.items() if key != "seq"}, wire_seq=self._seq
        )

    def after(self, seq: int) -> list[Json]:
        """Entries newer than `seq`."""
        return [entry for entry in self._entries if entry["seq"] > seq]


def without_tokens(value: Any) -> Any:
    """The same JSON with every token left out."""
    if isinstance(value, dict):
        return {key: without_tokens(part) for key, part in value.items() if key.lower() not in _SECRET_KEYS}
    if isinstance(value, list):
        return [without_tokens(part) for part in value]
    return value


def _shown(value: Any) -> Any:
    """JSON for the panel: tokens left out, long strings shortened."""
    if isinstance(value, dict):
        return {key: _shown(part) for key, part in value.items() if key.lower() not in _SECRET_KEYS}
    if isinstance(value, list):
        return [_shown(part) for part in value]
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        return value[:_MAX_TEXT] + "…"
    return value
