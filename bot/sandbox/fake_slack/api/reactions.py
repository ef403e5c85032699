"""reactions.*: small signs at messages."""

from bot.sandbox.fake_slack.api.call import ApiCall
from bot.sandbox.fake_slack.records import Json, Message
from bot.sandbox.fake_slack.refusals import Refusal

_EMOJI_NAME = 100


async def add(call: ApiCall) -> Json:
    """reactions.add."""
    name, message = _reaction(call)
    if name in message.reactions:
        raise Refusal("already_reacted")
    message.reactions.append(name)
    call.parts.announcer.refresh(call.workspace, message)
    return {}


async def remove(call: ApiCall) -> Json:
    """reactions.remove."""
    name, message = _reaction(call)
    if name not in message.reactions:
        raise Refusal("no_reaction")
    message.reactions.remove(name)
    call.parts.announcer.refresh(call.workspace, message)
    return {}


def _reaction(call: ApiCall) -> tuple[str, Message]:
    name = call.required("name")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum() or len(name) > _EMOJI_NAME:
        raise Refusal("invalid_name")
    channel, timestamp = call.text("channel"), call.text("timestamp")
    if channel is None or timestamp is None:
        raise Refusal("no_item_specified")
    return name, call.workspace.message(channel, timestamp)
