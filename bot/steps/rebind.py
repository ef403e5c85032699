"""Rebind: a job that sync.so has not taken names what sync.so has now, where it lost what the yes was for.

The file is the same, so the yes still holds; its price is asked for again before anything is sent.
"""

import json

from bot.asking.drafts import Prepared
from bot.asking.inputs import to_request
from bot.asking.plan import Take
from bot.asking.wanted import wanted_of
from bot.steps.lost import bring_again
from bot.steps.take import StillComing, take
from bot.steps.tools import LeaseLost, Tools
from bot.steps.wishes import Wish, wish_of
from bot.teams.accounts import Account
from storage import job_store, leases, order_store
from storage.inputs import InputKind
from storage.jobs import Job, body_at
from storage.leases import LEASE_S
from storage.orders import Order


async def rebind(tools: Tools, account: Account, job: Job, order: Order) -> bool:
    """Have what is lost of a held job's inputs brought again, and the job name it as soon as it is there.

    Safe to repeat: call it until the job's request is taken.

    Returns:
        False: sync.so has all that the job names, or lost it right after it came: nothing can be done.

    Raises:
        JobFailed: an input cannot be had any more.
        SlackRefused, SlackUnreachable, SourceUnavailable, SyncApiError: nobody can say now.
        LeaseLost: another holder has the job.
    """
    is_lost = await bring_again(tools, order, account)
    wish = wish_of(order, tools.cipher)
    try:
        prepared = await _as_it_is_now(tools, account, wish)
    except StillComing:
        return True
    async with tools.database.read() as conn:
        body = await job_store.body_of(conn, job.id)
    if body is None:
        raise LeaseLost(job.id)
    bound = tools.cipher.open(body, body_at(job.id))
    anew = _bound_to(wish.take_of(job), prepared, bound)
    if anew != bound or prepared.model_dump_json() != order.prepared:
        await _store(tools, job, order, prepared, anew)
        return True
    return is_lost


async def _as_it_is_now(tools: Tools, account: Account, wish: Wish) -> Prepared:
    """An order's inputs, those that were relayed as sync.so has them now. Raises StillComing."""
    prepared, coming = wish.prepared, None
    for wanted in wanted_of(wish.draft):
        was = wanted.of(prepared)
        if was is None or was.asset_id is None:
            continue
        try:
            is_now = await take(tools, wish.order, account, wanted.media, InputKind(wanted.kind))
        except StillComing as error:
            coming = error  # the others come beside it
            continue
        prepared = wanted.put(prepared, is_now)
    if coming is not None:
        raise coming
    return prepared


def _bound_to(of_job: Take, prepared: Prepared, body: str) -> str:
    """The same request with its inputs as they are now."""
    old = json.loads(body)
    request = to_request(
        of_job.draft,
        of_job.prepared(prepared),
        webhook_url=old.get("webhookUrl"),
        output_file_name=old.get("outputFileName"),
    )
    return request.to_wire().decode()


async def _store(tools: Tools, job: Job, order: Order, prepared: Prepared, body: str) -> None:
    now, token = tools.clock(), job.lease_token or ""
    async with tools.database.write() as conn:
        # Orders before jobs: locks are taken in that order.
        await order_store.save(conn, order, now=now, lease_token=None, prepared=prepared.model_dump_json())
        if not await leases.JOBS.renew(conn, [job.id], token, until=now + LEASE_S):
            raise LeaseLost(job.id)
        await job_store.rebind(conn, job.id, tools.cipher.seal(body, body_at(job.id)))
