"""What a person's latest orders tell: where their direct message with the app is, and which files failed."""

from collections.abc import Iterable

from bot.asking.drafts import Draft, Prepared, SlackFile
from bot.messages.failures import circumstances, is_repeatable
from bot.messages.text import CHANNELS
from storage.cards import OrderState


def is_home(state: OrderState, lately: Iterable[OrderState]) -> bool:
    """Whether an order was asked for in the app's direct message.

    A command looks the same there and in the direct message of two people; a card or a file that was taken
    there before tells them apart.
    """
    here = state.order.channel_id
    return not here.startswith(CHANNELS) and any(
        (one.card is not None and one.card.channel == here)
        or one.order.request_key.startswith(f"message:{here}:")
        for one in (state, *lately)
    )


def spoiled_files(lately: Iterable[OrderState]) -> frozenset[str]:
    """The ids of Slack files with which an order failed in a way that no further try can mend."""
    media = (_spoiled_media(state) for state in lately)
    return frozenset(each.file_id for each in media if isinstance(each, SlackFile))


def without_spoiled(state: OrderState, draft: Draft) -> Draft:
    """The draft of a failed order without the file that cannot be used, so that the form asks for another.

    A link stays, to be mended.
    """
    if is_repeatable(state.failure_code):
        return draft
    under = circumstances(state.failure_code, draft, Prepared.model_validate_json(state.order.prepared))
    is_file = under.part is not None and isinstance(under.media, SlackFile)
    return draft.model_copy(update={str(under.part): None}) if is_file else draft


def _spoiled_media(state: OrderState) -> object:
    if is_repeatable(state.failure_code):
        return None
    draft = Draft.model_validate_json(state.order.draft)
    prepared = Prepared.model_validate_json(state.order.prepared)
    return circumstances(state.failure_code, draft, prepared).media
