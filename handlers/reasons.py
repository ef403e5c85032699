"""Fields that ask why: Slack takes blanks for an answer, and nobody who reads them does."""

from bot.messages.catalogue import Words
from bot.messages.ids import Reply
from bot.messages.presses import say_why
from handlers.routing import Answer


def no_reason(t: Words) -> Answer:
    """What a form that brought none stays open with."""
    return {"response_action": "errors", "errors": {Reply.REASON: say_why(t)}}
