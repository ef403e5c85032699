"""How Slack says no: `{"ok": false, "error": …}` with its own error names."""

from typing import Any


class Refusal(Exception):
    """The app (or the page) asked for something that Slack refuses.

    Args:
        error: Slack's error name, e.g. `not_in_channel`.
        messages: Details as Slack gives them in `response_metadata.messages`.
        status: HTTP status; the Web API answers 200 for nearly every refusal.
        headers: Extra headers, e.g. Retry-After.
        extra: More keys of the answer, e.g. `needed` and `provided`.
    """

    def __init__(
        self,
        error: str,
        *,
        messages: tuple[str, ...] = (),
        status: int = 200,
        headers: dict[str, str] | None = None,
        **extra: str,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages
        self.status = status
        self.headers = headers or {}
        self.extra = extra

    def as_json(self) -> dict[str, Any]:
        """The answer's body."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        return body
