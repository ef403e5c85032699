"""The switchboard: every fault of sync.so that the app must survive, by name, with its settings."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Setting = float | int | bool | str


@dataclass(frozen=True)
class Switch:
    """One fault: what it does, its settings their defaults. `route` names the calls it meets, `*` all."""

    name: str
    does: str
    settings: Mapping[str, Setting] = field(default_factory=dict)


SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        # Any call
        Switch("slow_answer", "Answers come late", {"route": "*", "seconds": 3.0}),
        Switch(
            "fail",
            "Calls fail with a status; `handled` does the work first, `html` answers like an edge proxy",
            {
                "route": "*",
                "status": 500,
                "code": "internal_error",
                "retry_after": 0,
                "handled": False,
                "html": False,
            },
        ),
        Switch("rate_limited", "429, too many requests", {"route": "*", "retry_after": 2}),
        Switch("edge_blocked", "403 with an HTML page from the network edge", {"route": "*"}),
        Switch("connection_reset", "The connection is reset before anything is done", {"route": "*"}),
        Switch("reply_lost", "The work is done, the reply never arrives", {"route": "create"}),
        Switch("no_answer", "The call hangs without an answer", {"route": "*", "seconds": 120.0}),
        Switch("truncated_json", "Half of the JSON arrives, as if it were all", {"route": "*"}),
        Switch("cut_reply", "The connection is reset half-way through the answer", {"route": "file"}),
        Switch("slow_bytes", "The answer trickles", {"route": "file", "bytes_per_s": 50_000}),
        Switch("key_revoked", "401 for every API key, or for those of one organization", {"org": ""}),
        # Uploads
        Switch("cut_upload", "The connection is reset half-way through an asset upload"),
        Switch("upload_refused", "Storage refuses the asset upload", {"status": 503}),
        Switch("no_asset_length", "Assets do not tell their length"),
        # Creating
        Switch(
            "outcome_unknown",
            "503 IDEMPOTENCY_OUTCOME_UNKNOWN; `accepted`: the job exists, `with_id`: its id is told",
            {"accepted": True, "with_id": True},
        ),
        Switch("key_conflict", "409, as if the idempotency key had been used for something else"),
        Switch("concurrency_reached", "429, as if all slots were taken", {"retry_after": 5}),
        Switch("concurrency_lowered", "The account's limit is lowered", {"limit": 1}),
        Switch("payment_required", "402 with a billing link", {"code": "account_payment_required"}),
        Switch("estimate_unavailable", "422, no price can be told"),
        Switch("speech_unavailable", "The speech provider is down"),
        # The life of a generation
        Switch("stuck_pending", "Generations stay PENDING", {"seconds": 3600.0}),
        Switch("slow_generation", "Generations take longer", {"seconds": 60.0}),
        Switch("generation_fails", "Generations end FAILED", {"code": "generation_pipeline_failed"}),
        Switch(
            "generation_rejected", "Generations end REJECTED", {"code": "generation_input_validation_failed"}
        ),
        Switch("unknown_status", "A status nobody documented", {"status": "REVIEWING", "seconds": 5.0}),
        Switch("no_output_url", "COMPLETED, but the URL comes later", {"seconds": 3600.0}),
        Switch(
            "output_expired",
            "Output links have expired; `fresh_too`: also new download links",
            {"fresh_too": False},
        ),
        # Webhooks
        Switch("webhook_never", "No webhook is sent"),
        Switch("webhook_late", "Webhooks come late", {"seconds": 10.0}),
        Switch("webhook_twice", "Webhooks come twice"),
        Switch("webhook_early", "The webhook comes before the reply to create"),
        Switch("webhook_forged", "Webhooks are signed with a wrong secret"),
        Switch("webhook_bad_clock", "The webhook's timestamp is off", {"seconds": -86_400.0}),
        Switch("webhook_milliseconds", "The webhook's timestamp counts milliseconds"),
        Switch("webhook_foreign", "The webhook tells of a generation that nobody here created"),
    )
}


@dataclass
class _On:
    settings: dict[str, Setting]
    times: int | None
    share: float


class UnknownFaultError(ValueError):
    """No switch has this name, or no setting this name and kind of value."""


class Faults:
    """Which faults are on. Each may be limited to some times and to a share of the chances it gets."""

    def __init__(self, seed: int = 1) -> None:
        self._on: dict[str, _On] = {}
        self._chance = random.Random(seed)  # noqa: S311 (repeatable on purpose)

    def set(self, name: str, *, times: int | None = None, share: float = 1.0, **settings: Setting) -> None:
        """Turn a fault on, for the next `times` chances (None: until turned off) and a share of them.

        Raises:
            UnknownFaultError: no such switch, setting or kind of value.
        """
        switch = SWITCHES.get(name)
        if switch is None:
            raise UnknownFaultError(f"no fault is called {name}")
        unknown = settings.keys() - switch.settings.keys()
        if unknown:
            raise UnknownFaultError(f"{name} has no setting {', '.join(sorted(unknown))}")
        for setting, value in settings.items():
            if not _same_kind(value, switch.settings[setting]):
                raise UnknownFaultError(f"{name}: {setting} cannot be {value!r}")
        self._on[name] = _On({**switch.settings, **settings}, times, share)

    def clear(self, name: str | None = None) -> None:
        """Turn one fault off, or all."""
        if name is None:
            self._on.clear()
        else:
            self._on.pop(name, None)

    def take(self, name: str, route: str | None = None) -> Mapping[str, Any] | None:
        """Return the settings if the fault strikes now, and count it."""
        fault = self._on.get(name)
        if fault is None or fault.settings.get("route", "*") not in {"*", route}:
            return None
        if fault.share < 1 and self._chance.random() >= fault.share:
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self._on[name]
        return fault.settings

    def strikes(self, name: str, route: str | None = None) -> bool:
        """Whether the fault strikes now, and count it: for faults without settings of interest."""
        return self.take(name, route) is not None

    def peek(self, name: str) -> Mapping[str, Any] | None:
        """Return the settings of a fault that is a state of affairs, without counting."""
        fault = self._on.get(name)
        return fault.settings if fault else None

    def describe(self) -> list[dict[str, Any]]:
        """Every switch with its settings, and whether it is on."""
        return [self._describe(switch) for switch in SWITCHES.values()]

    def _describe(self, switch: Switch) -> dict[str, Any]:
        fault = self._on.get(switch.name)
        return {
            "name": switch.name,
            "does": switch.does,
            "on": fault is not None,
            "times": fault.times if fault else None,
            "share": fault.share if fault else 1.0,
            "settings": dict(fault.settings if fault else switch.settings),
        }


def _same_kind(value: Setting, usual: Setting) -> bool:
    if isinstance(usual, bool | str):
        return type(value) is type(usual)
    return isinstance(value, float | int) and not isinstance(value, bool)
