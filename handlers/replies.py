"""Private answers to a click, posted after the click was acknowledged."""

from collections.abc import Awaitable, Callable

import structlog

from bot.messages import listing
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.services import Services
from bot.slack import SlackRefused, SlackUnreachable, patiently
from handlers.routing import Ask

_log = structlog.get_logger(__name__)

Say = Callable[[Message], Awaitable[None]]
"""Tells the person who asked, where they did."""

_SAID_ONCE_IN_S = 10.0
_REPLACED_ONCE_IN_S = 60.0
"""Whoever presses a dead button again and again is told once, and takes no calls from others."""


def reply_privately(services: Services, ask: Ask, message: Message) -> None:
    """Tell only the person who acted; where no response URL works, in their direct message.

    The same words on the same message are said once in some seconds.
    """
    person, pressed = (ask.asker.team_id, ask.asker.user_id), ask.pressed
    is_new = services.once.first("said", person, pressed, message.text, within_s=_SAID_ONCE_IN_S)
    if pressed is not None and not is_new:
        return
    services.background.start(_reply(services, ask, message), name="private reply")


def privately(services: Services, ask: Ask) -> Say:
    """As above, for whoever takes a way to say something."""

    async def say(message: Message) -> None:
        reply_privately(services, ask, message)

    return say


async def told(t: Words, look: Callable[[], Awaitable[Message]], say: Say) -> None:
    """Look something up and tell it, or that it could not be looked up."""
    try:
        message = await look()
    except Exception:
        await say(listing.not_listed(t))
        raise
    await say(message)


async def _reply(services: Services, ask: Ask, message: Message) -> None:
    slack = await services.slack_of(ask.asker)
    thread_ts = (ask.body.get("message") or {}).get("thread_ts")
    text, blocks, url = message.text, message.blocks, ask.response_url
    if url is not None:
        try:
            await patiently(lambda: slack.reply_privately(url, text, blocks, thread_ts=thread_ts))
        except (SlackRefused, SlackUnreachable) as error:
            _log.info("not answered beside the message", error=str(error))
        else:
            return
    await patiently(lambda: slack.post(ask.asker.user_id, text, blocks))


def reply_without_token(services: Services, response_url: str | None, message: Message) -> None:
    """Tell somebody of a workspace whose token is not, or no longer, known."""
    if response_url is not None:
        work = _reply_without_token(services, response_url, message)
        services.background.start(work, name="reply without a token")


async def _reply_without_token(services: Services, url: str, message: Message) -> None:
    slack = services.slack.holder_of("")
    try:
        await slack.reply_privately(url, message.text, message.blocks, thread_ts=None)
    except (SlackRefused, SlackUnreachable) as error:
        _log.info("words not delivered", error=str(error))


def replace_clicked(services: Services, ask: Ask, message: Message) -> None:
    """Put something else in place of the message whose button was pressed."""
    if services.once.first("replaced", ask.pressed, within_s=_REPLACED_ONCE_IN_S):
        put_in_place(services, ask, message)


def put_in_place(services: Services, ask: Ask, message: Message) -> None:
    """As above, where what comes instead can be pressed as well."""
    if ask.response_url is not None:
        services.background.start(_replace(services, ask, ask.response_url, message), name="replace a card")


async def _replace(services: Services, ask: Ask, url: str, message: Message) -> None:
    slack = await services.slack_of(ask.asker)
    await patiently(lambda: slack.replace_clicked(url, message.text, message.blocks))
