"""The use case of the settings: admins, and those they named, see and change what holds for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import structlog
from pydantic import ValidationError

from bot.asking.asks import Asker
from bot.errors import NotInstalled
from bot.patience import Patience
from bot.roles import Roles
from bot.slack import ScopeMissing
from bot.teams.installations import Teams
from bot.teams.limiting import Limiting, changed_limits, problems_of, zone_named
from bot.teams.rights import Forbidden, Role
from bot.teams.rulebook import Book
from bot.teams.rules import Problem, Rules, Who, problems
from bot.together import all_of
from storage.errors import StorageError
from storage.limits import Standing
from storage.people import COLLEAGUES

_log = structlog.get_logger(__name__)

_OF_WORDS = "blocked_words"
_COLLEAGUES_ALONE = ("admins", "approvers")
"""Rules that name nobody but members of the workspace."""
_NO_LIMITS: Final[Mapping[str, Decimal | None]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Saved:
    """The rules are stored, and hold."""

    book: Book


@dataclass(frozen=True, slots=True)
class Outdated:
    """Somebody has changed them since they were shown; nothing was stored."""

    book: Book


@dataclass(frozen=True, slots=True)
class Wrong:
    """They cannot hold as they are; nothing was stored."""

    problems: Mapping[str, Problem]
    """By the names of the fields of `Rules`; empty for what is about all of them."""
    scope: str | None = None
    """The permission of Slack's that is missing."""


class Administration:
    """Shows and changes the rules of a workspace, or of the organisation that has the app."""

    def __init__(self, teams: Teams, roles: Roles, patience: Patience) -> None:
        self._teams = teams
        self._roles = roles
        self._patience = patience

    async def see(self, asker: Asker) -> Book:
        """The rules as they are stored now.

        Raises:
            Forbidden: only admins, and those they named, may.
            NotInstalled: the app is not installed there.
        """
        if not await self._is_admin(asker):
            raise Forbidden(Role.COLLEAGUE, asker.user_id)
        return await self._roles.rulebook.latest(asker)

    async def change(
        self, asker: Asker, changes: Mapping[str, Any], *, seen: int
    ) -> Saved | Outdated | Wrong:
        """Change some rules of those that were shown in revision `seen`; the others stay.

        Args:
            asker: who changes them.
            changes: by the names of the fields of `Rules`.
            seen: the revision that the asker was shown.

        Raises:
            Forbidden: only admins, and those they named, may.
            NotInstalled: the app is not installed there.
        """
        book = await self._as_seen(asker, seen)
        if not isinstance(book, Book):
            return book
        new = _changed(book.rules, changes)
        if isinstance(new, Wrong):
            return new
        return await self._untold(asker, book.rules, new) or await self._store(asker, book, new)

    async def budgets(self, book: Book) -> Sequence[Standing]:
        """The limits of the budgets, and how they stand this month, for whoever may see the rules."""
        return await self._roles.rulebook.budgets(book)

    async def limit(self, asker: Asker, wish: Limiting, *, seen: int) -> Saved | Outdated | Wrong:
        """Change the limits of the budgets, and the zone of their months; see `change`."""
        book = await self._as_seen(asker, seen)
        if not isinstance(book, Book):
            return book
        now = await self.budgets(book)
        wrong = problems_of(wish, now)
        if wrong:
            return Wrong(wrong)
        zone = book.rules.zone if wish.zone is None else zone_named(wish.zone)
        new = book.rules.model_copy(update={"zone": zone})
        return await self._store(asker, book, new, changed_limits(wish, now))

    async def _as_seen(self, asker: Asker, seen: int) -> Book | Outdated | Wrong:
        """The rules that an admin has seen. Raises Forbidden."""
        is_admin = await self._is_admin(asker)
        if is_admin is None:
            return Wrong({"": Problem.CANNOT_TELL})
        if not is_admin:
            raise Forbidden(Role.COLLEAGUE, asker.user_id)
        book = await self._roles.rulebook.latest(asker)
        return book if book.revision == seen else Outdated(book)

    async def _store(
        self, asker: Asker, book: Book, new: Rules, limits_usd: Mapping[str, Decimal | None] = _NO_LIMITS
    ) -> Saved | Outdated:
        is_same = new == book.rules and not limits_usd
        is_stored = is_same or await self._roles.rulebook.change(
            book, new, by=asker.user_id, limits_usd=limits_usd
        )
        latest = await self._roles.rulebook.latest(asker)
        return Saved(latest) if is_stored else Outdated(latest)

    async def _is_admin(self, asker: Asker) -> bool | None:
        """None: it cannot be told in time."""
        try:
            async with asyncio.timeout(self._patience.check_s):
                return await self._roles.people.administers(asker)
        except TimeoutError:
            return None

    async def _untold(self, asker: Asker, old: Rules, new: Rules) -> Wrong | None:
        """What Slack has to tell before new rules can hold: who is in the group, who the newly named are."""
        field = "group"
        try:
            async with asyncio.timeout(self._patience.check_s):
                if new.who is Who.GROUP and new.group is not None:
                    installation = await self._teams.need(asker.enterprise_id, asker.team_id)
                    await self._roles.groups.members(installation, new.group, asker.team_id)
                for field in _COLLEAGUES_ALONE:
                    before = getattr(old, field)
                    named = [user for user in getattr(new, field) if user not in before]
                    profiles = await all_of(self._roles.people.of(asker, user) for user in named)
                    if any(profile.membership not in COLLEAGUES for profile in profiles):
                        return Wrong({field: Problem.NOT_A_COLLEAGUE})
        except (NotInstalled, StorageError):
            raise
        except ScopeMissing as error:
            return Wrong({field: Problem.LACKS_SCOPE}, error.needed)
        except Exception as error:  # noqa: BLE001 - whatever keeps Slack from telling, it is not told
            _log.warning("rules not checked", cause=repr(error))
            return Wrong({field: Problem.CANNOT_TELL})
        return None


def _changed(old: Rules, changes: Mapping[str, Any]) -> Rules | Wrong:
    """The rules with some of them changed, if they can hold like that."""
    try:
        new = Rules.model_validate({**old.model_dump(), **changes})
    except ValidationError as error:
        if {problem["loc"][0] for problem in error.errors()} != {_OF_WORDS}:
            raise
        return Wrong({_OF_WORDS: Problem.TOO_MANY_WORDS})
    wrong = problems(new)
    return Wrong(wrong) if wrong else new
