"""What an ask makes, an order, and what a yes makes of it: its jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypedDict

from bot.asking.addresses import handed_on, open_draft, stored
from bot.asking.drafts import Draft, Prepared
from bot.asking.inputs import output_name, to_request
from bot.asking.plan import Take, how_many, plan, with_only
from storage.cards import OrderState
from storage.encryption import Cipher, SealedFor
from storage.jobs import MOST_PARTS, NewJob, body_at, job_id
from storage.orders import Conversation, NewOrder, Order, OrderStatus


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which workspace."""

    enterprise_id: str | None
    team_id: str
    user_id: str
    home: str | None = None
    """The workspace or organisation that Slack calls the person's own; None: it did not say."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was asked; the answer goes there."""

    channel_id: str
    thread_ts: str | None = None
    conversation: Conversation = Conversation.CHANNEL

    @staticmethod
    def of(state: OrderState) -> "Place":
        """Where an order's card and videos stand."""
        return Place(*state.thread, state.conversation_of_thread)


@dataclass(frozen=True, slots=True)
class Births:
    """Makes new records. For what it works with see `bot.use_cases.orders.Orders`."""

    cipher: Cipher
    new_id: Callable[[], str]
    public_url: str | None

    def new_order(
        self,
        asker: Asker,
        place: Place,
        draft: Draft,
        request_key: str,
        status: OrderStatus,
        *,
        due_at: float,
        show: bool,
    ) -> NewOrder:
        """An order as it begins, its links' addresses sealed beside it."""
        order_id = self.new_id()
        return NewOrder(
            id=order_id,
            request_key=request_key,
            enterprise_id=asker.enterprise_id,
            team_id=asker.team_id,
            user_id=asker.user_id,
            channel_id=place.channel_id,
            thread_ts=place.thread_ts,
            conversation=place.conversation,
            status=status,
            **stored(draft, self.cipher, order_id, given_by=asker.user_id),
            due_at=due_at,
            show_card=show,
        )

    def jobs_of(self, order: Order, account_key: str) -> list[NewJob]:
        """The jobs that a yes makes, one of each part that can be made."""
        draft, prepared = open_draft(order, self.cipher), Prepared.model_validate_json(order.prepared)
        return [
            NewJob(
                order_id=order.id,
                position=position,
                label=part.label,
                enterprise_id=order.enterprise_id,
                team_id=order.team_id,
                user_id=order.user_id,
                account_key=account_key,
                estimate_usd=part.usd,
                idempotency_key=f"lipsync-{job_id(order.id, position)}-{order.offer_id}",
                request_body=self._request_body(take, take.prepared(prepared), job_id(order.id, position)),
            )
            for position, (part, take) in enumerate(zip(order.parts, plan(draft), strict=True))
            if part.problem is None
        ]

    def _request_body(self, take: Take, prepared: Prepared, of_job: str) -> SealedFor:
        request = to_request(
            take.draft,
            prepared,
            webhook_url=f"{self.public_url}/sync/webhook/{of_job}" if self.public_url else None,
            output_file_name=output_name(take.draft, of_job),
        )
        return self.cipher.seal(request.to_wire().decode(), body_at(of_job))


def models_of(order: Order) -> dict[int, str]:
    """What makes each part of an order that can be made, by its position."""
    takes = plan(Draft.model_validate_json(order.draft))
    return {
        position: take.draft.maker
        for position, (part, take) in enumerate(zip(order.parts, takes, strict=True))
        if part.problem is None
    }


def changed_by_form(old: Draft, filled: Draft) -> Draft:
    """What a form makes of a draft: it shows one video and one thing to say, and all the others stay.

    So does what a line has said of who is shown in its video, which may be the one of the form.
    """
    kept = {
        "more_videos": old.more_videos,
        "more_scripts": old.more_scripts,
        "only": old.only,
        "shown": old.shown if old.video in {None, filled.video} else None,
    }
    return filled.model_copy(update=kept)


class _NoOffer(TypedDict):
    parts: tuple[()]
    offer_id: None
    offer_usd: None
    expires_at: None


NO_OFFER: Final = _NoOffer(parts=(), offer_id=None, offer_usd=None, expires_at=None)
"""What an order that is prepared again has of an offer."""


def account_of_offer(order: Order) -> str | None:
    """Names the account that has an order's files, and whose price stands on its card; None: none has."""
    return Prepared.model_validate_json(order.prepared).account_key


def still_prepared(order: Order, old: Draft, draft: Draft) -> Prepared:
    """What was relayed for the old draft and serves the new one too."""
    before = Prepared.model_validate_json(order.prepared)
    kept_audio = before.audio if draft.speech == old.speech else None
    prepared = Prepared(account_key=before.account_key, audio=kept_audio)
    for place, video in enumerate(draft.videos):
        if video in old.videos:
            prepared = prepared.with_video(place, before.video_at(old.videos.index(video)))
    return prepared


def divided(
    order: Order, draft: Draft, cipher: Cipher, *, new_id: Callable[[], str], due_at: float
) -> tuple[Draft, NewOrder]:
    """Of a draft with more videos than an order may have those that it keeps, and an order of the rest."""
    everything = range(how_many(draft))
    mine, rest = with_only(draft, everything[:MOST_PARTS]), with_only(draft, everything[MOST_PARTS:])
    where = Place(order.channel_id, order.thread_ts, order.conversation)
    key = f"more:{order.id}"
    return mine, out_of(order, rest, where, key, cipher, new_id=new_id, due_at=due_at)


def out_of(
    order: Order,
    draft: Draft,
    where: Place,
    request_key: str,
    cipher: Cipher,
    *,
    new_id: Callable[[], str],
    due_at: float,
) -> NewOrder:
    """An order of what an order was for, or of some of it, that is prepared as any that was just asked."""
    order_id = new_id()
    return NewOrder(
        id=order_id,
        request_key=request_key,
        enterprise_id=order.enterprise_id,
        team_id=order.team_id,
        user_id=order.user_id,
        channel_id=where.channel_id,
        thread_ts=where.thread_ts,
        conversation=where.conversation,
        status=OrderStatus.PREPARING,
        draft=draft.model_dump_json(),
        addresses=handed_on(order, cipher, to=order_id),
        due_at=due_at,
        show_card=True,
    )
