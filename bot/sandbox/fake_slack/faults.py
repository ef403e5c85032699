"""Switches that make this Slack slow, failing or forgetful, for the page's panel and for tests."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.fake_slack.records import Json
from bot.sandbox.fake_slack.refusals import Refusal

Setting = bool | int | float | str

# "*" means every method; times 0 means until switched off.
_METHOD_CHOICES = (
    "*",
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "views.open",
    "views.update",
    "views.publish",
    "users.info",
    "oauth.v2.access",
    "files.info",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.delete",
    "auth.test",
    "apps.connections.open",
    "response_url",
)
_DEAD_TOKEN_CHOICES = ("token_revoked", "account_inactive", "invalid_auth")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault as the panel offers it: its settings with their defaults."""

    name: str
    title: str
    description: str
    params: Mapping[str, Setting]
    choices: Mapping[str, tuple[str, ...]]


def _kind(
    name: str,
    title: str,
    description: str,
    params: Mapping[str, Setting] | None = None,
    *,
    methods: bool = False,
    choices: Mapping[str, tuple[str, ...]] | None = None,
) -> FaultKind:
    given = {**({"method": "*"} if methods else {}), **(params or {})}
    offered = {**({"method": _METHOD_CHOICES} if methods else {}), **(choices or {})}
    return FaultKind(name, title, description, given, offered)


KINDS: Mapping[str, tuple[FaultKind, ...]] = {
    "When the app calls Slack": (
        _kind("api_delay", "Slow answers", "Slack takes its time to answer.", {"seconds": 2.0}, methods=True),
        _kind(
            "rate_limited",
            "Too many calls",
            "Slack says that the app calls too often and has to wait (error 429).",
            {"retry_after": 2, "times": 1, "each_method": False},
            methods=True,
        ),
        _kind(
            "server_error",
            "Slack is down",
            "Slack fails and does nothing of what it was asked for.",
            {"status": 503, "times": 1, "each_method": False},
            methods=True,
        ),
        _kind(
            "api_error",
            "Slack refuses",
            "Slack understands the call and says no, with this error.",
            {"error": "fatal_error", "times": 1},
            methods=True,
        ),
        _kind(
            "lose_reply",
            "Answer gets lost",
            "Slack does the work, but its answer never arrives. Nothing may be posted or paid for twice.",
            {"times": 1, "broken": False},
            methods=True,
        ),
        _kind(
            "token_dead",
            "App removed",
            "Slack no longer takes the app's token, as after a removal from the workspace.",
            {"error": "token_revoked"},
            choices={"error": _DEAD_TOKEN_CHOICES},
        ),
    ),
    "When Slack tells the app": (
        _kind(
            "delivery_delay",
            "Slow news",
            "Commands, clicks and messages reach the app late.",
            {"seconds": 1.0},
        ),
        _kind(
            "duplicate_delivery", "Everything twice", "Each command, click and message reaches the app twice."
        ),
        _kind(
            "events_swapped",
            "Out of order",
            "A message waits until the next one has overtaken it, at most so long.",
            {"seconds": 5.0, "times": 1},
        ),
        _kind(
            "lose_ack",
            "Slack does not hear",
            "The app answers in time, but Slack does not hear it, shows an error or asks again.",
            {"times": 1},
        ),
        _kind(
            "sister_view",
            "Form names a sister",
            "A form tells as its workspace another one of the same organization that has the app too.",
        ),
    ),
    "When the app fetches a file": (
        _kind(
            "file_untold",
            "Files told late",
            "Slack has not looked at a file yet: it tells no size, type or address, or shows only a stub, as "
            "in channels that are shared with others.",
            {"times": 1, "stub": False},
        ),
        _kind("file_html", "Login page", "A login page comes in place of the file.", {"times": 0}),
        _kind("file_gone", "File is gone", "The file cannot be found any more (error 404).", {"times": 0}),
        _kind(
            "file_cut",
            "Download breaks off",
            "The connection breaks after so many bytes of a file.",
            {"bytes": 65536, "times": 1},
        ),
        _kind(
            "file_length_untold",
            "Length is not told",
            "A file comes without a word on how long it is.",
            {"times": 0},
        ),
        _kind("file_slow", "Slow line", "Files only trickle in.", {"bytes_per_s": 200_000}),
        _kind("file_no_parts", "Whole files only", "Slack gives a file out as a whole, and no part of it."),
    ),
    "When a link is opened": (
        _kind("link_slow", "Slow line", "What is behind a link only trickles in.", {"bytes_per_s": 200_000}),
        _kind(
            "link_no_parts",
            "Whole files only",
            "The server behind a link gives its file out as a whole, and no part of it.",
        ),
    ),
    "When the app brings the video": (
        _kind(
            "upload_fails",
            "Upload fails",
            "Slack's file store turns the video away.",
            {"status": 500, "times": 1},
        ),
        _kind(
            "upload_cut",
            "Upload breaks off",
            "The connection breaks after so many bytes of the video.",
            {"bytes": 65536, "times": 1},
        ),
        _kind(
            "upload_stalls",
            "Upload stands still",
            "Slack's file store takes the connection but reads nothing.",
        ),
        _kind(
            "never_shared",
            "Video never shows",
            "Slack says that all went well, but the video never appears in the thread.",
            {"times": 1},
        ),
        _kind("uploads_off", "No uploads here", "An admin has switched uploads off in this workspace."),
        _kind("storage_full", "No storage left", "The workspace has used up its storage."),
        _kind("upload_limit", "Only small files", "Larger files are turned away.", {"megabytes": 0.1}),
    ),
}
"""All faults, by the heading they stand under in the panel."""


class Faults:
    """Which faults are on. One with `times` above zero switches itself off when used up."""

    def __init__(self) -> None:
        self._kinds = {kind.name: kind for kinds in KINDS.values() for kind in kinds}
        self._active: dict[str, dict[str, Setting]] = {}
        self._struck: Counter[tuple[str, str | None]] = Counter()
        """How often a fault struck a method, where each method counts by itself."""

    def set(self, name: str, params: Mapping[str, Any] | None = None, *, active: bool = True) -> None:
        """Switch a fault on or off.

        Raises:
            Refusal: No such fault, or a setting that it does not have.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise Refusal("unknown_fault", status=404)
        unknown = set(params or {}) - set(kind.params)
        if unknown:
            raise Refusal(f"{name} has no setting {', '.join(sorted(unknown))}", status=400)
        self._active.pop(name, None)
        for struck in [key for key in self._struck if key[0] == name]:
            del self._struck[struck]
        if active:
            self._active[name] = {**kind.params, **(params or {})}

    def reset(self) -> None:
        """Switch everything off."""
        self._active.clear()
        self._struck.clear()

    def take(self, name: str, *, method: str | None = None) -> Mapping[str, Setting] | None:
        """The fault's settings if it strikes now, counting the strike; None where it is off."""
        params = self._active.get(name)
        if params is None or (method is not None and params.get("method", "*") not in {"*", method}):
            return None
        taken = dict(params)
        times = params.get("times", 0)
        if isinstance(times, int) and times > 0:
            if params.get("each_method"):
                self._struck[name, method] += 1
                return taken if self._struck[name, method] <= times else None
            params["times"] = times - 1
            if times == 1:
                del self._active[name]
        return taken

    def listing(self) -> list[Json]:
        """Every fault with its state, as the page's panel reads it."""
        return [
            {
                "name": kind.name,
                "title": kind.title,
                "group": group,
                "description": kind.description,
                "active": kind.name in self._active,
                "params": {**kind.params, **self._active.get(kind.name, {})},
                "choices": {key: list(values) for key, values in kind.choices.items()},
            }
            for group, kinds in KINDS.items()
            for kind in kinds
        ]


async def meet_faults(faults: Faults, method: str) -> None:
    """Let a call be slow or fail, before anything is done.

    Raises:
        Refusal: 429, an HTTP error or a refusal, as it is switched on.
    """
    if delay := faults.take("api_delay", method=method):
        await asyncio.sleep(float(delay["seconds"]))
    if limit := faults.take("rate_limited", method=method):
        raise Refusal("ratelimited", status=429, headers={"Retry-After": str(limit["retry_after"])})
    if broken := faults.take("server_error", method=method):
        raise Refusal("internal_error", status=int(broken["status"]))
    if refused := faults.take("api_error", method=method):
        raise Refusal(str(refused["error"]))
