"""Look: ask Slack for the files of a message that came before Slack had told everything of them."""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import stored
from bot.asking.brought import drafts_of, has_files
from bot.asking.drafts import DRAFT_LIFE_S, Arriving, Draft, SlackFile
from bot.asking.file_inputs import FileProblem, medium_of, slack_file
from bot.asking.joining import Origin, Taking
from bot.asking.message_files import Json, files_in, is_told
from bot.asking.recent_files import RecentFiles
from bot.errors import JobFailed
from bot.messages import notices
from bot.messages.blocks import Message
from bot.messages.catalogue import Words
from bot.slack import SlackBusy, SlackRefused, SlackTeam, SlackUnreachable
from bot.steps.files import file_info
from bot.steps.tools import LeaseLost, Tools
from storage import card_store, order_store
from storage.orders import Conversation, Order, OrderStatus

_log = structlog.get_logger(__name__)

LOOK_AGAIN_S = 3.0
"""Slack is mostly done with a file within a second or two."""

Seen = SlackFile | FileProblem


async def look(tools: Tools, order: Order, draft: Draft, arriving: Arriving) -> Order | None:
    """Find out what a message brought, and put it where it belongs.

    Returns:
        The order, whose draft is complete now; None: there is nothing to prepare, or not yet.

    Raises:
        JobFailed: none of its files can be used.
        LeaseLost: another holder has the order now.
    """
    slack = await tools.slack_of(order)
    if arriving.root_ts is not None and not arriving.file_ids:
        arriving = arriving.model_copy(update={"file_ids": await _in_root(slack, order, arriving.root_ts)})
        # Stored, so that no try reads the thread again.
        order = await tools.save(order, draft=_json(draft, arriving))
    raw = [await _info(slack, file_id) for file_id in arriving.file_ids]
    if arriving.looks == 0 and not all(isinstance(file, FileProblem) or is_told(file) for file in raw):
        again = arriving.model_copy(update={"looks": 1})
        await tools.later(order, LOOK_AGAIN_S, count=False, draft=_json(draft, again))
        return None
    seen = [file if isinstance(file, FileProblem) else slack_file(file) for file in raw]
    return await _sort(tools, order, draft.model_copy(update={"arriving": None}), arriving, seen)


async def _sort(
    tools: Tools, order: Order, said: Draft, arriving: Arriving, seen: Sequence[Seen]
) -> Order | None:
    files = [file for file in seen if isinstance(file, SlackFile)]
    problems = [file for file in seen if isinstance(file, FileProblem)]
    if arriving.root_ts is not None:
        files, problems = [file for file in files if medium_of(file) == "video"], []
    if problems and not files:
        raise JobFailed(problems[0].code)
    origin = _origin(order, arriving)
    if origin.is_direct:
        recent = RecentFiles(tools.database, clock=tools.clock)
        for file in files:
            await recent.remember(order, file)
    async with tools.database.write() as conn:
        taking = Taking(conn, origin, tools.cipher, now=tools.clock(), new_id=tools.new_id)
        found = await taking.join(drafts_of(files, said), own=order)
        mine = await _settle(conn, tools, order, found.left[0][1].settled if found.left else None)
        if mine is None:
            raise LeaseLost(order.id)
        await taking.begin(found.left[1:])
    await _tell(tools, order, origin, [_unusable(tools.words, problem, origin) for problem in problems])
    if origin.written_in is None:
        joined = [Draft.model_validate_json(host.draft) for host in found.hosts]
        await _tell(
            tools, order, origin, [notices.goes_together(tools.words, draft, None) for draft in joined]
        )
    return mine if mine.status is OrderStatus.PREPARING else None


async def _settle(conn: AsyncConnection, tools: Tools, order: Order, draft: Draft | None) -> Order | None:
    """The message's own row goes on with its first part; it ends where all went to other cards."""
    now, lease = tools.clock(), order.lease_token
    if draft is None:
        ended = await order_store.move(
            conn,
            order,
            OrderStatus.CANCELLED,
            now=now,
            lease_token=lease,
            visible=False,
            failure_code="joined",
        )
        if ended is not None:
            await card_store.newer(conn, order.id, now=now)
        return ended
    changes = stored(draft, tools.cipher, order.id, given_by=order.user_id)
    if draft.complete:
        return await order_store.save(conn, order, now=now, lease_token=lease, visible=True, **changes)
    due_at = now if has_files(draft) else now + DRAFT_LIFE_S
    return await order_store.move(
        conn, order, OrderStatus.DRAFT, now=now, lease_token=lease, due_at=due_at, **changes
    )


def _origin(order: Order, arriving: Arriving) -> Origin:
    key = order.request_key.rpartition(":")[0] if arriving.root_ts is None else order.request_key
    return Origin(
        enterprise_id=order.enterprise_id,
        team_id=order.team_id,
        user_id=order.user_id,
        channel_id=order.channel_id,
        card_thread_ts=order.thread_ts,
        key=key,
        written_in=arriving.written_in,
        is_direct=order.conversation is Conversation.DIRECT_MESSAGE,
        sent_at=order.created_at,
    )


async def _in_root(slack: SlackTeam, order: Order, root_ts: str) -> tuple[str, ...]:
    """The files of the message that began a thread; none where it cannot be read (any more)."""
    try:
        root = await slack.first_of_thread(order.channel_id, root_ts)
    except SlackBusy:
        raise
    except SlackRefused as error:
        _log.info("thread not read", error=str(error))
        return ()
    return tuple(str(file["id"]) for file in files_in(root) if file.get("id"))


async def _info(slack: SlackTeam, file_id: str) -> Json | FileProblem:
    try:
        return await file_info(slack, file_id)
    except JobFailed as failed:
        return FileProblem(failed.code)


def _unusable(t: Words, problem: FileProblem, origin: Origin) -> Message:
    return notices.unusable_file(t, problem.code, problem.name, at_home=origin.is_direct)


async def _tell(tools: Tools, order: Order, origin: Origin, messages: Sequence[Message]) -> None:
    """Say what no card says, where the message stands; once, for the order goes on whatever becomes of it."""
    slack = await tools.slack_of(order)
    thread_ts = origin.written_in if origin.is_direct else order.thread_ts
    for message in messages:
        try:
            await slack.post(order.channel_id, message.text, message.blocks, thread_ts=thread_ts)
        except (SlackRefused, SlackUnreachable) as error:
            _log.warning("not told", error=str(error))


def _json(draft: Draft, arriving: Arriving) -> str:
    return draft.model_copy(update={"arriving": arriving}).model_dump_json()
