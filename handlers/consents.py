"""The form that asks who is shown: after the form for a video, or from a card."""

import structlog

from bot.asking.drafts import Draft
from bot.messages.blocks import Block
from bot.messages.consent import ConsentState, Person, as_people, consent_closed, consent_form
from bot.messages.objection import at_change
from bot.messages.words import shown_gist
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable
from bot.teams.rights import Forbidden
from bot.use_cases.consents import Asked, NotColleagues
from handlers.consent_inputs import Metadata, changed, not_colleagues, read_consents, read_people
from handlers.modals import again, carried
from handlers.redraws import Redraws, Turn
from handlers.routing import Answer, Ask
from storage.consents import Objected
from storage.orders import Order

_log = structlog.get_logger(__name__)

_OPENED_ONCE_IN_S = 2.0


class ConsentForms:
    """Every step is checked again by the use case: team, person, and whether it is not too late."""

    def __init__(self, services: Services, redraws: Redraws) -> None:
        self._services = services
        self._redraws = redraws

    def open(self, ask: Ask, asked: Asked) -> None:
        """Show the form to the person who pressed the button of a card."""
        key = ("consent", ask.asker.user_id, asked.order.id)
        if self._services.once.first(*key, within_s=_OPENED_ONCE_IN_S):
            view = self._form(asked, as_people(asked.said), after_form=False)
            self._services.background.start(self._open(ask, view), name="ask who is shown")

    async def after_form(self, ask: Ask, order: Order) -> Answer:
        """The second step of the form for a video; None: it was said of this video before, or in the line."""
        asked = await self._asked(ask, order.id)
        if asked is None or asked.said or Draft.model_validate_json(order.draft).shown is not None:
            return None
        view = self._form(asked, as_people(()), after_form=True)
        return {"response_action": "update", "view": view}

    async def changed(self, ask: Ask) -> Answer:
        """What decides which fields there are was chosen, or the number of people was."""
        known, people = carried(Metadata, ask.view), read_people(ask.view)
        people = changed(people, str(ask.action.get("action_id")))
        showing = self._show_changed(ask, known, people, self._redraws.chosen(ask))
        self._services.background.start(showing, name="change who is shown")
        return None

    async def saved(self, ask: Ask) -> Answer:
        """Keep what was said; what is wrong is told at its field, or above them, and the form stays."""
        known = carried(Metadata, ask.view)
        people = read_consents(self._services.words, read_people(ask.view))
        if isinstance(people, dict):
            return {"response_action": "errors", "errors": people}
        try:
            is_kept = await self._services.consents.say(known.order, ask.asker, people, videos=known.videos)
        except Forbidden:
            is_kept = False
        except NotColleagues as refusal:
            errors = not_colleagues(self._services.words, read_people(ask.view), refusal.people)
            return {"response_action": "errors", "errors": errors}
        except Objected as objected:
            return again(ask.view, at_change(self._services.words, objected.people))
        if is_kept:
            return None
        return {"response_action": "update", "view": consent_closed(self._services.words)}

    async def _open(self, ask: Ask, view: Block) -> None:
        slack = await self._services.slack_of(ask.asker)
        try:
            await slack.open_view(str(ask.body["trigger_id"]), view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("not asked who is shown", error=str(error))

    async def _show_changed(self, ask: Ask, known: Metadata, people: tuple[Person, ...], turn: Turn) -> None:
        asked = await self._asked(ask, known.order)
        view = consent_closed(self._services.words)
        if asked is not None:
            view = self._form(asked, people, after_form=known.after_form)
        slack = await self._services.slack_of(ask.asker)
        try:
            await self._redraws.draw(slack, turn, view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("form not changed", error=str(error))

    async def _asked(self, ask: Ask, order_id: str) -> Asked | None:
        try:
            return await self._services.consents.ask(order_id, ask.asker)
        except Forbidden:
            return None

    def _form(self, asked: Asked, people: tuple[Person, ...], *, after_form: bool) -> Block:
        t, draft = self._services.words, Draft.model_validate_json(asked.order.draft)
        state = ConsentState(
            asked.order.id,
            shown_gist(t, draft),
            asked.videos,
            people,
            required=asked.required,
            after_form=after_form,
        )
        return consent_form(t, state)
