"""What a person's latest orders tell: where their direct message with the app is, and which files failed."""

from collections.abc import Iterable, Iterator

from bot.asking.drafts import Draft, Prepared, SlackFile
from bot.asking.plan import plan
from bot.messages.failures import circumstances, is_repeatable
from bot.messages.text import CHANNELS
from storage.cards import OrderState
from storage.orders import OrderStatus


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
    """The ids of Slack files with which a video failed in a way that no further try can mend."""
    media = (_spoiled(*each)[1] for state in lately for each in _failures(state))
    return frozenset(each.file_id for each in media if isinstance(each, SlackFile))


def without_spoiled(state: OrderState, draft: Draft, position: int | None) -> Draft:
    """The draft of what failed without the file that cannot be used, so that the form asks for another.

    A link stays, to be mended.

    Args:
        state: The order.
        draft: Its draft; with `position` that of one take.
        position: Which of its takes; None: all of it.
    """
    prepared = Prepared.model_validate_json(state.order.prepared)
    if position is None:
        code = state.failure_code
    else:
        code = state.failure_at(position)
        prepared = plan(Draft.model_validate_json(state.order.draft))[position].prepared(prepared)
    part, media = _spoiled(code, draft, prepared)
    is_one_of_several = position is None and len(state.order.parts) > 1
    return (
        draft
        if is_one_of_several or not isinstance(media, SlackFile)
        else draft.model_copy(update={part: None})
    )


def _failures(state: OrderState) -> Iterator[tuple[str | None, Draft, Prepared]]:
    """What failed: the order, and those of its takes that did."""
    draft = Draft.model_validate_json(state.order.draft)
    prepared = Prepared.model_validate_json(state.order.prepared)
    if state.order.status is OrderStatus.FAILED:
        yield state.order.failure_code, draft, prepared
    for position, take in enumerate(plan(draft)):
        yield state.failure_at(position), take.draft, take.prepared(prepared)


def _spoiled(code: str | None, draft: Draft, prepared: Prepared) -> tuple[str, object]:
    """Which input cannot be used at all, and what it is; nothing where another try may do better."""
    if is_repeatable(code):
        return "", None
    under = circumstances(code, draft, prepared)
    return str(under.part), under.media
