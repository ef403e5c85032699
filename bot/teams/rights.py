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
    APPROVER = "approver"
    """One of those whom the team's rules name to say yes to what it costs."""
    ADMIN = "admin"
    """Of no one order: an owner or admin of the workspace or organisation, or somebody whom these named."""


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
    DELETE = "delete"
    """Have what has ended forgotten, and deleted where it is."""
    APPROVE = "approve"
    """Say yes, or no, to what somebody else wants to have made."""
    ADMINISTER = "administer"
    """See and change the rules, and whose account pays."""


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
    Deed.DELETE: frozenset({Role.ASKER, Role.ADMIN}),
    Deed.APPROVE: frozenset({Role.APPROVER}),
    Deed.ADMINISTER: frozenset({Role.ADMIN}),
}
"""Any colleague may make an order of their own of it, or ask for what is made; the rest is its asker's.

What was asked for in private is not there for colleagues: see `bot.use_cases.askers.order_of`.

Whoever makes something has to keep to the team's rules beside it: see `Rule`.
"""


class Forbidden(BotError):
    """The person may not do that; `role` says what they are to the order, `asker` whose it is."""

    def __init__(self, role: Role, asker: str) -> None:
        super().__init__(f"not for this {role}")
        self.role = role
        self.asker = asker


class Rule(StrEnum):
    """A rule of the team's that an ask can be against."""

    BLOCKED = "blocked"
    """The person is kept from using the app."""
    GONE = "gone"
    """The person is deactivated, or nobody that the workspace knows."""
    GUESTS = "guests"
    OUTSIDERS = "outsiders"
    PEOPLE = "people"
    """Only those who were named, or are in a user group, use it."""
    CHANNELS = "channels"
    MODELS = "models"
    WORDS = "words"
    """The script has a word in it that the team does not use."""
    UNTOLD = "untold"
    """What a rule needs to know could not be learnt now, which counts as no."""


class RuledOut(BotError):
    """A rule stands against it. Nothing was begun, or charged.

    `admins` are people who can change that, as far as known; `detail` is the permission of Slack's that
    is missing, where it is for that.
    """

    def __init__(self, rule: Rule, admins: tuple[str, ...] = (), detail: str | None = None) -> None:
        super().__init__(f"the rule on {rule} stands against it")
        self.rule = rule
        self.admins = admins
        self.detail = detail
