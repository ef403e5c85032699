"""Whether the team's rules let somebody ask for something, on every way in: see `bot.teams.rules`."""

import asyncio

import structlog

from bot.asking.drafts import Draft
from bot.errors import NotInstalled
from bot.patience import Patience
from bot.teams.groups import Groups
from bot.teams.installations import Teams
from bot.teams.people import People
from bot.teams.rights import Rule, RuledOut
from bot.teams.rulebook import Book, Rulebook
from bot.teams.rules import Who, against_draft, against_person, against_place
from storage.errors import StorageError
from storage.owners import Person

_log = structlog.get_logger(__name__)


class Gate:
    """Lets an ask pass, or raises `RuledOut`."""

    def __init__(
        self, teams: Teams, people: People, rulebook: Rulebook, groups: Groups, patience: Patience
    ) -> None:
        self._teams = teams
        self._people = people
        self._rulebook = rulebook
        self._groups = groups
        self._patience = patience

    async def at_once(self, asker: Person, channel_id: str | None, *drafts: Draft) -> None:
        """Check what is in memory; what is not known there passes, and is looked up later.

        Args:
            asker: who asks.
            channel_id: where; None: it was checked before.
            drafts: what for, as far as it is known.

        Raises:
            RuledOut: a rule stands against it.
            NotInstalled: the app is not installed there.
        """
        book = await self._rulebook.of(asker)
        known = await self._people.remembered(asker, asker.user_id)
        in_group = await self._is_in_group(asker, book, from_memory=True)
        membership = None if known is None else known.membership
        person = against_person(book.rules, asker.user_id, membership, in_group=in_group)
        _check(book, None if person is Rule.UNTOLD else person, channel_id, drafts)

    async def surely(self, asker: Person, channel_id: str | None, *drafts: Draft) -> None:
        """Check all of it; what is not known is looked up.

        Raises:
            RuledOut: a rule stands against it.
            NotInstalled: the app is not installed there.
            SlackRefused, SlackUnreachable: Slack does not tell what has to be known.
        """
        book = await self._rulebook.of(asker)
        _check(book, None, channel_id, drafts)
        membership = (await self._people.of(asker, asker.user_id)).membership
        in_group = await self._is_in_group(asker, book, from_memory=False)
        _check(book, against_person(book.rules, asker.user_id, membership, in_group=in_group), None, ())

    async def known_against(self, asker: Person, channel_id: str) -> RuledOut | None:
        """As `at_press`, before somebody begins: what cannot be told now is looked up when they ask.

        Raises:
            NotInstalled: the app is not installed there.
        """
        try:
            await self.at_press(asker, channel_id)
        except RuledOut as refusal:
            return None if refusal.rule is Rule.UNTOLD else refusal
        return None

    async def at_press(self, asker: Person, channel_id: str | None, *drafts: Draft) -> None:
        """As `surely`, while Slack waits for the answer to a press: what cannot be told counts as no.

        Raises:
            RuledOut: a rule stands against it, or it cannot be told now whether one does.
            NotInstalled: the app is not installed there.
        """
        try:
            async with asyncio.timeout(self._patience.press_s):
                await self.surely(asker, channel_id, *drafts)
        except (RuledOut, NotInstalled, StorageError):
            raise
        except Exception as error:
            _log.warning("not told whether a rule stands against it", cause=repr(error))
            book = await self._rulebook.of(asker)
            raise RuledOut(Rule.UNTOLD, book.admins, getattr(error, "needed", None)) from error

    async def _is_in_group(self, asker: Person, book: Book, *, from_memory: bool) -> bool | None:
        """Whether somebody is in the group of the rules; None: these name none, or it is not in memory."""
        group = book.rules.group
        if book.rules.who is not Who.GROUP or group is None:
            return None
        installation = await self._teams.need(asker.enterprise_id, asker.team_id)
        if from_memory:
            members = self._groups.remembered(installation, group)
        else:
            members = await self._groups.members(installation, group, asker.team_id)
        return None if members is None else asker.user_id in members


def _check(book: Book, person: Rule | None, channel_id: str | None, drafts: tuple[Draft, ...]) -> None:
    place = None if channel_id is None else against_place(book.rules, channel_id)
    for rule in (person, place, *(against_draft(book.rules, draft) for draft in drafts)):
        if rule is not None:
            raise RuledOut(rule, book.admins)
