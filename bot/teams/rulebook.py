"""The rules that hold where the app is installed, kept in memory so that no request waits for a read."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.teams.installations import Teams
from bot.teams.last_read import LastRead
from bot.teams.rules import Rules
from bot.teams.weeks import last_week
from storage import allowances, audit, digests, gate_store, limits, money, people_store
from storage import rules as rules_store
from storage.allowances import Allowance
from storage.database import Database
from storage.limits import Standing
from storage.owners import Owner

_FRESH_S = 30.0
"""Replicas learn of a change elsewhere within this time."""
_ADMINS_TOLD = 3
"""Who can change a rule, in a refusal."""


_OF_APPROVERS = ("approvers", "may_approve_own", "admins")
"""Rules that say whose yes something waits for."""
_OF_DIGEST = ("digest_channel", "zone")
_OF_PEOPLE = ("people", "blocked_people", "admins", "approvers", "blocked_words")
"""Rules that tell of people, or may: a word that is not used can be a name."""


_NO_LIMITS: Final[Mapping[str, Decimal | None]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Book:
    """The rules of one installation."""

    installation_id: str
    rules: Rules
    revision: int
    """0: nobody has changed any."""
    changed_by: str | None
    """None: nobody has."""
    admins: tuple[str, ...]
    """Who can change them, as far as known: those who were named, then admins that the app has met."""


class Rulebook:
    """Reads and changes rules. `elapsed` is a clock that nobody sets, `clock` seconds since the epoch."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        *,
        clock: Callable[[], float],
        elapsed: Callable[[], float],
    ) -> None:
        self._database = database
        self._teams = teams
        self._clock = clock
        self._books = LastRead(self._read, fresh_s=lambda _: _FRESH_S, elapsed=elapsed)

    async def of(self, owner: Owner) -> Book:
        """The rules that hold for a workspace: its own, or those of the organisation that has the app.

        Raises:
            NotInstalled: the app is not installed there.
            StorageError: they were never read, and cannot be now.
        """
        installation = await self._teams.need(owner.enterprise_id, owner.team_id)
        return await self._books.of(installation.id)

    async def latest(self, owner: Owner) -> Book:
        """As above, read now.

        Raises:
            NotInstalled: the app is not installed there.
            StorageError: they cannot be read.
        """
        return await self._books.latest((await self._teams.need(owner.enterprise_id, owner.team_id)).id)

    async def budgets(self, book: Book) -> Sequence[Standing]:
        """The limits of the budgets as they are stored now, and how they stand this month.

        Raises:
            StorageError: they cannot be read.
        """
        month = money.month_of(self._clock(), book.rules.zone)
        async with self._database.read() as conn:
            return await limits.standing(conn, book.installation_id, month)

    async def change(
        self, book: Book, new: Rules, *, by: str, limits_usd: Mapping[str, Decimal | None] = _NO_LIMITS
    ) -> bool:
        """Put new rules in place of those that somebody was shown. False: these have changed since.

        Args:
            book: as it was shown.
            new: the rules.
            by: who changes them.
            limits_usd: budgets' new limits by scope, which have the revision of the rules; None: it goes.

        Raises:
            StorageError: they could not be stored.
        """
        now = self._clock()
        async with self._database.write() as conn:
            stored = await rules_store.find(conn, book.installation_id)
            changed = await rules_store.change(
                conn,
                book.installation_id,
                _beside_others(stored, new),
                seen=book.revision,
                by=by,
            )
            if changed:
                # Orders before limits, as a yes locks them.
                ended = await allowances.end_of_others(conn, book.installation_id, new.approvers, now=now)
                if _differ(book.rules, new, _OF_APPROVERS):
                    await gate_store.look_at_all(conn, book.installation_id, now=now)
                if _differ(book.rules, new, _OF_DIGEST):
                    await _have_told(conn, book.installation_id, new, now=now)
                await limits.set_many(conn, book.installation_id, limits_usd, by=by, now=now)
                for entry in (*_entries(book, new, limits_usd, by), *_ends(ended, by)):
                    await audit.append(conn, entry, now=now)
        self._books.forget(book.installation_id)
        return changed

    async def _read(self, installation_id: str) -> Book:
        async with self._database.read() as conn:
            stored = await rules_store.find(conn, installation_id)
            met = await people_store.administrators(conn, installation_id, at_most=_ADMINS_TOLD)
        rules = Rules() if stored is None else Rules.model_validate_json(stored.rules)
        admins = tuple(dict.fromkeys((*rules.admins, *met)))[:_ADMINS_TOLD]
        revision, by = (0, None) if stored is None else (stored.revision, stored.changed_by)
        return Book(installation_id, rules, revision, by, admins)


def _differ(before: Rules, now: Rules, names: Collection[str]) -> bool:
    return any(getattr(now, name) != getattr(before, name) for name in names)


async def _have_told(conn: AsyncConnection, installation_id: str, rules: Rules, *, now: float) -> None:
    """Have the weekly figures told as the rules want it from now on."""
    if rules.digest_channel is None:
        await digests.unwanted(conn, installation_id)
        return
    week = last_week(now, rules.zone).monday.isoformat()
    await digests.wanted(conn, installation_id, week=week, now=now)


def _beside_others(stored: rules_store.StoredRules | None, new: Rules) -> str:
    """New rules as they are stored: what a later version has beside them, and this one cannot read, stays."""
    before = {} if stored is None else json.loads(stored.rules)
    return json.dumps(before | new.model_dump(mode="json"))


def _entries(
    book: Book, new: Rules, limits_usd: Mapping[str, Decimal | None], by: str
) -> Iterator[audit.Entry]:
    if new != book.rules:
        yield _entry(book, new, by)
    if limits_usd:
        yield _entry_of_limits(book, limits_usd, by)


def _ends(ended: Iterable[Allowance], by: str) -> Iterator[audit.Entry]:
    return (allowance_entry(each, audit.Action.ALLOWANCE_ENDED, by=by) for each in ended)


def allowance_entry(allowance: Allowance, action: audit.Action, *, by: str | None) -> audit.Entry:
    """What the team's log tells of an allowance that is given, or ends: whose and where is personal."""
    return audit.Entry(
        team_id=allowance.team_id,
        action=action,
        subject=allowance.id,
        actor=by,
        details={"model": allowance.model, "usd": str(allowance.most_usd)},
        personal={"channel": allowance.channel_id, "approver": allowance.user_id},
    )


def _entry_of_limits(book: Book, limits_usd: Mapping[str, Decimal | None], by: str) -> audit.Entry:
    """What the team's log tells of new limits: which channel or person has one is personal."""
    told = {scope: f"{scope}={'none' if usd is None else usd}" for scope, usd in sorted(limits_usd.items())}
    open_ones = [words for scope, words in told.items() if scope.startswith((money.TEAM, money.MODEL))]
    others = [words for words in told.values() if words not in open_ones]
    return audit.Entry(
        team_id=book.installation_id,
        action=audit.Action.LIMITS_CHANGED,
        subject=book.installation_id,
        actor=by,
        details={"revision": book.revision + 1, "limits": open_ones},
        personal={"limits": json.dumps(others)} if others else {},
    )


def _entry(book: Book, new: Rules, by: str) -> audit.Entry:
    """What the team's log tells of a change: each rule that is another now, as it is now."""
    before, now = book.rules.model_dump(mode="json"), new.model_dump(mode="json")
    changed = [name for name in now if now[name] != before[name]]
    return audit.Entry(
        team_id=book.installation_id,
        action=audit.Action.RULES_CHANGED,
        subject=book.installation_id,
        actor=by,
        details={
            "revision": book.revision + 1,
            "changed": changed,
            **{name: now[name] for name in changed if name not in _OF_PEOPLE},
        },
        personal={name: json.dumps(now[name]) for name in changed if name in _OF_PEOPLE},
    )
