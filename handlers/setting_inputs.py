"""A page of the settings as it was sent, into changes of the rules. Pure."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from bot.errors import Malformed
from bot.messages.ids import Page, Setting
from bot.messages.settings import ANY, GUESTS, OUTSIDERS
from bot.messages.words import SYNC_MODES
from bot.teams.rules import (
    MOST_APPROVAL_HOURS,
    MOST_APPROVAL_USD,
    MOST_APPROVALS,
    MOST_KEPT_DAYS,
    MOST_WORDS_KEPT_DAYS,
    Notice,
    Who,
)

_CENT = Decimal("0.01")

FIELDS: Mapping[Page, Mapping[Setting, str]] = MappingProxyType(
    {
        Page.PEOPLE: {
            Setting.WHO: "who",
            Setting.GROUP: "group",
            Setting.PEOPLE: "people",
            Setting.BLOCKED: "blocked_people",
            Setting.CHANNELS: "channels",
        },
        Page.MAKING: {
            Setting.MODELS: "models",
            Setting.MODEL: "model",
            Setting.VOICE: "voice_id",
            Setting.SYNC_MODE: "sync_mode",
            Setting.WORDS: "blocked_words",
            Setting.CONSENT: "consent_required",
        },
        Page.BUDGETS: {
            Setting.LIMIT_PEOPLE: "user",
            Setting.LIMIT_CHANNELS: "channel",
            Setting.LIMIT_MODELS: "model",
            Setting.LIMIT_USD: "usd",
            Setting.ZONE: "zone",
        },
        Page.APPROVALS: {
            Setting.APPROVAL_FROM: "approval_from_usd",
            Setting.APPROVERS: "approvers",
            Setting.APPROVALS: "approvals_needed",
            Setting.APPROVE_OWN: "may_approve_own",
            Setting.APPROVAL_HOURS: "approval_hours",
        },
        Page.AFTER: {
            Setting.DAYS: "inputs_kept_days",
            Setting.WORDS_DAYS: "words_kept_days",
            Setting.NOTICE: "notice",
            Setting.DIGEST: "digest_channel",
            Setting.ADMINS: "admins",
        },
    }
)
"""Which rule each field of a page is about, by the names of the fields of `Rules`.

Of the budgets, which `handlers.budget_inputs` reads, what can be wrong about it: see `bot.teams.limiting`.
"""


def read_page(page: Page, view: Mapping[str, Any]) -> dict[str, Any]:
    """What a sent page changes, by the names of the fields of `Rules`; what it does not show stays.

    Raises:
        Malformed: a menu has a value that it does not offer.
    """
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    state = {field: _state(values, field) for field in Setting if field in values}
    changes = {name: _READ[field](state[field]) for field, name in FIELDS[page].items() if field in state}
    if page is Page.PEOPLE and Setting.OTHERS in state:
        ticked = _options(state[Setting.OTHERS])
        changes |= {"guests": GUESTS in ticked, "outsiders": OUTSIDERS in ticked}
    return changes


def _state(values: Mapping[str, Any], field: Setting) -> Mapping[str, Any]:
    state: Mapping[str, Any] = values[field].get(field) or {}
    return state


def _chosen(state: Mapping[str, Any]) -> str | None:
    option = state.get("selected_option")
    return None if option is None else str(option["value"])


def _own(state: Mapping[str, Any]) -> str | None:
    """None where the team makes no choice of its own."""
    chosen = _chosen(state)
    return None if chosen == ANY else chosen


def _options(state: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(option["value"]) for option in state.get("selected_options") or ())


def _people(state: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(state.get("selected_users") or ())


def _channels(state: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(state.get("selected_conversations") or ())


def _channel(state: Mapping[str, Any]) -> str | None:
    return state.get("selected_conversation") or None


def _lines(state: Mapping[str, Any]) -> tuple[str, ...]:
    lines = (line.strip() for line in str(state.get("value") or "").splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def _one_of(kind: type[Who] | type[Notice]) -> Any:
    def read(state: Mapping[str, Any]) -> str | None:
        chosen = _chosen(state)
        if chosen not in set(kind):
            raise Malformed("view.state.values")
        return chosen

    return read


def _sync_mode(state: Mapping[str, Any]) -> str | None:
    mode = _own(state)
    if mode is not None and mode not in SYNC_MODES:
        raise Malformed("view.state.values")
    return mode


def _number_to(most: int) -> Callable[[Mapping[str, Any]], int]:
    offered = {str(number): number for number in range(1, most + 1)}

    def read(state: Mapping[str, Any]) -> int:
        chosen = _chosen(state)
        if chosen not in offered:
            raise Malformed("view.state.values")
        return offered[chosen]

    return read


def read_money(
    state: Mapping[str, Any], *, most: int = MOST_APPROVAL_USD, unit: Decimal = _CENT
) -> Decimal | None:
    """US dollars, in whole cents if no smaller unit is wanted; None where the field is empty.

    Raises:
        Malformed: it is none that the field takes.
    """
    value = state.get("value")
    if value is None or not str(value).strip():
        return None
    try:
        usd = Decimal(str(value))
    except InvalidOperation:
        raise Malformed("view.state.values") from None
    if not (usd.is_finite() and 0 <= usd <= most):
        raise Malformed("view.state.values")
    return usd.quantize(unit, ROUND_HALF_UP)


def _is_ticked(state: Mapping[str, Any]) -> bool:
    return bool(_options(state))


_READ: Mapping[Setting, Any] = MappingProxyType(
    {
        Setting.WHO: _one_of(Who),
        Setting.GROUP: _chosen,
        Setting.PEOPLE: _people,
        Setting.BLOCKED: _people,
        Setting.CHANNELS: _channels,
        Setting.MODELS: _options,
        Setting.MODEL: _own,
        Setting.VOICE: _own,
        Setting.SYNC_MODE: _sync_mode,
        Setting.WORDS: _lines,
        Setting.CONSENT: _is_ticked,
        Setting.DAYS: _number_to(MOST_KEPT_DAYS),
        Setting.WORDS_DAYS: _number_to(MOST_WORDS_KEPT_DAYS),
        Setting.NOTICE: _one_of(Notice),
        Setting.DIGEST: _channel,
        Setting.ADMINS: _people,
        Setting.APPROVAL_FROM: read_money,
        Setting.APPROVERS: _people,
        Setting.APPROVALS: _number_to(MOST_APPROVALS),
        Setting.APPROVE_OWN: _is_ticked,
        Setting.APPROVAL_HOURS: _number_to(MOST_APPROVAL_HOURS),
    }
)
