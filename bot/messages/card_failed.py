"""The card of what ended without a video: what happened, what was charged, and what to do next."""

from collections.abc import Mapping

from bot.asking.drafts import Draft, Prepared
from bot.messages import offer
from bot.messages.blocks import Block, button
from bot.messages.card_body import Body, Wish, again, another, is_at_home
from bot.messages.catalogue import N_, Words
from bot.messages.failures import Failure, Part, circumstances, failure
from bot.messages.ids import Action, button_value
from storage.cards import OrderState
from storage.jobs import Job
from storage.orders import Conversation, Order

_OTHERS: Mapping[Part | None, str] = {
    "video": N_("Choose another video"),
    "speech": N_("Choose what it says"),
    None: N_("Change"),
}


def failed(t: Words, state: OrderState, ended: Order | Job, draft: Draft) -> Body:
    """What `ended` says of itself: an order that came to no price, or a job."""
    order, job = state.order, ended if isinstance(ended, Job) else None
    prepared = Prepared.model_validate_json(order.prepared)
    can_invite = order.conversation is Conversation.CHANNEL
    under = circumstances(
        ended.failure_code, draft, prepared, at_home=is_at_home(state), can_invite=can_invite
    )
    was_sent = job is not None and job.generation_id is not None
    fault = failure(
        t,
        ended.failure_code,
        ended.failure_detail,
        submitted=was_sent,
        made=job is not None and job.generation_status == "COMPLETED",
        under=under,
    )
    told = None if job is None else offer.charged(t, job)
    buttons = _after_failure(t, ended, order, draft, fault, under.part)
    lines = (told or t(fault.charged), fault.next_step)
    return Body(fault.happened, lines, Wish.SMALL if was_sent else Wish.BRIEF, buttons=buttons)


def _after_failure(
    t: Words, ended: Order | Job, order: Order, draft: Draft, fault: Failure, part: Part | None
) -> tuple[Block, ...]:
    if not fault.repeatable and not fault.downloadable:
        return (another(order, t(_OTHERS[part]), style="primary"),)
    if fault.downloadable:
        value = button_value(order.id, ended.id)
        download = button(t("Get a download link"), Action.DOWNLOAD, value, style="primary")
        return (download, another(order, t("Make another version")))
    return again(t, order, draft, t("Try again"))
