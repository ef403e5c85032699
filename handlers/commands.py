"""`/lipsync`: opens the form, helps, or makes a job from one line."""

from bot.drafts import Draft
from bot.generations import Place
from bot.inputs import AskHelp, BadCommand, OpenForm, parse_command
from bot.messages.help import help_message
from bot.services import Services
from handlers.forms import Forms
from handlers.routing import Answer, Ask


class Commands:
    """The slash command."""

    def __init__(self, services: Services, forms: Forms) -> None:
        self._services = services
        self._forms = forms

    async def lipsync(self, ask: Ask) -> Answer:
        """Answer one `/lipsync …` line; what is wrong with it is told to its author alone."""
        match parse_command(str(ask.body.get("text") or "")):
            case AskHelp():
                message = help_message()
                return {"text": message.text, "blocks": message.blocks}
            case BadCommand(words=words):
                return {"text": words}
            case OpenForm(draft=draft):
                job = await self._services.generations.draft(
                    ask.asker, _place(ask), draft, request_key=_key(ask), show=False
                )
                self._forms.open(ask, job)
            case Draft() as draft:
                await self._services.generations.start(ask.asker, _place(ask), draft, request_key=_key(ask))
        return None


def _place(ask: Ask) -> Place:
    return Place(str(ask.body["channel_id"]))


def _key(ask: Ask) -> str:
    """A trigger is new for each call, so a line that comes twice makes one job."""
    return f"command:{ask.body['trigger_id']}"
