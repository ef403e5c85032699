"""Private answers to a click, posted after the click was acknowledged."""

from bot.messages.blocks import Message
from bot.services import Services
from handlers.routing import Ask


def reply_privately(services: Services, ask: Ask, message: Message) -> None:
    """Tell only the person who acted; without a response URL, in their direct message with the app."""
    services.background.start(_reply(services, ask, message), name="private reply")


async def _reply(services: Services, ask: Ask, message: Message) -> None:
    asker = ask.asker
    installation = await services.teams.need(asker.enterprise_id, asker.team_id)
    slack = services.slack.team(installation.bot_token)
    if ask.response_url is not None:
        await slack.reply_privately(
            ask.response_url,
            message.text,
            message.blocks,
            thread_ts=(ask.body.get("message") or {}).get("thread_ts"),
        )
    else:
        await slack.post(asker.user_id, message.text, message.blocks)
