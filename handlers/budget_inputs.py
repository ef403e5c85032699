"""The page of the budgets as it was sent. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from bot.messages.ids import Setting, scope_of_field
from bot.teams.limiting import MOST_USD, Limiting
from handlers.setting_inputs import read_money
from storage import money

_NEW: Mapping[str, Setting] = MappingProxyType(
    {
        money.USER: Setting.LIMIT_PEOPLE,
        money.CHANNEL: Setting.LIMIT_CHANNELS,
        money.MODEL: Setting.LIMIT_MODELS,
    }
)


def read_budgets(view: Mapping[str, Any]) -> Limiting:
    """What the page says, or the form for one limit.

    Raises:
        Malformed: an amount is none that its field takes.
    """
    values: Mapping[str, Any] = (view.get("state") or {}).get("values") or {}
    fields = {name: element.get(name) or {} for name, element in values.items()}
    shown = {scope: _usd(of) for name, of in fields.items() if (scope := scope_of_field(name)) is not None}
    new = {kind: _names(fields.get(field) or {}) for kind, field in _NEW.items()}
    new_usd = _usd(fields.get(Setting.LIMIT_USD) or {})
    zone = str(fields[Setting.ZONE].get("value") or "") if Setting.ZONE in fields else None
    return Limiting(shown, new, new_usd, zone)


def _usd(state: Mapping[str, Any]) -> Decimal | None:
    return read_money(state, most=MOST_USD)


def _names(state: Mapping[str, Any]) -> tuple[str, ...]:
    for key in ("selected_users", "selected_conversations"):
        if key in state:
            return tuple(state[key] or ())
    return tuple(str(option["value"]) for option in state.get("selected_options") or ())
