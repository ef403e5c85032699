"""Drafts that belong together are made one: the later message completes the open draft's own row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import draft_for, open_draft, stored
from bot.asking.brought import has_files, is_small, joined
from bot.asking.drafts import DRAFT_LIFE_S, Arriving, Draft, Link, Media
from bot.asking.plan import shown
from bot.asking.room import check_room
from storage import open_drafts, order_store
from storage.encryption import Cipher
from storage.orders import Conversation, NewOrder, Order, OrderStatus

TOGETHER_S = 600.0
"""What one person sends one after the other within so long belongs together, in the direct message."""

Part = tuple[int, Draft]
"""A draft of a message, and its place in it, which makes its key."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a message, and where."""

    enterprise_id: str | None
    team_id: str
    user_id: str
    channel_id: str
    card_thread_ts: str | None
    """The thread in which a card of its own stands."""
    key: str
    """Names the message, so that a second delivery changes nothing."""
    written_in: str | None = None
    """The thread it was written in; None: it began none."""
    is_direct: bool = False
    """Whether it was sent in the direct message, whose history the app may read."""
    sent_at: float = 0.0
    """Seconds since the epoch."""

    def key_of(self, part: int) -> str:
        """The key of one part of the message."""
        return f"{self.key}:{part}"


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of the parts of a message."""

    left: list[Part] = field(default_factory=list)
    """Those that go with nothing, and were not taken before."""
    hosts: list[Order] = field(default_factory=list)
    """The orders that were brought what they lacked, as they are now."""


class Taking:
    """One message being taken, in a writing transaction; `cipher` opens and seals the addresses of links."""

    def __init__(
        self, conn: AsyncConnection, origin: Origin, cipher: Cipher, *, now: float, new_id: Callable[[], str]
    ) -> None:
        self._conn = conn
        self._origin = origin
        self._cipher = cipher
        self._now = now
        self._new_id = new_id

    async def join(self, drafts: Sequence[Draft], *, own: Order | None = None) -> Joined:
        """Give the drafts of the message to the cards that ask for them.

        Under a card that asks, it is that card; else in the direct message the newest that lacks it, of the
        last ten minutes. What is complete takes nothing more. `own` is the message's row, if it has one.
        """
        await open_drafts.take_turns(self._conn, self._origin)
        result = Joined()
        for part, draft in enumerate(drafts):
            key = self._origin.key_of(part)
            is_own = own is not None and own.request_key == key
            if not is_own and await open_drafts.is_taken(self._conn, self._origin.team_id, key):
                continue
            host = await self._host(draft, key)
            if host is None:
                result.left.append((part, draft))
            else:
                result.hosts.append(host)
        return result

    async def _host(self, draft: Draft, key: str) -> Order | None:
        is_answer = self._origin.written_in is not None
        for asking in await self._asking():
            both = joined(open_draft(asking, self._cipher), draft, as_answer=is_answer)
            if both is not None:
                return await put_into(self._conn, asking, both, self._cipher, now=self._now, joined_key=key)
        return None

    async def _asking(self) -> list[Order]:
        origin = self._origin
        if origin.written_in is not None:
            thread = await self._thread(lock=True)
            return [
                order
                for order in thread
                if order.status is OrderStatus.DRAFT and order.user_id == origin.user_id
            ]
        if not origin.is_direct:
            return []
        return await open_drafts.asking(
            self._conn,
            origin,
            channel_id=origin.channel_id,
            since=origin.sent_at - TOGETHER_S,
        )

    async def _thread(self, *, lock: bool = False) -> list[Order]:
        origin = self._origin
        if origin.written_in is None:
            return []
        return await open_drafts.in_thread(
            self._conn, origin, origin.channel_id, origin.written_in, lock=lock
        )

    async def begin(self, left: Sequence[Part]) -> list[Part]:
        """Make orders of the parts that go with nothing. Returns those of which none can be made."""
        thread = await self._thread() if left else []
        nothing: list[Part] = []
        for part, draft in left:
            whole = self._alone(draft, thread)
            if whole is None:
                nothing.append((part, draft))
            else:
                await self._insert(self._new_order(part, whole))
        return nothing

    async def _insert(self, new: NewOrder) -> bool:
        """Raises TooManyOpen: it would be more than one person may have open."""
        made = await order_store.insert(self._conn, new, now=self._now)
        if made:
            await check_room(self._conn, new)
        return made

    def _alone(self, draft: Draft, thread: Sequence[Order]) -> Draft | None:
        """A draft that goes with no other, as it begins an order; None: it is too little for one.

        What comes without a video is said by the videos of the thread it was written in. In the direct
        message a thread whose video no row knows is looked through by the worker.
        """
        origin = self._origin
        if draft.video is not None:
            return draft.settled
        if is_small(draft):
            return None
        first, *more = self._videos_of(thread) or (None,)
        if first is not None:
            return draft.model_copy(update={"video": first, "more_videos": tuple(more)}).settled
        if origin.is_direct and origin.written_in is not None and not thread:
            root = Arriving(root_ts=origin.written_in, written_in=origin.written_in)
            return draft.model_copy(update={"arriving": root})
        return draft.settled if origin.is_direct or has_files(draft) else None

    def _videos_of(self, thread: Sequence[Order]) -> tuple[Media, ...]:
        """Those of the newest order of a thread; of a link only whoever gave it has the address."""
        drafts = (draft_for(order, self._origin.user_id, self._cipher) for order in thread)
        meant = (shown(draft) for draft in drafts)
        usable = (videos for videos in meant if not any(map(_is_hidden, videos)))
        return next((videos for videos in usable if videos), ())

    async def arrive(self, file_ids: Sequence[str], said: Draft) -> bool:
        """Keep the message, of whose files not everything is told yet. False: it is kept already.

        It has no card before its files were looked at: most are within a second, and may belong to another
        card.
        """
        origin = self._origin
        await open_drafts.take_turns(self._conn, origin)
        if await open_drafts.is_taken(self._conn, origin.team_id, origin.key_of(0)):
            return False
        arriving = Arriving(file_ids=tuple(file_ids), written_in=origin.written_in)
        new = self._new_order(0, said.model_copy(update={"arriving": arriving}))
        return await self._insert(new)

    def _new_order(self, part: int, draft: Draft) -> NewOrder:
        origin, is_work = self._origin, draft.complete or draft.arriving is not None
        order_id = self._new_id()
        return NewOrder(
            id=order_id,
            request_key=origin.key_of(part),
            enterprise_id=origin.enterprise_id,
            team_id=origin.team_id,
            user_id=origin.user_id,
            channel_id=origin.channel_id,
            thread_ts=origin.card_thread_ts,
            conversation=Conversation.DIRECT_MESSAGE if origin.is_direct else Conversation.CHANNEL,
            status=OrderStatus.PREPARING if is_work else OrderStatus.DRAFT,
            **stored(draft, self._cipher, order_id, given_by=origin.user_id),
            # The files of a draft are looked at as well.
            due_at=self._now if is_work or has_files(draft) else self._now + DRAFT_LIFE_S,
            show_card=draft.arriving is None,
        )


def _is_hidden(video: Media) -> bool:
    return isinstance(video, Link) and video.url is None


class JoinedBy(TypedDict, total=False):
    """What a draft keeps of the request that completed it."""

    joined_key: str


async def put_into(
    conn: AsyncConnection, order: Order, draft: Draft, cipher: Cipher, *, now: float, **by: Unpack[JoinedBy]
) -> Order | None:
    """Give an open draft what it lacked: it is prepared once it is complete, else its card asks for the rest.

    None: it is no open draft any more, and nothing was changed.
    """
    written = stored(draft, cipher, order.id, given_by=order.user_id)
    if not draft.complete:
        return await order_store.save(conn, order, now=now, lease_token=None, visible=True, **written, **by)
    return await order_store.move(
        conn, order, OrderStatus.PREPARING, now=now, expect={OrderStatus.DRAFT}, due_at=now, **written, **by
    )
