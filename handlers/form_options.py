"""The form for the options of a video, above the form for the video, which carries what was sent here."""

import asyncio
from dataclasses import replace

import structlog

from bot.messages import fields, presses
from bot.messages.form import closing_form, form, more_options
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable
from handlers.form_inputs import form_order, read_options
from handlers.forms import Forms, closing
from handlers.modals import again
from handlers.redraws import Redraws
from handlers.routing import Answer, Ask

_log = structlog.get_logger(__name__)

_OPENED_ONCE_IN_S = 2.0


class FormOptions:
    """What is typed below stays there; what is sent here goes into the form below before this one closes."""

    def __init__(self, services: Services, forms: Forms, redraws: Redraws) -> None:
        self._services = services
        self._redraws = redraws
        self._forms = forms

    async def open(self, ask: Ask) -> Answer:
        """Show it to the person who pressed the button of the form."""
        order_id = form_order(ask.view)
        if self._services.once.first("options", ask.asker.user_id, order_id, within_s=_OPENED_ONCE_IN_S):
            self._services.background.start(self._open(ask, order_id), name="open the form for options")
        return None

    async def saved(self, ask: Ask) -> Answer:
        """Draw the form below with them, and only then close; what is wrong is said at its field."""
        t, asked = self._services.words, await self._forms.own(ask, form_order(ask.view))
        if asked is None:
            return closing(t, presses.not_found(t))
        options = read_options(t, ask.view)
        if isinstance(options, dict):
            return {"response_action": "errors", "errors": options}
        patience, below = self._services.patience, self._redraws.turn(str(ask.view.get("previous_view_id")))
        state = await self._forms.state(ask, asked, names_within_s=patience.names_s)
        slack = await self._services.slack_of(ask.asker)
        try:
            async with asyncio.timeout(patience.check_s):
                await self._redraws.draw(slack, below, form(t, replace(state, options=options)))
        except (TimeoutError, SlackRefused, SlackUnreachable) as error:
            _log.info("options not kept", error=repr(error))
            return again(ask.view, t(fields.NOT_KEPT))
        return None

    async def _open(self, ask: Ask, order_id: str) -> None:
        t, asked = self._services.words, await self._forms.own(ask, order_id)
        slack, patience = await self._services.slack_of(ask.asker), self._services.patience
        try:
            if asked is None:
                await slack.update_view(str(ask.view["id"]), closing_form(t, presses.not_found(t).text))
                return
            state = await self._forms.state(ask, asked, names_within_s=patience.form_s)
            await slack.push_view(str(ask.body["trigger_id"]), more_options(t, state))
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("form for options not opened", error=str(error))
