"""Who may do what to an order: one table. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from bot.errors import BotError


class Role(StrEnum):
    """What somebody is to an order."""

    ASKER = "asker"
    COLLEAGUE = "colleague"
    """Surely of the workspace or organisation whose account pays."""
    OUTSIDER = "outsider"
    """Of another organisation, in a channel that both share."""


class Deed(StrEnum):
    """What somebody may want to do."""

    GENERATE = "generate"
    CHANGE = "change"
    CANCEL = "cancel"
    AGAIN = "again"
    ANOTHER = "another"
    DOWNLOAD = "download"
    LOOK_AGAIN = "look_again"
    GIVE_UP = "give_up"


_THE_ASKER = frozenset({Role.ASKER})
_THE_WORKSPACE = _THE_ASKER | {Role.COLLEAGUE}

MAY: Mapping[Deed, frozenset[Role]] = {
    Deed.GENERATE: _THE_ASKER,
    Deed.CHANGE: _THE_ASKER,
    Deed.CANCEL: _THE_ASKER,
    Deed.AGAIN: _THE_WORKSPACE,
    Deed.ANOTHER: _THE_WORKSPACE,
    Deed.DOWNLOAD: _THE_WORKSPACE,
    Deed.LOOK_AGAIN: _THE_ASKER,
    Deed.GIVE_UP: _THE_ASKER,
}
"""Any colleague may make an order of their own of it, or ask for what is made; the rest is its asker's."""


class Forbidden(BotError):
    """The person may not do that; `role` says what they are to the order, `asker` whose it is."""

    def __init__(self, role: Role, asker: str) -> None:
        super().__init__(f"not for this {role}")
        self.role = role
        self.asker = asker
