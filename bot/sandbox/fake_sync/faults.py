"""The switchboard: every fault of sync.so that the app must survive, by name, with its settings."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Setting = float | int | bool | str


@dataclass(frozen=True)
class Switch:
    """One fault: what it is called, what it does, its settings and their defaults.

    A setting `route` names the calls it meets, `*` all.
    """

    name: str
    title: str
    does: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
    group: str = ""


_GROUPS: dict[str, tuple[Switch, ...]] = {
    "Any call to sync.so": (
        Switch(
            "slow_answer",
            "Slow answers",
            "Every answer comes some seconds late.",
            {"route": "*", "seconds": 3.0},
        ),
        Switch(
            "fail",
            "Calls fail",
            "sync.so answers with an error and does nothing. It can also do the work before it reports "
            "the error, or send a web page where data should be.",
            {
                "route": "*",
                "status": 500,
                "code": "internal_error",
                "retry_after": 0,
                "handled": False,
                "html": False,
            },
        ),
        Switch(
            "rate_limited",
            "Asked too often",
            "sync.so says that it is asked too often, and when to come back (error 429).",
            {"route": "*", "retry_after": 2},
        ),
        Switch(
            "edge_blocked",
            "Blocked on the way",
            "The guard in front of sync.so turns calls away with a web page (error 403).",
            {"route": "*"},
        ),
        Switch(
            "connection_reset",
            "Connection breaks",
            "The connection breaks before sync.so has done anything.",
            {"route": "*"},
        ),
        Switch(
            "reply_lost",
            "Answer gets lost",
            "sync.so does the work, but its answer never arrives. The same video must not be ordered, "
            "and paid for, twice.",
            {"route": "create"},
        ),
        Switch(
            "no_answer",
            "No answer at all",
            "The call hangs until the app stops waiting for it.",
            {"route": "*", "seconds": 120.0},
        ),
        Switch(
            "truncated_json",
            "Half an answer",
            "Only the first half of an answer arrives, and it looks complete.",
            {"route": "*"},
        ),
        Switch(
            "cut_reply",
            "Connection breaks half-way",
            "The connection breaks while an answer, or the finished video, is on its way.",
            {"route": "file"},
        ),
        Switch(
            "slow_bytes",
            "Slow line",
            "The finished video, or another answer, only trickles in.",
            {"route": "file", "bytes_per_s": 50_000},
        ),
        Switch(
            "key_revoked",
            "Key withdrawn",
            "sync.so no longer takes the account's key (error 401).",
            {"org": ""},
        ),
        Switch(
            "account_untold",
            "Account has no name",
            "sync.so takes the key but does not say whose it is.",
        ),
    ),
    "Sending video and audio to sync.so": (
        Switch("cut_upload", "Upload breaks off", "The connection breaks half-way through sending a file."),
        Switch(
            "upload_refused",
            "Upload is refused",
            "sync.so's file store turns the file away.",
            {"status": 503},
        ),
        Switch(
            "assets_forgotten",
            "Files are forgotten",
            "sync.so no longer has the files that it got longer ago than this.",
            {"after_s": 0.0},
        ),
        Switch(
            "only_small_files",
            "Only small files",
            "The account's plan takes no larger files than this.",
            {"megabytes": 0.1},
        ),
        Switch("no_asset_length", "Length is not told", "sync.so does not say how long a file is."),
    ),
    "Price and order": (
        Switch(
            "estimate_unavailable",
            "No price",
            "sync.so cannot say what the video will cost. You choose whether it can still price a mere "
            "length, for a frame rate that the app has to name.",
            {"by_length_too": True},
        ),
        Switch(
            "price_raised",
            "Prices go up",
            "Everything costs more from now on: what is asked for anew, and what is made.",
            {"factor": 10.0},
        ),
        Switch(
            "link_grown",
            "Longer behind a link",
            "What a link leads to is longer than it was, whenever it is read from now on.",
            {"factor": 6},
        ),
        Switch(
            "links_read_again",
            "Links are read again",
            "sync.so keeps nothing of what it reads behind a link: it reads it for the price, and again for "
            "the order.",
        ),
        Switch("speech_unavailable", "Voices are down", "The service that speaks scripts does not work."),
        Switch(
            "payment_required",
            "Payment needed",
            "sync.so wants to be paid first and names its billing page (error 402).",
            {"code": "account_payment_required"},
        ),
        Switch(
            "concurrency_reached",
            "All places are taken",
            "sync.so says that it already makes as many videos at once as the account may have (error 429).",
            {"retry_after": 5},
        ),
        Switch(
            "concurrency_lowered",
            "Fewer videos at once",
            "The account may have fewer videos made at the same time.",
            {"limit": 1},
        ),
        Switch(
            "only_short_videos",
            "Only short videos",
            "The account's plan allows no longer videos than this.",
            {"seconds": 3.0},
        ),
        Switch(
            "any_picture_size",
            "Pictures of any size",
            "sync.so takes pictures of more than 4096 × 2160 pixels, too.",
        ),
        Switch(
            "outcome_unknown",
            "Order in doubt",
            "sync.so cannot say whether it took the order (error 503). You choose whether it did, "
            "and whether it tells the order's number.",
            {"accepted": True, "with_id": True},
        ),
        Switch(
            "keys_forgotten",
            "Earlier orders forgotten",
            "sync.so no longer knows which orders it has had: the same order sent again is a new one.",
        ),
        Switch(
            "key_conflict",
            "Order taken for another",
            "sync.so believes that this order belongs to an earlier, different one (error 409).",
        ),
    ),
    "Making the video": (
        Switch(
            "stuck_pending",
            "Does not begin",
            "The video stands in sync.so's line and does not begin.",
            {"seconds": 3600.0},
        ),
        Switch(
            "list_lags",
            "Not listed yet",
            "sync.so's list of videos does not show the newest yet; each is known by its own number.",
            {"seconds": 5.0},
        ),
        Switch("slow_generation", "Takes long", "Making a video takes longer.", {"seconds": 60.0}),
        Switch(
            "generation_fails",
            "Making it fails",
            "sync.so takes the order and then fails to make the video.",
            {"code": "generation_pipeline_failed"},
        ),
        Switch(
            "generation_rejected",
            "Video or audio is rejected",
            "sync.so takes the order and then finds the video or the audio unusable.",
            {"code": "generation_input_validation_failed"},
        ),
        Switch(
            "unknown_status",
            "A stage nobody knows",
            "sync.so reports a stage that it has never told anybody about.",
            {"status": "REVIEWING", "seconds": 5.0},
        ),
        Switch(
            "no_output_url",
            "Done, but no video yet",
            "sync.so says that the video is done; the link to it comes later.",
            {"seconds": 3600.0},
        ),
        Switch(
            "output_expired",
            "Download link too old",
            "The link to the finished video no longer works. You choose whether a new link fails too.",
            {"fresh_too": False},
        ),
    ),
    "What it cost": (
        Switch(
            "cost_late",
            "Cost not known yet",
            "sync.so's record of what a video cost comes some seconds late.",
            {"seconds": 60.0},
        ),
        Switch("cost_partial", "Cost half known", "sync.so's record tells only a part of what a video cost."),
        Switch("cost_unavailable", "Cost not to be had", "sync.so has no record of what a video cost."),
        Switch(
            "cost_unlike",
            "Costs something else",
            "sync.so charges another sum than it had estimated.",
            {"factor": 1.5},
        ),
        Switch(
            "usage_lags",
            "Costs listed late",
            "sync.so's list of what all videos cost does not show the newest yet.",
            {"seconds": 60.0},
        ),
    ),
    "sync.so's call when a video is done": (
        Switch("webhook_never", "No call", "sync.so never calls; the app has to look by itself."),
        Switch("webhook_late", "Late call", "The call comes some seconds late.", {"seconds": 10.0}),
        Switch("webhook_twice", "Called twice", "The same call comes twice."),
        Switch(
            "webhook_early",
            "Call before the answer",
            "The video is reported done before the app has heard that its order was taken.",
        ),
        Switch(
            "webhook_forged",
            "Forged call",
            "The call is signed with a wrong secret, as if somebody else pretended to be sync.so.",
        ),
        Switch(
            "webhook_bad_clock",
            "Call from another time",
            "The call's time stamp is off by this much.",
            {"seconds": -86_400.0},
        ),
        Switch(
            "webhook_milliseconds",
            "Time in milliseconds",
            "The call's time stamp counts thousandths of a second.",
        ),
        Switch(
            "webhook_foreign",
            "Call about a strange video",
            "The call speaks of a video that nobody here has ordered.",
        ),
    ),
}

SWITCHES: dict[str, Switch] = {
    switch.name: replace(switch, group=group) for group, switches in _GROUPS.items() for switch in switches
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
            "title": switch.title,
            "does": switch.does,
            "group": switch.group,
            "on": fault is not None,
            "times": fault.times if fault else None,
            "share": fault.share if fault else 1.0,
            "settings": dict(fault.settings if fault else switch.settings),
        }


def _same_kind(value: Setting, usual: Setting) -> bool:
    if isinstance(usual, bool | str):
        return type(value) is type(usual)
    return isinstance(value, float | int) and not isinstance(value, bool)
