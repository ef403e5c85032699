"""The team's settings: opened from Home, one page at a time, saved by whoever may."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict

from bot.errors import Malformed
from bot.messages import settings, settings_words
from bot.messages.alerts import with_alert
from bot.messages.blocks import Block, Choice
from bot.messages.catalogue import Words
from bot.messages.ids import Page
from bot.messages.settings import SettingsState
from bot.messages.text import escape
from bot.services import Services
from bot.slack import ScopeMissing, SlackRefused, SlackUnreachable
from bot.sync_api.models import Model, Voice
from bot.teams.rights import Forbidden
from bot.teams.rulebook import Book
from bot.together import together
from bot.use_cases.administration import Outdated, Saved, Wrong
from handlers.budget_inputs import read_budgets
from handlers.modals import again, carried
from handlers.redraws import Redraws, Turn
from handlers.routing import Answer, Ask
from handlers.setting_inputs import FIELDS, read_page

_log = structlog.get_logger(__name__)

_OPENED_ONCE_IN_S = 2.0

T = TypeVar("T")
_Drawn = Callable[[Words, SettingsState], Block]


class _Metadata(BaseModel):
    model_config = ConfigDict(strict=True)

    page: str
    revision: int
    limit: str | None = None
    """The scope of the one limit that the form is for."""


class TeamSettings:
    """An overview with a button for each page; every step is checked again: who it is, and what they saw."""

    def __init__(self, services: Services, redraws: Redraws) -> None:
        self._services = services
        self._redraws = redraws

    async def open(self, ask: Ask) -> Answer:
        """Show what holds now."""
        if self._is_first(ask, "settings"):
            self._services.background.start(self._open(ask), name="open the settings")
        return None

    async def page(self, ask: Ask) -> Answer:
        """Put one page above the overview; from Home, which has a button for it, open it by itself."""
        value = str(ask.action.get("value"))
        page, _, limit = value.partition(":")
        if self._is_first(ask, value):
            pushing = self._push(ask, _page(page), limit or None)
            self._services.background.start(pushing, name="open a page of the settings")
        return None

    async def saved(self, ask: Ask) -> Answer:
        """Store a page; what is wrong is said at its field, or above them, and the page stays."""
        t, known = self._services.words, carried(_Metadata, ask.view)
        page = _page(known.page)
        try:
            outcome = await self._save(ask, page, seen=known.revision)
        except Forbidden:
            return _shown(settings_words.settings_closed(t, settings_words.only_admins(t)))
        if isinstance(outcome, Wrong):
            return self._told(ask.view, page, outcome)
        if isinstance(outcome, Outdated):
            view = _form(t, await self._state(ask, outcome.book), page=page, limit=known.limit)
            told = settings_words.changed_meanwhile(t, outcome.book.changed_by or "")
            return _shown(with_alert(view, told))
        below = [
            (self._redraws.turn(view_id), form)
            for view_id, form in _below(ask.view, is_limit=known.limit is not None).items()
        ]
        refreshing = self._refresh(ask, outcome.book, below)
        self._services.background.start(refreshing, name="show the new settings")
        return None

    def _told(self, view: Mapping[str, Any], page: Page, wrong: Wrong) -> Answer:
        """What is wrong, at the fields; what is about none of them, once the fields are in order.

        Slack shows either. All of it is checked anew with each Save, so that nothing goes untold.
        """
        at_fields, of_all = {}, []
        for name, problem in wrong.problems.items():
            words = settings_words.problem_words(
                self._services.words, problem, wrong.scope or "", self._services.groups_url
            )
            field = None if problem in settings_words.OF_ALL else _at(page, name, view)
            if field is None:
                of_all.append(escape(words))
            else:
                at_fields[field] = words
        return (
            {"response_action": "errors", "errors": at_fields} if at_fields else again(view, " ".join(of_all))
        )

    async def _save(self, ask: Ask, page: Page, *, seen: int) -> Saved | Outdated | Wrong:
        administration = self._services.administration
        if page is Page.BUDGETS:
            return await administration.limit(ask.asker, read_budgets(ask.view), seen=seen)
        return await administration.change(ask.asker, read_page(page, ask.view), seen=seen)

    async def _open(self, ask: Ask) -> None:
        t = self._services.words
        try:
            book = await self._services.administration.see(ask.asker)
            view = settings.overview(t, await self._state(ask, book))
        except Forbidden:
            view = settings_words.settings_closed(t, settings_words.only_admins(t))
        await self._show(ask, view, over=False)

    async def _push(self, ask: Ask, page: Page, limit: str | None) -> None:
        t = self._services.words
        try:
            book = await self._services.administration.see(ask.asker)
            view = _form(t, await self._state(ask, book), page=page, limit=limit)
        except Forbidden:
            view = settings_words.settings_closed(t, settings_words.only_admins(t))
        await self._show(ask, view, over=ask.view.get("type") == "modal")

    async def _show(self, ask: Ask, view: Block, *, over: bool) -> None:
        slack, trigger_id = await self._services.slack_of(ask.asker), str(ask.body["trigger_id"])
        try:
            await (slack.push_view(trigger_id, view) if over else slack.open_view(trigger_id, view))
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("settings not shown", error=str(error))

    async def _refresh(self, ask: Ask, book: Book, below: Sequence[tuple[Turn, _Drawn]]) -> None:
        """Show below the page that was sent what holds now."""
        slack, state = await self._services.slack_of(ask.asker), await self._state(ask, book)
        try:
            for turn, drawn in below:
                await self._redraws.draw(slack, turn, drawn(self._services.words, state))
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("settings not shown anew", error=str(error))

    async def _state(self, ask: Ask, book: Book) -> SettingsState:
        async with together() as reads:
            reading_voices = reads.create_task(self._in_time(self._voices, ask))
            reading_models = reads.create_task(self._in_time(self._models, ask))
            groups, lacks = await self._groups(ask)
        voices, models = reading_voices.result(), reading_models.result()
        return SettingsState(
            rules=book.rules,
            revision=book.revision,
            groups=groups,
            lacks=lacks,
            groups_url=self._services.groups_url,
            models=_model_names(models or ()),
            voices=_voice_choices(voices or ()),
            budgets=await self._services.administration.budgets(book),
            now=self._services.clock(),
        )

    async def _voices(self, ask: Ask) -> Sequence[Voice]:
        accounts, asker = self._services.accounts, ask.asker
        return await accounts.voices(await accounts.of_team(asker.enterprise_id, asker.team_id))

    async def _models(self, ask: Ask) -> Sequence[Model]:
        accounts, asker = self._services.accounts, ask.asker
        return await accounts.models(await accounts.of_team(asker.enterprise_id, asker.team_id))

    async def _groups(self, ask: Ask) -> tuple[Sequence[Choice], str | None]:
        """The workspace's user groups; where they cannot be read, the permission that is missing."""
        slack = await self._services.slack_of(ask.asker)
        try:
            async with asyncio.timeout(self._services.patience.page_s):
                groups = await slack.user_groups(ask.asker.team_id)
        except ScopeMissing as error:
            return (), error.needed
        except (SlackRefused, SlackUnreachable, TimeoutError) as error:
            _log.info("user groups not read", error=repr(error))
            return (), None
        return [Choice(str(group["id"]), f"@{group.get('handle') or group['id']}") for group in groups], None

    async def _in_time(self, look_up: Callable[[Ask], Awaitable[T]], ask: Ask) -> T | None:
        try:
            async with asyncio.timeout(self._services.patience.page_s):
                return await look_up(ask)
        except Exception as error:  # noqa: BLE001 - without it a page offers less, and is none the worse
            _log.info("not looked up for the settings", error=repr(error))
            return None

    def _is_first(self, ask: Ask, what: str) -> bool:
        return self._services.once.first(what, ask.asker.user_id, within_s=_OPENED_ONCE_IN_S)


def _model_names(models: Sequence[Model]) -> list[str]:
    return [model.name for model in models]


def _voice_choices(voices: Sequence[Voice]) -> list[Choice]:
    return [Choice(voice.id, voice.name) for voice in voices]


def _page(value: str) -> Page:
    """Raises Malformed: there is no such page."""
    try:
        return Page(value)
    except ValueError:
        raise Malformed("page of the settings") from None


def _form(t: Words, state: SettingsState, *, page: Page, limit: str | None) -> Block:
    return settings.settings_page(t, page, state) if limit is None else settings.limit_form(t, limit, state)


def _below(view: Mapping[str, Any], *, is_limit: bool) -> dict[str, _Drawn]:
    """The views that show what a page has changed, by id; one that Home opened has nothing below it."""
    root = str(view.get("root_view_id"))
    shown: dict[str, _Drawn] = {} if root == view.get("id") else {root: settings.overview}
    if is_limit:
        shown[str(view.get("previous_view_id"))] = partial(_form, page=Page.BUDGETS, limit=None)
    return shown


def _at(page: Page, name: str, view: Mapping[str, Any]) -> str | None:
    """The field of a page where the words on a rule stand; None: the page shows none."""
    shown = (view.get("state") or {}).get("values") or {}
    return next((field for field, rule in FIELDS[page].items() if rule == name and field in shown), None)


def _shown(view: Block) -> Answer:
    return {"response_action": "update", "view": view}
