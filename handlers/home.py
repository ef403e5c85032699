"""A person's Home in the app: shown when they open it, and its own buttons."""

from collections.abc import Awaitable, Callable

import structlog

from bot.asking.asks import Asker, Place
from bot.asking.drafts import Draft
from bot.messages import connecting, deleting, presses
from bot.messages.blocks import Block, Message
from bot.messages.home import help_view
from bot.messages.ids import read_button
from bot.messages.settings_words import only_admins, settings_closed
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable, patiently
from bot.teams.rights import Forbidden, Role
from bot.use_cases.connecting import NoLink
from bot.use_cases.deleting import Deletion
from handlers.forms import Forms
from handlers.replies import reply_privately
from handlers.routing import Answer, Ask
from storage.orders import Conversation
from storage.states import Mark

_log = structlog.get_logger(__name__)


class Home:
    """The page itself is the worker's to show; here it becomes due."""

    def __init__(self, services: Services, forms: Forms) -> None:
        self._services = services
        self._forms = forms

    async def opened(self, ask: Ask) -> Answer:
        """Somebody looks at the app; the tab with its messages needs nothing (Slack: app_home_opened)."""
        if ask.event.get("tab") == "home":
            await self._services.homes.open(ask.asker, as_member=False)
        return None

    async def as_member(self, ask: Ask) -> Answer:
        """All its pages as somebody sees them who is no admin."""
        await self._services.homes.open(ask.asker, as_member=True)
        return None

    async def as_admin(self, ask: Ask) -> Answer:
        """Back to what an admin sees."""
        await self._services.homes.open(ask.asker, as_member=False)
        return None

    async def newest(self, ask: Ask) -> Answer:
        """Back to the first page."""
        await self._services.homes.open(ask.asker)
        return None

    async def older(self, ask: Ask) -> Answer:
        """The next page."""
        await self._services.homes.open(ask.asker, Mark.read(str(ask.action.get("value") or "")))
        return None

    async def usage(self, ask: Ask) -> Answer:
        """The page that tells what was spent."""
        await self._services.homes.open_usage(ask.asker)
        return None

    async def audit(self, ask: Ask) -> Answer:
        """The page that tells what was done; for admins."""
        await self._services.homes.open_audit(ask.asker)
        return None

    async def allowed(self, ask: Ask) -> Answer:
        """The page that tells what they always allow."""
        await self._services.homes.open_allowances(ask.asker)
        return None

    async def start(self, ask: Ask) -> Answer:
        """An empty form; its card will stand in the person's direct message."""
        place, key = (
            Place(ask.asker.user_id, conversation=Conversation.NONE),
            f"home:{ask.body['trigger_id']}",
        )
        asked = await self._services.orders.draft(ask.asker, place, Draft(), request_key=key, show=False)
        self._forms.open(ask, asked)
        return None

    async def help(self, ask: Ask) -> Answer:
        """How it works, in a modal over the page."""
        shown = self._open_over(ask, help_view(self._services.words, self._services.about))
        self._services.background.start(shown, name="open the help")
        return None

    async def connect(self, ask: Ask) -> Answer:
        """The way to the page that connects sync.so, over the Home."""
        self._services.background.start(self._give_link(ask), name="give the link that connects")
        return None

    async def delete(self, ask: Ask) -> Answer:
        """Have one of the videos deleted; the page follows when its card has."""
        order_id, _ = read_button(str(ask.action.get("value") or ""))
        reply_privately(self._services, ask, await self._deleted(ask, order_id))
        return None

    async def _deleted(self, ask: Ask, order_id: str) -> Message:
        """What became of it; people from elsewhere hear of what is not there what they would of what is."""
        t = self._services.words
        try:
            outcome = await self._services.deleting.delete_order(ask.asker, order_id)
        except Forbidden as forbidden:
            if forbidden.role is Role.OUTSIDER:
                return presses.only_this_workspace(t)
            return deleting.not_yours_to_delete(t, forbidden.asker)
        if outcome is Deletion.UNKNOWN and await self._services.orders.is_from_elsewhere(ask.asker):
            return presses.only_this_workspace(t)
        return _DELETED[outcome](t)

    async def pause(self, ask: Ask) -> Answer:
        """Stop all new spending; the page tells it."""
        return await self._switched(ask, self._services.pausing.pause)

    async def resume(self, ask: Ask) -> Answer:
        """Let it go on."""
        return await self._switched(ask, self._services.pausing.resume)

    async def _switched(self, ask: Ask, switch: Callable[[Asker], Awaitable[None]]) -> Answer:
        try:
            await switch(ask.asker)
        except Forbidden:
            t = self._services.words
            closed = settings_closed(t, only_admins(t))
            self._services.background.start(self._open_over(ask, closed), name="tell who may pause")
        return None

    async def _give_link(self, ask: Ask) -> None:
        """In a modal; where it comes too late for one, in the direct message."""
        t, asker = self._services.words, ask.asker
        made = await self._services.connecting.link_for(asker)
        message = _NO_LINK[made](t) if isinstance(made, NoLink) else connecting.link(t, made)
        slack = await self._services.slack_of(asker)
        try:
            await slack.open_view(str(ask.body["trigger_id"]), connecting.over_home(t, message))
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("link not shown; it comes as a message", error=str(error))
            await patiently(lambda: slack.post(asker.user_id, message.text, message.blocks))

    async def _open_over(self, ask: Ask, view: Block) -> None:
        slack = await self._services.slack_of(ask.asker)
        try:
            await slack.open_view(str(ask.body["trigger_id"]), view)
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("not shown over the Home", error=str(error))


_DELETED = {
    Deletion.DELETED: deleting.order_deleted,
    Deletion.OPEN: deleting.order_is_open,
    Deletion.UNKNOWN: deleting.order_unknown,
}
_NO_LINK = {NoLink.NOT_ADMIN: connecting.only_admins, NoLink.NO_PAGE: connecting.no_page}
